"""Dockerfile and compose.yaml: linted by hadolint and by the schema of compose, and what can be run of them without an engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from netwar.config import SECTIONS
from netwar.operations.supervising import CAPTURE_PAUSE, PAUSE, STOPPED, WRONG
from tests.desk import BIN, ROOT
from tests.operations.ending import ending
from tests.servers import redis_program
from tests.servers.kinds import KINDS
from tests.test_crontab import load

TOOLS = ROOT / "build" / "tools" / "bin"
KEEP = ROOT / "conf" / "docker" / "keep.sh"
SHELL = shutil.which("sh") or "/bin/sh"
COPIES = re.findall(r"(?m)^COPY (?!--from)(.+) (\S+)$", (ROOT / "Dockerfile").read_text())


def tool(name: str, *words: str) -> str:
    """What a tool of `make tools` prints; it must find nothing."""
    if not (TOOLS / name).exists():
        assert not os.environ.get("NETWAR_REQUIRE_SERVERS"), f"{name} is not there"
        pytest.skip(f"{name} is not there: make tools")
    done = subprocess.run([TOOLS / name, *words], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def compose() -> dict[str, Any]:
    read = "import json, sys; from ruamel.yaml import YAML; print(json.dumps(YAML(typ='safe').load(open('compose.yaml'))))"
    found: dict[str, Any] = json.loads(tool("python", "-c", read))
    return found


def test_hadolint_and_the_schema_of_compose_find_nothing() -> None:
    tool("hadolint", "--failure-threshold", "style", "Dockerfile")
    tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


def test_the_services_are_what_is_shipped() -> None:
    """Programs take their options, statuses mean what they mean under supervisord, servers are those of the tests."""
    roles = {}
    for name, service in compose()["services"].items():
        assert service["restart"] == "unless-stopped"
        assert (health := " ".join(service["healthcheck"]["test"]))
        assert ("https:" in health) == ("curl -s --cacert " in health), "TLS is verified, also at home"
        assert not {"ports", "environment"} & service.keys() or name == "elasticsearch", (
            "nobody else is let in, nor told a secret"
        )
        mounted = [one for one in service["volumes"] if one.startswith("./conf")]
        assert all((ROOT / one.partition(":")[0]).is_file() for one in mounted)
        used = [one if isinstance(one, str) else one["source"] for one in service["secrets"]]
        assert {*used} <= compose()["secrets"].keys()
        if service.get("image") == "netwar":
            keep, pause, down, program, *words = service["command"]
            assert keep == "keep"
            roles[program] = (pause, {int(one) for one in down.split(",")})
            arguments = [str(ROOT / "README.md") if word.endswith(".txt") else word for word in words]
            with load(program).make_context(program, arguments) as context:
                assert context.params
    assert roles.pop("tw-stream") == (str(CAPTURE_PAUSE), set(STOPPED))
    assert roles.pop("tw-backup") == ("86400/900", set(WRONG))
    assert roles == dict.fromkeys(("tw-idu3elk", "tw-tracklists", "tw-queue2usertest", "tw-status"), (str(PAUSE), set(WRONG)))
    assert compose()["services"]["elasticsearch"]["image"].endswith(f":{KINDS['es953'].version}")
    assert all(one["file"].startswith("./secrets/") for one in compose()["secrets"].values())
    settings = re.findall(r"(?m)^#?(\w+) =", (ROOT / "conf/docker/netwar.conf").read_text())
    assert {"data", "redishost", "elksgca"} <= set(settings) <= SECTIONS["STREAM"].keys()


def test_what_the_dockerfile_copies_is_enough_and_no_more(tmp_path: Path) -> None:
    """Its RUN, on just those files, with the libraries that are here; and no key can be among them."""
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert ignored[0] == "*"
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {source for sources, _ in COPIES for source in sources.split()}
    assert {source.removesuffix("/install.sh") for source in copied} == let_in
    assert not re.search(
        r"(?im)^(ARG|ENV).*(key|secret|pass|token)", (ROOT / "Dockerfile").read_text().replace("/run/secrets/", "")
    )
    for sources, target in COPIES[:-1]:
        for source in sources.split():
            place = tmp_path / target / Path(source).name if target == "./" else tmp_path / target
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, place)
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "VENV": sys.prefix}
    commands = re.findall(r"(?m)^RUN PYTHON=python3 (.+) /opt/netwar$", (ROOT / "Dockerfile").read_text())
    assert len(commands) == 2
    for command in commands:
        subprocess.run([*command.split(), tmp_path / "opt"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    said = subprocess.run([tmp_path / "opt/bin/tw-help"], capture_output=True, text=True, cwd="/", check=True)
    assert "tw-idu3elk" in said.stdout
    assert len([*(tmp_path / "opt/bin").glob("tw-*")]) == len([*BIN.glob("tw-*")])


def test_keep_brings_back_whom_it_should(tmp_path: Path) -> None:
    """Each is asked to end once; who stays down does so until then, and says so."""
    program = ending(tmp_path / "program")
    names = ("0", "75", "78", "stays")
    running = {}
    for name in names:
        (script := tmp_path / f"keep-{name}").write_text(KEEP.read_text().replace("/tmp/stays-down", f"{tmp_path}/down-{name}"))
        running[name] = subprocess.Popen(
            [SHELL, script, "99/0.2" if name == "75" else "0.2/99", "2,78", program, name], stderr=subprocess.PIPE, text=True
        )

    def runs(name: str) -> list[str]:
        path = tmp_path / f"{name}.runs"
        return path.read_text().split() if path.exists() else []

    try:
        until(lambda: len(runs("0")) > 2 and len(runs("75")) > 2 and (tmp_path / "down-78").exists() and bool(runs("stays")))
        running["stays"].send_signal(signal.SIGHUP)
        until(lambda: "reread" in runs("stays"))
    finally:
        for one in running.values():
            one.terminate()
        said = {name: one.communicate(timeout=30)[1] for name, one in running.items()}
    assert runs("stays") == ["begun", "reread", "asked"]
    assert (runs("78"), running["stays"].returncode) == (["begun"], 143)
    assert "has ended with 78 and stays down" in said["78"]
    assert [name for name in names if (tmp_path / f"down-{name}").exists()] == ["78"]


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_redis_serves_as_compose_starts_it(tmp_path: Path) -> None:
    """By its socket alone, with the rights that are shipped, and without certificates."""
    if not (redis := redis_program.find()):
        pytest.skip("there is no Redis here")
    from redis import Redis

    service = compose()["services"]["redis"]
    for name in ("netwar.conf", "netwar.acl"):
        text = (ROOT / "conf/redis" / name).read_text()
        text = text.replace("user netwar on resetpass", "user netwar on resetpass >word")
        (tmp_path / name).write_text(text.replace("/etc/redis", str(tmp_path)).replace("/run/redis", str(tmp_path)))
    (tmp_path / "data").mkdir()
    places = {"/etc/redis/netwar.conf": str(tmp_path / "netwar.conf"), "/data": str(tmp_path / "data")}
    command = [str(redis), *(places.get(word, word) for word in service["command"][1:])]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    socket = tmp_path / "netwar.sock"
    try:
        until(socket.exists)
        with Redis(unix_socket_path=str(socket), username="netwar", password="word") as client:
            until(lambda: bool(client.ping()))
            assert client.info("server")["tcp_port"] == 0
        health = service["healthcheck"]["test"][1].replace("/run/redis", str(tmp_path))
        if shutil.which("redis-cli"):
            assert subprocess.run(["sh", "-c", health], check=False).returncode == 0
    finally:
        running.terminate()
        running.wait(30)
