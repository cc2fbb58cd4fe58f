"""What other tools make of our files: run by the Python of build/tools, which knows nothing of ours.

    build/tools/bin/python tests/exports/reading.py FOLDER

FOLDER has a.jsonl, a.jsonl.zst, a.jsonl.gz (of frames), a.csv and a.parquet; printed is JSON of what each tool counts there.
"""

# mypy: disable-error-code="import-not-found,import-untyped"
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import duckdb
import pandas
import twarc_network
from twarc import ensure_flattened

warnings.simplefilter("ignore")
ID_COLUMNS = ["id", "author_id", "replied_to_id", "retweeted_id", "quoted_id"]


def with_pandas(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("a.jsonl", "a.jsonl.zst", "a.jsonl.gz"):
        frame = pandas.read_json(folder / name, lines=True, dtype=False, convert_dates=False)
        found[name] = [len(frame), frame["lang"].value_counts().to_dict(), sorted(frame["id"])]
    table = pandas.read_csv(folder / "a.csv")
    exact = pandas.read_csv(folder / "a.csv", dtype_backend="numpy_nullable")
    packed = pandas.read_parquet(folder / "a.parquet")
    found["csv"] = [
        len(table),
        int(table["likes"].sum()),
        [str(id) for id in table["id"]],
        [str(id) for id in table["author_id"]],
    ]
    found["exact"] = {name: [str(id) for id in exact[name].dropna()] for name in ID_COLUMNS}
    found["parquet"] = {name: list(packed[name].dropna()) for name in ID_COLUMNS}
    found["texts"] = list(packed["text"]) == list(exact["text"].fillna(""))
    return found


def with_duckdb(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("a.jsonl", "a.jsonl.zst", "a.jsonl.gz", "a.csv", "a.parquet"):
        # Read once: what takes time is to find out which fields the lines have.
        groups = duckdb.sql(f"SELECT lang, count(*), list(id) FROM '{folder / name}' GROUP BY 1").fetchall()
        counted = {language: count for language, count, _ in groups}
        found[name] = [counted, sorted(str(id) for *_, ids in groups for id in ids)]
    found["likes"] = duckdb.sql(f"SELECT sum(likes) FROM '{folder / 'a.parquet'}'").fetchall()[0][0]
    tags = duckdb.sql(f"SELECT tag, count(*) FROM (SELECT unnest(hashtags) AS tag FROM '{folder / 'a.parquet'}') GROUP BY 1")
    found["tags"] = dict(tags.fetchall())
    return found


def with_twarc(folder: Path) -> dict[str, Any]:
    with open(folder / "a.jsonl") as lines:
        read = [tweet for line in lines for tweet in ensure_flattened(json.loads(line))]
    with open(folder / "a.jsonl") as lines:
        graph = twarc_network.get_graph(lines, "users", ("retweet", "reply", "quote", "mention"), True)
    sums = {kind: sum(edge[kind] for *_, edge in graph.edges(data=True)) for kind in ("retweet", "reply", "quote")}
    return {"tweets": len(read), "edges": sums, "nodes": len(graph)}


if __name__ == "__main__":
    where = Path(sys.argv[1])
    print(json.dumps({"pandas": with_pandas(where), "duckdb": with_duckdb(where), "twarc": with_twarc(where)}))
