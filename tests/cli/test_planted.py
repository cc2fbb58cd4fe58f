"""Whatever stands in the place of one of our files: the programs end with a sentence, wait for nobody and change nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desk import Desk

Plant = Callable[[Path, Path], object]
PLANTED: dict[str, Plant] = {
    "a pipe": lambda path, victim: os.mkfifo(path),
    "a link": lambda path, victim: path.symlink_to(victim),
    "a second name": lambda path, victim: path.hardlink_to(victim),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_a_run_is_not_led_astray(desk: Desk, plant: Plant) -> None:
    desk.configure(consumer_key="k", consumer_secret="s", access_token_key="1-a", access_token_secret="b", maxcpu=100, maxmem=100)
    command = ("tw-idu3elk", "brexit")
    desk.run(*command, check=0)
    data = desk.home / ".local/share/netwar"
    (victim := desk.home / "victim").write_text("mine")
    victim.chmod(0o640)
    [lock] = (data / "runs").glob("*.alone")
    for path in (data / "api", lock, data / "spool" / "pages.jsonl", data / "spool" / "lock"):
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        plant(path, victim)
        ended = desk.run(*command, timeout=30)
        if path.name == "lock":
            path.with_name("pages.jsonl").write_text("")
            ended = desk.run(*command, timeout=30)
        assert (ended.status, "see who put it there" in ended.stderr) == (69, True), (path, ended)
        path.unlink()
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("mine", 0o640)
    desk.run(*command, check=0)


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_tw_auth_takes_no_planted_request_for_its_own(desk: Desk, plant: Plant) -> None:
    desk.configure(consumer_key="k", consumer_secret="s")
    (victim := desk.home / "victim").write_text('{"key": "k", "secret": "s"}')
    plant(desk.home / ".twitter.request", victim)
    assert "see who put it there" in desk.run("tw-auth", "1234567", check=78, timeout=30).stderr
    assert victim.exists()


def test_an_output_is_no_device(desk: Desk) -> None:
    """Run by root, /dev/null would be a file from then on."""
    os.mkfifo(desk.home / "pipe")
    (desk.home / "names").write_text("a,b\n1,2\n")
    desk.configure(consumer_key="k")
    for output in ("/dev/stdout", desk.home / "pipe"):
        ended = desk.run("tw-fixgraph", "names", "-o", output, check=1)
        assert f"{output} cannot be written: it is no regular file" in ended.stderr
