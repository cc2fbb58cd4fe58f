"""tw-fixgraph: names in an edge list, and nothing else changed."""

from __future__ import annotations

import csv
import random

import pytest

from netwar.records.text import plural
from tests.desk import Desk
from tests.profiles.test_membership import NOW, Collection
from tests.rows import rows


@pytest.fixture
def kept(desk: Desk) -> Collection:
    return filled(Collection(desk))


def filled(collection: Collection) -> Collection:
    collection.keep(NOW, ("11", "Nasa"), ("12", "BBC"), ("13", "12345"))
    return collection


def test_ids_in_the_first_two_columns_become_names(kept: Collection) -> None:
    kept.file('Source,Target,Weight,Label\n11,12,13,"a, b"\n12,99,1,"say ""x"""\n13,11,2,\n')
    ended = kept.run("tw-fixgraph", "list.txt")
    assert ended.stdout == 'Source,Target,Weight,Label\nNasa,BBC,13,"a, b"\nBBC,99,1,"say ""x"""\n@12345,Nasa,2,\n'
    assert ended.stderr.strip().endswith("list.txt: 3 rows, 5 ids named, 1 not known to usertest and left")


def test_two_users_never_become_one(kept: Collection) -> None:
    kept.keep(NOW + 10, ("14", "nasa"))
    kept.file("11,14\n12,11\n")
    ended = kept.run("tw-fixgraph", "list.txt")
    assert ended.stdout == "11,nasa\nBBC,11\n"
    assert "2 ids named, 2 not known to usertest and left" in ended.stderr


@rows(
    ("text", "options", "expected"),
    [
        ("11,12\n12,11\n", [], "Nasa,BBC\nBBC,Nasa\n"),
        ("w;11;12\r\n3;12;11\r\n", ["--columns", "2,3"], "w;Nasa;BBC\r\n3;BBC;Nasa\r\n"),
        ("a\tb\n11\t12\n", ["--columns", "b"], "a\tb\n11\tBBC\n"),
        ("\ufeff11,12\n12,11\n", [], "\ufeffNasa,BBC\nBBC,Nasa\n"),
        ('\ufeff"11","12"\n', [], '\ufeff"Nasa","BBC"\n'),
        ('"Source","Target"\n"11","12"\n', [], '"Source","Target"\n"Nasa","BBC"\n'),
        ("\ufeffSource,Target\n11,12\n", ["--columns", "Source"], "\ufeffSource,Target\nNasa,12\n"),
        ("a,b\n11,\n\n 12 ,x\n", [], "a,b\nNasa,\n\nBBC,x\n"),
        ("11 12\n12 11\n", [], "Nasa BBC\nBBC Nasa\n"),
        ("11 12 {}\n", [], "Nasa BBC {}\n"),
        ("11|12\n", ["--delimiter", "|"], "Nasa|BBC\n"),
        ("", [], ""),
    ],
)
def test_tables_as_people_make_them(kept: Collection, text: str, options: list[str], expected: str) -> None:
    ended = kept.run("tw-fixgraph", "-", *options, input=text)
    assert ended.stdout == expected
    told = sum(any(map(str.isdigit, line)) for line in text.splitlines())
    assert f"<stdin>: {plural(told, 'row')}, " in ended.stderr, "the heading and blank lines are none"


ODD = [
    ("11.0,12.0", "no decimals", "11.0,12.0"),
    ('="11",="12"', "as a formula", '"=""11""","=""12"""'),
    ("1.1E+01,12", "cut this id to a few digits", "1.1E+01,BBC"),
    ("'11,12", "as a formula", "'11,BBC"),
    ("11 12", "1 value, and column 2 is to hold an id", "11 12"),
    ("11;12", "1 value, and column 2 is to hold an id", "11;12"),
    ("11", "1 value, and column 2 is to hold an id", "Nasa"),
    ('"1,234,567",12', "thousands separators", '"1,234,567",BBC'),
    ("１１,12", "digits 0 to 9", "１１,BBC"),
    ("-11,12", "only digits", "-11,BBC"),
    ("nan,12", "empty cell", "nan,BBC"),
    ("NULL,12", "empty cell", "NULL,BBC"),
    ("011,12", "begin with 0", "011,BBC"),
    ("1349149096909668363999,12", "too large", "1349149096909668363999,BBC"),
    ("969668587731456000,12", "replaced by zeros", "969668587731456000,BBC"),
    ("x.com/i/user/11,12", "an address", "x.com/i/user/11,BBC"),
]


