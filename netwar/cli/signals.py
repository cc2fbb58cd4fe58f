"""TERM, INT and HUP as exceptions, so that `with` and `finally` do their work before a program ends."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from threading import Condition
from types import FrameType
from typing import Any

# A second Ctrl-C in this many seconds does not disturb the clean-up that the first began.
GRACE = 5.0
HANGUP = signal.SIGHUP
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
AGAIN = 0.01  # seconds until a stop that was lost in a callback is raised once more
LATER = 2.0  # seconds in which what was paid for is put by
# Where Python's own locks are half taken or half given back: what is raised there leaves one that nobody can take any more, or
# becomes "release unlocked lock". A wait has begun when it has "gotit".
_WAIT = Condition.wait.__code__
_HALF_LOCKED = {getattr(Condition, name).__code__ for name in ("__enter__", "__exit__", "_acquire_restore", "_release_save")}


class Stopped(BaseException):
    """The program was asked to stop. Not an Exception: `except Exception` must not swallow it."""

    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)
        super().__init__(f"stopped by {self.signal.name}")

    @property
    def exit_status(self) -> int:
        """As a shell shows a program that a signal ended."""
        return 128 + self.signal


def behind(error: BaseException) -> Stopped | None:
    """The stop that Python has made another error of, as it does while a class is made, so in the middle of an import."""
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, Stopped):
            return cause
        cause = cause.__cause__
    return None


class _Stop:
    """The handler: raises at the first signal, and again only when GRACE seconds have passed. Where a lock would be left half
    taken it raises a moment later."""

    def __init__(self) -> None:
        self.last = -GRACE

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self.last < GRACE:
            return
        if frame is not None and _is_half_locked(frame):
            self.once_more(number)
            return
        self.last = now
        signal.setitimer(signal.ITIMER_REAL, 0)  # none that was put off disturbs the clean-up
        raise Stopped(number)

    def once_more(self, number: int, seconds: float = AGAIN) -> None:
        """Raise again, soon: where it was raised nothing could come of it."""
        self.last = -GRACE
        signal.signal(signal.SIGALRM, lambda _, frame: self(number, frame))
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _is_half_locked(frame: FrameType) -> bool:
    return frame.f_code in _HALF_LOCKED or (frame.f_code is _WAIT and "gotit" not in frame.f_locals)


def install() -> None:
    """Raise Stopped for each of the signals that was not ignored when we started (nohup, `&` in a script)."""
    stop = _Stop()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        import orjson  # noqa: F401  # whose loading makes a crash (SIGSEGV) of whatever is raised in it

        for number in STOPS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, stop)
        sys.unraisablehook = _keeping(stop, sys.unraisablehook)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def later(stop: BaseException) -> Callable[[], None]:
    """Raise a stop once more in a moment; what this returns does so sooner, unless it was raised by then. Raises at once what
    is no stop, and one that would not be raised again."""
    handler = signal.getsignal(stop.signal) if isinstance(stop, Stopped) else None
    if not (isinstance(stop, Stopped) and isinstance(handler, _Stop)):
        raise stop
    number, raising = stop.signal, handler
    raising.once_more(number, LATER)
    return lambda: raising(number, None)


def over() -> None:
    """Ignore them from now on: the run has come to its end, and who stops it now would only hide how."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)


def heard(number: signal.Signals, call: Callable[[], None]) -> None:
    """Call this at each such signal from now on, in place of raising Stopped, unless it was ignored when we started."""
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, lambda _number, _frame: call())


def _keeping(stop: _Stop, ignore: Callable[[Any], object]) -> Callable[[Any], None]:
    """What Python does with an error that nobody can catch, in a finalizer or a weakref's callback: a stop is not ignored."""

    def hook(lost: Any) -> None:
        if isinstance(lost.exc_value, Stopped):
            stop.once_more(lost.exc_value.signal)
        else:
            ignore(lost)

    return hook
