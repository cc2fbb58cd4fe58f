"""What cannot be fetched or run is told in a sentence, and leaves no half of a server behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers import KINDS, NEO4J_KINDS, assembling, javas, maven, places, pypi, why_not
from tests.servers import __main__ as making
from tests.servers.fixtures import REQUIRED, Servers, on
from tests.servers.maven import Artifact
from tests.servers.recipes import RECIPES, Module, Recipe
from tests.servers.redis import RedisServer
from tests.servers.trouble import NotFetched

ZIP = Artifact("test", "made-up", "1.0", "zip")
JAR = Artifact("test", "made-up-module", "1.0")


@pytest.fixture
def fetched(tmp_path: Path) -> Path:
    """A folder with the files of a made-up server."""
    with zipfile.ZipFile(tmp_path / ZIP.file, "w") as server:
        server.writestr("made-up-1.0/lib/server.jar", "")
        server.writestr("made-up-1.0/bin/server", "")
    with zipfile.ZipFile(tmp_path / JAR.file, "w") as jar:
        jar.writestr("org/made/up/SomePlugin.class", "")
    return tmp_path


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[Recipe]:
    """How it is made; what was made of it is removed."""
    made_up = Recipe(f"made-up-{tmp_path.name}", "1.0", ZIP, (Module("some", "SomePlugin", (JAR,)),), without=("bin",))
    yield made_up
    shutil.rmtree(places.assembled() / made_up.name, ignore_errors=True)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that is all of PATH."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


def test_assembled_whole(recipe: Recipe, fetched: Path) -> None:
    server = assembling.assemble(recipe, fetched, Path("/no/java"))
    assert assembling.find(recipe) == server
    assert {str(path.relative_to(server)) for path in server.rglob("*") if path.is_file()} == {
        "lib/server.jar",
        "modules/some/made-up-module-1.0.jar",
        "modules/some/plugin-descriptor.properties",
        "recipe",
    }
    assert "classname=org.made.up.SomePlugin\n" in (server / "modules/some/plugin-descriptor.properties").read_text()
    assert not assembling.find(replace(recipe, without=())), "another recipe makes another server"


def test_assembled_not_at_all(recipe: Recipe, fetched: Path) -> None:
    (fetched / JAR.file).unlink()
    with pytest.raises(FileNotFoundError):
        assembling.assemble(recipe, fetched, Path("/no/java"))
    assert not assembling.find(recipe)
    assert not (places.assembled() / recipe.name).exists()


def test_maven_is_started_once_and_what_cannot_be_had_keeps_no_other_server_away(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = replace(recipe, name="gone", zip=replace(ZIP, name="gone"))
    started: list[set[str]] = []
    assembled: list[str] = []

    def fetch(artifacts: Iterable[Artifact], into: Path) -> None:
        started.append({artifact.file for artifact in artifacts})
        if {gone.zip.file, ZIP.file} <= started[-1]:
            (into / ZIP.file).write_text("as far as it came")
        if gone.zip.file in started[-1]:
            raise NotFetched(f"there is no {gone.zip.file}")
        for file in started[-1]:
            (into / file).touch()

    def assemble(recipe: Recipe, folder: Path, _: Path) -> None:
        assert (folder / recipe.zip.file).read_text() == ""
        assembled.append(recipe.name)

    monkeypatch.setattr(making, "_java", lambda _: Path("/no/java"))
    monkeypatch.setattr(maven, "fetch", fetch)
    monkeypatch.setattr(assembling, "assemble", assemble)

    def made(*recipes: Recipe) -> list[str]:
        monkeypatch.setattr(making, "RECIPES", {one.name: one for one in recipes})
        (folder := tmp_path / "-".join(one.name for one in recipes)).mkdir()
        making._fetch_at_once(folder)
        problems = []
        for one in recipes:
            try:
                making._ensure(one, folder)
            except NotFetched as problem:
                problems.append(str(problem))
        return problems

    another = replace(recipe, name="another", zip=replace(ZIP, name="another"))
    assert made(recipe, another) == []
    assert assembled == [recipe.name, "another"]
    assert len(started) == 1
    assert made(gone, recipe) == ["there is no gone-1.0.zip"]
    assert assembled[2:] == [recipe.name]


def test_no_maven(only: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match="sudo apt-get install maven"):
        maven.fetch([ZIP], tmp_path / "into")


def test_maven_without_a_network(only: Path, tmp_path: Path) -> None:
    (only / "mvn").write_text("#!/bin/sh\necho '[ERROR] no route to host'\nexit 1\n")
    (only / "mvn").chmod(0o755)
    with pytest.raises(NotFetched, match=r"is there a network.*no route to host"):
        maven.fetch([ZIP], tmp_path / "into")


def test_pip_without_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(NotFetched, match="is there a network"):
        pypi.fetch("netwar-no-such-package==1", "*", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    assert javas.find(98, 98) is None
    monkeypatch.setitem(KINDS, "es953", replace(KINDS["es953"], java=(98, 99)))
    assert why_not("es953") == "es953 needs Java 98 or newer: install it, or run `make servers`"


def test_not_assembled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "es953", replace(KINDS["es953"], java=(8, 99)))
    monkeypatch.setitem(RECIPES, "elasticsearch-9.5.3", replace(RECIPES["elasticsearch-9.5.3"], without=("other",)))
    if not javas.find(8, 99):
        pytest.skip("needs a Java")
    assert why_not("es953") == "es953 is not here yet: run `make servers`"


def test_skipped_at_a_desk_and_required_where_that_is_asked(monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    monkeypatch.setitem(KINDS, "es953", replace(KINDS["es953"], java=(98, 99)))
    monkeypatch.delenv(REQUIRED, raising=False)
    with pytest.raises(pytest.skip.Exception, match="es953 needs Java 98"):
        servers("es953")
    monkeypatch.setenv(REQUIRED, "1")
    with pytest.raises(pytest.fail.Exception, match="es953 needs Java 98"):
        servers("es953")


def test_made_a_second_time() -> None:
    """make servers, where all is there, changes nothing; where something is missing it says what to do."""
    missing = [recipe for recipe in RECIPES.values() if not assembling.find(recipe)]
    if missing:
        pytest.skip("`make servers` has not been run")
    command = [sys.executable, "-m", "tests.servers"]
    said = subprocess.run(command, cwd=places.ROOT, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0
    every = len(RECIPES) + len(NEO4J_KINDS)
    assert said.stdout.startswith(f"{every} of {every} servers are in ")
    assert said.stderr == ""


@on("redis")
def test_the_next_test_finds_a_clean_server_whatever_this_one_does(server: RedisServer, servers: Servers) -> None:
    server.pause()
    assert servers("redis").version
    server.kill()
    assert servers("redis").pid == server.pid
    with server.connect() as admin:
        admin.config_set("requirepass", "unknown to the lab")
    another = servers("redis")
    assert another is not server
    assert not server.alive
    assert another.alive
