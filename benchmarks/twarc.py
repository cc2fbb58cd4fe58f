"""What twarc2's stream costs a post beside tw-stream, with the rules that it left, and what it misses when it is cut once."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING

from benchmarks.desk import processor

if TYPE_CHECKING:
    from benchmarks.streams import Streams

# As `twarc2 stream FILE` does. It names X's address literally: an adapter leads to the sandbox.
CHILD = """
import json, sys
from requests.adapters import HTTPAdapter
from twarc import Twarc2
where, token, path = sys.argv[1:]
class Here(HTTPAdapter):
    def send(self, request, **given):
        request.url = request.url.replace("https://api.twitter.com", where)
        return super().send(request, **given)
twarc = Twarc2(bearer_token=token)
twarc.connect()
twarc.client.mount("https://api.twitter.com", Here())
with open(path, "a") as file:
    for result in twarc.stream():
        file.write(json.dumps(result) + "\\n")
"""
CUT, MOMENT = 10.0, 5.0  # seconds that it has after the cut, and after the last post


def beside(streams: Streams, python: str, token: str, rate: float, seconds: float) -> str:
    """A sentence. `python` is one that has twarc."""
    if subprocess.run([python, "-c", "import twarc"], capture_output=True).returncode:
        return f"{python} has no twarc: it was left out"
    desk, path = streams.desk, streams.desk.home / "twarc.jsonl"
    with open(desk.home / "twarc.said", "wb") as said:
        child = subprocess.Popen([python, "-c", CHILD, desk.url, token, str(path)], stderr=said)
    try:
        time.sleep(MOMENT)
        known = _made(streams)
        desk.post("stream", {"rate": rate})
        time.sleep(MOMENT)
        before, sent = processor(child.pid), streams.sent()
        time.sleep(seconds)
        each = (processor(child.pid) - before) / max(streams.sent() - sent, 1) * 1e6
        desk.post("stream/faults", {"kind": "reset"})
        time.sleep(CUT)
        desk.post("stream", {"rate": 0})
        time.sleep(MOMENT)
        ended = child.poll()
    finally:
        child.terminate()
        child.wait()
    kept = {json.loads(line)["data"]["id"] for line in path.read_text().split("\n")[:-1]}
    wanted = _made(streams) - known
    gone = "" if ended is None else f"; it had ended by itself ({(desk.home / 'twarc.said').read_text().strip()[-200:]})"
    missing = f"{len(wanted - kept):,} of {len(wanted):,} posts are missing, and nothing says so"
    return f"twarc2: {each:,.0f} µs of processor time a post; cut once, {missing}{gone}"


def _made(streams: Streams) -> set[str]:
    """The posts of those whom captures follow."""
    followed = {user for users in streams.lists.values() for user in users}
    told = (json.loads(line) for line in streams.desk.lines("truth/stream?all=1") if line)
    return {one["id"] for one in told if one["author"] in followed}
