"""Times in whatever form: read, written anew where stores cannot read them, shown to people."""

from __future__ import annotations

from typing import Any

from netwar.records import times
from tests.rows import rows

SECOND = 1_539_202_764_000  # 2018-10-10T20:19:24Z


@rows(
    "written",
    [
        *("2018-10-10T20:19:24.000Z", "2018-10-10T20:19:24Z", "2018-10-10 20:19:24", "2018-10-11T01:49:24+05:30"),
        *("Wed Oct 10 20:19:24 +0000 2018", "Wed, 10 Oct 2018 20:19:24 GMT", " 20181010T201924Z "),
        *(1539202764, 1539202764.0, "1539202764", SECOND, str(SECOND), float(SECOND)),
    ],
)
def test_a_time_is_a_time(written: Any) -> None:
    assert times.milliseconds(written) == times.milliseconds(times.usual(written)) == SECOND
    assert times.USUAL.fullmatch(times.usual(written))
    assert times.seen(written) == SECOND


@rows("other", [None, True, "", "soon", 7, -1, 10**30, "9" * 30, 1e300, {}, [], "2018-13-01", "Wed Oct 10"])
def test_what_is_none_stays_as_it_is(other: Any) -> None:
    assert times.milliseconds(other) is None
    assert times.usual(other) == other
    assert times.seen(other) == 0


def test_the_ends_of_the_calendar_do_no_harm() -> None:
    for written in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31 23:59:59"):
        times.usual(written)
        assert times.seen(written) == 0, "nobody saw anything then, and a version has no room for it"
    assert times.minute(SECOND) == "2018-10-10 20:19"
    assert times.minute(0) == "never"
    assert times.minute(2**62) == f"at {2**62} ms"
