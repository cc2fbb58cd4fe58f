"""A plugin for Datasette: document(tweet.document), document(profile.document) give the packed part of a tweet or a user as JSON.

It is what has no column: entities, context_annotations, attachments, geo, ... A value that has a column is "" there. Datasette
needs `zstandard` for it: pip install datasette zstandard
"""

import sqlite3

import zstandard
from datasette import hookimpl

MAX_BYTES = 1 << 27  # unpacked: what a document of the archive has at the most


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Give a connection the function. The dictionaries that frames name stand in each archive file."""
    unpackers: dict[int, zstandard.ZstdDecompressor] = {}

    def document(frame: bytes | None) -> str | None:
        if frame is None:
            return None
        about = zstandard.get_frame_parameters(frame)
        if about.content_size > MAX_BYTES:
            raise ValueError("it is no document of the archive")
        if about.dict_id not in unpackers:
            [bytes] = conn.execute("SELECT bytes FROM dictionary WHERE id = ?", (about.dict_id,)).fetchone()
            unpackers[about.dict_id] = zstandard.ZstdDecompressor(zstandard.ZstdCompressionDict(bytes))
        return unpackers[about.dict_id].decompress(frame).decode()

    conn.create_function("document", 1, document, deterministic=True)
