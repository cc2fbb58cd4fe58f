"""Libraries without those of their parts that nobody here uses, which take memory and time in each of many processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let what is imported within find placeholders for these modules and those below them, in which every name is an empty
    class. What is loaded already stays, and whoever imports one of them later gets it whole."""
    absent = _Absent(tuple(name for name in names if name not in sys.modules))
    sys.meta_path.insert(0, absent)
    try:
        yield
    finally:
        sys.meta_path.remove(absent)
        for name, module in [*sys.modules.items()]:
            if isinstance(module, _Placeholder):
                del sys.modules[name]


class _Placeholder(ModuleType):
    """A module in which every name is an empty class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(self, name, made := type(name, (), {"__module__": self.__name__}))
        return made


class _Absent(MetaPathFinder, Loader):
    """Finds a placeholder for each of some modules."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        below = any(fullname == name or fullname.startswith(f"{name}.") for name in self._names)
        return ModuleSpec(fullname, self, is_package=True) if below else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Placeholder(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to be done."""