@rows(("line", "reason", "left"), ODD)
def test_ids_in_odd_forms_are_told_and_stay(kept: Collection, line: str, reason: str, left: str) -> None:
    kept.file(f"source,target\n11,12\n{line}\nbbc,Nasa\n\n# a note\n11,\n")
    ended = kept.run("tw-fixgraph", "list.txt", check=1)
    *told, outcome = ended.stderr.splitlines()
    assert all(one.startswith("list.txt: line 3: ") and reason in one for one in told), ended.stderr
    assert "list.txt: 4 rows, " in outcome
    assert outcome.endswith(f"cells and rows in which an id is not as it should be (listed above): {len(told)}")
    assert ended.stdout == f"source,target\nNasa,BBC\n{left}\nbbc,Nasa\n\n# a note\nNasa,\n"


def test_among_many_sound_ids_one_may_end_in_zeros(kept: Collection) -> None:
    sound = [f"{1349149096909668001 + number},12\n" for number in range(150)]
    kept.file("".join([*sound, "969668587731456000,12\n"]))
    assert "151 rows, 151 ids named" in kept.run("tw-fixgraph", "list.txt").stderr


def test_bytes_that_are_no_utf_8_stay(kept: Collection) -> None:
    kept.file(b"a,b,c\r\n11,12,M\xfcller\r\n")
    kept.run("tw-fixgraph", "list.txt", "-o", "out.csv")
    assert (kept.desk.home / "out.csv").read_bytes() == b"a,b,c\r\nNasa,BBC,M\xfcller\r\n"


def test_what_is_wrong_is_told_and_nothing_is_overwritten(kept: Collection) -> None:
    kept.file("a,b\n11,12\n")
    assert "there is no column c; there are a, b" in kept.run("tw-fixgraph", "list.txt", "--columns", "c", check=2).stderr
    assert "list.txt is the file that is read" in kept.run("tw-fixgraph", "list.txt", "-o", "list.txt", check=2).stderr
    assert "one character" in kept.run("tw-fixgraph", "list.txt", "--delimiter", ";;", check=2).stderr
    (kept.desk.home / "out.csv").write_text("before")
    kept.file(b"\x00\x01\x02" * 100)
    assert "this is not a text file" in kept.run("tw-fixgraph", "list.txt", "-o", "out.csv", check=1).stderr
    kept.file("a,b\n11," + "x" * 200_000 + "\n")
    assert "line 2 cannot be read: field larger" in kept.run("tw-fixgraph", "list.txt", "-o", "out.csv", check=1).stderr
    kept.file("1,2\n" + "1," * 600_000)
    assert "line 2 is longer than 1,048,576 characters" in kept.run("tw-fixgraph", "list.txt", "-o", "out.csv", check=1).stderr
    kept.file('a,b\n11,"12\n12,11\n')
    assert "cannot be read: unexpected end of data" in kept.run("tw-fixgraph", "list.txt", "-o", "out.csv", check=1).stderr
    assert (kept.desk.home / "out.csv").read_text() == "before"
    assert "No such file" in kept.run("tw-fixgraph", "nothing.csv", check=2).stderr


def test_a_long_list(kept: Collection) -> None:
    chance = random.Random(9)
    ids = [str(chance.randrange(10**17, 9 * 10**18)) for _ in range(6_000)]
    kept.keep(NOW, *((id, f"user_{number}") for number, id in enumerate(ids[:4_000])))
    known = {id: f"user_{number}" for number, id in enumerate(ids[:4_000])}
    edges = [[chance.choice(ids), chance.choice(ids), str(number)] for number in range(20_000)]
    with (kept.desk.home / "edges.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["Source", "Target", "id"], *edges])
    kept.run("tw-fixgraph", "edges.csv", "-o", "named.csv")
    with (kept.desk.home / "named.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1:] == [[known.get(one, one), known.get(other, other), number] for one, other, number in edges]
