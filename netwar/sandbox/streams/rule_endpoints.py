"""GET and POST /2/tweets/search/stream/rules, and how many there may be.

Sources: X's OpenAPI description 2.168, and the answers that users of X's API have published: a part of the rules may be
refused, each with X's reason; a value that stands already is named with the id of its rule, but not with its tag.
"""

from __future__ import annotations

from typing import Any

from netwar.sandbox import parameters as read
from netwar.sandbox.page_tokens import page_token, read_token
from netwar.sandbox.problems import OLD_HOST, Body, Refused, invalid, unreadable
from netwar.sandbox.state import Answer, Call, Endpoint
from netwar.sandbox.streams.rules import Refusal, Rule, Rules
from netwar.sandbox.usage import APP
from netwar.sandbox.world.clock import iso

PATH = "/2/tweets/search/stream/rules"
_MOST = 1_000


def rules_of(call: Call) -> Rules:
    return call.box.streams.of(call.caller.app.key).rules


def list_rules(call: Call) -> Answer:
    size = read.number(call.parameters, "max_results", _MOST, 1, _MOST)
    rules, ids = sorted(rules_of(call).standing.items()), call.parameters.get("ids")
    if ids is not None:
        wanted = set(ids.split(","))
        rules = [(number, rule) for number, rule in rules if str(number) in wanted]
    token, first = call.parameters.get("pagination_token"), 0
    try:
        first = read_token("rules", 0, token) if token else 0
    except ValueError:
        read.complain("pagination_token", token or "", "is not valid")
    shown = [rule.told() for number, rule in rules if number >= first]
    meta: Body = {"sent": iso(call.box.clock.now()), "result_count": len(shown[:size])}
    if len(shown) > size:
        meta["next_token"] = page_token("rules", 0, int(shown[size]["id"]))
    return Answer(({"data": shown[:size]} if shown else {}) | {"meta": meta})


def change_rules(call: Call) -> Answer:
    """Exactly one of `add`, `delete` and `delete_all`."""
    given, everything = call.body, _flag(call, "delete_all")
    if everything:
        return _deleted(call, list(rules_of(call).standing.values()), 0)
    if not isinstance(given, dict):
        raise unreadable()
    if len(given) != 1 or not set(given) <= {"add", "delete"}:
        raise _wrong_body("exactly one of add and delete must be there")
    return _add(call, given["add"]) if "add" in given else _delete(call, given["delete"])


def _add(call: Call, given: Any) -> Answer:
    rules, now, dry = rules_of(call), call.box.clock.now(), _flag(call, "dry_run")
    taken: list[Rule] = []
    refused: list[Refusal] = []
    seen: dict[str, Rule] = {}
    for value, tag in _wanted(given):
        found = Refusal(value, known=seen[value]) if value in seen else rules.read(value, tag, now)
        if isinstance(found, Refusal):
            refused.append(found)
        else:
            taken.append(found)
            seen[value] = found
    if len(rules.standing) + len(taken) > rules.cap:
        raise _too_many(rules)
    for rule in taken if not dry else ():
        rules.put(rule)
    created, invalid_ones = len(taken), len(refused)
    summary = {"created": created, "not_created": invalid_ones, "valid": created, "invalid": invalid_ones}
    body: Body = {"data": [rule.told() for rule in taken]} if taken else {}
    body["meta"] = {"sent": iso(now), "summary": summary}
    if refused:
        body["errors"] = [_problem(one) for one in refused]
    return Answer(body, status=201)


def _wanted(given: Any) -> list[tuple[str, str]]:
    """Raises Refused (400) for what are no rules."""
    if not isinstance(given, list) or not given:
        raise _wrong_body("add must be a list of rules")
    found = []
    for one in given:
        if not isinstance(one, dict) or not set(one) <= {"value", "tag"} or not isinstance(one.get("value"), str):
            raise _wrong_body("a rule has a value, and may have a tag")
        found.append((one["value"], str(one.get("tag") or "")))
    return found


def _delete(call: Call, given: Any) -> Answer:
    if not isinstance(given, dict) or not set(given) <= {"ids", "values"} or not given:
        raise _wrong_body("delete has ids, or values")
    if not all(isinstance(named, list) for named in given.values()):
        raise _wrong_body("ids and values are lists")
    rules = rules_of(call)
    ids, values = ([str(one) for one in given.get(name, ())] for name in ("ids", "values"))
    found = [rules.standing.get(int(one)) if one.isascii() and one.isdigit() else None for one in ids]
    found += [rules.by_value(value) for value in values]
    there = {rule.id: rule for rule in found if rule is not None}
    missing = [one for one, rule in zip([*ids, *values], found, strict=True) if rule is None]
    return _deleted(call, list(there.values()), len(missing), missing)


def _deleted(call: Call, found: list[Rule], not_deleted: int, missing: list[str] | None = None) -> Answer:
    now = call.box.clock.now()
    if not _flag(call, "dry_run"):
        for rule in found:
            rules_of(call).remove(rule, now)
    summary = {"deleted": len(found), "not_deleted": not_deleted}
    body: Body = {"meta": {"sent": iso(now), "summary": summary}}
    if missing:
        body["errors"] = [_missing(one) for one in missing]
    return Answer(body)


def count_rules(call: Call) -> Answer:
    """What is allowed and used; the caps are text, as all of X's newer numbers are."""
    rules, everywhere = rules_of(call), call.box.streams.rules_in_all()
    data: Body = {
        "cap_per_client_app": str(rules.cap),
        "cap_per_project": str(rules.cap),
        "client_app_rules_count": {"client_app_id": APP, "rule_count": len(rules.standing)},
        "project_rules_count": str(everywhere),
    }
    return Answer({"data": data})


def _flag(call: Call, name: str) -> bool:
    text = call.parameters.get(name, "false").lower()
    if text not in ("true", "false"):
        read.complain(name, text, "is not one of [true,false]")
    return text == "true"


def _problem(refusal: Refusal) -> Body:
    if refusal.known is not None:
        known = {"value": refusal.value, "id": str(refusal.known.id), "title": "DuplicateRule"}
        return known | {"type": OLD_HOST + "duplicate-rules"}
    told: Body = {"value": refusal.value, "details": list(refusal.details), "title": "UnprocessableEntity"}
    return told | {"type": OLD_HOST + "invalid-rules"}


def _missing(what: str) -> Body:
    detail = f"Rule does not exist: [{what}]"
    return {"errors": [{"parameters": {}, "message": detail}], "title": "Invalid Request", "detail": detail} | {
        "type": OLD_HOST + "invalid-request"
    }


def _wrong_body(why: str) -> Refused:
    return invalid({"body": ([], why)})


def _too_many(rules: Rules) -> Refused:
    detail = f"Rule creation failed because the total would exceed the cap of {rules.cap} rules."
    return Refused(422, {"title": "RulesCapExceeded", "detail": detail, "type": OLD_HOST + "rule-cap", "status": 422})


RULES = (
    Endpoint(PATH, 450, 0, frozenset(("ids", "max_results", "pagination_token")), list_rules),
    Endpoint(PATH, 100, 0, frozenset(("dry_run", "delete_all")), change_rules, "POST"),
    Endpoint(f"{PATH}/counts", 450, 0, frozenset(("rules_count.fields",)), count_rules),
)
