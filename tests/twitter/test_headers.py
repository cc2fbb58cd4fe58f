"""Rate headers and dates that are none are passed over: the answer itself is read."""

from __future__ import annotations

from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from itertools import count, product

import pytest

from netwar.config import Settings, short
from netwar.connections.runs import Run
from netwar.meter.sqlite import SqliteMoney, SqliteWindows
from netwar.twitter.client import Client
from netwar.twitter.endpoints import TIMELINE
from netwar.twitter.problems import Reply
from tests.rows import rows


def headers(limit="900", remaining="5", reset="1795478400", date="Mon, 23 Nov 2026 23:00:00 GMT"):
    return {"x-rate-limit-limit": limit, "x-rate-limit-remaining": remaining, "x-rate-limit-reset": reset, "date": date}


@pytest.fixture
def remembered(tmp_path):
    """What the client and a new meter make of an answer's headers: seconds to wait, and the windows that are known then."""
    folder, meters, closing = Run(tmp_path / "runs"), count(), ExitStack()

    def remember(status=200, **given):
        meter = tmp_path / f"meter{next(meters)}.sqlite"
        money, windows = SqliteMoney(meter, "app", folder, 0), SqliteWindows(meter)
        client = Client(Settings(), money, windows, "test")
        for opened in (money, windows):
            closing.callback(opened.close)
        wait = client._pace.remember(TIMELINE, Reply(status, headers(**given), {}))
        return wait, windows.windows(short(""))[0]

    with closing:
        yield remember


@rows(
    ("part", "nonsense"),
    product(["limit", "remaining", "reset"], ["nan", "-5", "1" * 400, "1" * 5000, "", "ten", "9" * 15]),
)
def test_headers_that_are_no_numbers_tell_nothing(remembered, part, nonsense):
    assert remembered(**{part: nonsense}) == (None, [])


@rows("status", [302, 408, 425, 500, 503, 599])
def test_an_answer_that_is_none_of_xs_own_tells_nothing(remembered, status):
    """What stands before X, or in its place, may send any numbers, and a closed window would keep everybody waiting for a day."""
    assert remembered(status, remaining="0") == (None, [])


@rows("status", [200, 401, 403, 404, 429])
def test_a_refusal_of_xs_own_is_believed(remembered, status):
    assert len(remembered(status)[1]) == 1


def test_a_reset_is_told_by_xs_own_clock(remembered):
    """Whatever time it is here."""
    date = "Mon, 23 Nov 2026 23:00:00 GMT"
    wait, _ = remembered(date=date, reset=str(int(parsedate_to_datetime(date).timestamp()) + 600))
    assert wait == 600


def test_a_reset_beyond_a_day_is_cut(remembered):
    wait, [told] = remembered(reset="4000000000")
    assert wait == 86_400
    assert told.remaining == 5


@rows("date", ["", "junk", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 23 Nov 2620 23:00:00 GMT", "Mon, 00 Xxx 0000"])
def test_a_date_that_is_none_tells_nothing(date):
    assert Reply(200, headers(date=date), {}).date is None
