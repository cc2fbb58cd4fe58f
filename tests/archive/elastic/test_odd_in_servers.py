"""Pages that nobody planned for, in real servers: see tests/records/test_odd_pages.py."""

from __future__ import annotations

import json
import random

from netwar.archive.elastic.store import ElasticArchive
from netwar.records.parsing import parsed
from tests.oddities import changed, lost, page
from tests.servers.fixtures import on

PAGES = 8


@on("es654-sg", "es953-sec")
def test_nothing_of_a_page_is_lost_whatever_its_shape(archive: ElasticArchive) -> None:
    chance = random.Random(1)
    for number in range(PAGES):
        body = parsed(json.dumps(changed(page(), chance, chance.randint(2, 8))))
        assert not lost(archive, body), f"page {number} of seed 1: {body}"
