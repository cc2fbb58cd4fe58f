"""Whatever others wrote, no program shows it so that it does something to a terminal, or looks like a row of its own.

A new program is added to CASES, or the test of the table fails.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from netwar.archive.deadletters import Refused, keep
from netwar.config import load
from netwar.records.documents import Document
from tests.desk import BIN, ROOT, Desk, Ended
from tests.hostile import EVIL, KEYS, OTHER, TWEET, USER, fill, harm, services
from tests.rows import rows
from tests.terminals import on_a_terminal
from tests.test_every_program import PROGRAMS

EVIL_FILE = "list\x1b[31m\u202e\n.txt"
E = "--config es.conf"
# Command lines of each program: what is told of a user, a file, a refusal; the ends of words are at blanks.
CASES: dict[str, list[str]] = {
    "tw-1name": ["nasa", "nasa --json", "nasa --ask"],
    "tw-1num": [f"{USER} --history", f"{USER} --json", f"{OTHER} --history"],
    "tw-1tweet": [TWEET, f"{TWEET} --json"],
    "tw-amplifiers": ["evil", "evil --csv", "evil --json", f"evil {USER}", "evil FILE", "FILE"],
    "tw-auth": ["", "FILE"],
    "tw-chkstreams": ["", "--csv", "--json", "evil", "FILE"],
    "tw-backup": ["FILE", "backups", "backups --repository FILE"],
    "tw-doctor": ["", "--csv", "--json", "--bundle FILE", f"--json {E}"],
    "tw-coaction": ["evil --by text", "evil --by hashtag --actions", "FILE --by link", "evil --by FILE"],
    "tw-conversation": [f"{TWEET} evil --yes", "1 FILE", "FILE evil"],
    "tw-copy": ["evil other", "files:FILE other"],
    "tw-count": ["FILE --yes", "FILE --each --csv --yes", "rain", "no FILE"],
    "tw-coverage": ["evil", f"evil {USER}", "evil --json", "evil --csv", "evil --summary", "FILE"],
    "tw-dequeue": ["FILE", f"{USER} nasa --queue FILE"],
    "tw-dumptweets": ["evil --raw", "evil evil.csv --csv", "evil --twarc", "evil --user FILE", "evil --query FILE", "FILE"],
    "tw-dumpusers": ["evil", "evil evil.csv --csv --versions", "evil --csv --fields FILE", "FILE"],
    "tw-elk": [
        *(f"GET /_cat/plain {E}", f"GET /evil {E}", f"GET /refused {E}", f"indices-by-size {E}"),
        *(f"POST /evil @FILE --show {E}", f"replicas FILE 1 --show {E}"),
    ],
    "tw-elkauth": [f"/FILE {E} --show"],
    "tw-elkinit": [E],
    "tw-failed": ["", "--json", "--csv", "usertest FILE", "FILE", "work FILE --retry"],
    "tw-file2filt": ["author FILE", "mentions ids.txt", "FILE ids.txt"],
    "tw-fixgraph": ["no FILE", "FILE --columns 5", "edges.csv --columns FILE"],
    "tw-follow2usertest": [f"{USER} --yes", "FILE"],
    "tw-followdiff": [USER, f"{USER} --list", f"{USER} --json", f"{USER} --csv", "FILE"],
    "tw-followdump": [USER, f"{USER} --csv", f"{USER} --json", "FILE", f"{USER} --snapshot 9"],
    "tw-followquick": [f"{USER} - --yes", "nasa out.txt --yes"],
    "tw-friend2usertest": [f"{USER} --yes"],
    "tw-friendquick": [f"{USER} - --yes"],
    "tw-graph": ["status", "feed", "check evil", "rebuild evil", f"follows {USER} --index evil", "FILE", "init FILE"],
    "tw-hydrate": ["ids.txt evil --yes", "FILE evil --yes --csv", "ids.txt evil --yes --again --json", "no FILE"],
    "tw-exports": ["", "--json", "--csv", "--to FILE"],
    "tw-harvestlinks": ["evil", "evil --csv", "evil --json --by host", "FILE"],
    "tw-gexf": [
        *("evil -", "evil - --timeline", "evil --csv", "evil out.gexf --hashtag FILE", "FILE"),
        *(f"usertest - --follows {USER}", "usertest --follows FILE", "evil --users FILE"),
    ],
    "tw-help": ["", "look", "FILE"],
    "tw-gaps": ["evil", "evil --csv", "evil --json", "FILE"],
    "tw-idu3elk": ["evil", "evil --estimate", "evil --queue work -v"],
    "tw-indices": ["", "--json"],
    "tw-import": ["FILE evil", "--dry-run FILE evil", "evil.jsonl evil", "no FILE"],
    "tw-list2filt": ["77 --yes", "11 evil-31m --yes", "FILE", "11 FILE"],
    "tw-listlog": ["evil", "evil 77", "evil --csv", "evil --json", "evil FILE", "FILE"],
    "tw-listmembers": ["77 --yes", "77 --yes --csv", "77 --yes --json", "78 --yes", "FILE"],
    "tw-lists": ["11", "11 --csv", "11 --json", "", "FILE"],
    "tw-mend": ["FILE", "data/meter.sqlite"],
    "tw-myname": ["", "-v"],
    "tw-neighbors": [f"{USER} --index evil", f"{USER} --index evil --csv", f"{USER} --index evil --json", "FILE --index evil"],
    "tw-queue2usertest": ["", "-v"],
    "tw-quser2usertest": ["FILE", "no FILE"],
    "tw-perflog": ["FILE FILE", "--last 20", "--last 20 --json", "--last 20 --csv"],
    "tw-quser2work": ["FILE", "--list 77 --yes", "--list FILE --yes"],
    "tw-rates": ["", "--csv", "--json", "no FILE", "FILE"],
    "tw-restore": ["FILE", "backups"],
    "tw-rules": ["", "--csv", "--json", "--check FILE", "--remove --yes"],
    "tw-sandbox": ["--scenario FILE", "--replay FILE --port 0 --clock FILE"],
    "tw-search": [
        f"evil --user {USER}",
        f"evil --user {USER} --json",
        "evil",
        "evil owned --users",
        "evil owned --users --json",
        "FILE x",
    ],
    "tw-search2elk": ["evil FILE --yes", "evil rain --coverage", "evil ids.txt --coverage --json", "FILE rain", "evil (FILE"],
    "tw-showmywork": ["evil", "evil --json", "evil --csv", "FILE"],
    "tw-showusertest": ["", "--names", "--json", "--csv"],
    "tw-showwork": ["", "--names", "--json", "--csv"],
    "tw-spend": [f"--since 2026-01-01 {form}" for form in ("", "--json", "--csv", "--by index")],
    "tw-supervise": ["FILE", "."],
    "tw-tagnode": ["- --index evil", "FILE --index evil", "no FILE", "FILE --property FILE"],
    "tw-tnamesearch": ["FILE", "FILE -", "FILE - --missed"],
    "tw-top": ["evil", "evil --csv", "evil --json", "evil --kind retweeted --kind quoted", "FILE"],
    "tw-touchindex": ["FILE"],
    "tw-status": ["", "--json", "--all", "-q --prometheus netwar.prom", "--forget"],
    "tw-stream": ["evil FILE --detach", "evil --list 77 --detach", "evil --list FILE", "evil --stop", "FILE --stop"],
    "tw-tracklists": ["evil", "evil --lists 77", "evil --lists FILE", "evil --within FILE", "evil --forget 77", "FILE"],
    "tw-tumsearch": ["FILE -", "FILE - --both", "FILE - --missed", "ids.txt"],
    "tw-usersearch": ["nasa --yes", "nasa --yes --csv", "nasa --yes --json", "FILE"],
    "tw-usersearchadd": ["FILE -", "FILE"],
    "tw-verify": ["FILE", "backups"],
    "tw-wipemywork": ["evil --yes", "FILE"],
    "tw-wipeusertest": [""],
    "tw-wipework": ["", "--queue FILE"],
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk in whose home everything that is recorded, and everybody who is asked, says the worst."""
    desk = Desk(tmp_path_factory.mktemp("hostile") / "home")
    desk.home.mkdir()
    with services() as address:
        api, settings = (
            f"http://{address}",
            {"data": desk.home / "data", "maxcpu": 100, "maxmem": 100, "budget": 60, "graph": "on", **KEYS},
        )
        path = desk.configure(api, **settings)
        desk.configure(api, desk.home / "es.conf", **settings, elksg=address)
        fill(desk.home / "data", load(path).app)
        (desk.home / EVIL_FILE).write_text(f"{USER}\nhttps://x.com/nasa?\x9b31m\u202e\n{EVIL}\n@\x1b[2J\n".replace("\x07", ""))
        (desk.home / "ids.txt").write_text(f"{USER}\n{OTHER}\n99\n")
        (desk.home / "edges.csv").write_text("11,12\n")
        (desk.home / "evil.jsonl").write_text(f'{EVIL}\n{{"{EVIL}": 1}}\n[{{"x": "{EVIL}"}}]\n'.replace("\x07", ""))
        yield desk


