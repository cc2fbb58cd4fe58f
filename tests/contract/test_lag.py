"""How far an index lags behind, whatever keeps it."""

from __future__ import annotations

from dataclasses import replace

from netwar.archive.base import Archive
from netwar.archive.lag import Lag
from netwar.coverage import BOUNDED, Record, Span, Stretch

INDEX, AT = "twbrexit", 1_795_000_000_000
WHOLE = (Span(0, 9, 3),)


def test_when_users_were_last_asked_for_and_who_has_gaps(archive: Archive) -> None:
    assert archive.lag(INDEX) == Lag()
    told = [Record(str(number), outcome="complete", asked=AT - number * 1000, spans=WHOLE) for number in range(20)]
    told += [
        Record("100", outcome="partial", asked=AT, spans=(Span(5, 9, 1),)),
        Record("101", outcome="partial", detail=f"{BOUNDED}--most 10", asked=AT, spans=(Span(5, 9, 1),)),
        Record("102", outcome="complete", asked=AT, spans=(Span(5, 9, 1),), lost=(Stretch(0, 5),)),
        Record("103", spans=(Span(7, 9, 1), Span(2, 4, 1))),
        Record("104", outcome="suspended", asked=1),
    ]
    archive.touch([INDEX])
    for one in told:
        archive.change(INDEX, one.user, lambda _, one=one: one)  # type: ignore[misc]
    archive.change("twother", "1", lambda before: replace(before, outcome="complete", asked=5, spans=WHOLE))
    found = archive.lag(INDEX)
    assert (found.users, found.gaps) == (23, 2), "neither what was not asked for, nor what X no longer serves, is a gap"
    assert abs(found.half - (AT - 8_000)) <= 1_000
    assert abs(found.most - (AT - 18_000)) <= 1_000
