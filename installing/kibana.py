"""python -m installing.kibana: make the saved objects in conf/kibana out of conf/kibana/dashboards.toml.

They are of Kibana 7.10, as Kibana imports upward only, and OpenSearch Dashboards took over what 7.10 knew: no Lens, no
coreMigrationVersion. Facts: elastic.co/guide/en/kibana/7.10/saved-objects-api-import.html, and the migrations that OpenSearch
Dashboards keeps in src/plugins/{data,discover,visualizations,dashboard}/server/saved_objects. For 6.x, which imports no such
file, there are index patterns and searches in the form of its saved objects API: they name an index pattern by its id, and sort
by one field.
"""

from __future__ import annotations

import json
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "conf" / "kibana"
SOURCE = FOLDER / "dashboards.toml"
WIDTH, HEIGHT = 48, 15  # of a dashboard, and of a row, in Kibana's units
VERSIONS = {"index-pattern": "7.6.0", "search": "7.9.3", "visualization": "7.10.0", "dashboard": "7.9.3"}
AGAIN = "kibanaSavedObjectMeta.searchSourceJSON.index"  # by this name a search refers to its index pattern

Json = dict[str, Any]


def main() -> None:
    """Write the files."""
    for name, text in files(tomllib.loads(SOURCE.read_text())).items():
        (FOLDER / name).write_text(text)


def files(told: Json) -> dict[str, str]:
    """The files by their names, made of the description."""
    patterns = [_pattern(id, one) for id, one in told["patterns"].items()]
    searches = [_search(id, one) for id, one in told["searches"].items()]
    charts = [_chart(id, one) for id, one in told["charts"].items()]
    dashboards = [_dashboard(id, one, told["searches"]) for id, one in told["dashboards"].items()]
    lines = [_text(one) for one in (*patterns, *searches, *charts, *dashboards)]
    older = [_text(_of_6(one)) for one in (*patterns, *searches)]
    return {"netwar.ndjson": "\n".join([*lines, ""]), "netwar-6.json": "[\n" + ",\n".join(older) + "\n]\n"}


