"""Terminals and surroundings of all kinds: poor encodings, full disks, closed streams, arguments that are no text."""

from __future__ import annotations

import codecs
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.desk import Desk, Ended
from tests.rows import rows
from tests.terminals import on_a_terminal


def started(desk: Desk, shell: str, *words: str | bytes, env: Mapping[str, str] | None = None) -> Ended:
    """A program as a shell starts it, with redirections of its own."""
    command = [b"sh", b"-c", shell.encode(), b"sh", *(os.fsencode(word) for word in words)]
    environment = desk.environment | dict(env or {})
    done = subprocess.run(command, env=environment, cwd=desk.home, input=b"", capture_output=True, timeout=60)
    return Ended(
        done.returncode, done.stdout.decode("utf-8", "backslashreplace"), done.stderr.decode("utf-8", "backslashreplace")
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@rows("name", ["tw-showwork", "tw-sandbox"])
def test_help_onto_a_full_disk_is_a_sentence(desk: Desk, name: str) -> None:
    said = f"{name}: No space left on device: make room and run again; nothing acknowledged is lost\n"
    assert started(desk, f"{name} -h > /dev/full") == Ended(69, "", said)
    assert started(desk, f"{name} --no-such-option 2> /dev/full") == Ended(2, "", ""), "the status says enough"


def test_help_whose_reader_has_gone_says_nothing(desk: Desk) -> None:
    ended = started(desk, "{ tw-showwork -h; echo $? >&2; } | true")
    assert ended.stderr in ("141\n", "0\n"), "0 if it was quicker than the other"


@rows("words", ["tw-quser2work -", "tw-tumsearch -", "tw-fixgraph -", "tw-elk POST /x - --config es.conf"])
def test_closed_standard_input_is_told(desk: Desk, words: str) -> None:
    desk.configure(path=desk.home / "es.conf", elksg="127.0.0.1:9")
    ended = started(desk, f"{words} <&-")
    assert ended.status == 2
    assert ended.stderr.endswith(
        "Error: standard input is closed, so there is nothing to read: name a file, or put a pipe before this\n"
    )


def test_who_does_not_read_does_not_mind_and_files_keep_their_numbers(desk: Desk) -> None:
    (desk.home / "list.txt").write_text("nasa\nbbc\n")
    assert "2 of 2 users added to work" in started(desk, "tw-quser2work list.txt <&-").stderr
    assert started(desk, "tw-showwork <&- 2>&-").stdout == "work: 2 waiting, 0 claimed, 0 failed\n"
    assert started(desk, "tw-showwork >&-") == Ended(0, "", "")
    assert started(desk, "tw-wipework <&-").status == 2, "there is nobody to ask"


@rows(
    "words",
    ["tw-search y X", "tw-auth X", "tw-rates X", "tw-sandbox --clock X", "tw-quser2work --queue X -", "tw-myname --config X"],
)
def test_an_argument_that_is_no_text_is_a_usage_error(desk: Desk, words: str) -> None:
    ended = started(desk, words.replace("X", '"$1"'), b"caf\xe9")
    assert ended.status == 2
    assert ended.stderr.endswith(": these bytes are no text in UTF-8\n")


def test_a_file_to_read_may_have_such_a_name(desk: Desk) -> None:
    with open(os.fsencode(desk.home) + b"/caf\xe9.txt", "w") as file:
        file.write("nasa\n\x80\n")
    ended = started(desk, 'tw-quser2work "$1"', b"caf\xe9.txt")
    assert "1 of 1 user added" in ended.stderr
    assert "caf\ufffd.txt: line 2" in ended.stderr
    assert started(desk, 'tw-tnamesearch "$1"', b"caf\xe9.txt").status == 1
    assert os.path.exists(os.fsencode(desk.home) + b"/caf\xe9.txt-missed.txt")


POOR = {"ascii": "ascii", "iso-8859-1": "latin-1", "utf-8": "utf-8"}


@rows("encoding", POOR)
def test_a_letter_that_the_encoding_lacks_is_replaced(desk: Desk, encoding: str) -> None:
    program = desk.home / "tw-try"
    program.write_text(PROGRAM)
    environment = desk.environment | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, str(program)], env=environment, capture_output=True, timeout=60)
    kept = "Zoë → 東京".encode(POOR[encoding], "replace").decode(POOR[encoding])
    assert done.returncode == 0, done.stderr
    out, err = done.stdout.decode(POOR[encoding]), done.stderr.decode(POOR[encoding])
    assert out.splitlines()[0] == kept
    assert codecs.decode(out.splitlines()[1].encode("latin-1", "backslashreplace"), "unicode_escape").strip('"') == "Zoë → 東京"
    assert err.endswith(f"done: {kept}\n")


PROGRAM = '''\
#!/usr/bin/env python3
"""Say something."""

from netwar.cli.command import Services, command
from netwar.cli.output import as_json, echo


@command
def main(services: Services) -> str:
    echo("Zoë → 東京")
    echo(as_json("Zoë → 東京"))
    return "done: Zoë → 東京"


if __name__ == "__main__":
    main()
'''


@rows("env", [{"LANG": "C"}, {"LANG": "", "LC_ALL": "en_US.ISO-8859-1"}, {"PYTHONIOENCODING": "ascii"}, {"TERM": "dumb"}])
def test_odd_names_on_odd_terminals(desk: Desk, env: Mapping[str, str]) -> None:
    (desk.home / "müller → 東京.txt").write_text("nasa\nmüller\n")
    status, seen = on_a_terminal(desk, ["tw-quser2work", "müller → 東京.txt"], env)
    assert status == 1, seen
    assert b"Traceback" not in seen
    assert b"lines that name no user (listed above): 1" in seen
