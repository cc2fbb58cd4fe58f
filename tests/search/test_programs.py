"""tw-search2elk, tw-count, tw-conversation and tw-usersearch, as operators run them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.canned import canned
from tests.desk import SANDBOX_APP, Desk
from tests.operator import no_bug
from tests.search.conftest import NOW, Searcher

Begin = Callable[..., Searcher]


def test_a_search_records_what_there_is_and_the_same_command_buys_nothing_twice(searcher: Begin) -> None:
    one = searcher()
    eight, nine = one.ids(8, 9)
    query = f"from:{eight} OR from:{nine}"
    first = one.run("tw-search2elk", "brexit", query)
    assert one.kept() == one.truth_of(query)
    assert "by X's count" in first.stderr
    assert f"{len(one.kept()):,} posts found" in first.stderr
    assert one.spent() == one.bill()["micro"]
    assert one.select("brexit", "SELECT count(*) FROM users")[0][0] > 1, "and who wrote it"
    before, asked = one.bill(), len(one.pages())
    again = one.run("tw-search2elk", "brexit", query, "--yes")
    assert "nothing is left" in again.stderr or len(one.pages()) - asked == 1
    assert one.bill()["billed"]["post"] == before["billed"]["post"]


def test_a_changed_line_of_a_file_buys_nothing_of_the_others_anew(searcher: Begin) -> None:
    one = searcher()
    eight, nine = one.ids(8, 9)
    one.write("terms.txt", f"from:{eight} -harbour\n# a comment\n#news\n")
    one.run("tw-search2elk", "brexit", "terms.txt", "--yes")
    assert one.kept() == one.truth_of(f"from:{eight} -harbour") | one.truth_of("#news")
    assert len({line["parameters"]["query"] for line in one.pages()}) == 1 + 1, "users stand apart from tags"
    one.write("terms.txt", f"from:{eight} -harbour\n#news\nfrom:{nine}\n")
    asked = len(one.pages())
    one.run("tw-search2elk", "brexit", "terms.txt", "--yes", "--until", "2026-01-01T11:58:00")
    assert {line["parameters"]["query"] for line in one.pages()[asked:]} == {f"from:{nine}"}, "the first reached a minute further"
    assert one.kept() >= one.truth_of(f"from:{nine}", until=NOW - 120_000)
    rows = [
        json.loads(line) for line in one.run("tw-search2elk", "brexit", "terms.txt", "--coverage", "--json").stdout.splitlines()
    ]
    assert [row["line"] for row in rows] == [f"from:{eight} -harbour", "#news", f"from:{nine}"]
    assert all(row["from"] < "2025-12-26" and row["to"] > "2026-01-01T11" and row["gaps"] is None for row in rows)
    assert one.spent() == one.bill()["micro"]


def test_bad_lines_are_told_and_the_others_are_searched_for(searcher: Begin) -> None:
    one = searcher()
    who = one.ids(8)[0]
    one.write("terms.txt", f"from:{who}\n(cat\nhas:media\nfrom:{who} place_country:US\n" + "long " * 120 + "\n")
    ended = one.run("tw-search2elk", "brexit", "terms.txt", "--yes", check=1)
    for said in (
        "line 2: (cat: a parenthesis is never closed",
        "line 5",
        "has:media: X does not take this query (There were errors processing your request: is/has/lang cannot be used",
        "Reference to invalid operator 'place_country'",
        "lines that are not complete, listed above: 4",
    ):
        assert said in ended.stderr
    assert one.kept() == one.truth_of(f"from:{who}")


BEFORE, AFTER, TURNED = ("--until", "2025-01-01"), ("--since", "2027-01-01"), ("--since", "2025-12-31", "--until", "2025-12-30")
NOWHERE = [
    *((BEFORE, 1, "what is older needs --all"), (AFTER, 1, "nothing yet from after")),
    *((("--all", *AFTER), 1, "nothing yet"), (TURNED, 2, "--since has to be before --until")),
]


def test_a_time_of_which_x_finds_nothing_is_not_told_to_be_complete(searcher: Begin) -> None:
    one = searcher()
    for arguments, status, said in (
        *NOWHERE,
        (("--all", "--until", "2009-01-01"), 1, "back to 2010-11-04T01:42:54.657Z: older ids tell no time"),
    ):
        assert said in one.run("tw-search2elk", "brexit", "rain", "--yes", *arguments, check=status).stderr
    for arguments, status, said in NOWHERE:
        ended = one.run("tw-count", "rain", "--yes", *arguments, check=status)
        assert (said in ended.stderr, ended.stdout) == (True, "")
    assert one.pages() == []


def test_what_stops_early_says_what_came_of_it(searcher: Begin) -> None:
    one = searcher(budget="0.035")
    eight = one.ids(8)[0]
    one.write("terms.txt", "\n".join(f"from:{eight} word{n}" for n in range(9)))
    assert (
        "0 posts so far in what was counted whole; counting cost $0.035"
        in one.run("tw-count", "terms.txt", "--each", check=77).stderr
    )
    one.desk.configure(one.sandbox.url, budget=100, maxcpu=100, maxmem=100)
    one.post("faults", [{"kind": "rate-limit", "endpoint": "/2/users/search", "after": 1, "times": 1}])
    first, second = sorted(user["name"] for user in one.users())[:2]
    assert "1 user found for $0.010; documents: 1 new" in one.run("tw-usersearch", first, second, "--yes", check=75).stderr
    assert one.spent() == one.bill()["micro"]


def test_a_line_that_x_refuses_hides_no_price(searcher: Begin) -> None:
    one = searcher(budget="2")
    eight, nine = one.ids(8, 9)
    one.write("terms.txt", f"from:{eight}\nhas:media\nfrom:{nine}\n")
    declined = one.run("tw-search2elk", "brexit", "terms.txt", check=77).stderr
    assert "say --yes" in declined
    assert f"{len(one.truth_of(f'from:{eight} OR from:{nine}')):,} posts by X's count" in declined
    assert one.bill()["billed"]["post"] == 0


def test_up_to_is_as_much_as_is_reserved_whatever_comes_along(searcher: Begin) -> None:
    for expand, each, along in (("default", 0.025, "answer"), ("full", 0.545, "answer and all who are mentioned")):
        one = searcher(budget="2", expand=expand)
        query = f"from:{one.ids(8)[0]}"
        posts = len(one.truth_of(query))
        told = one.run("tw-search2elk", "brexit", query, check=77).stderr
        assert f"and with their authors{',' if expand == 'full' else ' and'} the posts that they quote or {along} up to" in told
        assert f"up to ${posts * each:,.2f}, and $" in told


def test_a_query_may_be_longer_than_the_name_of_a_file(searcher: Begin) -> None:
    one = searcher()
    who = one.ids(8)[0]
    query = f"from:{who} -({' OR '.join(f'word{n}' for n in range(30))})"
    assert 255 < len(query) < 512
    one.run("tw-search2elk", "brexit", query, "--yes")
    assert one.kept() == one.truth_of(query)
    assert "1 line searched for" in one.run("tw-search2elk", "brexit", query, "--coverage").stderr


def test_the_full_archive_goes_as_far_as_is_said(searcher: Begin) -> None:
    one = searcher()
    who = one.ids(9)[0]
    one.run("tw-search2elk", "brexit", f"from:{who}", "--all", "--since", "2012-01-01", "--yes")
    assert one.kept() == one.truth_of(f"from:{who}", since=1_325_376_000_000)
    warned = one.run("tw-search2elk", "other", f"from:{who}", "--since", "2025-01-01", "--yes")
    assert "what is older needs --all" in warned.stderr
    assert one.spent() == one.bill()["micro"]


def test_a_budget_is_kept_and_nobody_is_asked_without_a_terminal(searcher: Begin) -> None:
    one = searcher(budget="0.50")
    who = one.ids(8)[0]
    refused = one.run("tw-search2elk", "brexit", f"from:{who}", check=77)
    assert "say --yes" in refused.stderr
    assert [kind for kind, count in one.bill()["billed"].items() if count] == ["counts_recent"]
    stopped = no_bug_of(one.run("tw-search2elk", "brexit", f"from:{who}", "--yes", check=77))
    assert "posts found" in stopped
    assert one.bill()["micro"] <= 500_000
    one.desk.configure(one.sandbox.url, budget=100, maxcpu=100, maxmem=100)
    one.run("tw-search2elk", "brexit", f"from:{who}", "--yes")
    assert one.kept() == one.truth_of(f"from:{who}")
    assert one.bill()["returned"]["post"] - one.bill()["billed"]["post"] <= 40, "hardly anything came twice, and that was free"


def no_bug_of(ended: object) -> str:
    no_bug(ended)  # type: ignore[arg-type]
    return str(ended.stderr)  # type: ignore[attr-defined]


def test_pages_that_repeat_or_break_leave_no_hole(searcher: Begin) -> None:
    one = searcher()
    who = one.ids(8)[0]
    one.post("faults", {"kind": "list-gone", "endpoint": "/2/tweets/search/recent", "times": 0})
    assert (
        "and the same command goes on from there" in one.run("tw-search2elk", "brexit", f"from:{who}", "--yes", check=69).stderr
    )
    one.post("faults", [], method="DELETE")
    one.post("faults", [
        {"kind": "repeat-token", "endpoint": "/2/tweets/search/recent", "after": 1, "times": 1},
        {"kind": "short-page", "endpoint": "/2/tweets/search/recent", "keep": 30, "times": 2},
        {"kind": "empty-page", "endpoint": "/2/tweets/search/recent", "after": 2, "times": 2},
        {"kind": "cut", "endpoint": "/2/tweets/search/recent", "after": 4, "times": 1},
    ])  # fmt: skip
    one.run("tw-search2elk", "brexit", f"from:{who}", "--yes")
    assert one.kept() == one.truth_of(f"from:{who}")


def test_a_line_with_posts_without_ids_is_not_complete_until_they_come(searcher: Begin) -> None:
    one = searcher()
    eight = one.ids(8)[0]
    one.write("terms.txt", f"from:{eight}\n#news\n")
    one.post("faults", {"kind": "odd-elements", "billed": True, "endpoint": "/2/tweets/search/*", "times": 0})
    ended = one.run("tw-search2elk", "brexit", "terms.txt", "--yes", "-q", check=1)
    assert f"from:{eight}: X sent posts without ids" in ended.stderr
    assert "lines that are not complete, listed above: 2" in ended.stderr
    assert "rejected (see dead-letters)" in ended.stderr
    wanted = one.truth_of(f"from:{eight}") | one.truth_of("#news")
    assert wanted - one.kept(), "the fault hides what X had"
    ended = one.run("tw-conversation", min(wanted), "talk", "--all", "--yes", check=1)
    assert "X sent posts without ids" in ended.stderr
    one.post("faults", [], method="DELETE")
    assert "2 lines complete" in one.run("tw-search2elk", "brexit", "terms.txt", "--yes").stderr
    assert one.kept() == wanted
    assert one.spent() == one.bill()["micro"]


def test_counts_say_what_a_query_costs_and_charge_by_the_request(searcher: Begin) -> None:
    one = searcher()
    eight, nine = one.ids(8, 9)
    ended = one.run("tw-count", f"from:{eight}", "--json")
    [row] = map(json.loads, ended.stdout.splitlines())
    assert abs(row["posts"] - len(one.truth_of(f"from:{eight}"))) <= 1
    assert "a day for $" in ended.stderr
    assert "counting cost $0.005" in ended.stderr
    one.write("ids.txt", f"{eight}\n{nine}\n")
    together = one.run("tw-count", "ids.txt", "--csv").stdout.splitlines()
    each = one.run("tw-count", "ids.txt", "--each", "--csv").stdout.splitlines()
    assert (len(together), len(each)) == (2, 3)
    days = one.run("tw-count", f"from:{nine}", "--all", "--by", "day", "--since", "2025-11-01", "--json").stdout.splitlines()
    assert len(days) == 62
    assert one.spent() == one.bill()["micro"] == 5_000 * 4 + 10_000 * 2
    bad = one.run("tw-count", "rain)", check=2)
    assert "a parenthesis is closed that was never opened" in bad.stderr


def test_a_line_that_x_refuses_is_told_and_the_others_are_counted(searcher: Begin) -> None:
    one = searcher()
    eight, nine = one.ids(8, 9)
    one.write("terms.txt", f"from:{eight}\nhas:media\nfrom:{nine}\n")
    for more in ((), ("--each",), ("--by", "day")):
        ended = one.run("tw-count", "terms.txt", "--json", *more, check=1)
        counted = [json.loads(row) for row in ended.stdout.splitlines()]
        truth = len(one.truth_of(f"from:{eight} OR from:{nine}"))
        assert abs(sum(row["posts"] for row in counted) - truth) <= 1, more
        assert not any("has:media" in row["query"] for row in counted)
        assert "has:media: X does not take this query" in ended.stderr
        assert "lines that were not counted (listed above): 1" in ended.stderr
    alone = one.run("tw-count", "has:media", check=1)
    assert (alone.stdout, "nothing was counted, and nothing paid; lines that" in alone.stderr) == ("", True)
    assert "nothing before or behind it" in one.run("tw-count", "rain OR", check=2).stderr
    assert one.spent() == one.bill()["micro"]
    typed = f'from:{eight}   ("rain" OR sun)'
    assert json.loads(one.run("tw-count", typed, "--json").stdout)["query"] == typed


def test_a_file_that_is_not_there_is_no_query(searcher: Begin) -> None:
    """Nobody looks for posts with the letters terms.txt, and they would be paid for."""
    one = searcher()
    for command in (("tw-search2elk", "brexit", "lists/terms.txt", "--yes"), ("tw-count", "lists/terms.txt")):
        assert "there is no file lists/terms.txt" in one.run(*command, check=2).stderr
    assert one.bill()["micro"] == 0
    assert len(one.run("tw-count", '"terms.txt"', "--json").stdout.splitlines()) == 1


YEARS = ("--all", "--since", "2010-12-01", "--until", "2025-01-01")  # 166 requests for counts a query; a window has 300


def test_counts_that_no_window_has_room_for_are_not_begun(searcher: Begin) -> None:
    one = searcher()
    one.write("terms.txt", f"from:{one.ids(8)[0]}\n#rain\n")
    for command in (("tw-search2elk", "brexit", "terms.txt"), ("tw-count", "terms.txt", "--each", "--yes")):
        refused = one.run(*command, *YEARS, check=1).stderr
        assert "332 requests for counts are more than the 300 that X takes in 15 minutes: say --wait" in refused
    many = "".join(f"{'word' * 60}{n} {'more' * 60}\n" for n in range(301))
    one.write("many.txt", many)
    assert "301 requests for counts are more than" in one.run("tw-stream", "brexit", "many.txt", "--estimate", check=1).stderr
    assert one.bill()["micro"] == one.spent() == 0


def test_counts_that_this_window_has_no_room_for_wait_for_the_next(searcher: Begin) -> None:
    one = searcher()
    one.run("tw-count", "#rain", *YEARS, "--yes")
    paid = one.bill()["micro"]
    for command in (("tw-search2elk", "brexit", "#rain"), ("tw-count", "#rain", "--yes")):
        refused = one.run(*command, *YEARS, check=75).stderr
        assert "166 requests for counts, and X takes 134 more in this rate window: run again in " in refused
    assert one.bill()["micro"] == paid


@pytest.mark.parametrize("command", [("tw-search2elk", "brexit", "#rain"), ("tw-count", "#rain")])
def test_what_counting_cost_is_told_when_it_ends_early_and_wait_goes_on(searcher: Begin, command: tuple[str, ...]) -> None:
    one = searcher()
    spent = {"kind": "rate-limit", "endpoint": "/2/tweets/counts/all", "after": 1, "times": 1, "seconds": 2}
    one.post("faults", [spent])
    asked = (*command, "--all", "--since", "2025-10-01")
    assert "counting cost $0.010" in one.run(*asked, check=75).stderr
    assert one.bill()["billed"]["counts_all"] == 1
    one.post("faults", [], method="DELETE")
    one.post("faults", [spent | {"after": 3}])
    one.run(*asked, "--wait")
    assert one.bill()["billed"]["counts_all"] == 1 + 3
    assert one.spent() == one.bill()["micro"]


def test_a_token_that_repeats_buys_no_count_twice(searcher: Begin) -> None:
    one = searcher()
    month = ("tw-count", f"from:{one.ids(9)[0]}", "--all", "--since", "2025-09-01", "--by", "day", "--json")
    sound = one.run(*month).stdout
    requests = one.bill()["billed"]["counts_all"]
    one.post("faults", [{"kind": "repeat-token", "endpoint": "/2/tweets/counts/all", "times": 40}])
    assert one.run(*month).stdout == sound
    assert one.bill()["billed"]["counts_all"] == 2 * requests


def test_a_conversation_is_recorded_from_any_of_its_tweets(searcher: Begin) -> None:
    one = searcher()
    root, count = busiest(one)
    one.run("tw-conversation", f"https://x.com/a/status/{root}", "brexit", "--all", "--yes")
    everything = one.truth_of(f"conversation_id:{root}", since=1_325_376_000_000)
    assert one.kept(via="conversation") == everything
    assert len(everything) == count
    spent = [row.split(",") for row in one.run("tw-spend", "--no-ask", "--csv").stdout.splitlines()]
    assert {row[2] for row in spent if row[1:2] == ["tw-conversation"]} == {"brexit"}, "as other programs book it"
    answer = next(id for id in everything if id != root)
    again = one.run("tw-conversation", answer, "brexit", "--all", "--yes")
    assert "0 new" in again.stderr or "nothing is left" in again.stderr
    asked = len(one.log())
    for none in ("hello", "2021-01-01", "0", "9" * 19, "https://x.com/a/status/12b"):
        assert "is not a tweet's id or address" in one.run("tw-conversation", none, "brexit", check=2).stderr
    assert len(one.log()) == asked


def busiest(one: Searcher) -> tuple[int, int]:
    """A conversation with an answer in it that a search finds: its first tweet, and how many there are."""
    who = one.ids(8)[0]
    one.run("tw-search2elk", "other", f"from:{who} is:reply", "--all", "--yes")
    for root in one.conversations("other"):
        count = len(one.truth_of(f"conversation_id:{root}", since=1_325_376_000_000))
        if count > 1:
            return root, count
    raise AssertionError("nobody answers anybody")


def test_users_are_found_by_name_after_the_price_is_agreed_to(searcher: Begin) -> None:
    one = searcher()
    names = sorted(user["name"] for user in one.users())
    found = one.run("tw-usersearch", names[0], names[1].lower(), "--yes").stdout.splitlines()
    assert sorted(line.split("\t")[1] for line in found) == names[:2]
    assert {row[0] for row in one.select("usertest", "SELECT lower(username) FROM users")} == {name.lower() for name in names[:2]}
    assert one.bill()["billed"]["user"] == 2
    few = one.run("tw-usersearch", "a", "--most", "3", "--yes").stdout.splitlines()
    assert len(few) == 3
    assert one.spent() == one.bill()["micro"]
    assert "TERM is empty" in one.run("tw-usersearch", "  ", check=2).stderr
    for none in ("a;b", "'"):
        assert "is no name to search for" in one.run("tw-usersearch", none, check=2).stderr


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ([b'{"data": [], "meta": {"next_token": "t%d"}}' % page for page in range(40)], "empty pages in a row"),
        ([b'{"data": "gone astray", "meta": {}}'], "cannot be read"),
    ],
    ids=["empty", "odd"],
)
def test_a_search_for_users_that_x_does_not_answer_ends_and_says_so(desk: Desk, sent: list[bytes], told: str) -> None:
    with canned() as x:
        desk.configure(x.url, budget=100, account="me", **SANDBOX_APP, access_token_key="1-x", access_token_secret="y")
        user = b'{"data": [{"id": "5", "username": "five", "name": "Five"}], "meta": {"next_token": "t"}}'
        x.answers["/2/users/search"] = [user, *sent]
        ended = desk.run("tw-usersearch", "five", "--yes", check=69)
        no_bug(ended)
        assert told in ended.stderr
        assert ended.stdout == "5\tfive\tFive\n", "who came before is told"
        assert len(x.asked) < 20


def test_what_the_estimate_of_a_stream_cost_is_told_when_it_ends_early_and_ids_are_no_terms(searcher: Begin) -> None:
    one = searcher()
    one.post("faults", [{"kind": "rate-limit", "endpoint": "/2/tweets/counts/recent", "after": 1, "times": 1, "seconds": 2}])
    one.write("terms.txt", "".join(f"{'word' * 60}{n} {'more' * 60}\n" for n in range(2)))
    told = one.run("tw-stream", "brexit", "terms.txt", "--estimate", check=75).stderr
    assert "counting cost $0.005 and brought no post" in told
    assert one.bill()["billed"]["counts_recent"] == 1
    one.write("ids.txt", "".join(f"{10**18 + number}\n" for number in range(301 * 20)))
    told = one.run("tw-stream", "brexit", "ids.txt", "--estimate", check=1).stderr
    assert "requests for counts are more than" in told
    assert "tw-count" not in told, "it takes the numbers for words"