def words(line: str) -> list[str]:
    return [word.replace("FILE", EVIL_FILE) for word in line.split()]


def test_every_program_is_tried() -> None:
    assert sorted(CASES) == PROGRAMS


@pytest.mark.long
@rows("name", PROGRAMS)
def test_nothing_that_others_wrote_does_anything(hostile: Desk, name: str) -> None:
    for line in CASES[name]:
        ended = hostile.run(name, *words(line), input=f"{USER}\n")
        assert not harm(ended.stdout) + harm(ended.stderr), (name, line)
        assert "this is a bug" not in ended.stderr, (name, line, ended.stderr)


TABLES = ["tw-coverage evil", f"tw-coverage evil {USER}", "tw-coverage evil --csv", "tw-coverage evil --summary"]
TABLES += [
    f"tw-followdiff {USER}",
    f"tw-followdiff {USER} --list",
    "tw-rates",
    "tw-showwork",
    "tw-showusertest --csv",
    "tw-spend",
    "tw-dumptweets evil --csv",
    "tw-dumpusers evil --versions",
    "tw-exports",
]


def test_no_table_does_anything_to_a_terminal(hostile: Desk) -> None:
    for line in TABLES:
        for columns in (40, 200):
            status, seen = on_a_terminal(hostile, line.split(), columns=columns)
            assert status == 0, (line, seen)
            assert not harm(seen.decode().replace("\r\n", "\n")), (line, columns)


