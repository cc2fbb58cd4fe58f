"""Whatever an archive is kept in, the same documents make the same files."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests import clusters
from tests.desk import Desk
from tests.exports.conftest import PAGES, Exporting
from tests.exports.made import Pages, fill, rename
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on_one_of

CALLS = [
    ("tw-dumptweets", "made"),
    ("tw-dumptweets", "made", "--raw", "--since", "2023-11-14T22:20:00", "--user", "user3"),
    ("tw-dumptweets", "made", "--ids", "--query", '"customs union" OR 東京', "--kind", "retweet"),
    ("tw-dumptweets", "made", "--csv", "--lang", "de"),
    ("tw-dumpusers", "made", "--versions"),
    ("tw-harvestlinks", "made", "--by", "host", "--csv"),
]


@on_one_of("es654-sg", "es953-sec")
def test_elasticsearch_exports_what_files_export(server: ElasticServer, exporting: Exporting, tmp_path: Path) -> None:
    (home := tmp_path / "home").mkdir()
    desk = Desk(home)
    configuration = clusters.configured(server, home / ".twitter")
    with closing(clusters.opened(configuration, tmp_path)) as archive:
        fill(archive, made := Pages(1), PAGES)
        rename(archive, made, 30)
    for program, *more in CALLS:
        printed = desk.run(program, *more, check=0).stdout
        assert printed == exporting.run(program, *more).stdout, (program, *more)
        assert printed.count("\n") > 1
    for _ in range(3):
        begun = desk.begin("tw-dumptweets", "made", "out.jsonl.zst", "--resume")
        begun.kill_after(0.7)
        begun.end()
    desk.run("tw-dumptweets", "made", "out.jsonl.zst", "--resume", check=0)
    exporting.run("tw-dumptweets", "made", "es.jsonl.zst")
    assert (home / "out.jsonl.zst").read_bytes() == exporting.path("es.jsonl.zst").read_bytes()
