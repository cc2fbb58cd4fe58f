"""Where netwar keeps a clock of Python's that it has not called yet: defaults of functions, and what makes the values of fields.

Who lets clocks go faster in a fork, where netwar is loaded already, has to replace those, too. They are looked for once, before
any fork: to load all of netwar anew in each takes five times as long as the rest of a fork.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import CellType, FunctionType, ModuleType
from typing import Any

CALLED = ("time", "time_ns", "monotonic", "perf_counter", "clock_gettime", "sleep")
CLOCKS = tuple(getattr(time, name) for name in CALLED)


def is_clock(value: object) -> bool:
    return any(value is clock for clock in CLOCKS)


def loaded() -> Iterator[ModuleType]:
    yield from (module for name, module in [*sys.modules.items()] if name.partition(".")[0] == "netwar")


def _functions(value: Any, home: str) -> Iterator[FunctionType]:
    """A function, or those of a class, with what they wrap; only what was made in the module `home`."""
    if isinstance(value, type):
        for one in vars(value).values() if value.__module__ == home else ():
            yield from _functions(one, home)
        return
    for name in ("__func__", "fget", "func", "__wrapped__"):
        if (inner := vars(type(value)).get(name) and getattr(value, name, None)) or (inner := _own(value).get(name)):
            yield from _functions(inner, home)
    if isinstance(value, FunctionType) and value.__module__ == home:
        yield value


def _own(value: Any) -> dict[str, Any]:
    return value.__dict__ if isinstance(value, FunctionType) else {}


def _cells(function: FunctionType) -> Iterator[CellType]:
    for cell in function.__closure__ or ():
        try:
            if is_clock(cell.cell_contents):
                yield cell
        except ValueError:  # it is empty
            continue


def _keeps(function: FunctionType) -> bool:
    given = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return any(map(is_clock, given)) or any(True for _ in _cells(function))


def _found() -> tuple[list[FunctionType], list[tuple[Any, str]]]:
    """The functions that keep one, and the modules and classes, with the names."""
    functions, names = dict[int, FunctionType](), list[tuple[Any, str]]()
    for module in loaded():
        names += [(module, name) for name, value in vars(module).items() if is_clock(value)]
        for value in [*vars(module).values()] if vars(module).get("time") is time else ():
            if isinstance(value, type) and value.__module__ == module.__name__:
                names += [(value, attribute) for attribute, one in vars(value).items() if is_clock(one)]
            functions |= {id(one): one for one in _functions(value, module.__name__) if _keeps(one)}
    return [*functions.values()], names


FUNCTIONS, NAMES = _found()


def replace(clocks: Sequence[Callable[..., Any]]) -> None:
    """Let all of them be others: one for each of CLOCKS."""

    def other(value: Any) -> Any:
        return next((new for old, new in zip(CLOCKS, clocks, strict=True) if old is value), value)

    for function in FUNCTIONS:
        function.__defaults__ = function.__defaults__ and tuple(map(other, function.__defaults__))
        function.__kwdefaults__ = function.__kwdefaults__ and {k: other(v) for k, v in function.__kwdefaults__.items()}
        for cell in _cells(function):
            cell.cell_contents = other(cell.cell_contents)
    for holder, name in NAMES:
        setattr(holder, name, other(getattr(holder, name)))