def test_what_is_shown_of_it_is_the_rest(hostile: Desk) -> None:
    def shown(*line: str) -> Ended:
        return hostile.run(*line)

    assert shown("tw-myname").stdout.count("\n") == 1
    assert len(shown("tw-myname").stdout.split("\t")) == 3
    assert "evil ]0;owned" in shown("tw-myname").stdout
    assert [len(line.split("\t")) for line in shown("tw-coverage", "evil").stdout.splitlines()] == [5, 5, 5]
    assert len(shown("tw-search", "evil", "--user", USER).stdout.splitlines()) == 1
    assert json.loads(shown("tw-search", "evil", "--user", USER, "--json").stdout)["text"] == EVIL
    assert json.loads(shown("tw-1num", USER, "--json").stdout)["profile"]["description"] == EVIL
    assert json.loads(shown("tw-elk", "GET", "/evil", "--config", "es.conf").stdout)[EVIL] == EVIL


def test_nothing_of_it_reaches_the_pager(hostile: Desk) -> None:
    pager = hostile.home / "pager"
    pager.write_text(f"#!/bin/sh\ncat > {hostile.home}/paged\n")
    pager.chmod(0o755)
    for words in (["tw-search", "evil"], ["tw-search", "evil", "--full"], ["tw-search", "evil", "--users", "--full"]):
        assert on_a_terminal(hostile, words, {"TERM": "xterm", "PAGER": str(pager)})[0] == 0
        shown = (hostile.home / "paged").read_bytes().decode()
        assert "evil" in shown
        assert not harm(shown)


def test_names_that_can_be_none_are_not_written_into_lists(hostile: Desk) -> None:
    """Files are data, and faithful: so what is no name must not become one, or a line of its own."""
    hostile.run("tw-tumsearch", "ids.txt", "both", "--both", check=0)
    assert (hostile.home / "both-found.txt").read_text() == f"{USER},{USER}\n{OTHER},{OTHER}\n"
    assert hostile.run("tw-fixgraph", "edges.csv", check=0).stdout == "11,12\n"
    hostile.run("tw-tnamesearch", EVIL_FILE, "whole")
    assert (hostile.home / "whole-missed.txt").read_text() == "https://x.com/nasa?\x9b31m\n"


ONE_WAY_OUT = {"netwar/cli/output.py", "netwar/cli/guarded.py", "netwar/cli/__init__.py"}


def ours() -> list[Path]:
    return [*BIN.glob("tw-*"), *(path for path in (ROOT / "netwar").rglob("*.py"))]


def test_nobody_speaks_another_way() -> None:
    """The streams are guarded; where a row ends only the words of netwar.cli.output know."""
    others = []
    for path in ours():
        if str(path.relative_to(ROOT)) in ONE_WAY_OUT:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                whole = ast.unparse(node.func)
                if whole in ("click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"):
                    others.append(f"{path}:{node.lineno} {whole}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                others.append(f"{path}:{node.lineno} print")
    assert not others


def test_dead_letters_can_be_looked_at(tmp_path: Path) -> None:
    keep(tmp_path / "dead-letters", [Refused(Document("twevil", "1", {"id": "1", "text": EVIL}, True, 1), EVIL)])
    kept = (tmp_path / "dead-letters").read_text()
    assert not harm(kept)
    assert json.loads(kept)["document"]["text"] == json.loads(kept)["reason"] == EVIL
