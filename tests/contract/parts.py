"""The promises of a module, a file of tests beside this one, in parts: on a server a part is one case, a promise a subtest."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from types import ModuleType
from typing import Any

Promise = Callable[..., None]


def parts(module: ModuleType, begins: Collection[str]) -> Iterator[list[Promise]]:
    """A part begins with a promise of such a name, and has all that follow it in the file until the next one begins."""
    promises = [promise for name, promise in vars(module).items() if name.startswith("test_")]
    starts = [number for number, promise in enumerate(promises) if promise.__name__ in begins]
    assert starts[0] == 0, f"{module.__name__} begins with another promise"
    assert len(starts) == len(begins), f"a part begins with none of the promises of {module.__name__}"
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        yield promises[start:end]


class Fixtures:
    """The fixtures of a module, made anew for one promise out of what is `given`, and ended with the block."""

    def __init__(self, given: dict[str, Any], *modules: ModuleType) -> None:
        self._made = given
        self._modules = modules
        self._ends = ExitStack()

    def __enter__(self) -> Fixtures:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def call(self, function: Callable[..., Any]) -> Any:
        """What a test or a fixture gives, called with the fixtures that it asks for."""
        return function(**{name: self._one(name) for name in inspect.signature(function).parameters})

    def _one(self, name: str) -> Any:
        if name not in self._made:
            fixture = next(vars(module)[name] for module in self._modules if name in vars(module))
            made = self.call(inspect.unwrap(fixture))
            if inspect.isgenerator(made):
                self._ends.callback(next, made, None)
                made = next(made)
            self._made[name] = made
        return self._made[name]
