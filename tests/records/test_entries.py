"""Files of users as people make them."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import product

import pytest

from netwar.records.entries import Entry, Fault, NotText, read, written
from tests.rows import rows


def users(text: bytes | str) -> list[str]:
    """The entries of a file without faults."""
    found = list(read([text.encode() if isinstance(text, str) else text]))
    assert not [fault for fault in found if isinstance(fault, Fault)]
    return [entry.user for entry in found if isinstance(entry, Entry)]


def fault(line: str) -> Fault:
    [found] = read([line.encode()])
    assert isinstance(found, Fault), found
    return found


@rows(
    ("line", "user"),
    [
        ("44196397", "44196397"),
        ("1349149096909668363", "1349149096909668363"),
        ("1230000000", "1230000000"),
        ("BBCNews", "bbcnews"),
        ("@BBCNews", "bbcnews"),
        ("@123", "@123"),
        ("  @a_1  ", "a_1"),
        ("1e18", "1e18"),
        ("1_000", "1_000"),
        ('"bbc"', "bbc"),
        ('"bbc",', "bbc"),
        ("bbc;;", "bbc"),
        ("bbc , ", "bbc"),
        ('="1349149096909668363"', "1349149096909668363"),
        ("'1349149096909668363", "1349149096909668363"),
        ("“bbc”", "bbc"),
        ("bbc # the news", "bbc"),
        ("bbc#news", "bbc"),
        ("\u200e@bbc\u2069", "bbc"),
        ("\u00a0bbc\u00a0", "bbc"),
        ("https://x.com/BBC", "bbc"),
        ("http://twitter.com/BBC/", "bbc"),
        ("https://mobile.twitter.com/BBC?lang=en", "bbc"),
        ("www.x.com/BBC", "bbc"),
        ("x.com/bbc/status/1349149096909668363?s=20", "bbc"),
        ("https://twitter.com/#!/bbc", "bbc"),
        ("https://X.com/@bbc", "bbc"),
        ("<https://x.com/bbc>", "bbc"),
        ("https://x.com/123", "@123"),
        ("https://x.com/i/user/44196397", "44196397"),
        ("x.com/i/user/1349149096909668000", "1349149096909668000"),
        ("https://twitter.com/intent/user?user_id=44196397", "44196397"),
        ("https://twitter.com/intent/follow?screen_name=bbc", "bbc"),
        ("https://twitter.com/intent/user?screen_name=@made_up_one", "made_up_one"),
        ("https://twitter.com/anyuser/status/1349149096909668363", "anyuser"),
        ("https://twitter.com/anyuser/statuses/1349149096909668363", "anyuser"),
        ("https://x.com/%40made_up_one", "made_up_one"),
        ("https://mobile.x.com/made_up_one?s=21&t=abc", "made_up_one"),
        ("HTTPS://X.COM:443/made_up_one/with_replies", "made_up_one"),
        ("https://x.com/en", "en"),
        ("https://x.com/bbc/lists/news", "bbc"),
        ("@null", "null"),
        ("@author_id", "author_id"),
    ],
)
def test_a_line_is_read_as_it_is_meant(line: str, user: str) -> None:
    assert users(line) == [user]


@rows(
    ("line", "reason"),
    [
        ("1.23457E+18", "spreadsheet"),
        ("1,23457E+18", "spreadsheet"),
        ("1E+18", "spreadsheet"),
        ("1.349149096909668e18", "spreadsheet"),
        ("1349149096909660000", "spreadsheet"),
        ("1234567890123456000", "spreadsheet"),
        ("969668587731456000", "x.com/i/user/969668587731456000"),
        ("1349149096909668363.0", "decimals"),
        ("44196397,00", "decimals"),
        ("44.196.397", "thousands"),
        ("1,349,149,096,909,668,363", "thousands"),
        ("1 349 149", "thousands"),
        ("13491490969096683634", "too large"),
        ("9223372036854775808", "too large"),
        ("9" * 5000, "too large"),
        ("0044196397", "begin with 0"),
        ("a" * 200, "at most 15 characters, this has 200"),
        ("@" + "a" * 16, "this has 16"),
        ("two words", "letters"),
        ("bbc,news", "more than one value"),
        ("bbc\tnews", "more than one value"),
        ("44196397,12", "more than one value"),
        ("müller", "letters"),
        ("１２３", "letters"),
        ("@", "letters"),
        ("https://x.com/", "not that of a profile"),
        ("https://x.com/i/lists/123", "not that of a profile"),
        ("https://x.com/search?q=bbc", "not that of a profile"),
        ("https://x.com/home", "not that of a profile"),
        ("https://twitter.com/statuses/1349149096909668363", "not that of a profile"),
        ("https://twitter.com/i/web/status/1349149096909668363", "not that of a profile"),
        ("https://x.com/en/privacy", "not that of a profile"),
        ("https://x.com/pt-br/tos", "not that of a profile"),
        ("https://twitter.com/lists", "not that of a profile"),
        ("https://twitter.com/Lists/", "not that of a profile"),
        ("https://twitter.com/oauth/authorize?oauth_token=abc", "not that of a profile"),
        ("https://twitter.com/users/44196397", "not that of a profile"),
        ("https://x.com/bookmarks", "not that of a profile"),
        ("https://x.com/%69/bookmarks", "not that of a profile"),
        ("https://twitter.com/account/redirect_by_id?id=44196397", "not that of a profile"),
        ("https://twitter.com/intent/tweet?screen_name=bbc", "not that of a profile"),
        ("https://x.com/communities/1493446837214187523", "not that of a profile"),
        ("https://x.com/bbc/no-such-part-of-x", "not that of a profile"),
        ("@made_up_one@mastodon.example", "another service"),
        ("made_up_one@mail.example", "another service"),
        ("https://example.com/bbc", "not at x.com"),
        ("https://notx.com/bbc", "not at x.com"),
        ("bbc,https://x.com/bbc", "more than one value on the line"),
        ("12\tbbc\thttps://example.com", "more than one value on the line"),
    ],
)
def test_what_names_no_user_is_a_fault_that_says_why(line: str, reason: str) -> None:
    assert reason in fault(line).reason


def test_among_many_sound_ids_one_may_end_in_zeros() -> None:
    chance = random.Random(7)
    sound = [str(chance.randrange(10**17, 2 * 10**18) * 1000 // 1000 | 1) for _ in range(150)]
    odd = "969668587731456000"
    assert users("\n".join([*sound, odd])) == [*sound, odd]
    assert users("\n".join([odd, *sound])) == [odd, *sound]
    few = list(read("\n".join([*sound[:50], odd]).encode().splitlines(keepends=True)))
    assert isinstance(few[-1], Fault), "of so few nothing can be said"
    rounded = [one[:15] + "0" * (len(one) - 15) for one in sound]
    found = list(read("\n".join([*sound[:100], *rounded]).encode().splitlines(keepends=True)))
    assert sum(isinstance(one, Fault) for one in found) == 150, "one half of the file was rounded"
    found = list(read("\n".join([*sound * 50, *rounded * 10]).encode().splitlines(keepends=True)))
    assert sum(isinstance(one, Fault) for one in found) > 1_300, "far down in it, too"


@rows("entry", ["bbc", "@5", "44196397", "969668587731456000", "1349149096909668363", "null", "user", "author_id", "nan"])
def test_what_is_written_is_read_as_itself(entry: str) -> None:
    assert users(written(entry)) == [entry]


def test_an_entry_tells_how_it_was_written() -> None:
    found = list(read([b'"BBC",\n https://x.com/News # main\n@5\n']))
    assert [entry.text for entry in found if isinstance(entry, Entry)] == ["BBC", "https://x.com/News", "@5"]


@rows("heading", ["username", "screen_name", "user_id", "ID", '"user"', "name,"])
def test_the_heading_of_a_table_is_no_user(heading: str) -> None:
    found = list(read(f"# exported today\n\n{heading}\nbbc\n".encode().splitlines(keepends=True)))
    assert [type(one) for one in found] == [Fault, Entry]
    assert "heading of a table" in str(found[0])


def test_further_down_or_with_an_at_it_is_one() -> None:
    assert users("bbc\nname\n") == ["bbc", "name"]
    assert users("@user\n") == ["user"]


HEADINGS = ["twitter_handle", "author_id", "user_name", "screenname", "usernames", "author.username", "Twitter Handle", "id_str"]
HEADINGS += ["from_user", "to_user_id", "display_name", "tweet_id", "tweet_url", "Status ID", "conversation_id", "created_at"]
HEADINGS += ["followers_count", "full_name", "first_name"]
EMPTY = ["NULL", "nan", "NaN", "None", "<NA>", "#N/A", "n/a", "NaT", "undefined", '"null"', "\\N", "#REF!", "-", "--", "?"]


@rows(("before", "line"), product(["", "bbc\n", "44196397\nbbc\n"], HEADINGS))
def test_what_can_only_be_a_heading_is_one_wherever_it_stands(before: str, line: str) -> None:
    """Joined tables have several."""
    *_, last = read(f"{before}{line}\n".encode().splitlines(keepends=True))
    assert isinstance(last, Fault)
    assert "heading of a table" in last.reason


@rows(
    "heading",
    ["Twitter", "handle", "accounts", "URL", "Account ID", "Screen Name", "x", "profile-url", "Label", "Nodes", "index", "text"],
)
def test_what_may_be_a_heading_is_one_on_the_first_line(heading: str) -> None:
    assert "heading of a table" in fault(heading).reason


@rows("line", EMPTY)
def test_an_empty_cell_is_told_and_never_bought(line: str) -> None:
    *_, last = read(f"44196397\n{line}\n".encode().splitlines(keepends=True))
    assert isinstance(last, Fault), last
    assert "empty cell" in last.reason


def test_a_fault_shows_its_line_number_and_only_harmless_text() -> None:
    found = list(read([b"good\n\n# note\n\x1b[31mred\n" + b"y" * 200 + b"\n"]))
    assert found[0] == Entry(1, "good")
    faults = [fault for fault in found if isinstance(fault, Fault)]
    assert [(fault.line, fault.text) for fault in faults] == [(4, "�[31mred"), (5, "y" * 59 + "…")]
    assert str(faults[0]).startswith("line 4: �[31mred: ")


@rows(("end", "encoding", "portion"), product(["\n", "\r\n", "\r"], ["utf-8", "utf-8-sig", "utf-16"], [1, 7, 100_000]))
def test_encodings_and_line_ends(end: str, encoding: str, portion: int) -> None:
    text = end.join(["One", "", "# für Müller", "@two", "333"]).encode(encoding)
    found = list(read(text[at : at + portion] for at in range(0, len(text), portion)))
    assert found == [Entry(1, "one"), Entry(4, "two"), Entry(5, "333")]


def test_utf_16_big_endian() -> None:
    assert users(b"\xfe\xff" + "one\ntwo\n".encode("utf-16-be")) == ["one", "two"]


def test_joined_files_may_hold_a_byte_order_mark_in_the_middle() -> None:
    assert users("\ufeffone\n\ufefftwo\n") == ["one", "two"]


def test_an_old_8_bit_comment_does_no_harm() -> None:
    assert users("# Müller\none\n".encode("latin-1")) == ["one"]


@rows("text", [b"", b"\n\n", b"\xef\xbb\xbf", b"# only\r\n   \r\n", b"\x1a"])
def test_nothing_in_a_file_is_nothing(text: bytes) -> None:
    assert users(text) == []


@rows(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"PK\x03\x04\x14\x00\x06\x00",
        b"SQLite format 3\x00",
        bytes(range(256)),
        b"\xff\xfe\x00\x00o\x00\x00\x00",
        "one\ntwo\n".encode("utf-16-le"),
        b"good\n" * 10_000 + b"\x00",
    ],
)
def test_a_file_that_is_not_text_gives_no_entry_at_all(content: bytes) -> None:
    with pytest.raises(NotText, match="not a text file"):
        next(read(content[at : at + 100] for at in range(0, len(content), 100)))


def test_harm_far_down_in_a_file_is_a_fault_of_its_line() -> None:
    found = list(read([b"good\n" * 20_000, b"\x00\x00\x00\n", b"better\n"]))
    assert found[-1] == Entry(20_002, "better")
    assert [fault.line for fault in found if isinstance(fault, Fault)] == [20_001]


def test_an_endless_line_is_one_fault() -> None:
    [found] = read(b"x" * 65_536 for _ in range(50))
    assert isinstance(found, Fault)


def test_a_long_file_is_read_in_constant_memory() -> None:
    def most(lines: int) -> int:
        def content() -> Iterator[bytes]:
            return (b"user%d\n" % number for number in range(lines))

        tracemalloc.start()
        assert count(read(content())) == lines
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(30_000) < most(10_000) + 10_000


def count(items: Iterable[object]) -> int:
    return sum(1 for _ in items)
