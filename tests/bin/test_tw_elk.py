"""tw-elk as a process: the list, asking, plain requests, and what goes wrong. (Each recipe: tests/recipes.)"""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from netwar.recipes import recipes
from tests.desk import BIN, Desk, Ended
from tests.recipes.here import reach
from tests.rows import rows
from tests.servers.fixtures import on


def at_terminal(desk: Desk, typed: str, *args: str) -> Ended:
    """Run tw-elk with a terminal to ask on; what it asks is on standard error."""
    keyboard, terminal = pty.openpty()
    os.write(keyboard, typed.encode())
    command = [sys.executable, str(BIN / "tw-elk"), *args]
    done = subprocess.run(
        command, env=desk.environment, cwd=desk.home, stdin=terminal, capture_output=True, text=True, timeout=60
    )
    os.close(keyboard)
    os.close(terminal)
    return Ended(done.returncode, done.stdout, done.stderr)


def names(server: Any) -> set[str]:
    return {row["index"] for row in server.ask("GET", "/_cat/indices?format=json")}


def test_recipes_are_listed_without_a_server(desk: Desk) -> None:
    told = desk.run("tw-elk", "--list", check=0).stdout
    assert "  replicas INDICES N " in told
    assert told.count("\n") > 110
    assert max(map(len, told.splitlines())) <= 80
    some = desk.run("tw-elk", "--list", "snapshot", check=0).stdout
    assert "snapshot-take REPOSITORY SNAPSHOT INDICES" in some
    assert "hot-threads" not in some
    assert "no recipe has the word 'xyz'" in desk.run("tw-elk", "--list", "xyz", check=1).stderr


def test_alone_it_shows_the_groups(desk: Desk) -> None:
    told = desk.run("tw-elk", check=0).stdout
    known = recipes(desk.home)
    for group in {recipe.group for recipe in known.values()}:
        mine = [recipe for recipe in known.values() if recipe.group == group]
        assert re.search(rf"^{group} +{len(mine)}  {re.escape(mine[0].about[:40])}", told, re.MULTILINE)
    assert max(map(len, told.splitlines())) <= 80
    listed = desk.run("tw-elk", "--list", "tasks", check=0).stdout
    assert re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE) == ["tasks", "task", "cancel"]


def test_a_recipe_has_a_help_of_its_own(desk: Desk) -> None:
    told = desk.run("tw-elk", "shrink-to", "--timeout", "5", "-h", check=0).stdout
    assert told.startswith("Usage: tw-elk [OPTIONS] shrink-to INDEX TO [SHARDS]\n")
    for shown in (
        "\n  INDEX   the name of an index\n",
        "\n  SHARDS  a whole number; 1 if left out\n",
        "\n  tw-elk shrink-to twbrexit twnew 1\n",
    ):
        assert shown in told
    assert desk.run("tw-elk", "-h", "shrink-to", check=0).stdout == told
    assert "--yes must say so" in " ".join(desk.run("tw-elk", "delete", "-h", check=0).stdout.split())
    assert "did you mean health" in desk.run("tw-elk", "helth", "-h", check=2).stderr
    assert desk.run("tw-elk", "GET", "-h", check=0).stdout == desk.run("tw-elk", "-h", check=0).stdout
    own = desk.home / ".twitter.d/recipes.toml"
    own.parent.mkdir()
    own.write_text('[ours.tweets]\nhelp = "x"\n')
    assert f"{own} has errors:\n  - [ours.tweets] has no path" in desk.run("tw-elk", "health", "-h", check=78).stderr


def test_a_wrong_command_line_is_told_before_a_server_is_asked(desk: Desk) -> None:
    desk.configure(elksg="127.0.0.1:1")
    assert "did you mean health" in desk.run("tw-elk", "helth", check=2).stderr
    assert "usage:  tw-elk replicas INDICES N" in desk.run("tw-elk", "replicas", "tw*", check=2).stderr
    assert "N must be a whole number" in desk.run("tw-elk", "replicas", "tw*", "x", check=2).stderr
    assert "INDICES must be" in desk.run("tw-elk", "delete", "../_cluster", check=2).stderr
    assert "takes a path" in desk.run("tw-elk", "GET", check=2).stderr
    assert "nosuch cannot be read" in desk.run("tw-elk", "PUT", "/x", "@nosuch", check=2).stderr


def test_no_server_is_named_and_none_is_there(desk: Desk) -> None:
    config = desk.configure()
    ended = desk.run("tw-elk", "health", check=78)
    assert f"{config} names no Elasticsearch: write  elksg = HOST" in ended.stderr
    desk.configure(elksg="127.0.0.1:1")
    assert "does not answer" in desk.run("tw-elk", "health", check=69).stderr
    assert not (desk.home / ".local").exists(), "nothing is kept, so no folder is made"


