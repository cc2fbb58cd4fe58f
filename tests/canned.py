"""An X that answers with given bytes, whatever they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

NOTHING = b'{"meta": {"result_count": 0}}'


@dataclass
class Canned:
    """The answers by path (the last one comes for ever), and the paths that were asked for."""

    url: str
    answers: dict[str, list[bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    header: bytes = b""  # one more, of each answer

    def timelines(self, pages: Mapping[str, bytes | list[bytes]]) -> None:
        """Answer with these pages when the timelines of these users are asked for."""
        for user, page in pages.items():
            self.answers[f"/2/users/{user}/tweets"] = page if isinstance(page, list) else [page]

    def answer(self, path: str) -> bytes:
        self.asked.append(path)
        left = self.answers.get(urlsplit(path).path, [NOTHING])
        return left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def canned() -> Iterator[Canned]:
    """One on a free port of loopback; ended with the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = told.answer(self.path)
            self.send_response_only(200)
            self.send_header("Date", formatdate(usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.flush_headers()
            self.wfile.write(told.header)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *given: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Canned(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
