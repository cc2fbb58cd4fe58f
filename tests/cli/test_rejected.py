"""Bad lines of a file: few are told, many are written into a file of their own."""

from __future__ import annotations

import inspect
import os

import pytest

from netwar.cli.rejected import Rejected
from netwar.cli.rejected_lines import RejectedLines
from netwar.cli.services import Services
from netwar.records.entries import Fault
from tests.desk import Desk

BAD = "".join(f"{number}.5\n" for number in range(1, 26)) + "1.2E+18\nnasa\n"


@pytest.fixture(autouse=True)
def configuration(desk: Desk) -> None:
    desk.configure(data=desk.home / "data")


def test_of_many_the_first_ten_are_told_and_all_are_kept(desk: Desk) -> None:
    (desk.home / "users.txt").write_text(BAD)
    told = desk.run("tw-quser2work", "-q", "users.txt", check=1).stderr.splitlines()
    assert [line.split(":")[1] for line in told[:10]] == [f" line {number}" for number in range(1, 11)]
    assert told[10].startswith("users.txt: and 16 more, 15 of them: an id has no decimals")
    assert told[11].endswith("lines that name no user (all of them in users.txt-rejected.txt): 26")
    assert len(told) == 12
    kept = (desk.home / "users.txt-rejected.txt").read_text().splitlines()
    assert [line.partition(":")[0] for line in kept] == [f"line {number}" for number in range(1, 27)]
    assert desk.run("tw-showwork", "--names").stdout == "nasa\n"


def test_where_all_have_one_reason_that_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk.home / "users.txt").write_text("1.79583611414E+18\n" * 12)
    assert "users.txt: and 2 more, all of them: a spreadsheet" in desk.run("tw-quser2work", "users.txt", check=1).stderr
    path = desk.home / "users.txt-rejected.txt"
    for kind, each, told in (
        (
            Rejected,
            lambda bad, line: bad.add(Fault(line, "x", "ü" * 20)),
            f"all but the last 11 in {path}, which is full at 1.0 kB",
        ),
        (
            RejectedLines,
            lambda bad, line: bad.add(line, "y", b"\xff"),
            f"kept in {path}, but for the last 14: it is full at 1.0 kB",
        ),
    ):
        path.unlink()
        monkeypatch.setattr(inspect.getmodule(kind), "MOST", 1000)
        with kind(Services("tw-try"), str(desk.home / "users.txt")) as rejected:
            for line in range(1, 41):
                each(rejected, line)
            assert (rejected.count, rejected.where) == (40, told)
        assert 1000 < len(path.read_bytes()) < 1600
        assert path.read_text().endswith("\n"), "the last line of it is whole"


def test_those_of_standard_input_and_of_an_audit_have_a_place_too(desk: Desk) -> None:
    table = "source,target\n" + "".join(f"1.{number}E+18,5\n" for number in range(1, 13))
    for words, given, file, many in (
        (["tw-quser2usertest", "-"], BAD, "stdin-rejected.txt", 26),
        (["tw-tumsearch", "-", "checked"], BAD, "checked-rejected.txt", 27),
        (["tw-fixgraph", "-"], table, "stdin-rejected.txt", 12),
    ):
        assert f"all of them in {file}): {many}" in desk.run(*words, input=given, check=1).stderr
        assert len((desk.home / file).read_text().splitlines()) == many


def test_few_leave_no_file_and_where_none_can_be_written_it_is_said(desk: Desk) -> None:
    (desk.home / "few.txt").write_text("1.5\nnasa\n")
    desk.run("tw-quser2work", "few.txt", check=1)
    assert not list(desk.home.glob("*rejected*"))
    (desk.home / "many.txt").write_text(BAD)
    (desk.home / "many.txt-rejected.txt").mkdir()
    told = desk.run("tw-quser2work", "many.txt", check=1).stderr
    assert "the first 10 listed above, the others not: many.txt-rejected.txt cannot be written" in told
    assert "1 of 1 user added" in told or "0 of 1 user added" in told


BEARER = f"AAAAAAAAAAAAAAAAAAAAA{'bC3' * 30}"


def test_no_secret_of_the_configuration_is_repeated(desk: Desk) -> None:
    """A list may have been mixed up with ~/.twitter; what is told goes into logs, and the file beside it may be the group's."""
    desk.configure(data=desk.home / "data", consumer_key="k3yOfTheApp", consumer_secret="s3cretOfTheApp", bearer_token=BEARER)
    lines = [f"consumer_secret = s3cretOfTheApp {number}" for number in range(6)] + [f"bearer_token = {BEARER}"] * 8
    (desk.home / "users.txt").write_text("\n".join([*lines, "nasa"]))
    for words in ("tw-quser2work FILE", "tw-file2filt author FILE", "tw-import FILE shown", "tw-hydrate FILE shown --estimate"):
        ended = desk.run(*words.replace("FILE", "users.txt").split(), check=1)
        kept = (desk.home / "users.txt-rejected.txt").read_text()
        for told in (ended.stderr, kept):
            assert "***" in told, words
            assert "s3cret" not in told, words
            assert BEARER[:10] not in told, words
        assert kept.count("***") == 14, words


@pytest.mark.parametrize("words", ["tw-quser2work users.txt", "tw-import users.txt shown"])
def test_who_cannot_read_a_file_cannot_read_what_was_rejected_of_it(desk: Desk, words: str) -> None:
    (users := desk.home / "users.txt").write_text(BAD)
    rejected = desk.home / "users.txt-rejected.txt"
    for folder in (0o755, 0o2770):
        desk.home.chmod(folder)
        for mode in (0o600, 0o640, 0o644, 0o660):
            users.chmod(mode)
            desk.run(*words.split(), check=1)
            assert rejected.stat().st_mode & 0o177 & ~mode == 0, (oct(folder), oct(mode))
    if os.geteuid() == 0:  # only root may take a group that is not its own
        os.chown(users, -1, 4)
        desk.run(*words.split(), check=1)
        assert rejected.stat().st_mode & 0o077 == 0, "the group of the folder is another one"


def test_what_was_rejected_of_standard_input_is_its_readers_alone(desk: Desk) -> None:
    for words in ("tw-quser2work -", "tw-import - shown"):
        desk.run(*words.split(), input=BAD, check=1)
        assert (desk.home / "stdin-rejected.txt").stat().st_mode & 0o777 == 0o600
