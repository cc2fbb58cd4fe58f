"""What others wrote, made fit to be shown: it moves no cursor, rings no bell, ends no row and turns round nothing beside it.

X's texts, names of files, what servers say: whoever writes those may write control characters, too. Joiners stay, since Persian,
Hindi and many emoji are misspelt without them. netwar.cli.output is where all that is shown comes through here.
"""

from __future__ import annotations

import re
from functools import cache

# C0, DEL and C1 controls, and Unicode's own ends of lines: a blank each.
CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]
# Letters that are not seen: soft hyphens, zero-width blanks, marks, overrides and isolates of direction, tags.
UNSEEN = [0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
UNSEEN += [*range(0xFFF9, 0xFFFC), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE0080)]
HALVES = range(0xD800, 0xE000)  # of surrogate pairs; Python's stand-ins for bytes that are no text, too

ON_ONE_LINE: dict[int, str | None] = {
    **dict.fromkeys(CONTROLS, " "),
    **dict.fromkeys(UNSEEN, None),
    **dict.fromkeys(HALVES, "\ufffd"),
}
IN_A_ROW = {letter: shown for letter, shown in ON_ONE_LINE.items() if letter != ord("\t")}
ON_LINES = {letter: shown for letter, shown in IN_A_ROW.items() if letter != ord("\n")}


def one_line(text: str) -> str:
    """A text on one line, without a tab: a cell of a row, a word in a sentence."""
    return text if text.isprintable() else text.translate(ON_ONE_LINE)


def row(*cells: object) -> str:
    """Cells with tabs between them, each on one line and without a tab of its own."""
    return "\t".join(one_line(str(cell)) for cell in cells)


def line(text: str) -> str:
    """A text on one line; its tabs stay, as those of a row."""
    return text if text.isprintable() else text.translate(IN_A_ROW)


def lines(text: str) -> str:
    """A text whose own lines and tabs stay."""
    return text if text.isprintable() else text.translate(ON_LINES)


def escaped(json: str) -> str:
    """JSON that says the same, with what must not be shown as it is written as \\u and four digits."""
    return json if json.isprintable() else _unfit().sub(_escape, json)


def escaped_bytes(json: bytes) -> bytes:
    """The same of JSON in UTF-8, for millions of lines: most are seen at once to need nothing."""
    if json.isascii() and b"\x7f" not in json:
        return json
    return _unfit_bytes().sub(lambda found: _escaped(found[0].decode()).encode(), json)


def plural(count: int, what: str) -> str:
    """1 user, 2,000 users."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def named(id: str, name: str | None) -> str:
    """A user for a sentence: nasa (11348282), or the id alone where no name is known."""
    return f"{name} ({id})" if name else id


def waiting(users: int) -> str:
    """1 user waits, 2,000 users wait."""
    return f"{plural(users, 'user')} wait{'s' if users == 1 else ''}"


@cache
def _unfit() -> re.Pattern[str]:
    """What must not be shown and may stand in JSON as it is; made when it is first needed, since that takes milliseconds."""
    return re.compile(f"[\x7f-\x9f\u2028\u2029\ud800-\udfff{''.join(map(chr, UNSEEN))}]")


@cache
def _unfit_bytes() -> re.Pattern[bytes]:
    """The same in UTF-8, by the bytes before the last one: in a text most places are no beginning of any, and are passed over."""
    ends: dict[bytes, bytes] = {}
    for code in (*range(0x7F, 0xA0), 0x2028, 0x2029, *UNSEEN):
        *before, last = chr(code).encode()
        ends[bytes(before)] = ends.get(bytes(before), b"") + b"\\x%02x" % last
    return re.compile(b"|".join(re.escape(before) + b"[" + last + b"]" for before, last in ends.items()))


def _escape(letter: re.Match[str]) -> str:
    return _escaped(letter[0])


def _escaped(letter: str) -> str:
    from json import dumps

    return dumps(letter)[1:-1]


def amount(size: int) -> str:
    """Bytes as people say them: 940 bytes, 12.3 MB."""
    if size < 1000:
        return plural(size, "byte")
    number = float(size)
    for unit in ("kB", "MB", "GB"):
        number /= 1000
        if number < 1000:
            return f"{number:.1f} {unit}"
    return f"{number / 1000:.1f} TB"