@on("es654", "es953")
def test_requests_and_answers(server: Any, desk: Desk) -> None:
    reach(desk, server)
    run = desk.run
    assert json.loads(run("tw-elk", "GET", "/_cluster/health", check=0).stdout)["number_of_nodes"] == 1
    assert "epoch" in run("tw-elk", "GET", "_cat/health?v", check=0).stdout
    run("tw-elk", "PUT", "/lab-a", '{"settings": {"number_of_replicas": 0}}', check=0)
    (desk.home / "doc.json").write_text('{"text": "ümlaut"}')
    run("tw-elk", "PUT", "/lab-a/_doc/1?refresh=true", "@doc.json", check=0)
    typed = '"_type": "_doc", ' if server.of.major == 6 else ""
    lines = f'{{"index": {{"_index": "lab-a", {typed}"_id": "2"}}}}\n{{"text": "two"}}\n'
    run("tw-elk", "POST", "/_bulk?refresh=true", "-", input=lines, check=0)
    found = json.loads(run("tw-elk", "find", "lab-a", "text:ümlaut", "--json", check=0).stdout)
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["1"]
    assert run("tw-elk", "count", "lab-a", check=0).stdout.startswith('{\n  "count": 2,')
    rows = run("tw-elk", "indices", "lab-*", "--json", check=0).stdout
    assert [row["index"] for row in json.loads(rows)] == ["lab-a"]
    assert rows.count("\n") == 1
    assert run("tw-elk", "HEAD", "/lab-a", check=0).stdout == "there\n"
    assert run("tw-elk", "HEAD", "/lab-b", check=0).stdout == "not there\n"
    assert "the body is not JSON: Expecting" in run("tw-elk", "PUT", "/lab-a/_settings", "{", check=2).stderr
    assert run("tw-elk", "find", "lab-a", "text:(", check=1).stderr.count("\n") == 1
    assert "no such index" in run("tw-elk", "settings", "lab-b", check=1).stderr
    assert "is for elasticsearch 6-7.5" in run("tw-elk", "flush-synced", check=2).stderr if server.of.major == 9 else True


@on("es953")
def test_what_destroys_asks(server: Any, desk: Desk) -> None:
    reach(desk, server)
    for name in ("lab-a", "lab-b"):
        server.ask("PUT", f"/{name}", {"settings": {"number_of_replicas": 0}})
    server.ask("PUT", "/lab-a/_doc/1?refresh=true", {"text": "x"})
    shown = desk.run("tw-elk", "delete", "lab-a", "--show", check=0)
    assert shown.stdout == "DELETE /lab-a\n"
    unasked = desk.run("tw-elk", "delete", "lab-a", check=2)
    assert "Delete these for good? Where there is no terminal to ask on, say --yes" in unasked.stderr
    refused = at_terminal(desk, "n\n", "delete", "lab-a")
    assert (refused.status, "nothing done" in refused.stderr) == (0, True)
    assert "lab-a open            1" in " ".join(refused.stderr.split(" ")), "how many documents would go is shown"
    assert names(server) == {"lab-a", "lab-b"}
    agreed = at_terminal(desk, "y\n", "delete", "lab-a")
    assert agreed.status == 0, agreed.stderr
    desk.run("tw-elk", "delete", "lab-b", "--yes", check=0)
    assert names(server) == set()
    assert "no such index" in desk.run("tw-elk", "delete", "lab-b", check=1).stderr
    assert "there is no such index: nothing done" in desk.run("tw-elk", "delete", "lab-*", check=1).stderr


@on("es953")
def test_recipes_of_ones_own(server: Any, desk: Desk) -> None:
    reach(desk, server)
    own = desk.home / ".twitter.d/recipes.toml"
    own.parent.mkdir()
    own.write_text(
        """
        [ours.tweets]
        help = "How many tweets are recorded of each language"
        arguments = ["indices = tw*", "most: number = 3"]
        method = "POST"
        path = "/{indices}/_search?size=0"
        body = '{"aggs": {"lang": {"terms": {"field": "lang", "size": "{most}"}}}}'
        """
    )
    assert (
        "tweets [INDICES] [MOST]  How many tweets are recorded of each language (yours)"
        in desk.run("tw-elk", "--list", "ours").stdout
    )
    shown = desk.run("tw-elk", "tweets", "twx", "5", "--show", check=0).stdout
    assert shown.startswith("POST /twx/_search?size=0\n")
    assert json.loads(shown.partition("\n")[2])["aggs"]["lang"]["terms"]["size"] == 5
    server.ask("PUT", "/twlab", {"mappings": {"properties": {"lang": {"type": "keyword"}}}})
    server.ask("PUT", "/twlab/_doc/1?refresh=true", {"lang": "fi"})
    assert '"key": "fi"' in desk.run("tw-elk", "tweets", check=0).stdout
    own.write_text('[ours.tweets]\nhelp = "x"\n')
    ended = desk.run("tw-elk", "health", check=78)
    assert f"{own} has errors:\n  - [ours.tweets] has no path" in ended.stderr


