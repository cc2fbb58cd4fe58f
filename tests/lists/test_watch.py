"""Lists as they are watched through the real client, store and sandbox: what is read, what it costs, what is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from netwar.archive.base import Store
from netwar.cli.services import Services
from netwar.errors import KeysRefused, NetwarError, RateLimited
from netwar.lists.membership import REMOVED
from netwar.lists.watch import Relisted, Watch
from netwar.twitter.base import TransientError
from tests.operator import ALL_OPEN, Operator

pytestmark = pytest.mark.long

WORLD = f"""
[world]
users = 300
{ALL_OPEN}
[[users]]
name = "observer"
[[users]]
name = "other"
[limits]
"/2/users/:id/owned_lists" = 900
"/2/lists/:id" = 900
[[lists]]
name = "NSCE Brexit"
members = {{ first = 2, count = 150 }}
[[lists]]
name = "nsce energy"
private = true
members = [2, 3, 200]
[[lists]]
name = "Friends"
members = [4, 5]
"""


@dataclass
class Watcher:
    """A watch on the lists of the sandbox's own account, and what a test does behind its back."""

    one: Operator
    services: Services

    def watch(self, **more: Any) -> Watch:
        store = Store(self.services.archive, self.services.spool)
        return Watch(self.services.twitter, store, self.services.observer, "x", **more)

    def look(self, seconds: int = 40, watch: Watch | None = None) -> dict[str, Relisted]:
        self.one.post("clock", {"advance": seconds})
        return {one.shown.slug if one.shown else one.list_id: one for one in (watch or self.watch()).relist()}

    def list_id(self, name: str) -> str:
        return next(one["id"] for one in json.loads(self.one.get("truth/lists")) if one["name"] == name)

    def members(self, list_id: str) -> set[str]:
        return {one["id"] for one in json.loads(self.one.get(f"truth/lists/{list_id}"))["members"]}

    def logged(self, list_id: str) -> set[str]:
        return set(self.watch().log(list_id).members())

    def removed(self) -> list[str]:
        archive = self.services.archive
        notes = [value for key, value in archive.notes("twx", "listed/") if key.count("/") == 2]
        return [user for part in notes for _, user, what, _ in part if what == REMOVED]

    def asked(self, path: str) -> int:
        return sum(line["path"].startswith(path) for line in self.one.log() if line["method"] == "GET")

    def fault(self, **fault: object) -> None:
        self.one.post("faults", {"times": 0, **fault})


@pytest.fixture
def watching(operator: Callable[..., Operator]) -> Iterator[Callable[..., Watcher]]:
    opened = []

    def begin(**settings: object) -> Watcher:
        one = operator(WORLD, **settings)
        opened.append(Services("test", one.desk.home / ".twitter"))
        return Watcher(one, opened[-1])

    yield begin
    for services in opened:
        services.close()


def test_lists_are_read_when_they_change_and_their_profiles_are_kept(watching: Callable[..., Watcher]) -> None:
    it = watching(data="data")
    first = it.look()
    assert set(first) == {"nsce-brexit", "nsce-energy"}
    brexit, energy = it.list_id("NSCE Brexit"), it.list_id("nsce energy")
    for list_id in (brexit, energy):
        assert it.logged(list_id) == it.members(list_id)
    assert len(first["nsce-brexit"].news.added) == 150
    assert it.services.archive.count("tux") == 151, "somebody is on both"
    assert it.one.bill()["micro"] == 3 * 5_000 + 151 * 10_000
    pages = it.asked("/2/lists/")
    assert {name: one.news.added for name, one in it.look().items()} == {"nsce-brexit": (), "nsce-energy": ()}
    assert it.asked("/2/lists/") == pages, "nothing has changed"
    it.one.post(f"lists/{brexit}/members", {"add": [210, 211]})
    again = it.look()["nsce-brexit"]
    assert len(again.news.added) == 2
    assert again.members == it.members(brexit)
    assert it.asked("/2/lists/") == pages + 1, "the newest seven"
    assert it.one.bill()["micro"] == 3 * 5_000 + 153 * 10_000
    assert it.watch().log(brexit).state().count == 152


