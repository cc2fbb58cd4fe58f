"""X's query language: what a query matches, what X refuses, and many of them at once."""

from __future__ import annotations

import random

import pytest

from netwar.sandbox.query.matcher import Matcher
from netwar.sandbox.query.parser import BadQuery, parse
from netwar.sandbox.query.said import Said, said, tokens
from netwar.sandbox.world.population import Cast
from netwar.sandbox.world.post_times import Found
from netwar.sandbox.world.posts import Post
from netwar.sandbox.world.world import World
from tests.randomly import SEED
from tests.rows import rows

WORLD = World(Cast(seed=3), 200)
KINDS = {"replied_to": "is:reply", "retweeted": "is:retweet", "quoted": "is:quote"}


def says(text: str, *keys: str) -> Said:
    words = tokens(text)
    links = [key.removeprefix("url:") for key in keys if key.startswith("url:")]
    return Said(1, frozenset((*keys, *(f"word:{word}" for word in words))), f" {' '.join(words)} ", f" {' '.join(links)} ")


def posts(authors: int = 60, each: int = 15) -> list[Post]:
    postings = WORLD.postings
    return [Post(WORLD, Found(author, k, 0)) for author in range(authors) for k in range(min(each, postings.count(author)))]


MATCHES = [
    ("rain", "The Rain, again", (), True),
    ("rain", "rainy days", (), False),
    ("coca-cola", "I like Coca-Cola", (), True),
    ("cola coca", "I like Coca-Cola", (), True),
    ('"cola coca"', "I like Coca-Cola", (), False),
    ("cumpleaños", "feliz CUMPLEAÑOS", (), True),
    ("cumpleanos", "feliz cumpleaños", (), False),
    ("☀️", "good morning ☀️", (), True),
    ("試合", "すごい試合", (), True),
    ("合試", "すごい試合", (), False),
    ("apple OR iphone ipad", "an apple", (), True),
    ("apple OR iphone ipad", "an ipad", (), False),
    ("(apple OR iphone) ipad", "apple and ipad", (), True),
    ("cat -dog", "cat dog", (), False),
    ("cat -(dog OR bird)", "cat bird", (), False),
    ("cat -(dog OR bird)", "cat fish", (), True),
    ("#News", "", ("#news",), True),
    ("news", "", ("#news",), False),
    ("from:@Olive", "", ("from:olive",), True),
    ("from:12 -is:retweet", "", ("from:12", "is:retweet"), False),
    ('url:"example.com"', "", ("url:example", "url:com"), True),
    ("cat lang:en has:images", "cat", ("lang:en", "has:images"), True),
]


@rows(("query", "text", "keys", "matches"), MATCHES)
def test_what_a_query_matches(query: str, text: str, keys: tuple[str, ...], matches: bool) -> None:
    assert parse(query).matches(says(text, *keys)) is matches


@rows("quoted", [False, True])
def test_posts_are_found_by_what_they_have(quoted: bool) -> None:
    for post in posts():
        one = said(post, quoted=quoted)
        assert parse(f"from:{WORLD.people.id(post.author)} from:{WORLD.name(post.author)}").matches(one)
        assert {KINDS[reference.how] for reference in post.references} <= one.keys
        assert all(f"word:{word}" in one.keys for word in one.text.split())
        for tag in post.full.entities.get("hashtags", ()):
            assert parse("#" + tag["tag"]).matches(one)


def test_a_rule_reads_the_quoted_post_and_a_search_does_not() -> None:
    quoting = next(post for post in posts() if any(one.how == "quoted" and one.post for one in post.references))
    quoted = next(one.post for one in quoting.references if one.how == "quoted" and one.post)
    word = next(word for word in said(quoted).text.split() if f" {word} " not in said(quoting).text and len(word) > 3)
    assert parse(word).matches(said(quoting, quoted=True))
    assert not parse(word).matches(said(quoting))


def test_a_search_for_words_brings_no_retweets() -> None:
    retweet = next(post for post in posts() if post.original)
    one, author = said(retweet), f"from:{WORLD.people.id(retweet.author)}"
    word = next(word for word in one.text.split() if len(word) > 4)
    assert parse(word).matches(one)
    assert not parse(word).finds(one)
    assert not parse(f"{author} OR {word}").finds(one)
    assert parse(f"{author} -nothing").finds(one)


REFUSED = [
    ("", "no viable alternative at input '<EOF>' (at position 1)"),
    ("cat OR", "no viable alternative at input '<EOF>' (at position 7)"),
    ("[cat", "no viable alternative at input '[' (at position 1)"),
    ("cat)", "missing EOF at ')' (at position 4)"),
    ("(cat", "missing ')' at '<EOF>' (at position 5)"),
    ("has:media", "is/has/lang cannot be used as a standalone operator (at position 1)"),
    ("cat OR lang:en", "is/has/lang cannot be used as a standalone operator (at position 8)"),
    ("-cat", "Rules must contain a non-negation term (at position 1)"),
    ("the", "Rules must contain at least one positive, non-stopword clause (at position 1)"),
    ("cat and dog", "Ambiguous use of and as a keyword"),
    ("cat place_country:US", "Reference to invalid operator 'place_country'"),
    ("cat is:polls", "Reference to invalid operator 'is:polls'"),
    ("from:a!b", "Invalid value 'a!b' for operator 'from'"),
]


@rows(("query", "message"), REFUSED)
def test_what_x_refuses(query: str, message: str) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(query)
    assert refused.value.details[0].startswith(message)


@rows(
    ("query", "keyword"),
    [('"a cat"', True), ("from:1 cat", True), ("url:cat", False), ("url:cat.org", False), ("from:1 -cat", False)],
)
def test_what_asks_for_words(query: str, keyword: bool) -> None:
    assert parse(query).keyword is keyword


def test_many_queries_match_as_each_alone() -> None:
    chance = random.Random(SEED)
    found = [said(post, quoted=True) for post in posts()]
    words = sorted({word for one in found for word in one.text.split() if word.isalpha()})
    keys = ["is:retweet", "has:media", "lang:de", "has:hashtags", "sample:50"]
    ids = [f"from:{WORLD.people.id(index)}" for index in range(60)]

    def any_query() -> str:
        several = " OR ".join(chance.sample([f'"{word}"' for word in words] + ids, chance.randint(1, 9)))
        more = chance.choice(["", f' -"{chance.choice(words)}"', " " + chance.choice(keys), " -" + chance.choice(keys)])
        return f"({several}){more}"

    queries = {}
    while len(queries) < 60:
        try:
            queries[len(queries)] = parse(any_query())
        except BadQuery:
            continue  # a word that cannot stand alone
    matcher = Matcher(queries)
    for one in found:
        assert sorted(matcher.matches(one)) == [name for name, query in queries.items() if query.matches(one)]
