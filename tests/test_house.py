"""The house stays in order: no circle of modules, nothing longer than its limit, programs that import what they may."""

from __future__ import annotations

import re

from tests import house

# Rooms that programs may import from, beside commands and the frame: with the reason.
ARGUED = {
    "errors": "a program may raise, or outlive, an error of its own",
    "records": "how times and counts are written",
    "reports": "what is shown, line by line, by the program that is named after it",
}
ARGUED_FOR_ONE = {
    "tw-1name": {"profiles": "one question to the archive, and what it found is shown by commands"},
    "tw-1num": {"profiles": "one question to the archive, and what it found is shown by commands"},
    "tw-elk": {"recipes": "its help is the table of recipes"},
    "tw-sandbox": {"sandbox": "no part of the recorder: it serves what the recorder is judged by"},
}


def test_there_is_no_circle_of_modules_at_run_time() -> None:
    assert house.circles(house.module_arrows(types=False)) == []


def test_functions_and_files_are_within_their_limits() -> None:
    function, file = house.longest_function(), house.longest_file()
    assert function.lines <= house.MAX_FUNCTION, function
    assert file.lines <= house.MAX_FILE, file


def test_programs_import_commands_the_frame_and_what_is_argued() -> None:
    for program in house.programs():
        argued = ARGUED_FOR_ONE.get(program.name, {})
        imported = {house.room(module) for module in house.imported_by(program)}
        assert imported <= {"cli", "commands"} | ARGUED.keys() | argued.keys(), program.name
        assert argued.keys() <= imported, f"{program.name} no longer needs what is argued for it"


def test_a_circle_is_found_however_long() -> None:
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert house.circles(arrows) == [["a", "b", "c"], ["d", "e"]]


def test_a_picture_leaves_out_what_a_longer_way_implies() -> None:
    assert house.reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": {"b"}, "b": {"c"}, "c": set()}


def test_the_way_of_a_user_is_that_of_the_code() -> None:
    page = (house.ROOT / "docs" / "architecture.md").read_text()
    way = re.findall(r"^\| \d+ \| `([^`]+)` \| `([^`]+)` \| (.+) \|$", page, re.MULTILINE)
    assert len(way) > 12
    for who, asked, verbs in way:
        module, source = f"{house.PACKAGE}.{asked}", house.ROOT / house.PACKAGE / f"{asked.replace('.', '/')}.py"
        program = house.ROOT / who
        imported = house.imported_by(program) if program.exists() else house.module_arrows()[f"{house.PACKAGE}.{who}"]
        assert module in imported, f"{who} does not import {asked}"
        for verb in re.findall(r"`(\w+)\(\)`", verbs):
            assert re.search(rf"^ *def {verb}\(", source.read_text(), re.MULTILINE), f"{asked} has no {verb}()"
