"""An INDEX that is called as messages and servers call its tweets: nobody gets a second archive, or pays for it, by that."""

from __future__ import annotations

from contextlib import closing

from netwar.archive.sqlite.store import SqliteArchive
from netwar.coverage import Record
from tests.desk import Desk
from tests.operator import Recorded

WRITERS = [
    *(["tw-idu3elk", "twshown", "--user", "nasa"], ["tw-idu3elk", "TwShown", "--estimate"], ["tw-hydrate", "-", "twshown"]),
    *(["tw-search2elk", "twshown", "rain"], ["tw-import", "-", "tushown"], ["tw-copy", "twshown", "other"]),
    *(["tw-tracklists", "tushown"], ["tw-stream", "twshown"], ["tw-touchindex", "twshown"], ["tw-conversation", "1", "twshown"]),
]
READERS = [
    *(["tw-coverage", "twshown"], ["tw-search", "twshown", "rain"], ["tw-dumptweets", "twshown"]),
    *(["tw-1name", "nasa", "--index", "tushown"], ["tw-listlog", "twshown"]),
]


def test_the_name_with_tw_or_tu_before_it_is_refused_and_nothing_is_paid_for(recorded: Recorded) -> None:
    spent, asked = recorded.spent(), len(recorded.log())
    for name, *arguments in (*WRITERS, *READERS):
        ended = recorded.run(name, *arguments, check=2, input="")
        prefix = "tu" if "tushown" in arguments else "tw"
        assert f"INDEX goes without {prefix}: did you mean shown?" in ended.stderr, name
        assert ended.stdout == ""
    assert (recorded.spent(), len(recorded.log())) == (spent, asked)
    archive = recorded.desk.home / ".local/share/netwar/archive"
    assert not [path.name for path in archive.iterdir() if path.name.startswith(("tw", "tu"))]


def test_the_index_of_the_configuration_is_held_to_that_too(desk: Desk) -> None:
    record(desk, "ins")
    desk.configure(data=desk.home / "data", index="twins")
    assert "INDEX goes without tw: did you mean ins?" in desk.run("tw-idu3elk", "--estimate", check=2).stderr


def test_a_name_that_only_begins_so_is_like_any_other(desk: Desk) -> None:
    """Until what remains of it is an index, and ever after if it is one itself."""
    assert "there is no index twins" in run(desk, 1)
    record(desk, "twins")
    record(desk, "ins")
    run(desk, 0)
    assert "there is no index tunnel" in run(desk, 1, "tunnel")


def test_the_file_of_an_index_is_not_its_name(desk: Desk) -> None:
    assert "INDEX goes without .sqlite: did you mean trial?" in run(desk, 2, "trial.sqlite")


def record(desk: Desk, index: str) -> None:
    desk.configure(data=desk.home / "data")
    with closing(SqliteArchive(desk.home / "data/archive", desk.home / "data/dead-letters")) as archive:
        archive.change(f"tw{index}", "11", lambda _: Record("11", "zoe", "empty", asked=1))


def run(desk: Desk, status: int, index: str = "twins") -> str:
    return desk.run("tw-coverage", index, check=status).stderr
