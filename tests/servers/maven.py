"""Files from Maven Central, by Maven's own client."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from tests.servers.trouble import NotFetched


@dataclass(frozen=True)
class Artifact:
    """One file there."""

    group: str
    name: str
    version: str
    type: str = "jar"
    classifier: str = field(
        default="", repr=False
    )  # a server is known by the words for what it is made of, which stay as they were

    @property
    def file(self) -> str:
        return f"{'-'.join(filter(None, (self.name, self.version, self.classifier)))}.{self.type}"


def fetch(artifacts: Iterable[Artifact], into: Path) -> None:
    """Copy artifacts into a folder, through the user's local repository (~/.m2). Exactly these, without what they depend on.

    Raises NotFetched.
    """
    items = "".join(map(_item, sorted(set(artifacts), key=lambda one: one.file)))
    _run(_project("servers", _configured(into, f"<artifactItems>\n{items}</artifactItems>")), f"{_PLUGIN}:copy", into)


def fetch_with_all(wanted: Mapping[str, Artifact], into: Path) -> None:
    """Copy artifacts, each with all that it depends on at run time, into folders by these names. Raises NotFetched."""
    for name, artifact in wanted.items():
        project = into / name / "pom.xml"
        project.parent.mkdir(parents=True)
        needs = f"<dependencies><dependency>{_named(artifact)}</dependency></dependencies>"
        project.write_text(_project(name, needs + _configured(into / name, "<includeScope>runtime</includeScope>")))
    modules = "".join(f"<module>{name}</module>" for name in wanted)
    try:
        _run(_project("all", f"<modules>{modules}</modules>"), f"{_PLUGIN}:copy-dependencies", into)
    finally:
        for name in wanted:
            (into / name / "pom.xml").unlink()


def _run(project: str, goal: str, into: Path) -> None:
    if not shutil.which("mvn"):
        raise NotFetched("Maven is not installed: sudo apt-get install maven")
    into.mkdir(parents=True, exist_ok=True)
    pom = into / "pom.xml"
    pom.write_text(project)
    done = subprocess.run(
        ["mvn", "--batch-mode", "--quiet", "--file", str(pom), goal],
        env={"MAVEN_OPTS": _QUICK, **os.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        said = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stdout.strip())
        raise NotFetched(f"Maven Central could not be asked, is there a network? Maven said: {said.strip()}")


_QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # it compiles for minutes of work, and has a second's

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"


def _project(name: str, content: str) -> str:
    return (
        "<project><modelVersion>4.0.0</modelVersion>"
        f"<groupId>netwar</groupId><artifactId>{name}</artifactId><version>1</version><packaging>pom</packaging>\n"
        f"{content}</project>\n"
    )


def _configured(into: Path, more: str) -> str:
    """What Maven's plugin is told."""
    return (
        "<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>"
        f"<configuration><outputDirectory>{escape(str(into))}</outputDirectory>{more}</configuration></plugin></plugins></build>"
    )


def _named(one: Artifact) -> str:
    return f"<groupId>{one.group}</groupId><artifactId>{one.name}</artifactId><version>{one.version}</version>"


def _item(one: Artifact) -> str:
    classifier = f"<classifier>{one.classifier}</classifier>" if one.classifier else ""
    return f"<artifactItem>{_named(one)}<type>{one.type}</type>{classifier}</artifactItem>\n"