def _text(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _saved(type: str, id: str, attributes: Json, references: list[Json]) -> Json:
    versions = {type: VERSIONS[type]}
    return {"type": type, "id": id, "attributes": attributes, "references": references, "migrationVersion": versions}


def _source(query: str, **more: Any) -> Json:
    return {"searchSourceJSON": _text({"query": {"query": query, "language": "kuery"}, "filter": [], **more})}


def _to(pattern: str) -> list[Json]:
    return [{"name": AGAIN, "type": "index-pattern", "id": pattern}]


def _pattern(id: str, told: Json) -> Json:
    """Without a list of fields: Kibana fetches it when the pattern is first used."""
    shown = {
        **{name: {"id": "url", "params": _link(address)} for name, address in told.get("links", {}).items()},
        **{name: {"id": "number", "params": {"pattern": how}} for name, how in told.get("formats", {}).items()},
    }
    time = {"timeFieldName": told["time"]} if "time" in told else {}
    return _saved("index-pattern", id, {"title": told["title"], **time, "fieldFormatMap": _text(shown)}, [])


def _link(address: str) -> Json:
    return {"type": "a", "urlTemplate": address + "{{value}}", "labelTemplate": "{{value}}"}


def _search(id: str, told: Json) -> Json:
    source = _source(told.get("query", ""), highlightAll=True, version=True, indexRefName=AGAIN)
    shown = {"columns": told["columns"], "sort": [[told["sort"], "desc"]]}
    about = {"title": told["title"], "description": "", "hits": 0, "version": 1}
    return _saved("search", id, {**about, **shown, "kibanaSavedObjectMeta": source}, _to(told["pattern"]))


def _chart(id: str, told: Json) -> Json:
    """A visualization: metrics are numbered from 1, then come the buckets."""
    type, metrics = told["type"], told.get("metrics") or [{"agg": "count"}]
    aggs = [_agg(number, "metric", one) for number, one in enumerate(metrics, 1)]
    for place, one in enumerate(told.get("by", ())):
        schema = "bucket" if type == "table" else "group" if place and type != "pie" else "segment"
        aggs.append(_agg(len(aggs) + 1, schema, one))
    state = {"title": told["title"], "type": type, "aggs": aggs, "params": _params(type, metrics)}
    attributes = {
        "title": told["title"],
        "visState": _text(state),
        "uiStateJSON": "{}",
        "description": "",
        "version": 1,
        "kibanaSavedObjectMeta": _source(told.get("query", ""), indexRefName=AGAIN),
    }
    return _saved("visualization", id, attributes, _to(told["pattern"]))


def _agg(number: int, schema: str, told: Json) -> Json:
    kinds = {"date": "date_histogram"}
    named = {"field": told["field"]} if "field" in told else {}
    label = {"customLabel": told["label"]} if "label" in told else {}
    params = {**named, **_details(told), **label}
    return {"id": str(number), "enabled": True, "type": kinds.get(told["agg"], told["agg"]), "schema": schema, "params": params}


def _details(told: Json) -> Json:
    """What an aggregation has beside its field."""
    if told["agg"] == "date":
        return {"interval": told.get("every", "auto"), "min_doc_count": 1, "drop_partials": False, "extended_bounds": {}}
    if told["agg"] == "terms":
        return {"size": told["size"], "order": "desc", "orderBy": "1", "otherBucket": False, "missingBucket": False}
    if told["agg"] == "range":
        bounds = told["ranges"]
        ranges = [{"from": low, "to": high} for low, high in pairwise(bounds)]
        return {"ranges": [*ranges, {"from": bounds[-1]}]}
    if told["agg"] == "filters":
        asked = told["filters"].items()
        return {"filters": [{"input": {"query": query, "language": "kuery"}, "label": label} for label, query in asked]}
    return {}


def _params(type: str, metrics: list[Json]) -> Json:
    """How a chart is drawn."""
    if type == "table":
        return {"perPage": 10, "showPartialRows": False, "showMetricsAtAllLevels": False, "showTotal": False, "totalFunc": "sum"}
    shown = {"type": type, "addTooltip": True}
    if type == "metric":
        style = {"bgFill": "#000", "bgColor": False, "labelColor": False, "subText": "", "fontSize": 48}
        colours = {"colorSchema": "Green to Red", "metricColorMode": "None", "colorsRange": [{"from": 0, "to": 10000}]}
        number = {"percentageMode": False, "useRanges": False, "invertColors": False, "labels": {"show": True}, "style": style}
        return {**shown, "addLegend": False, "metric": {**number, **colours}}
    legend = {"addLegend": True, "legendPosition": "right"}
    if type == "pie":
        labels = {"show": True, "values": True, "last_level": True, "truncate": 100}
        return {**shown, **legend, "isDonut": True, "labels": labels}
    return {**shown, **legend, "type": "histogram", "times": [], "addTimeMarker": False, **_axes(type, metrics)}


def _axes(type: str, metrics: list[Json]) -> Json:
    """Bars, upright or lying, one upon the other."""
    across, along = ("left", "bottom") if type == "horizontal_bar" else ("bottom", "left")
    labels = [one.get("label", "count") for one in metrics]
    axis = {"show": True, "style": {}, "labels": {"show": True, "rotate": 0, "filter": True, "truncate": 100}}
    series = {"show": True, "type": "histogram", "mode": "stacked", "valueAxis": "ValueAxis-1"}
    drawn = {"drawLinesBetweenPoints": True, "lineWidth": 2, "showCircles": True}
    category = {"id": "CategoryAxis-1", "type": "category", "position": across, "scale": {"type": "linear"}, "title": {}}
    scale = {"type": "linear", "mode": "normal"}
    value = {"id": "ValueAxis-1", "name": f"{along.capitalize()}Axis-1", "type": "value", "position": along, "scale": scale}
    return {
        "grid": {"categoryLines": False},
        "categoryAxes": [axis | category],
        "valueAxes": [axis | value | {"title": {"text": ", ".join(labels)}}],
        "seriesParams": [
            {**series, **drawn, "data": {"id": str(number), "label": label}} for number, label in enumerate(labels, 1)
        ],
    }


def _dashboard(id: str, told: Json, searches: Json) -> Json:
    panels: list[Json] = []
    references: list[Json] = []
    for line, row in enumerate(told["rows"]):
        width = WIDTH // len(row)
        for column, name in enumerate(row):
            number = str(len(panels) + 1)
            place = {"x": column * width, "y": line * HEIGHT, "w": width, "h": HEIGHT, "i": number}
            panel = {"version": "7.10.0", "gridData": place, "panelIndex": number, "embeddableConfig": {}}
            panels.append({**panel, "panelRefName": f"panel_{len(panels)}"})
            type = "search" if name in searches else "visualization"
            references.append({"name": panels[-1]["panelRefName"], "type": type, "id": name})
    time = {"timeRestore": True, "timeFrom": f"now-{told['last']}", "timeTo": "now"} if "last" in told else {"timeRestore": False}
    attributes = {
        "title": told["title"],
        "description": "",
        "hits": 0,
        "version": 1,
        "panelsJSON": _text(panels),
        "optionsJSON": _text({"useMargins": True, "hidePanelTitles": False}),
        **time,
        "kibanaSavedObjectMeta": _source(""),
    }
    return _saved("dashboard", id, attributes, references)


def _of_6(told: Json) -> Json:
    """An index pattern or a search as 6.5 to 6.8 keep it."""
    attributes = told["attributes"]
    if told["type"] == "search":
        source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
        del source["indexRefName"]
        source["index"] = told["references"][0]["id"]
        [sort] = attributes["sort"]
        attributes = {**attributes, "sort": sort, "kibanaSavedObjectMeta": {"searchSourceJSON": _text(source)}}
    return {"type": told["type"], "id": told["id"], "attributes": attributes}


if __name__ == "__main__":
    main()
