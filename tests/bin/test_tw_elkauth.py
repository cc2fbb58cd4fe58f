"""tw-elkauth, with curl itself at the other end of the pipe."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.desk import BIN, Desk
from tests.recipes.here import reach
from tests.rows import rows
from tests.servers.certificates import certificates
from tests.servers.fixtures import on
from tests.serving import Answering, serving

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")


def curl(config: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["curl", "-sS", "--max-time", "20", "-K", "-", *args], input=config, capture_output=True, text=True)


@on("es654-sg", "es953-sec", "os2194-sec")
def test_curl_is_let_in(server: Any, desk: Desk) -> None:
    config = reach(desk, server, "recorder")
    told = desk.run("tw-elkauth", "/_cluster/health", check=0).stdout
    assert json.loads(curl(told).stdout)["number_of_nodes"] == 1
    bare = desk.run("tw-elkauth", check=0).stdout
    assert "url" not in bare
    assert json.loads(curl(bare, f"{server.url}/").stdout)["version"]["number"] == server.version
    assert curl(bare.replace('user = "', 'user = "x'), "-w", "%{http_code}", f"{server.url}/").stdout.endswith("401")
    config.write_text(config.read_text().replace(f"elksgca = {server.ca}\n", ""))
    distrusted = desk.run("tw-elkauth", check=0).stdout
    assert curl(distrusted, f"{server.url}/").returncode == 60, "the certificate is checked"


@pytest.fixture
def echo() -> Iterator[str]:
    """A server that answers with what it was asked."""

    class Handler(Answering):
        def do_GET(self) -> None:
            self.answer(200, json.dumps({"path": self.path, "authorization": self.headers.get("authorization")}).encode())

    with serving(Handler) as address:
        yield address


@rows("password", ['a"b\\c', "a b:c", "#%$'`", "ä€😀", "\\n\\", ""])
def test_any_password_arrives_as_it_is(password: str, desk: Desk, echo: str) -> None:
    from base64 import b64decode

    desk.configure(elksg=echo, elksguser="me", elksgpass=password)
    heard = json.loads(curl(desk.run("tw-elkauth", "/", check=0).stdout).stdout)
    assert b64decode(heard["authorization"].removeprefix("Basic ")).decode() == f"me:{password}"


@rows("key", ["id:key", "aWQ6a2V5"])
def test_a_key_arrives_as_servers_want_it(key: str, desk: Desk, echo: str) -> None:
    desk.configure(elksg=echo, elksgkey=key)
    heard = json.loads(curl(desk.run("tw-elkauth", "/", check=0).stdout).stdout)
    assert heard["authorization"] == "ApiKey aWQ6a2V5"


def test_where_a_ca_is_named_curl_tells_nobody_in_clear_who_asks(desk: Desk, echo: str) -> None:
    """The server may be down, and somebody else of this machine have taken its port."""
    desk.configure(elksg=echo, elksguser="me", elksgpass="opensesame", elksgca=certificates().ca)
    assert curl(desk.run("tw-elkauth", check=0).stdout, f"http://{echo}/").stdout == ""
    ended = desk.run("tw-elkauth", "/", check=78)
    assert (ended.stdout, "speaks http, though elksgca names" in ended.stderr) == ("", True)


def test_any_path_arrives_as_it_is(desk: Desk, echo: str) -> None:
    desk.configure(elksg=echo)
    for path, heard in {"/a[1]{b,c}?q=x&y": "/a[1]{b,c}?q=x&y", "a b/ä": "/a%20b/%C3%A4", "/%2F": "/%2F"}.items():
        assert json.loads(curl(desk.run("tw-elkauth", path, check=0).stdout).stdout) == {"path": heard, "authorization": None}


def test_nothing_is_shown_on_a_terminal_unless_it_is_asked_for(desk: Desk) -> None:
    desk.configure(elksg="127.0.0.1:1", elksguser="me", elksgpass="opensesame")
    for args, status, shown in ((), 2, False), (("--show",), 0, True):
        screen, terminal = pty.openpty()
        done = subprocess.run(
            [sys.executable, str(BIN / "tw-elkauth"), *args], env=desk.environment, stdout=terminal, stderr=subprocess.PIPE
        )
        os.close(terminal)
        try:
            seen = os.read(screen, 10_000)
        except OSError:  # nothing was written
            seen = b""
        os.close(screen)
        assert done.returncode == status
        assert (b'user = "me:opensesame"' in seen) is shown
        assert b"opensesame" not in done.stderr


def test_what_cannot_be_asked_is_told(desk: Desk) -> None:
    config = desk.configure()
    assert f"{config} names no Elasticsearch" in desk.run("tw-elkauth", check=78).stderr
    desk.configure(elksg="127.0.0.1:1", elksguser="me", elksgpass="opensesame")
    ended = desk.run("tw-elkauth", "/", check=69)
    assert (ended.stdout, "does not answer" in ended.stderr) == ("", True)
