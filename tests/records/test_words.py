"""What the words of a text are; and that FTS5 reads the same ones out of a plain text, and out of our spelling of any other."""

from __future__ import annotations

import random
import sqlite3
import unicodedata
from contextlib import closing

from netwar.archive.sqlite import fulltext
from netwar.archive.sqlite.schema import SPELLED
from netwar.records.text_query import matches, question
from netwar.records.words import is_plain, spelled
from tests.rows import rows


@rows(
    ("text", "words"),
    [
        ("Don't PANIC, 3.14!", "don t panic 3 14"),
        ("AT&amp;T &lt;3 &copy", "at t 3 copy"),
        ("NASAが発表", "nasa が 発 表"),
        ("ｶﾞガ ﾊﾟ ー", "ガ ガ パ ー"),
        ("Straße İstanbul café", "strasse istanbul cafe"),
        ("πόλη Σίσυφος", "πολη σισυφοσ"),
        ("IŞIK ışık", "isik isik"),
        ("Łódź Søren đẹp Þór Æsir Œuvre ħoll", "lodz soren dep thor aesir oeuvre holl"),
        ("👍🏽 👨\u200d👩\u200d👧", "x1f44dx x1f468x x1f469x x1f467x"),
        ("हिन्दी", "हिन्दी"),
        ("한국어", "한국어"),
        ("", ""),
        ("!?… ⁂", ""),
        ("a\ud800b", "a b"),
    ],
)
def test_words(text: str, words: str) -> None:
    assert spelled(text) == words
    assert spelled(words) == words, "spelling is done once"


def test_fts5_reads_the_same_words() -> None:
    """Every sign of the first three planes, between letters and alone: a sample of the many, all of the odd ones."""
    begins = [*range(1, 0x3000), *range(0xA000, 0xAC00), *range(0xF900, 0x10000)]
    chance = random.Random(1)
    signs = begins + chance.sample(range(0x3000, 0x30000), 6_000)
    table = next(line for line in SPELLED.split(";") if "TABLE tweet_spelled" in line).split("tokenize=")[1].rstrip("\n )")
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE VIRTUAL TABLE w USING fts5(t, tokenize={table})")
        db.execute("CREATE VIRTUAL TABLE v USING fts5vocab(w, instance)")
        texts = [f"ab{chr(sign)}cd {chr(sign)} {chr(sign)}e" for sign in signs if _is_there(chr(sign))]
        kept = ((number, fulltext.words(text) or text) for number, text in enumerate(texts))
        db.executemany("INSERT INTO w (rowid, t) VALUES (?, ?)", kept)
        read: dict[int, list[str]] = {}
        for number, word in db.execute("SELECT doc, term FROM v ORDER BY doc, offset"):
            read.setdefault(number, []).append(word)
    assert [text for number, text in enumerate(texts) if read[number] != spelled(text).split()] == []


def _is_there(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cn", "Cc", "Cs")


def test_plain_texts_need_no_spelling() -> None:
    assert is_plain("Über naïve “Wähler” — 5 € & more")
    for text in ("AT&amp;T", "a 🚀", "が", "Straße", "πόλη", "m²"):
        assert not is_plain(text), text


def test_a_long_text_takes_no_time() -> None:
    """No sequence makes the pattern look back for ever; 100,000 signs are done within the test's own limit."""
    for text in ("a\u0301" * 100_000, "\u0e49" * 100_000, "&amp" * 100_000, "🚀\u200d" * 100_000, "_" * 100_000):
        spelled(text)
        is_plain(text)


def test_a_question_is_answered_as_it_is_meant() -> None:
    chance = random.Random(3)
    words = ["one", "two", "three", "four"]
    for _ in range(500):
        text = " ".join(chance.choices(words, k=3))
        a, b, c = chance.sample(words, 3)
        for asked, right in (
            (f"{a} {b}", a in text and b in text),
            (f"{a} OR {b}", a in text or b in text),
            (f"{a} AND {b}", a in text and b in text),
            (f"{a} {b} OR {c}", (a in text and b in text) or c in text),
            (f"{a} ({b} OR {c})", a in text and (b in text or c in text)),
            (f"{a} -{b}", a in text and b not in text),
            (f"{a} -({b} OR {c})", a in text and b not in text and c not in text),
            (f'"{a} {b}"', f"{a} {b}" in text),
            (f"{a[:2]}*", f" {a[:2]}" in f" {text}"),
        ):
            question_asked = question(asked)
            assert question_asked
            assert matches(question_asked, text) == right, (asked, text)


def test_odd_questions() -> None:
    for words in ("", '"', "*", "!!", "OR", "( )", ") ("):
        assert question(words) is None, words
    assert question("a OR") == question("a") == question("OR a") == question("(a") == question("a)")


@rows(("letters", "plain"), [("øłđıŧŋɓɗƙƴəɛɔ", "olditnbdkyaeo"), ("ØŁĐŦŊƁƊƘƳƏƐƆ", "oldtnbdkyaeo")])
def test_letters_that_servers_take_for_those_of_ascii_are_those(letters: str, plain: str) -> None:
    """As the filter `asciifolding` of Elasticsearch has it, which reads what people ask in Kibana."""
    assert spelled(letters) == plain
