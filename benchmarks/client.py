#!/usr/bin/env python3
"""How much processor time the client needs from the socket to the committed page.

    python benchmarks/client.py [--users 20]

A sandbox in another process serves whole timelines; one process asks, books, writes and acknowledges
them as tw-idu3elk does. Printed are milliseconds of this process's own CPU time per 100 documents (tweets,
referenced tweets and users), beside `orjson.loads` of the same bodies and, for scale, a bare request.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WORLD = "[world]\nusers = {users}\nprolific = 1\nsuspended = 0\nprotected = 0\ngone = 0\nrenamed = 0\ntaken = 0\n"


def sign_in(url: str, path: Path) -> Any:
    """Keys for the sandbox, the PIN way; the settings."""
    from netwar.config import load, write
    from netwar.twitter import auth

    x = auth.Way(url)
    token = auth.request_token(x, "sandbox-key", "sandbox-secret")
    form = urllib.parse.urlencode({"oauth_token": token.key, "screen_name": "@0"})
    first = urllib.request.urlopen(f"{url}/sandbox/truth/users").readline()
    form = urllib.parse.urlencode({"oauth_token": token.key, "screen_name": re.search(rb'"name":"(\w+)"', first)[1]})  # type: ignore[index]
    page = urllib.request.urlopen(f"{url}/oauth/authorize", form.encode()).read().decode()
    pin = re.search(r'id="pin">(\d+)<', page)[1]  # type: ignore[index]
    keys = auth.account_keys(x, "sandbox-key", "sandbox-secret", token, pin)
    found = {"consumer_key": "sandbox-key", "consumer_secret": "sandbox-secret", "access_token_key": keys.key}
    found |= {"access_token_secret": keys.secret, "api": url, "budget": "100000"}
    write(path, {("API", name): value for name, value in found.items()} | {("STREAM", "data"): str(path.parent / "data")})
    return load(path)


def record(home: Path, url: str, count: int) -> tuple[float, float, int, int]:
    """CPU seconds, wall seconds, documents and pages of one capture."""
    from netwar.archive.base import Store
    from netwar.cli.services import Services
    from netwar.timelines.worker import TimelineWorker

    sign_in(url, home / "twitter.conf")
    services = Services("benchmark", home / "twitter.conf")
    ids = re.findall(rb'"id":"(\d+)"', urllib.request.urlopen(f"{url}/sandbox/truth/users").read())[:count]
    services.queue("work").put(number.decode() for number in ids)
    pages = 0

    def paged(*_: object) -> None:
        nonlocal pages
        pages += 1

    capture = TimelineWorker(
        services.queue("work"), services.twitter, Store(services.archive, services.spool), "bench", report=paged
    )
    cpu, wall = time.process_time(), time.perf_counter()
    tally = capture.run(wait=True).tally
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    services.close()
    return cpu, wall, tally.created + tally.updated + tally.unchanged, pages


def parsing(url: str, home: Path, pages: int) -> float:
    """CPU milliseconds of reading one page's JSON with orjson."""
    import orjson

    from netwar.cli.services import Services

    services = Services("benchmark", home / "twitter.conf")
    bodies: list[bytes] = []
    seen: Any = services.twitter
    send = seen._transport._content

    def content(response: Any) -> bytes:
        bodies.append(send(response))
        return bodies[-1]

    seen._transport._content = content
    for number in re.findall(rb'"id":"(\d+)"', urllib.request.urlopen(f"{url}/sandbox/truth/users").read())[:pages]:
        services.twitter.timeline(number.decode(), index="bench")
    services.close()
    started = time.process_time()
    for body in bodies * 20:
        orjson.loads(body)
    return (time.process_time() - started) * 1000 / (20 * len(bodies))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=5, help="whole timelines of 3,200 and more")
    count = parser.parse_args().users
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "world.toml").write_text(WORLD.format(users=max(count, 10)))
        command = [sys.executable, str(ROOT / "bin" / "tw-sandbox"), "--port", "0", "--scenario", str(home / "world.toml")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
            assert sandbox.stdout
            try:
                url = sandbox.stdout.readline().strip()
                cpu, wall, documents, pages = record(home, url, count)
                bare = parsing(url, home, 10)
            finally:
                sandbox.terminate()
    print(f"{pages} pages, {documents} documents, {wall:.1f} s")
    print(f"client CPU per 100 documents: {cpu * 1000 / documents * 100:.2f} ms (orjson.loads of a page alone: {bare:.2f} ms)")


if __name__ == "__main__":
    main()
