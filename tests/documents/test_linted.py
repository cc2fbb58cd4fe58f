"""What no test runs is linted: shell by bash, kernel settings by this kernel, properties of ZFS by their names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.desk import ROOT
from tests.documents.blocks import DOCS, NEEDS, Block, blocks

TYPED = re.compile(r"^(?:tw-\w+|sudo|printf|echo|curl|openssl|redis-cli|make|git|install|cat|sed|cd) ", re.MULTILINE)
KEY = re.compile(r"(?<![\w./])((?:vm|net|fs|kernel)\.[a-z0-9_.]+) *=")
# Of `zpool create` and `zfs create`, by the manuals zpoolprops(7) and zfsprops(7).
ZPOOL = {"ashift": r"9|1[0-6]", "autotrim": r"on|off", "autoexpand": r"on|off"}
ZFS = {
    "recordsize": r"512|(?:1|2|4|8|16|32|64|128|256|512)K|1M",
    "compression": r"on|off|lz4|zstd(?:-\d+)?|gzip(?:-\d)?|zle",
    "atime": r"on|off",
    "xattr": r"on|off|sa|dir",
    "logbias": r"latency|throughput",
    "volblocksize": r"(?:4|8|16|32|64|128)K",
    "primarycache": r"all|metadata|none",
    "sync": r"standard|always",  # and never "disabled": it acknowledges what is not on the disk
}


def wrong(block: Block) -> list[str]:
    found = []
    if block.needs and block.needs not in NEEDS:
        found.append(f"needs what nobody knows: {block.needs}")
    if block.language == "json":
        json.loads(block.text)
    if block.needs or (block.shell and TYPED.search(block.text)):
        done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
        found += [done.stderr] if done.returncode else []
    if block.needs == "sysctl":
        found += [key for key in KEY.findall(block.text) if not (Path("/proc/sys") / key.replace(".", "/")).exists()]
    for line in block.lines if block.needs == "ZFS" else ():
        known = ZPOOL if "zpool " in line else ZFS
        given = re.findall(r"-o (\w+)=(\S+)", line)
        found += [f"{name}={value}" for name, value in given if not re.fullmatch(known.get(name, "-"), value)]
    return found


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_blocks_of_all_documents() -> None:
    pages = [*sorted(DOCS.glob("*.md")), ROOT / "README.md"]
    told = [(block, wrong(block)) for page in pages for block in blocks(page)]
    assert {block.needs for block, _ in told} >= {"ZFS", "sysctl", "systemd", "the network"}
    assert not [f"{block.page}: {what}\n{block.text}" for block, found in told for what in found]


def test_policies_of_opensearch_lead_somewhere() -> None:
    """No server of the tests has the plugin that takes it."""
    policy = json.loads((ROOT / "conf/opensearch/month-is-over.json").read_text())["policy"]
    states = {state["name"]: state for state in policy["states"]}
    led = [policy["default_state"], *(to["state_name"] for state in states.values() for to in state["transitions"])]
    assert set(led) == set(states)
