"""How tw-stream is called: captures are registered, changed, stopped, and several processes stay with them."""

from __future__ import annotations

from tests.soak.programs import FAILS, Around
from tests.soak.runs import Command
from tests.soak.wishes import CAPTURES, TERMS, Version

STAYS = (2.0, 14.0)  # seconds at least and at most until TERM; a day may end before
REGISTERED: tuple[list[str], ...] = ([], [], ["--users", "once"], ["--budget", "0.4"])


def streamed(around: Around) -> Command | None:
    """The next thing that is done with one of the captures; None if something is being done with it."""
    index, wishes = around.chance.choice(CAPTURES), around.wishes
    if not wishes.quiet(index):
        return None
    if index not in wishes.on:
        return _registered(around, index)
    how = around.chance.random()
    if how < 0.15:
        return _registered(around, index)
    if how < 0.25 and (command := _hung_up(around, index)):
        return command
    if how < 0.3:
        version = wishes.changing(index)
        stopped = lambda run: wishes.changed(index, version, run.poll() == 0)  # noqa: E731
        return Command("tw-stream", [index, "--stop"], expected=FAILS, then=stopped)
    return _stays(around, index)


def _lines(around: Around, index: str) -> tuple[str, ...]:
    if index == "people":
        return tuple(around.chance.sample(around.voices, around.chance.randint(1, min(12, len(around.voices)))))
    return tuple(around.chance.sample(TERMS, around.chance.randint(1, 4)))


def _registered(around: Around, index: str) -> Command:
    wishes, version = around.wishes, around.wishes.changing(index, _lines(around, index))
    more = around.chance.choice(REGISTERED)
    return Command(
        "tw-stream",
        [index, str(wishes.file(index)), "--detach", *more],
        expected=FAILS,
        then=lambda run: wishes.changed(index, version, run.poll() == 0),
    )


def _hung_up(around: Around, index: str) -> Command | None:
    """The file changes, and whoever reads it is told so; how captures are is looked at meanwhile."""
    if (run := around.wishes.reader(index)) is None:
        return None
    version: Version = around.wishes.changing(index, _lines(around, index))
    around.wishes.hang_up(run, version)
    return Command("tw-chkstreams", [], expected=FAILS)


def morning(around: Around) -> Command | None:
    """Most days begin with somebody who stays, where there is a capture."""
    on = sorted(around.wishes.on - around.wishes.busy)
    return _stays(around, around.chance.choice(on)) if on and around.chance.random() < 0.8 else None


def first(around: Around) -> list[Command]:
    """Captures are registered before anything else happens."""
    return [_registered(around, index) for index in CAPTURES[: around.chance.randint(1, 3)]]


def _stays(around: Around, index: str) -> Command:
    """With what is registered, or with the file."""
    wishes, longest = around.wishes, around.chance.uniform(*STAYS)
    if around.chance.random() < 0.5:
        return Command("tw-stream", [index], expected=FAILS, longest=longest, stays=True)
    file = [str(wishes.file(index)), *around.chance.choice(REGISTERED)]
    begun = lambda run: wishes.reads(run, index)  # noqa: E731
    return Command("tw-stream", [index, *file], expected=FAILS, longest=longest, stays=True, begun=begun)
