"""A progress bar for people; nothing at all for pipes, cron and -q."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType


class Bar(Protocol):
    """What a program tells of its progress, inside a `with`."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def update(self, n: int, note: str = "") -> None:
        """`n` more are done; `note` stands beside the bar."""


def progress(total: int, label: str, quiet: bool = False) -> Bar:
    """A bar on standard error that fills up at `total`; one that shows nothing where nobody watches."""
    return NoBar() if quiet or not watched() else TerminalBar(total, label)


def watched() -> bool:
    """Is standard error a terminal?"""
    return sys.stderr.isatty()


class NoBar:
    """The twin that shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing was drawn."""

    def update(self, n: int, note: str = "") -> None:
        """Nothing is drawn."""


class TerminalBar:
    """click's bar. It may be told of more than its total: the queue grew meanwhile, so does the bar."""

    def __init__(self, total: int, label: str) -> None:
        import click

        self._bar = click.progressbar(
            length=max(total, 1),
            label=label,
            file=sys.stderr,
            show_pos=True,
            item_show_func=lambda note: note or None,
        )

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.__exit__(kind, error, trace)

    def update(self, n: int, note: str = "") -> None:
        self._bar.length = max(self._bar.length or 0, self._bar.pos + n)
        self._bar.update(n, note)
        if not n:
            self._bar.render_progress()  # click draws only steps, and one user may take minutes
