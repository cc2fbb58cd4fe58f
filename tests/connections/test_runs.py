"""Whose claims a run may judge dead: only those of its own host and its own folder."""

from __future__ import annotations

import fcntl
import os
from itertools import product
from pathlib import Path

import pytest

from netwar.connections.runs import HOST, Run
from netwar.errors import ServiceDown
from tests.contract.opening import processes
from tests.rows import rows


def held(folder: Path) -> str:
    """The name of a run that died without letting go."""
    run = Run(folder)
    holder = run.begin()
    run.end()
    return holder


def test_a_run_that_ended_is_dead_and_one_that_goes_on_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, other = Run(tmp_path), Run(tmp_path)
    assert not run.dead(other.begin())
    assert not run.dead(run.begin())
    with monkeypatch.context() as disk:
        disk.setattr(Path, "unlink", lambda *_, **__: os.stat(tmp_path / "nowhere"))  # as on a disk that is read-only by now
        ended = other.holder
        other.end()
        run.remove_stale(ended)
    assert run.dead(ended)
    assert run.dead(held(tmp_path))


def test_two_that_look_at_once_both_see_that_a_run_is_dead(tmp_path: Path) -> None:
    holder = held(tmp_path)
    with (tmp_path / f"{holder.split(':')[1]}.run").open("w") as looker:
        fcntl.flock(looker, fcntl.LOCK_SH)
        assert Run(tmp_path).dead(holder)
        fcntl.flock(looker, fcntl.LOCK_EX)
        assert not Run(tmp_path).dead(holder), "who holds it alone is the run"


def test_runs_of_another_folder_are_never_judged_though_their_host_has_the_same_name(tmp_path: Path) -> None:
    """Two containers often have one name, and one Redis."""
    theirs = held(tmp_path / "theirs")
    assert not Run(tmp_path / "ours").dead(theirs)
    Run(tmp_path / "ours").begin()
    assert not Run(tmp_path / "ours").dead(theirs)
    assert Run(tmp_path / "theirs").dead(theirs)


def test_runs_of_another_host_are_never_judged(tmp_path: Path) -> None:
    theirs = held(tmp_path).replace(f"{HOST}:", "elsewhere:")
    assert not Run(tmp_path).dead(theirs)


def test_holders_of_older_versions_that_name_no_folder_are_judged(tmp_path: Path) -> None:
    Run(tmp_path).begin()
    assert Run(tmp_path).dead(f"{HOST}:0123456789abcdef0123456789abcdef")


def test_a_folder_has_one_id_though_many_draw_it_at_once(tmp_path: Path) -> None:
    script = "import sys\nprint('ready', flush=True)\nsys.stdin.readline()\nprint(Run(Path(sys.argv[1])).begin())"
    with processes(8, script, tmp_path / "runs") as runs:
        for run in runs:
            assert run.says() == "ready"
        for run in runs:
            run.go()
        holders = [run.end()[-1].split(":") for run in runs]
    assert len({run for _, run, _ in holders}) == 8
    assert len({folder for _, _, folder in holders}) == 1


@rows(
    ("run", "folder"),
    product(
        ["../victim", "victim", "A" * 32, "a" * 31, "a" * 33, "a" * 32 + "/../victim", "", "a" * 32 + "\n"],
        ["", ":{id}", ":../{id}", ":{id}:"],
    ),
)
def test_a_name_that_is_none_of_ours_is_never_part_of_a_path(tmp_path: Path, run: str, folder: str) -> None:
    ours = Run(tmp_path / "runs")
    id = ours.begin().split(":")[-1]
    files = [tmp_path / "victim.run", tmp_path / "runs" / "victim.run", tmp_path / "runs" / f"{'A' * 32}.run"]
    for file in files:
        file.write_text("")
    holder = f"{HOST}:{run}{folder.format(id=id)}"
    assert not ours.dead(holder)
    ours.remove_stale(holder)
    assert all(file.exists() for file in files)
    assert not ours.dead(None)
    assert not ours.dead(7)


def test_an_id_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("../../victim")
    with pytest.raises(ServiceDown, match="id is not what this program wrote"):
        Run(tmp_path).begin()


def test_what_stands_in_a_runs_place_is_not_judged(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"{'a' * 32}.run")
    assert not Run(tmp_path).dead(f"{HOST}:{'a' * 32}")


def test_judging_makes_no_folder(tmp_path: Path) -> None:
    assert not Run(tmp_path / "runs").dead(f"{HOST}:0123:4567")
    assert list(tmp_path.iterdir()) == []
