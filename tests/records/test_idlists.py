"""Long lists of ids: what is packed comes out again, small; streams are merged and compared as sets would be."""

from __future__ import annotations

import random
import zlib
from base64 import b64encode
from itertools import pairwise

import pytest

from netwar.records.idlists import MAX_IDS, changed, compared, folded, pack, portions, together, unpack
from tests.rows import rows

SEED = 11


def some(chance: random.Random, count: int) -> list[int]:
    return sorted({chance.randrange(1, 2**61) if chance.random() < 0.7 else chance.randrange(1, 2**31) for _ in range(count)})


@rows("ids", [[], [1], [0, 2**63 - 1], [7, 8, 9], [2**64 - 1]])
def test_what_is_packed_comes_out_again(ids: list[int]) -> None:
    assert list(unpack(pack(ids))) == ids


@rows(
    "packed",
    [
        zlib.compress(bytes(8 * MAX_IDS + 8)),
        zlib.compress(b"123"),
        zlib.compress(b"\xff" * 80),
        zlib.compress(bytes(8_000))[:-9],
        b"nothing",
        b"",
    ],
)
def test_what_was_not_packed_is_told(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        unpack(b64encode(packed).decode())


def test_a_long_list_takes_few_characters_an_id() -> None:
    chance = random.Random(SEED)
    ids = sorted({chance.randrange(2**58, 2**61) for _ in range(200_000)})
    packed = [pack(part) for part in portions(ids, 10_000)]
    assert [id for part in packed for id in unpack(part)] == ids
    assert sum(map(len, packed)) / len(ids) < 8


def test_streams_are_what_sets_would_be() -> None:
    chance = random.Random(SEED)
    lists = [some(chance, chance.randrange(0, 400)) for _ in range(5)]
    lists[1] = sorted({*lists[0], *lists[1]})
    assert list(together(lists)) == sorted(set().union(*lists))
    old, new = lists[0], sorted({*chance.sample(lists[0], len(lists[0]) // 2), *lists[2]})
    difference = list(compared(old, new))
    assert {id for id, came in difference if came} == set(new) - set(old)
    assert {id for id, came in difference if not came} == set(old) - set(new)
    assert difference == sorted(difference)
    assert list(changed(old, difference)) == new


def test_changes_in_a_row_are_one_change() -> None:
    chance = random.Random(SEED)
    everybody = some(chance, 300)
    states = [sorted(chance.sample(everybody, chance.randrange(0, len(everybody)))) for _ in range(6)]
    steps = [list(compared(before, after)) for before, after in pairwise(states)]
    for first in range(6):
        for last in range(first, 6):
            net = list(folded(steps[first:last]))
            assert net == list(compared(states[first], states[last]))
            assert list(changed(states[first], net)) == states[last]