@pytest.mark.parametrize(("left", "came"), [(10, 20), (2, 5), (6, 7)])
def test_who_comes_while_others_leave_is_seen_at_once(watching: Callable[..., Watcher], left: int, came: int) -> None:
    """The count then grows by fewer than there are newcomers, as after some hours without a look."""
    it = watching(data="data")
    it.look()
    brexit = it.list_id("NSCE Brexit")
    it.one.post(f"lists/{brexit}/members", {"remove": list(range(50, 50 + left))})
    it.one.post(f"lists/{brexit}/members", {"add": list(range(200, 200 + came))})
    assert len(it.look()["nsce-brexit"].news.added) == came
    assert it.logged(brexit) >= it.members(brexit)
    for _ in range(3):
        it.look()
    assert sorted(it.removed()) == sorted(user["id"] for user in it.one.users()[50 : 50 + left])
    assert it.logged(brexit) == it.members(brexit)


def test_who_is_taken_off_and_who_is_suspended(watching: Callable[..., Watcher]) -> None:
    it = watching(data="data")
    it.look()
    brexit = it.list_id("NSCE Brexit")
    users = it.one.users()
    it.one.post(f"lists/{brexit}/members", {"remove": [50], "add": [220]})
    it.one.post("state", {"user": 51, "state": "suspended"})
    assert it.removed() == []
    it.look()
    it.one.post(f"lists/{brexit}/members", {"remove": [52]})
    for _ in range(4):
        it.look()
    assert sorted(it.removed()) == sorted(users[number]["id"] for number in (50, 52))
    assert it.watch().log(brexit).state().closed == {users[51]["id"]: "suspended"}
    assert it.logged(brexit) == it.members(brexit)
    assert it.services.archive.record("twx", users[51]["id"]).outcome == "suspended"


FAULTS: list[dict[str, object]] = [
    {"kind": kind, **more}
    for kind, more in (
        ("list-gone", {"endpoint": "/2/lists/:id/members"}),
        ("list-gone", {"endpoint": "/2/lists/:id"}),
        ("list-gone", {"endpoint": "/2/users/:id/owned_lists"}),
        ("list-gone", {}),
        ("members-short", {"endpoint": "/2/lists/:id/members", "keep": 149}),
        ("members-short", {"endpoint": "/2/lists/:id/members", "keep": 60}),
        ("members-short", {"endpoint": "/2/lists/:id/members", "keep": 0}),
        ("members-short", {"endpoint": "/2/users/:id/owned_lists", "keep": 0}),
        ("count-lies", {"by": -1}),
        ("count-lies", {"by": 3}),
        ("empty-page", {"endpoint": "/2/lists/:id/members"}),
        ("repeat-token", {"endpoint": "/2/lists/:id/members"}),
        ("short-page", {"endpoint": "/2/lists/:id/members", "keep": 90}),
        ("no-meta", {"endpoint": "/2/lists/:id/members"}),
        ("no-meta", {"endpoint": "/2/users/:id/owned_lists"}),
        ("stale-token", {"endpoint": "/2/lists/:id/members"}),
        ("not-found", {"endpoint": "/2/lists/:id/members"}),
        ("not-authorized", {"endpoint": "/2/lists/:id/members"}),
        ("invalid-request", {"endpoint": "/2/lists/:id/members"}),
        ("internal-errors", {"endpoint": "/2/lists/:id/members"}),
        ("server-error", {"endpoint": "/2/lists/:id/members"}),
        ("server-error", {"endpoint": "/2/users"}),
        ("cut", {"endpoint": "/2/lists/:id/members"}),
        ("odd-elements", {"endpoint": "/2/lists/:id/members"}),
        ("odd-elements", {"endpoint": "/2/lists/:id/members", "billed": True}),
        ("odd-shapes", {"endpoint": "/2/lists/:id/members"}),
        ("drop-fields", {"endpoint": "/2/users/:id/owned_lists", "fields": ["member_count"]}),
    )
]


def test_no_fault_of_the_sandbox_is_a_removal(watching: Callable[..., Watcher]) -> None:
    """With the count changed, so that all is read; one after the other, with no quiet time between."""
    it = watching(data="data")
    it.look()
    brexit, energy = it.list_id("NSCE Brexit"), it.list_id("nsce energy")
    for number, fault in enumerate(FAULTS):
        it.one.post("faults", [], method="DELETE")
        it.fault(**fault)
        it.one.post(f"lists/{brexit}/members", {"add": [230 + number]})
        for _ in range(3):
            with suppress(NetwarError):
                it.look()
        assert it.removed() == [], fault
    it.one.post("faults", [], method="DELETE")
    it.one.post(f"lists/{brexit}/members", {"remove": [60]})
    for _ in range(4):
        it.look()
    assert it.removed() == [it.one.users()[60]["id"]]
    for list_id in (brexit, energy):
        assert it.logged(list_id) == it.members(list_id)


