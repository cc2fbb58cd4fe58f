"""Every failure that a user is told about, each with the exit status of its program.

A NetwarError prints as one sentence, says what to do next, and shows no traceback. Anything
else that reaches the top of a program is a bug.

    NetwarError              1   something failed
      Declined               0   the operator was asked, and said no
      BadRequest             1   X did not accept the question as put
      ItemsFailed            1   some of many failed, and were listed
      ServiceDown           69   a store or X itself cannot be reached
        Moved               69   the file of a store was moved away while it was used
        StoreDown           69   none of a store can be used: it does not answer, or the disk is full
      TryLater              75   the same command will work later
        NotNow              75   X wants something else to come first
        Busy                75   another run is in the way
        RateLimited         75   the account's rate window is spent
        UsageCapped         75   the month's cap is reached
      OutOfBudget           77   the operator's budget forbids it
        OutOfRunBudget      77   what --budget allows this run forbids it
      OutOfCredit           77   X has no money of ours left
      ConfigError           78   the configuration or the keys are wrong
        KeysRefused         78   X does not accept the keys or the app
          ClockOff          78   X accepts nothing that is signed at the time that this host has
"""

from __future__ import annotations

from collections.abc import Iterable

ITEM = "  - "


class NetwarError(Exception):
    """Something failed that the user can understand."""

    exit_status = 1

    @property
    def said(self) -> tuple[str, ...]:
        """The sentence, and below it a line for each of several faults."""
        return (str(self),)

    @property
    def on_a_line(self) -> str:
        """The sentence with all faults in it."""
        sentence, *faults = self.said
        return f"{sentence.rstrip(':')}: {'; '.join(fault.removeprefix(ITEM) for fault in faults)}" if faults else sentence


class Declined(NetwarError):
    """The operator was asked at the terminal, and said no: nothing was done, as they wish."""

    exit_status = 0


class BadRequest(NetwarError):
    """X refused the question itself: a wrong option, a bug of ours, or a user. `reason` is what X said, without advice."""

    reason = ""


class ItemsFailed(NetwarError):
    """Some of many items failed; the rest is done. Each is told on a line of its own: before this, or as one of `items`."""

    def __init__(self, message: str, items: Iterable[str] = ()) -> None:
        self._said = (message, *(f"{ITEM}{item}" for item in items))
        super().__init__("\n".join(self._said))

    @property
    def said(self) -> tuple[str, ...]:
        """The sentence, and below it a line for each item."""
        return self._said


def left_out(outcome: str, wrong: Iterable[NetwarError], *, everything: bool) -> NetwarError:
    """What to raise where some of several could not be looked at: it says so beside the outcome. Of `everything` there is no
    outcome, so it is what was wrong with the first."""
    all_of_it = [*wrong]
    return all_of_it[0] if all_of_it and everything else ItemsFailed("; left out: ".join([outcome, *map(str, all_of_it)]))


class ServiceDown(NetwarError):
    """A service that the work needs cannot be used now."""

    exit_status = 69


class Moved(ServiceDown):
    """The file of a store was moved away or replaced while it was used: what was written into it before is not there any more."""


class StoreDown(ServiceDown):
    """None of a store can be used now, whichever index is meant: it does not answer, or the disk is full."""


class TryLater(NetwarError):
    """The same command is expected to work later."""

    exit_status = 75


class NotNow(TryLater):
    """X says that something else has to come first, or to end. `reason` is what X said, without advice."""

    reason = ""


class Busy(TryLater):
    """Another run is in the way, or the machine has no room."""


class RateLimited(TryLater):
    """The account may not ask for `wait` more seconds."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class UsageCapped(TryLater):
    """The app has read as many posts as X sells it in this period."""


class OutOfBudget(NetwarError):
    """The next page could cost more than the budget of the day leaves."""

    exit_status = 77


class OutOfRunBudget(OutOfBudget):
    """The next request could cost more than is left of what --budget allows this run."""


class OutOfCredit(NetwarError):
    """X has no credit of ours left, or its spend cap is reached."""

    exit_status = 77


class ConfigError(NetwarError):
    """The configuration has faults: all of them are told at once."""

    exit_status = 78

    def __init__(self, message: str, problems: Iterable[str] = ()) -> None:
        self.problems = tuple(problems)
        self._said = (message, *(f"{ITEM}{problem}" for problem in self.problems))
        super().__init__("\n".join(self._said))

    @property
    def said(self) -> tuple[str, ...]:
        """The sentence, and below it a line for each fault."""
        return self._said


class KeysRefused(ConfigError):
    """X does not accept the keys, or the app lacks a right. `reason` is what X said, without advice."""

    reason = ""


class ClockOff(KeysRefused):
    """X accepts nothing from this host, whose clock is minutes from X's: the keys may be right."""


class LeaseLost(NetwarError):
    """A claim is gone (it ran out and was handed on, or its queue was wiped): stop, acknowledge nothing."""

    exit_status = 75
