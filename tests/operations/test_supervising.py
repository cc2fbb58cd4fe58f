"""Programs under supervisord: who comes back after a pause, who stays down, who is asked to end; by supervisord itself."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path

import pytest

from netwar.operations.supervising import TEMPLATE, Unit
from tests.desk import Desk
from tests.operations import supervisord
from tests.operations.ending import ending
from tests.test_crontab import load, times


def test_units_are_commands_that_their_programs_take(desk: Desk, tmp_path: Path) -> None:
    """Of an account, of a capture; names with blanks and percent signs, too."""
    desk.configure(consumer_key="key")
    (folder := desk.home / "my 100% accounts").mkdir()
    for name in ("first", "other; one"):
        desk.configure(consumer_key="key", index="brexit", path=folder / f"{name}.conf")
    (folder / "wales.txt").write_text("rain\n")
    said = desk.run("tw-supervise", folder, "--run", "tw-idu3elk", "--run", "tw-tracklists", check=0)
    units = parsed(said.stdout)
    assert {name.removeprefix("program:") for name in units.sections()} == {
        *("tw-idu3elk-first", "tw-tracklists-first", "tw-idu3elk-other__one", "tw-tracklists-other__one", "tw-stream-wales")
    }
    for name in units.sections():
        shell, option, script = shlex.split(units.get(name, "command", vars={"program_name": "x"}))
        assert (shell, option) == ("/bin/sh", "-c")
        program, *words = shlex.split(script.partition(" HUP; ")[2].partition(" & run=")[0])
        with load(program).make_context(program, words) as context:
            assert context.params
    (changed := tmp_path / "changed").write_text(TEMPLATE.read_text() + "user=me\npriority=${expected}\n")
    mine = parsed(desk.run("tw-supervise", folder, "--template", changed, check=0).stdout)
    assert {mine.get(name, "user") + mine.get(name, "priority") for name in mine.sections()} == {"me2,78", "me0,1,2,78"}
    changed.write_text(TEMPLATE.read_text() + "user=$owner\n")
    assert (
        "the template for units cannot be filled ('owner')"
        in desk.run("tw-supervise", folder, "--template", changed, check=78).stderr
    )
    (folder / "bad.conf").write_text("[STREAM]\nidex = x\n")
    (folder / "bad.conf").chmod(0o600)
    assert "did you mean index?" in desk.run("tw-supervise", folder, check=78).stderr
    assert "has no configuration" in desk.run("tw-supervise", tmp_path, check=1).stderr


def test_a_name_of_a_file_is_no_unit(desk: Desk) -> None:
    """Who may write to the folder chooses names, and supervisord and cron do what lines say; nothing is printed then."""
    (folder := desk.home / "shared").mkdir()
    desk.configure(consumer_key="key", index="brexit", path=folder / "first.conf")
    line = "x\n* * * * * id\n[program:evil]\ncommand=id\nf="
    for name, says in {
        f"{line}.txt": "cannot name an index",
        "--stop.txt": "cannot name an index",
        f"{line}.conf": "rename the file",
        "fir\u202est.conf": "rename the file",
        "a_b.conf a b.conf": "two files would be the unit tw-idu3elk-a_b",
    }.items():
        made = [folder / one for one in ("a_b.conf", "a b.conf")] if "a_b" in name else [folder / name]
        for path in made:
            shutil.copy(folder / "first.conf", path)
        for more in ((), ("--cron",)):
            if more and "a_b" in name:
                continue  # cron has no names
            said = desk.run("tw-supervise", folder, *more, check=78)
            assert (says in said.stderr, said.stdout) == (True, ""), (name, more)
        for path in made:
            path.unlink()


def test_accounts_take_turns_under_cron(desk: Desk) -> None:
    """64 of them, with names that cron and the shell read otherwise: at most eight in a minute, each as often as others."""
    (folder := desk.home / "100% accounts").mkdir()
    first = desk.configure(consumer_key="key", index="brexit", path=folder / "first's.conf")
    for number in range(63):
        shutil.copy(first, folder / f"a{number}.conf")
    (folder / "wales.txt").touch()
    said = desk.run("tw-supervise", folder, "--cron", check=0)
    assert "64 lines for 64 configurations; 1 capture left out" in said.stderr
    path, *lines = said.stdout.splitlines()
    assert path.startswith("PATH=/")
    begun = [minute for line in lines for minute in times(line)[0]]
    assert max(map(begun.count, range(60))) <= 8
    assert {len(times(line)[0]) for line in lines} == {6}
    named = set()
    for line in lines:
        command = line.split(maxsplit=5)[5]
        assert "%" not in command.replace("\\%", "")
        name, *words = shlex.split(command.replace("\\%", "%"))
        named.add(words[-1])
        with load(name).make_context(name, words) as context:
            assert context.params
    assert named == {str(one) for one in folder.glob("*.conf")}
    assert "do not fit into an hour" in desk.run("tw-supervise", folder, "--cron", "--at-once", "1", check=78).stderr


def parsed(text: str) -> ConfigParser:
    """As supervisord reads it."""
    units = ConfigParser(inline_comment_prefixes=(";", "#"), strict=True)
    units.read_string(text)
    return units


STATUSES = {"75": True, "0": True, "69": True, "77": True, "2": False, "78": False}  # whether a program comes back


@contextmanager
def supervised(folder: Path, units: list[Unit]) -> Iterator[Callable[..., str]]:
    """A supervisord with these units; what supervisorctl answers to its arguments."""
    if not supervisord.found():
        assert not os.environ.get("NETWAR_REQUIRE_SERVERS"), "supervisord is not there"
        pytest.skip("supervisord is not there: make tools")
    way, log, template = f"{folder}:/usr/bin:/bin", str(folder), TEMPLATE.read_text()
    with supervisord.running(folder, "".join(one.written(template, way, log) for one in units)) as running:
        yield running.control


def test_supervisord_brings_back_whom_it_should(tmp_path: Path) -> None:
    """With a pause of a second here; who is asked to end is asked once, and waited for; HUP comes through."""
    ending(tmp_path / "made-up")
    units = [Unit(f"p{status}", ("made-up", status), pause=1) for status in STATUSES]
    units.append(Unit("pstays", ("made-up", "stays"), stays=True))

    def runs(name: str) -> list[str]:
        return (tmp_path / f"{name}.runs").read_text().split() if (tmp_path / f"{name}.runs").exists() else []

    def until(done: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not done():
            assert time.monotonic() < end, {name: runs(name) for name in [*STATUSES, "stays"]}
            time.sleep(0.1)

    with supervised(tmp_path, units) as control:
        until(lambda: all(len(runs(status)) >= (3 if back else 1) for status, back in STATUSES.items()) and bool(runs("stays")))
        control("signal", "HUP", "pstays")
        until(lambda: "reread" in runs("stays"))
        control("stop", "pstays")
        shown = control("status")
    assert runs("stays") == ["begun", "reread", "asked"]
    assert {status: len(runs(status)) for status, back in STATUSES.items() if not back} == {"2": 1, "78": 1}
    assert "pstays                           STOPPED" in shown
