"""The table of recipes, and what becomes of arguments: they stay where the recipe puts them."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.errors import ConfigError
from netwar.recipes import find, matches, read, recipes
from netwar.recipes.arguments import KINDS, Argument
from netwar.recipes.generations import Generation
from netwar.recipes.sending import as_rows, left, send
from tests.randomly import randomly
from tests.rows import rows

SHIPPED = recipes(Path("/nowhere"))


@dataclass(frozen=True)
class Server:
    product: str = "elasticsearch"
    version: tuple[int, int, int] = (9, 5, 3)
    security: str = "none"


SERVERS = [
    Server("elasticsearch", (6, 5, 4), "searchguard"),
    Server("elasticsearch", (6, 8, 23), "xpack"),
    Server("elasticsearch", (7, 17, 29), "xpack"),
    Server("elasticsearch", (9, 5, 3), "xpack"),
    Server("opensearch", (2, 19, 4), "opensearch"),
]

# Something of each kind.
EXAMPLES = {
    "index": "twbrexit",
    "indices": "tw*,-twold",
    "name": "nightly",
    "names": "night*",
    "node": "n1",
    "nodes": "n1,n2",
    "number": "3",
    "time": "5m",
    "size": "50gb",
    "level": "85%",
    "task": "oTUltX4IQMOUUVeiohTt8A:123",
    "setting": "index.refresh_interval",
    "text": 'a "quoted" text',
}


def test_there_are_more_than_four_dozen() -> None:
    assert len(SHIPPED) >= 100
    wanted = (
        "health nodes shards unassigned why-unassigned settings mappings templates aliases count open close delete refresh flush"
    )
    wanted += (
        " force-merge clear-cache read-only-on read-only-off replicas reroute exclude drain watermarks hot-threads tasks cancel"
    )
    wanted += (
        " thread-pools pending-tasks breakers segments fielddata recovery repositories snapshot-take snapshots snapshot-restore"
    )
    wanted += (
        " snapshot-delete slow-log-on slow-log-off reindex rollover disk-use users roles indices-by-size indices-by-age disks"
    )
    assert not set(wanted.split()) - set(SHIPPED)


@rows("name", SHIPPED)
def test_it_can_be_filled_for_the_servers_that_it_is_for(name: str) -> None:
    recipe = SHIPPED[name]
    assert recipe.help[-1] not in "."
    assert len(recipe.help) <= 120
    given = [one.kind.split("|")[0] if "|" in one.kind else EXAMPLES[one.kind] for one in recipe.arguments]
    fitting = [server for server in SERVERS if any(one.has(server) for one in recipe.generations)]
    assert fitting
    for server in fitting:
        for some in (given, given[: sum(not one.optional for one in recipe.arguments)]):
            request = recipe.fill(some, server)
            parts = urlsplit(request.path)
            assert request.path.startswith("/")
            assert not parts.fragment
            assert "{" not in request.path + json.dumps([request.asks, request.says, request.shows])
            json.dumps(request.body)


def test_what_destroys_or_blocks_asks() -> None:
    destroying = {name for name, one in SHIPPED.items() for shape in one.shapes if shape.method == "DELETE"}
    destroying |= {"close", "read-only-on", "exclude", "drain", "snapshot-restore", "delete-by-query", "allocate-empty"}
    harmless = {"alias-remove", "forget-logins"}  # put back by one command, or by itself
    assert not [name for name in destroying - harmless if not SHIPPED[name].asks]


def fill(table: str, *given: str, server: Server = SERVERS[3]) -> object:
    made = read(table, "table")
    return next(iter(made.values())).fill(given, server)


TRICKS = [
    "../_cluster",
    "a/b",
    "a?b",
    "a#b",
    "a%2fb",
    "..",
    ".",
    "_all/_settings",
    "a b",
    "a\nb",
    "a\\b",
    '"',
    "a|b",
    "<a>",
    "_x",
    "",
]


@rows(("kind", "trick"), product(["index", "indices", "name", "names", "node", "nodes"], TRICKS))
def test_no_name_leads_elsewhere(kind: str, trick: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        Argument("x", kind).read(trick)


@rows(
    ("kind", "given"),
    [
        ("number", "-1"),
        ("number", "1e3"),
        ("number", "٣"),
        ("time", "5"),
        ("time", "5m "),
        ("size", "50"),
        ("level", "85"),
        ("task", "1"),
    ],
)
def test_what_is_none_of_its_kind(kind: str, given: str) -> None:
    with pytest.raises(ValueError, match="X must be"):
        Argument("x", kind).read(given)


@randomly()
@given(st.text("aä/?&#%=+\"'\\{}[]:* \n\t😀.", min_size=1, max_size=30))
def test_free_text_stays_what_it_is(text: str) -> None:
    table = """[a.b]