def test_a_list_that_is_deleted_hidden_or_renamed_keeps_its_members_until_it_is_forgotten(
    watching: Callable[..., Watcher],
) -> None:
    it = watching(data="data")
    it.look()
    brexit, energy = it.list_id("NSCE Brexit"), it.list_id("nsce energy")
    it.one.post(f"lists/{brexit}", {}, method="DELETE")
    it.one.post(f"lists/{energy}", {"name": "Energy"})
    told = it.look()
    assert told[brexit].told.startswith("gone (")
    assert (
        told[energy].told
        == "renamed (it is called Energy now, which does not begin with nsce-); its members stay until it is forgotten"
    )
    since = told[brexit].state.since
    later = it.look()
    assert (later[brexit].state.trouble, later[brexit].state.since) == ("gone", since)
    assert len(later[brexit].members) == 150
    it.one.post(f"lists/{energy}", {"name": "NSCE Energy"})
    assert it.look()["nsce-energy"].state.trouble == ""
    assert it.removed() == []
    assert len(it.watch().forget(brexit, 5)) == 150
    assert set(it.look()) == {"nsce-energy"}
    assert (it.logged(brexit), len(it.removed())) == (set(), 150)


def test_lists_of_others_are_followed_by_their_ids(watching: Callable[..., Watcher]) -> None:
    it = watching(data="data")
    theirs = it.one.post("lists", {"owner": "other", "name": "Anything", "members": [7, 8]})["id"]
    watch = it.watch(lists=[theirs, "4"])
    told = it.look(watch=watch)
    assert told["anything"].members == it.members(theirs)
    assert told["4"].told.startswith("gone (")
    it.one.post(f"lists/{theirs}", {"private": True})
    assert it.look(watch=watch)[theirs].state.trouble == "gone", "which X calls so"
    assert it.logged(theirs) == it.members(theirs)


def test_trouble_with_one_list_is_none_of_the_others_and_keys_that_are_refused_are_told(
    watching: Callable[..., Watcher],
) -> None:
    it = watching(data="data")
    brexit = it.list_id("NSCE Brexit")
    it.fault(kind="invalid-request", endpoint=f"/2/lists/{brexit}/members")
    told = it.look()
    assert (told[brexit].state.trouble, told["nsce-energy"].news.doubt) == ("refused", "")
    assert len(told["nsce-energy"].members) == 3
    it.fault(kind="unauthorized", endpoint="/2/lists/:id/members")
    it.one.post(f"lists/{it.list_id('nsce energy')}/members", {"add": [9]})
    with pytest.raises(KeysRefused):
        it.look()
    it.one.post("faults", [], method="DELETE")
    it.fault(kind="server-error", endpoint="/2/users/:id/owned_lists")
    with pytest.raises(TransientError):
        it.look()
    it.one.post("faults", [], method="DELETE")
    it.fault(kind="rate-limit", endpoint="/2/lists/:id/members")
    with pytest.raises(RateLimited):
        it.look()
    assert it.removed() == []


def test_a_list_whose_name_x_leaves_out_is_not_renamed(watching: Callable[..., Watcher]) -> None:
    it = watching(data="data")
    it.look()
    it.fault(kind="drop-fields", fields=["name"])
    assert {(one.told, one.state.name) for one in it.watch().relist()} == {("", "NSCE Brexit"), ("", "nsce energy")}


def test_no_list_is_always_the_last_where_the_rate_window_is_too_small(watching: Callable[..., Watcher]) -> None:
    it = watching(data="data")
    wanted = [it.list_id(name) for name in ("NSCE Brexit", "nsce energy", "Friends")]
    watch = it.watch(lists=wanted)
    firsts = {next(iter(it.look(60, watch).values())).list_id for _ in range(6)}  # a look may fall into the next minute
    assert firsts == set(wanted)
