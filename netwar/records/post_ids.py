"""Files of ids of posts as people have them: one a line, the first column of a table, JSON, addresses of posts.

Ids that a spreadsheet has rounded belong to nobody, or to another post: they are refused as those of users are (records.entries).
So are ids of users: old ones are ids of posts as well, of others, which would be bought.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

from netwar.records.dialects import objects
from netwar.records.entries import HOW_TO_KEEP, NUMBER_CUT, NUMBER_DECIMAL, NUMBER_SPLIT, Fault, are_rounded, shown
from netwar.records.ids import identity, number
from netwar.records.nobody import is_heading, letters

ADDRESS = re.compile(r"(?:https?://)?(?:www\.|mobile\.|m\.)?(?:x|twitter)\.com/[^?#]*/status(?:es)?/([0-9]{1,19})(?:[/?#].*)?")
DELIMITERS = ",;\t"
LONGEST = 1 << 20  # letters of a cell; a table may have whole texts in it
# What columns are called, and keys of JSON, without blanks and signs, of tables of users, and of posts.
WHOSE = re.compile(r"(user|author|account|screen|profile|member|owner|follower|friend)(id|name|handle|screenname)?s?")
OF_USERS = {"description", "verified", "protected", "followers", "followerscount", "publicmetricsfollowerscount", "pinnedtweetid"}
OF_POSTS = {"text", "fulltext", "authorid", "conversationid", "user", "userid", "tweetid", "retweets", "edithistorytweetids"}
NAMES = {"username", "screen_name"}
ON_ONE_LINE = "these are {:,} ids on one line, and only a first column is read: write one a line, or a heading above them"
LONG = 15  # digits: later ids of posts have more, and hardly a count has as many
USERS = "these are ids of users, not of posts (tw-quser2work and tw-quser2usertest take them): nothing is read of it"


def of_table(lines: Iterable[str], head: str) -> Iterator[tuple[int, str] | Fault]:
    """(line, id) for each row of a table or list that begins with `head`; a fault for a row that names no post."""
    csv.field_size_limit(LONGEST)
    first, _, others = head.strip().partition("\n")
    rows = csv.reader(lines, delimiter=_delimiter(first))
    sound, is_first, is_headed = not are_rounded([head]), True, False
    while True:
        before = rows.line_num
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Fault(before + 1, "", f"this is no row of a table: {error}")
            continue
        text = row[0].strip().strip("'\"") if row else ""
        is_named = is_first and is_heading(text, first=True)
        if is_named and heads_users(row):
            yield Fault(before + 1, shown(text), USERS)
            return
        is_headed = is_headed or is_named
        if text and not is_headed and (count := _on_one_line(row, alone=not others)):
            yield Fault(before + 1, shown(", ".join(row[:4])), ON_ONE_LINE.format(count))
        elif text and not is_named:
            yield _told(before + 1, text, sound)
        is_first = is_first and not text


def heads_users(names: list[str]) -> bool:
    """Whether columns are those of a table of users, whose first one has their ids."""
    return bool(names and WHOSE.fullmatch(letters(names[0]))) or _are_users(names)


def is_of_users(head: str) -> bool:
    """Whether a text that begins so is a table of users."""
    first = head.lstrip("\ufeff").partition("\n")[0].rstrip("\r")
    names = [name.strip().strip("'\"") for name in first.split(_delimiter(first))]
    return is_heading(names[0], first=True) and heads_users(names)


def of_value(value: Any) -> list[str]:
    """The ids in a value of JSON: an id alone, a post, or an answer of X with posts. A user has none."""
    if isinstance(value, dict):
        if "data" in value:
            return [id for one in objects(value["data"]) for id in of_value(one)]
        if _are_users(value) or (not NAMES.isdisjoint(value) and OF_POSTS.isdisjoint(map(letters, value))):
            return []
        value = value.get("id_str") or value.get("id")
    if isinstance(value, list):
        return [id for one in value for id in of_value(one)]
    id = identity(value)
    return [id] if id is not None and number(id) is not None else []


def post_id(text: str, *, sound: bool) -> str:
    """The id of a post, or in its address. Raises ValueError, saying what is wrong with a text.

    `sound` when it stands among many that no spreadsheet has rounded.
    """
    if found := ADDRESS.fullmatch(text):
        text, sound = found[1], True
    if NUMBER_CUT.fullmatch(text) or NUMBER_DECIMAL.fullmatch(text) or NUMBER_SPLIT.fullmatch(text):
        raise ValueError(f"a spreadsheet took this id for a quantity, and may have rounded it: {HOW_TO_KEEP}")
    if number(text) is None:
        raise ValueError("this is no id of a post")
    if len(text) >= 18 and text.endswith("000") and not sound:
        raise ValueError(
            f"this looks like an id whose last digits a spreadsheet replaced by zeros: {HOW_TO_KEEP} "
            f"(if the id is right, write x.com/i/status/{text})"
        )
    return text


def _delimiter(line: str) -> str:
    return min(DELIMITERS, key=lambda sign: line.find(sign) if sign in line else len(line) + 1)


def _are_users(names: Iterable[str]) -> bool:
    """Whether columns, or keys, are those of users' profiles, and none is of a post."""
    called = set(map(letters, names))
    return not called.isdisjoint(OF_USERS) and called.isdisjoint(OF_POSTS)


def _on_one_line(row: list[str], *, alone: bool) -> int:
    """How many ids of posts a row without a heading is, 0 for one of which only the first cell need be one: for a table."""
    cells = [text for text in (cell.strip().strip("'\"") for cell in row) if text]
    are_ids = len(cells) > 1 and all(number(text) is not None and (alone or len(text) >= LONG) for text in cells)
    return len(cells) if are_ids else 0


def _told(line: int, text: str, sound: bool) -> tuple[int, str] | Fault:
    try:
        return line, post_id(text, sound=sound)
    except ValueError as fault:
        return Fault(line, shown(text), str(fault))