help = "x"
arguments = ["indices", "text"]
path = "/{indices}/_search?q={text}&size=1"
body = '{"query": {"of {text}": ["{text}", "of {text}"]}}'
"""
    request = fill(table, "tw*", text)
    parts = urlsplit(request.path)  # type: ignore[attr-defined]
    assert unquote(parts.path) == "/tw*/_search"
    assert parse_qsl(parts.query, keep_blank_values=True) == [("q", text), ("size", "1")]
    assert json.loads(json.dumps(request.body)) == {"query": {f"of {text}": [text, f"of {text}"]}}  # type: ignore[attr-defined]


def test_a_number_is_a_number_in_a_body_and_what_is_left_out_is_left_out() -> None:
    rollover = SHIPPED["rollover"]
    assert rollover.fill(["x"], SERVERS[3]).body == {"conditions": {}}
    assert rollover.fill(["x", "5", "7d"], SERVERS[3]).body == {"conditions": {"max_docs": 5, "max_age": "7d"}}
    assert SHIPPED["count"].fill(["tw*"], SERVERS[3]).path == "/tw*/_count"
    assert SHIPPED["count"].fill(["tw*", "a:b c"], SERVERS[3]).path == "/tw*/_count?q=a:b%20c"


def test_how_a_recipe_is_used_is_told() -> None:
    assert SHIPPED["force-merge"].usage == "force-merge INDICES [SEGMENTS]"
    with pytest.raises(ValueError, match=r"usage: +tw-elk replicas INDICES N"):
        SHIPPED["replicas"].read(["twx"])
    with pytest.raises(ValueError, match="usage:"):
        SHIPPED["health"].read(["twx"])
    with pytest.raises(ValueError, match="N must be a whole number, not 'one'"):
        SHIPPED["replicas"].read(["twx", "one"])


def test_near_names_are_told() -> None:
    assert find(SHIPPED, "health").name == "health"
    for wrong, near in (("helth", "health"), ("snapshot", "snapshot"), ("replica", "replicas"), ("forcemerge", "force-merge")):
        if wrong in SHIPPED:
            continue
        with pytest.raises(ValueError, match=f"did you mean .*{near}"):
            find(SHIPPED, wrong)
    with pytest.raises(ValueError, match="tw-elk --list shows all"):
        find(SHIPPED, "zzzzzz")


@rows(
    ("text", "fitting"),
    [
        ("elasticsearch", [0, 1, 2, 3]),
        ("elasticsearch 6", [0, 1]),
        ("elasticsearch 6.8", [1]),
        ("elasticsearch 6.6+", [1, 2, 3]),
        ("elasticsearch 6-7.16", [0, 1]),
        ("elasticsearch 6-7.17", [0, 1, 2]),
        ("elasticsearch 7+ with x-pack", [2, 3]),
        ("elasticsearch with searchguard", [0]),
        ("elasticsearch with security", [0, 1, 2, 3]),
        ("opensearch", [4]),
        ("opensearch 3+", []),
        ("opensearch with security", [4]),
    ],
)
def test_generations(text: str, fitting: list[int]) -> None:
    assert [at for at, server in enumerate(SERVERS) if Generation.of(text).has(server)] == fitting


def test_a_recipe_for_other_servers_says_for_which() -> None:
    with pytest.raises(ValueError, match=r"disk-use is for elasticsearch 7\.15\+; .* is not among them"):
        SHIPPED["disk-use"].fill(["twx"], SERVERS[4])


@rows(
    ("row", "fault"),
    [
        ('path = "/"', "has no help"),
        ('help = "x"', "has no path"),
        ('help = "x"\npath = "x"', "path must begin with /"),
        ('help = "x"\npath = "/"\nmethod = "get"', "method must be one of"),
        ('help = "x"\npath = "/"\ncolour = 1', "unknown key colour"),
        ('help = 1\npath = "/"', "help is not what it should be"),
        ('help = "x"\npath = "/{index}"', "speaks of index, which is no argument"),
        ('help = "x"\npath = "/"\narguments = ["index"]', "takes index, and does not use it"),
        ('help = "x"\npath = "/{index}"\narguments = ["index: thing"]', "is no argument such as"),
        ('help = "x"\npath = "/{n}"\narguments = ["n: number = x"]', "N must be a whole number"),
        ('help = "x"\npath = "/{text}"\narguments = ["text"]', "stands in the path"),
        ('help = "x"\npath = "/{a}/{b}"\narguments = ["a: index = x", "b: index"]', "is needed after one that may be left out"),
        ('help = "x"\npath = "/"\nbody = "{"', "body is not JSON"),
        ('help = "x"\npath = "/"\non = ["solr 1"]', "is no generation"),
        ('help = "x"\npath = "/"\nwait = "long"', "wait must be"),
        ('help = "x"\nvariants = [{ path = "/" }]', "does not say what it is `on`"),
        ('help = "x"\npath = "/"\nvariants = [3]', "must be a table"),
        ('help = "x"\npath = "/"\narguments = [3]', "arguments is not what it should be"),
        ('help = "x"\npath = "/"\non = [3]', "on is not what it should be"),
        ('help = "x"\npath = "/"\nonly = { state = 3 }', "only is not what it should be"),
        ('help = "x"\npath = "/"\nnothing = { reason = 3, says = "y" }', "nothing is not what it should be"),
        ('help = "x"\npath = "/"\nnothing = { reason = "(", says = "y" }', "reason is no regular expression"),
        ('help = "x"\npath = "/"\nwait = { path = 3, rows = {}, left = "y" }', "wait must be"),
        ('help = "x"\npath = "/"\nwait = { path = "/", rows = { a = 3 }, left = "y" }', "wait must be"),
    ],
)
def test_faults_of_a_table_are_told(row: str, fault: str) -> None:
    with pytest.raises(ConfigError) as told:
        read(f"[mine.recipe]\n{row}\n", "table")
    assert "[mine.recipe]" in str(told.value)
    assert fault in str(told.value)


def test_all_faults_of_the_own_table_are_told_at_once_and_it_is_named(tmp_path: Path) -> None:
    own = tmp_path / ".twitter.d/recipes.toml"
    own.parent.mkdir()
    own.write_text('loose = 1\n[a.one]\npath = "/"\n[a.TWO]\nhelp = "x"\npath = "/"\n')
    with pytest.raises(ConfigError) as told:
        recipes(tmp_path)
    assert str(own) in str(told.value)
    assert len(told.value.problems) == 3
    own.write_text("[")
    with pytest.raises(ConfigError, match="is no table of recipes"):
        recipes(tmp_path)


def test_the_own_table_wins(tmp_path: Path) -> None:
    own = tmp_path / ".twitter.d/recipes.toml"
    own.parent.mkdir()
    own.write_text('[mine.health]\nhelp = "x"\npath = "/_cat/health"\n[mine.other]\nhelp = "y"\npath = "/_cat/x"\n')
    known = recipes(tmp_path)
    assert known["health"].own
    assert known["health"].shapes[0].path == "/_cat/health"
    assert not known["nodes"].own
    assert len(known) == len(SHIPPED) + 1


def test_every_kind_is_told_of_in_the_table() -> None:
    head = (Path(__file__).parents[2] / "netwar/data/recipes.toml").read_text().partition("\n\n")[0]
    told = head.partition("Kinds: ")[2].partition(", or a choice")[0].split()
    assert told == list(KINDS) == list(EXAMPLES)


@rows(
    ("wanted", "fits"),
    [
        ({"a": "x"}, True),
        ({"a": "!x"}, False),
        ({"a": "y|x"}, True),
        ({"a": "!y|z"}, True),
        ({"a": "x*"}, True),
        ({"a": "y*"}, False),
        ({"b": "!"}, False),
        ({"a": "!", "c": "1"}, True),
        ({"missing": ""}, True),
    ],
)
def test_rows_that_are_meant(wanted: dict[str, str], fits: bool) -> None:
    assert matches({"a": "x", "b": None, "c": 1}, wanted) is fits


class Cluster(Server):
    """Gives these answers, one after the other."""

    def __init__(self, *answers: object) -> None:
        super().__init__()
        object.__setattr__(self, "answers", list(answers))
        object.__setattr__(self, "asked", [])

    def ask(self, method: str, path: str, body: object = None, **_: object) -> object:
        self.asked.append(path)  # type: ignore[attr-defined]
        return self.answers.pop(0)  # type: ignore[attr-defined]


@rows(
    ("answer", "failed"),
    [
        ({"acknowledged": True}, []),
        ({"acknowledged": False}, ["not every node has confirmed it in time"]),
        ({"acknowledged": False, "rolled_over": False}, []),
        ({"_shards": {"total": 2, "failed": 0}}, []),
        ({"_shards": {"total": 2, "failed": 1, "failures": [{"reason": {"reason": "disk"}}]}}, ["1 of 2 shards: disk"]),
        ({"errors": True, "items": [{"index": {"error": {"reason": "a"}}}, {"index": {"status": 200}}]}, ["a"]),
        ({"errors": True, "action_results": [{"error": {"type": "t"}}, {}]}, ["t"]),
        ({"node_failures": [{"caused_by": {"reason": "gone"}}]}, ["gone"]),
        ({"timed_out": True}, ["not all answered in time"]),
        ("text", []),
        ([1], []),
    ],
)
def test_an_answer_may_say_that_not_all_was_done(answer: object, failed: list[str]) -> None:
    request = SHIPPED["refresh"].fill([], Server())
    assert send(Cluster(answer), request, 1).failed == failed  # type: ignore[arg-type]


def test_the_end_of_a_task_is_seen() -> None:
    wait = SHIPPED["reindex"].fill(["a", "b"], Server()).wait
    assert wait
    running = {"completed": False, "task": {"status": {"total": 10, "created": 4, "version_conflicts": 1}}}
    done = {"completed": True, "task": {}, "response": {"failures": []}}
    assert list(left(Cluster(running, done), wait, {"task": "x:1"})) == [(5, "documents"), (0, "")]  # type: ignore[arg-type]
    failed = {"completed": True, "task": {}, "error": {"reason": "no such index"}}
    with pytest.raises(Exception, match="the task x:1 has failed: no such index"):
        list(left(Cluster(failed), wait, {"task": "x:1"}))  # type: ignore[arg-type]
    gone = {"error": {"reason": "task isn't running"}, "status": 404}
    assert list(left(Cluster(gone), wait, {"task": "x:1"})) == [(0, "")]  # type: ignore[arg-type]


def test_what_is_left_on_a_node_is_counted() -> None:
    wait = SHIPPED["drain"].fill(["n2"], Server()).wait
    assert wait
    rows = [{"index": "a", "node": "n1"}, {"index": "b", "node": "n2"}, {"index": "c", "node": "n2 -> 127.0.0.1 id n1"}]
    assert list(left(Cluster(rows, rows[:1]), wait, {})) == [(2, "shards"), (0, "shards")]  # type: ignore[arg-type]


def test_tables_are_asked_for_as_rows() -> None:
    assert as_rows("/_cat/shards") == "/_cat/shards?format=json"
    assert as_rows("/_cat/shards?v") == "/_cat/shards?v&format=json"
    assert as_rows("/_cat/shards?format=json&h=a") == "/_cat/shards?format=json&h=a"
    assert as_rows("/tw/_search") == "/tw/_search"


def test_every_example_is_one() -> None:
    for name, recipe in SHIPPED.items():
        first, *given = shlex.split(recipe.example)
        assert first == name
        recipe.read(given)
        assert recipe.about
