"""What stands in files of users and names nobody: headings of columns, empty cells, X's own pages.

Each could be bought as a user, since nearly every short word is somebody's screen name; who means that somebody writes @.
"""

from __future__ import annotations

import re

WHOSE = (
    "",
    "twitter",
    "x",
    "author",
    "user",
    "account",
    "screen",
    "profile",
    "member",
    "owner",
    "follower",
    "friend",
    "source",
    "target",
)
WHAT = ("id", "idstr", "name", "handle", "username", "screenname", "url", "link")
# Words of two parts can only be headings. Those of one may be users, unless they begin a file.
HEADINGS = {f"{whose}{what}{end}" for whose in WHOSE[1:] for what in WHAT for end in ("", "s")} | {
    "idstr",
    "screenname",
    "username",
}
HEADINGS |= {"screennames", "usernames"}
HEADINGS |= {f"{side}user{what}" for side in ("from", "to") for what in ("", "id", "name")}
HEADINGS |= {f"{what}{end}" for what in ("tweet", "status", "conversation") for end in ("id", "url", "link")}
HEADINGS |= {f"{what}count" for what in ("followers", "following", "friends", "tweet", "statuses")}
HEADINGS |= {"displayname", "fullname", "firstname", "lastname", "createdat"}
MAYBE = (
    "uid",
    "following",
    "label",
    "node",
    "entity",
    "index",
    "number",
    "count",
    "date",
    "email",
    "text",
    "description",
    "location",
)
FIRST_LINES = HEADINGS | {f"{word}{end}" for word in (*WHOSE[1:], *WHAT, *MAYBE) for end in ("", "s")}

# As pandas, R, SQL and spreadsheets write an empty cell, or one whose formula failed.
EMPTY_NAMES = frozenset({"null", "nan", "none", "na", "nat", "nil", "undefined"})
EMPTY = EMPTY_NAMES | {"n/a", "(null)", "[null]", "(none)", "(blank)", "-nan", "\\n", "-", "--", "–", "—", "?", "."}
FAILED = frozenset({"#n/a", "#n/a n/a", "#na", "#ref!", "#name?", "#value!", "#null!", "#num!", "#div/0!", "#spill!", "#calc!"})

# First parts of addresses at X that are no screen names. Only what nobody has: @support, @business and @verified are users.
PAGES = frozenset(
    re.findall(
        "[^ ]+",
        "about account accounts bookmarks communities compose connect_people direct_messages download explore favorites "
        "find_sources find_users followers following friend_request hashtag home i intent invitations jobs list lists login "
        "logout mentions messages moments newtwitter notifications oauth oauth2 oembed onboarding privacy public_timeline "
        "replies retweets rules saved_searches search search-advanced search-home sent sessions settings share signin signup "
        "similar_to status statuses styleguide terms topics tos tweetbutton user users who_to_follow widgets",
    )
)
# What may follow a screen name there. Anything else is a page of X's (/en/privacy), or a list of the user's.
PARTS = frozenset(
    re.findall(
        "[^ ]+",
        "about affiliates article articles communities creator-subscriptions favorites followers followers_you_follow following "
        "header_photo highlights likes lists media moments photo replies reposts spaces status statuses subscriptions "
        "superfollows timelines topics verified_followers with_replies",
    )
)


def is_nobody(name: str) -> bool:
    """Whether a name in lower case can only be a heading or an empty cell, wherever it stands."""
    return name in EMPTY_NAMES or name.replace("_", "") in HEADINGS


def is_heading(text: str, *, first: bool) -> bool:
    """Whether a line is a column's heading: on the first line that says anything, or wherever it stands."""
    return letters(text) in (FIRST_LINES if first else HEADINGS)


def is_empty(text: str) -> bool:
    """Whether a text is what a program writes for nothing."""
    return text.lower() in EMPTY


def is_taken_for_nobody(name: str) -> bool:
    """Whether a screen name would be read as a heading or an empty cell."""
    return is_nobody(name) or is_heading(name, first=True)


def letters(text: str) -> str:
    """A heading, or a key of JSON, without blanks, signs and case: `Screen Name` and `screen_name` are one."""
    return re.sub(r"[\W_]+", "", text.lower())
