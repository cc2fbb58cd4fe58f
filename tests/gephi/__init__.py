"""Gephi's own reader of graph files, without its window: its toolkit, which `make servers` fetches into build/tools, and a few
lines of Java that add up what it has read."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers import javas, maven
from tests.servers.places import ROOT
from tests.servers.recipes import COMPILER
from tests.servers.trouble import NotFetched

TOOLKIT = maven.Artifact("org.gephi", "gephi-toolkit", "0.10.1", classifier="all")
PROGRAM = Path(__file__).parent / "GraphSums.java"
RELEASE = 17  # of Java: what the toolkit is run on, or anything newer
NEWEST = 25
FOLDER = ROOT / "build" / "tools" / "gephi"
SECONDS = 120


def why_not() -> str:
    """Why graphs cannot be read here, in a sentence; empty if they can."""
    if not _is_there():
        return "Gephi's toolkit is not here: make servers"
    return (
        ""
        if javas.find(RELEASE, NEWEST)
        else f"there is no Java {RELEASE} to {NEWEST}: sudo apt-get install openjdk-17-jre-headless"
    )


def lacking() -> list[maven.Artifact]:
    """What is to be fetched for it."""
    return [] if _is_there() else [TOOLKIT, COMPILER]


def ensure(fetched: Path) -> None:
    """Compile the program, and put the toolkit beside it, unless they are there: whole, or not at all.

    `fetched` is where their jars are, or shall be. Raises NotFetched.
    """
    if _is_there():
        return
    java = javas.find(RELEASE, NEWEST)
    if not java:
        raise NotFetched(why_not())
    if not all((fetched / artifact.file).exists() for artifact in lacking()):
        print(f"Fetching {TOOLKIT.file}", flush=True)
        maven.fetch(lacking(), fetched)
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent, prefix=".") as folder:
        made = Path(folder) / "gephi"
        made.mkdir()
        command: list[str | Path] = [java / "bin/java", "-jar", fetched / COMPILER.file, "-nowarn", "--release", str(RELEASE)]
        subprocess.run([*command, "-classpath", fetched / TOOLKIT.file, "-d", made, PROGRAM], check=True)
        shutil.copy(PROGRAM, made)
        shutil.move(fetched / TOOLKIT.file, made)
        shutil.rmtree(FOLDER, ignore_errors=True)
        made.rename(FOLDER)


def sums(file: Path) -> dict[str, int]:
    """What Gephi has read of a graph file: how many nodes, edges, … (see GraphSums.java); issues are warnings and errors."""
    java = javas.find(RELEASE, NEWEST)
    assert java, why_not()
    command: list[str | Path] = [
        java / "bin/java",
        "-Xmx512m",
        "-Djava.awt.headless=true",
        "-cp",
        f"{FOLDER / TOOLKIT.file}:{FOLDER}",
        "GraphSums",
        file,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert not done.returncode, done.stderr
    told = dict(line.split("=") for line in done.stdout.splitlines() if "=" in line)
    assert "nodes" in told, done.stdout + done.stderr
    return {name: int(value) for name, value in told.items()}


def _is_there() -> bool:
    """Just this version, and this program."""
    kept = FOLDER / PROGRAM.name
    return (FOLDER / TOOLKIT.file).exists() and kept.exists() and kept.read_bytes() == PROGRAM.read_bytes()
