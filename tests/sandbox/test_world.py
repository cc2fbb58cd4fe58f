"""The world: computed both ways, ordered, distinct, and in constant memory."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from netwar.sandbox.world.clock import EPOCH, iso
from netwar.sandbox.world.population import Cast, Role
from netwar.sandbox.world.post_times import Found
from netwar.sandbox.world.posts import Post
from netwar.sandbox.world.prng import POPULATION, Shuffle
from netwar.sandbox.world.world import EDITED, KINDS, World, kind_table


@pytest.fixture(scope="module")
def world() -> World:
    return World(Cast(seed=3), 10_000)


def somebody(count: int, seed: int = 1) -> list[int]:
    return random.Random(seed).sample(range(POPULATION), count)


def test_a_shuffle_is_undone_and_hits_everything_once() -> None:
    shuffle = Shuffle(1, 2)
    assert all(shuffle.back(shuffle.forward(number)) == number for number in somebody(2_000))
    assert len({shuffle.forward(number) for number in range(50_000)}) == 50_000


def test_users_are_found_by_id_and_by_name(world: World) -> None:
    for index in [*range(300), *somebody(2_000)]:
        assert world.people.index(world.people.id(index)) == index
        assert world.named(world.name(index).swapcase()) == index
        assert world.people.index(world.people.id(index) + 1) != index
    assert world.people.index(5) is None
    assert world.named("nobody_at_all") is None


def test_a_name_that_was_left_resolves_to_nobody_or_to_who_took_it(world: World) -> None:
    renamed = [index for index in range(200) if world.former_name(index)]
    name_holders = [world.named(world.former_name(index) or "") for index in renamed]
    assert None in name_holders
    taken = [(old, new) for old, new in zip(renamed, name_holders, strict=True) if new is not None]
    assert taken
    assert all(old != new for old, new in taken)


def test_ids_of_posts_are_found_ordered_and_tell_the_time(world: World) -> None:
    for author in (7, 8, 32, *range(60), *somebody(40)):
        count = world.postings.count(author)
        ids = [world.postings.id(author, k) for k in range(count)]
        assert ids == sorted(set(ids))
        assert all(0 < one < 1 << 63 for one in ids)
        for k in random.Random(author).sample(range(count), min(count, 50)):
            assert world.postings.find(ids[k]) == Found(author, k, 0)
            assert [world.postings.position(author, ids[k] + shift) for shift in (-1, 0, 1)] == [k, k, k + 1]
            assert world.postings.find(ids[k] + 1) is None
            assert (ids[k] >> 22) + EPOCH == world.postings.time(author, k) < world.end


def test_no_two_users_share_an_id_of_a_post(world: World) -> None:
    ids = [world.postings.id(author, k) for author in range(200) for k in range(min(50, world.postings.count(author)))]
    assert len(ids) == len(set(ids))


def test_every_version_of_an_edited_post_is_found_and_only_the_last_is_in_the_timeline(world: World) -> None:
    edited = [k for k in range(5_000) if world.kind(7, k) == EDITED]
    assert edited
    for k in edited[:40]:
        post = Post(world, Found(7, k, 0))
        assert 2 <= len(post.history) <= 5
        assert post.history == sorted(post.history)
        assert post.history[-1] == post.id
        assert [world.postings.find(one) for one in post.history] == [
            Found(7, k, v) for v in range(len(post.history) - 1, -1, -1)
        ]
        assert Post(world, Found(7, k, 1)).wording.text != post.wording.text


def test_references_are_older_and_of_the_kind_that_they_say(world: World) -> None:
    seen = set()
    for k in range(2_000):
        post = Post(world, Found(7, k, 0))
        for reference in post.references:
            seen.add((reference.how, reference.post is None))
            assert reference.id < post.id
            if reference.post is None:
                assert world.postings.find(reference.id) is None
            else:
                assert world.postings.find(reference.id) == Found(reference.author, reference.post.k, 0)
        if post.original:
            text = post.wording.text
            assert text.startswith(f"RT @{world.name(post.original.author)}: ")
            assert len(text) <= 140
            assert (text.endswith("…") and len(text) == 140) or text.endswith(post.original.full.text)
        reply = post.replied_to
        if reply is not None and reply.post is not None:
            assert post.conversation == reply.post.conversation
    assert seen >= {("retweeted", False), ("quoted", False), ("quoted", True), ("replied_to", False), ("replied_to", True)}


def test_entities_stand_where_they_say(world: World) -> None:
    for k in range(1_500):
        for wording in (Post(world, Found(7, k, 0)).wording, Post(world, Found(7, k, 0)).full):
            for kind, sign, key in (
                ("hashtags", "#", "tag"),
                ("mentions", "@", "username"),
                ("cashtags", "$", "tag"),
                ("urls", "", "url"),
            ):
                for one in wording.entities.get(kind, ()):
                    assert wording.text[one["start"] : one["end"]] == sign + one[key]


def test_new_posts_come_after_the_old_ones_and_not_after_now() -> None:
    world = World(Cast(), 50)
    before = [world.postings.id(7, k) for k in range(5_000)]
    now = world.end + 40 * 86_400_000
    for count in (5_000, 1, 300):
        known = world.postings.count(7)
        newest = world.grow(7, count, now)
        now = max(now, newest) + 1
        assert world.postings.count(7) == known + count
        ids = [world.postings.id(7, k) for k in range(known + count)]
        assert ids == sorted(set(ids))
        assert ids[:5_000] == before
        assert all(world.postings.find(ids[k]) == Found(7, k, 0) for k in range(0, len(ids), 37))
    assert iso(newest) <= iso(now)


def test_a_user_without_posts_can_begin_to_post() -> None:
    world = World(Cast(), 50)
    assert world.postings.count(3) == 0
    world.grow(3, 10, world.end + 86_400_000)
    assert [world.postings.find(world.postings.id(3, k)) for k in range(10)] == [Found(3, k, 0) for k in range(10)]


def test_the_usual_cast_has_some_of_everything(world: World) -> None:
    first = range(50)
    assert sum(world.postings.count(index) > 3_200 for index in first) == 2
    assert {world.state(index) for index in first} == {"active", "suspended", "protected", "gone"}
    assert any(world.postings.count(index) == 0 for index in first)
    assert all(world.postings.count(index) <= 300 or world.postings.count(index) > 3_200 for index in first)


def test_a_million_followers_are_distinct_and_take_no_memory() -> None:
    world = World(Cast(roles={0: Role(followers=1_000_000)}), 50)
    once = bytearray(POPULATION)
    for follower in world.circles.listed("followers", 0, 0, 1_000_000):
        once[follower] += 1
    assert sum(once) == 1_000_000
    assert max(once) == 1
    assert not once[0]
    tracemalloc.start()
    assert sum(1 for _ in world.circles.listed("followers", 0, 400_000, 30_000)) == 30_000
    assert tracemalloc.get_traced_memory()[1] < 50_000
    tracemalloc.stop()
    assert (
        list(world.circles.listed("followers", 0, 999_990, 1_000))
        == list(world.circles.listed("followers", 0, 999_000, 1_000))[-10:]
    )


def test_lists_change_and_keep_everybody_once() -> None:
    circles = World(Cast(roles={0: Role(followers=1_000, following=5)}), 50).circles
    before = list(circles.listed("followers", 0, 0, 1_000))
    new = circles.others("followers", 0, 3)
    assert len(set(new) - set(before)) == 3
    circles.remove("followers", 0, [before[10], before[999], new[0], 0])
    circles.add("followers", 0, [*new, before[5], 0])
    assert circles.count("followers", 0) == 1_001
    assert circles.places("followers", 0) == 1_003
    now = list(circles.listed("followers", 0, 0, 2_000))
    assert now == [*reversed(new), *before[:10], *before[11:999]]
    assert list(circles.listed("followers", 0, 12, 3)) == before[9:10] + before[11:12], "the place of who left stays empty"
    circles.add("followers", 0, [before[10]])
    circles.remove("followers", 0, [new[1]])
    assert next(iter(circles.listed("followers", 0, 0, 1))) == before[10], "who comes back stands first"
    assert circles.count("followers", 0) == 1_001
    assert circles.count("following", 0) == len(list(circles.listed("following", 0, 0, 100))) == 5


def test_10_000_users_take_no_more_memory_than_100() -> None:
    def peak(users: int) -> int:
        world = World(Cast(), users)
        tracemalloc.start()
        for index in range(0, users, max(1, users // 2_000)):
            world.people.named(world.name(index))
            world.postings.find(world.postings.id(index, 0)) if world.postings.count(index) else None
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(10_000) < 8_000_000, "what is cached is bounded"


def test_the_mix_of_posts_can_be_chosen() -> None:
    world = World(Cast(), 50, kinds={"retweet": 1})
    assert all(KINDS[world.kind(7, k)] == "retweet" for k in range(100))
    with pytest.raises(ValueError, match="weight"):
        kind_table({"plain": 0})


def live(**cast: int) -> World:
    world = World(Cast(silent=0, prolific=0, posts_a_day=48, **cast), 200)
    world.begin(world.end + 86_400_000)
    return world


def ids(world: World, author: int) -> list[int]:
    return [world.postings.id(author, k) for k in range(world.postings.count(author))]


def test_posts_that_come_with_the_clock_stay_as_they_are() -> None:
    """Whatever the moments at which somebody looks."""
    slow, quick = live(), live()
    for minute in range(0, 1_440, 7):
        quick.moment = quick.end + 86_400_000 + minute * 60_000
        assert all(quick.postings.newest(author) <= quick.moment for author in range(40))
        for author in range(40):
            assert quick.postings.position(author, quick.moment - EPOCH << 22) == quick.postings.count(author)
    slow.moment = quick.moment
    for author in range(200):
        shown = ids(slow, author)
        assert shown == ids(quick, author) == sorted(set(shown))
        assert all(slow.postings.find(one) == Found(author, k, 0) for k, one in enumerate(shown))
    came = [slow.postings.count(author) - World(Cast(silent=0, prolific=0), 200).postings.count(author) for author in range(200)]
    assert {0, 3, 4} & set(came), "some seldom"
    assert max(came) > 150, "some often"
    assert 30 < sum(came) / 200 < 100


def test_who_is_suspended_does_not_post_and_nothing_of_that_time_comes_later() -> None:
    world, hour = live(suspended=0, protected=0, gone=0), 3_600_000
    world.set_pace(5, 24)
    start, before = world.moment, world.postings.count(5)
    counts = []
    for step, state in enumerate(("active", "suspended", "active"), 1):
        world.change(5, state)
        world.moment = start + step * 48 * hour
        counts.append(world.postings.count(5) - before)
    assert 46 <= counts[0] == counts[1] <= 48
    assert 46 <= counts[2] - counts[1] <= 48
    times = [world.postings.time(5, k) for k in range(before, world.postings.count(5))]
    assert not [one for one in times if start + 48 * hour < one < start + 96 * hour]


def test_posts_told_to_come_stand_among_those_that_come_by_themselves() -> None:
    world = live(suspended=0, protected=0, gone=0)
    world.set_pace(5, 240)
    known: list[int] = []
    for _ in range(30):
        world.moment += 1_800_000
        world.moment = max(world.moment, world.grow(5, 3, world.moment) + 1)
        assert ids(world, 5)[: len(known)] == known
        known = ids(world, 5)
    assert known == sorted(set(known))
    assert all(world.postings.find(one) == Found(5, k, 0) for k, one in enumerate(known))
    world.set_pace(5, 0)
    world.moment += 86_400_000
    assert ids(world, 5) == known


def test_posts_refer_to_the_same_posts_later() -> None:
    world = live()
    world.moment += 86_400_000
    newest = [Found(author, world.postings.count(author) - 1, 0) for author in range(200)]

    def told() -> list[tuple[str, list[int]]]:
        posts = [Post(world, found) for found in newest if found.k >= 0]
        return [(post.wording.text, [one.id for one in post.references]) for post in posts]

    then = told()
    assert sum(len(references) for _, references in then) > 50
    world.moment += 86_400_000
    assert told() == then
