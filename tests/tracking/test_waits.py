"""A run that goes on: what the queues have lost meanwhile comes back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from netwar.archive.base import Store
from netwar.cli.services import Services
from netwar.lists.watch import Watch
from netwar.tracking.listing import Listing
from tests.tracking.desk import WORLD, Lists


def test_members_whom_the_queues_have_lost_come_back_while_the_run_goes_on(observer_of: Callable[..., Lists]) -> None:
    lists = observer_of(WORLD, data="data")
    with closing(Services("test", lists.desk.home / ".twitter")) as services:
        roster, archive = services.roster("brexit"), services.archive
        watch = Watch(services.twitter, Store(archive, services.spool), services.observer, "brexit")
        listing = Listing(watch, roster, archive, "brexit", "observer")
        listing.relist()
        assert {member.user for member in roster.members()} == lists.everybody()
        roster.clear()
        listing.relist()
        assert {member.user for member in roster.members()} == lists.everybody()
        assert lists.bill()["billed"]["user"] == 6
