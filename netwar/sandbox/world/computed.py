"""A property that is computed once.

functools.cached_property takes a lock each time before Python 3.12, which cost a tenth of a page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class computed(Generic[T]):
    """Computes a value when it is first asked for; from then on it is a plain attribute."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, instance: Any, owner: type) -> T:
        value = self._compute(instance)
        instance.__dict__[self._name] = value
        return value
