"""Bodies that X changes under the client's feet: fields made up yesterday, fields dropped, no meta."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netwar.sandbox.faults import Fault
from netwar.sandbox.problems import Body
from netwar.sandbox.state import Answer

INVENTED: dict[str, Any] = {"made_up_yesterday": {"level": 7, "of": ["a", None, {"deep": True}], "σ": 0.1, "big": 2**62}}


def stray(answer: Answer, fault: Fault) -> None:
    """Something comes at the end of a page where it does not belong: a copy of the page's last one under another id."""
    data = answer.body.get("data")
    if isinstance(data, list) and data:
        kinds = {str(number): kind for kind, number in answer.sold}
        answer.sold.append((kinds[data[-1]["id"]], int(fault.id)))
        data.append({**data[-1], "id": fault.id})


def double(answer: Answer, fault: Fault) -> None:
    """The first `keep` posts of a page come once more at its end."""
    data = answer.body.get("data")
    if isinstance(data, list):
        data.extend(data[: fault.keep])


def spoil(body: Body, fault: Fault) -> None:
    """Change a body in place as the fault says."""
    if fault.kind == "no-meta":
        body.pop("meta", None)
    elif fault.kind == "unknown-fields":
        for one in (*_objects(body), body.get("meta", {}), body.setdefault("includes", {}), body):
            one |= INVENTED
    elif fault.kind == "drop-fields":
        for one in _objects(body):
            for name in fault.fields:
                one.pop(name, None)
        for name in fault.fields:
            if name.startswith("meta."):
                body.get("meta", {}).pop(name.removeprefix("meta."), None)


def leave_out(answer: Answer, fault: Fault) -> None:
    """Nothing at all is said of these objects: no data, no error. They are not billed."""
    data = answer.body.get("data")
    if isinstance(data, list):
        answer.body["data"] = [one for one in data if one.get("id") not in fault.ids]
    elif isinstance(data, dict) and data.get("id") in fault.ids:
        del answer.body["data"]
    answer.sold = [(kind, number) for kind, number in answer.sold if str(number) not in fault.ids]


def _objects(body: Body) -> Iterator[Body]:
    data = body.get("data", [])
    yield from data if isinstance(data, list) else [data]
    for objects in body.get("includes", {}).values():
        if isinstance(objects, list):
            yield from objects
