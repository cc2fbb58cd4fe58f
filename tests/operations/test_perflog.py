"""tw-perflog: what people wrote and what runs did."""

from __future__ import annotations

import json

from tests.operations.test_status import Start
from tests.operator import THREE


def test_what_people_wrote_and_what_runs_did(operator: Start) -> None:
    one = operator(THREE)
    one.run("tw-perflog", "nasa", "moved", "the\nlists", check=0)
    one.run("tw-idu3elk", "three", check=0)  # did nothing, and has nothing to say
    one.queue([user["id"] for user in one.users()])
    outcome = one.run("tw-idu3elk", "three", check=0).stderr.splitlines()[-1]
    told = [json.loads(line) for line in one.run("tw-perflog", "--last", "50", "--json").stdout.splitlines()]
    assert [entry["event"] for entry in told][:1] == ["moved the\nlists"]
    [_, run] = told
    assert outcome.endswith(run["event"])
    assert run["run"]["dollars"] * 1e6 == one.bill()["micro"] == one.spent()
    assert (run["run"]["program"], run["run"]["subject"], run["run"]["status"]) == ("tw-idu3elk", "work", 0)
    assert run["run"]["counts"]["tweets"]
    lines = one.run("tw-perflog", "--last", "1", check=0).stdout.splitlines()
    assert [line.split("\t")[4] for line in lines] == ["tw-idu3elk"]
    for wrong in ([], ["nasa"], ["nasa", "x", "--last", "3"]):
        one.run("tw-perflog", *wrong, check=2)
