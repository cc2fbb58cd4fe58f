"""GET /2/usage/tweets: what was read this month, and day by day. Bearer only; numbers are strings."""

from __future__ import annotations

from typing import Any

from netwar.sandbox import parameters as read
from netwar.sandbox.state import Answer, Call, Endpoint, endpoint
from netwar.sandbox.world.clock import day

PROJECT = "1400000000000000001"
APP = "28000001"
CAP = 3_000_000
RESET_DAY = 1
_DAY = 86_400_000
_FIELDS = ("cap_reset_day", "daily_client_app_usage", "daily_project_usage", "project_cap", "project_id", "project_usage")
_ALWAYS = ("cap_reset_day", "project_cap", "project_id", "project_usage")


def usage(call: Call) -> Answer:
    days = read.number(call.parameters, "days", 7, 1, 90)
    asked = call.parameters.get("usage.fields", "").split(",")
    whole = _usage(call, days)
    return Answer({"data": {key: whole[key] for key in _FIELDS if key in _ALWAYS or key in asked}})


def _usage(call: Call, days: int) -> dict[str, Any]:
    now, bill = call.box.clock.now(), call.box.bill
    month = day(now)[:8]
    this_month = sum(bill.billed("post", f"{month}{date:02d}") for date in range(1, 32))
    last = [day(now - back * _DAY) for back in range(days - 1, -1, -1)]
    daily = [{"date": f"{one}T00:00:00.000Z", "usage": str(bill.billed("post", one))} for one in last]
    return {
        "cap_reset_day": RESET_DAY,
        "project_cap": str(CAP),
        "project_id": PROJECT,
        "project_usage": str(this_month),
        "daily_project_usage": {"project_id": PROJECT, "usage": daily},
        "daily_client_app_usage": [{"client_app_id": APP, "usage": daily, "usage_result_count": len(daily)}],
    }


USAGE: Endpoint = endpoint("/2/usage/tweets", 50, 0, usage, "days usage.fields")