@on("es953")
def test_a_server_that_hangs_is_not_waited_for(server: Any, desk: Desk) -> None:
    reach(desk, server)
    server.pause()
    begun = time.monotonic()
    ended = desk.run("tw-elk", "health", check=69)
    assert time.monotonic() - begun < 25
    assert "does not answer" in ended.stderr or "no answer in time" in ended.stderr


@on("es953")
def test_what_takes_long_goes_on_there(server: Any, desk: Desk) -> None:
    reach(desk, server)
    server.ask("PUT", "/lab-a", {"settings": {"number_of_replicas": 0}})
    ended = desk.run("tw-elk", "force-merge", "lab-a", check=0)
    task = json.loads(ended.stdout)["task"]
    assert task in ended.stderr
    assert "shows its progress" in ended.stderr
    waited = desk.run("tw-elk", "force-merge", "lab-a", "--wait", check=0)
    assert json.loads(waited.stdout)["_shards"]["failed"] == 0


@on("es953")
def test_a_drain_that_cannot_end_is_stopped_and_says_what_is_left(server: Any, desk: Desk) -> None:
    """There is no other node for its shards."""
    reach(desk, server)
    server.ask("PUT", "/lab-a", {"settings": {"number_of_replicas": 0, "number_of_shards": 2}})
    process = desk.start("tw-elk", "drain", "n1", "--yes")
    while not server.ask("GET", "/_cluster/settings")["persistent"]:
        assert process.poll() is None
    assert process.stdout
    assert process.stdout.readline() == "{\n"  # it has been answered, and waits
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    left = re.search(r"(\d+) shards were left; it continues there", said)
    assert left
    assert int(left[1]) >= 2, "the server may have one of its own"
    assert "stopped by SIGINT" in said


@on("es953")
def test_q_leaves_out_that_it_is_done(server: Any, desk: Desk) -> None:
    reach(desk, server)
    for args in (("PUT", "/lab-a"), ("replicas", "lab-a", "0"), ("allocation-off",), ("delete", "lab-a", "--yes")):
        ended = desk.run("tw-elk", *args, "-q", check=0)
        assert (ended.stdout, ended.stderr) == ("", "")
    assert "index" in desk.run("tw-elk", "indices", "-q", check=0).stdout, "but not what was asked for"


RIGHTS = {
    "es654-sg": r"indices:admin/delete",
    "es81921-sec": r"indices:admin/delete; it is granted by the index privileges \[delete_index,manage,all\]",
    "es953-sec": r"indices:admin/delete; it is granted by the index privileges \[delete_index,manage,all\]",
    "os2194-sec": r"indices:admin/delete",
}


@on(*RIGHTS)
def test_rights_that_are_missing_are_named(server: Any, desk: Desk) -> None:
    server.ask("PUT", "/twlab", {"settings": {"number_of_replicas": 0}})
    config = reach(desk, server, "recorder")
    desk.run("tw-elk", "health", check=0)
    desk.run("tw-elk", "indices", "tw*", check=0)
    ended = desk.run("tw-elk", "delete", "twlab", "--yes", check=78)
    assert f"recorder may not do that at {server.url}, and lacks " in ended.stderr
    assert RIGHTS[server.kind].replace("\\", "") in ended.stderr
    assert "--config FILE" in ended.stderr
    assert ended.stderr.count("\n") == 1
    text = config.read_text()
    config.write_text(text.replace("elksgpass = ", "elksgpass = x"))
    assert "does not accept the password of recorder" in desk.run("tw-elk", "health", check=78).stderr
    config.write_text(text.replace(str(server.ca), str(server.wrong_ca)))
    assert "is not signed by anybody trusted here" in desk.run("tw-elk", "health", check=78).stderr
    assert server.users["recorder"].password not in ended.stderr


@rows("given", ["/_bulk", "x/_msearch?y"])
def test_bodies_of_lines_are_sent_as_they_are(given: str, desk: Desk, tmp_path: Path) -> None:
    shown = desk.run("tw-elk", "POST", given, "-", "--show", input=b"{}\n{}\n", check=0).stdout
    assert shown == f"POST /{given.removeprefix('/')}\n{{}}\n{{}}\n"
