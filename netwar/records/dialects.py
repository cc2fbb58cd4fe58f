"""The two vocabularies in which X's REST API speaks of posts.

In the middle of 2026 X renamed Tweet to Post on the REST wire without withdrawing the old names:
the request's words select the answer's words (docs.x.com OpenAPI 2.166 against 2.167). A request
uses one dialect throughout, since mixing them loses data silently; answers are read in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netwar.records.ids import LARGEST, identity, number

Object = dict[str, Any]

_POST_FIELDS = (
    "article attachments card_uri community_id context_annotations conversation_id created_at display_text_range "
    "edit_controls entities geo id lang media_metadata paid_partnership possibly_sensitive public_metrics "
    "reply_settings scopes source text withheld"
)
# Left out: confirmed_email, connection_status, receives_your_dm and subscription depend on who asks.
_USER_FIELDS = (
    "created_at description entities id is_identity_verified location name parody profile_banner_url profile_image_url "
    "protected public_metrics subscription_type url username verified verified_followers_count verified_type withheld"
)
_MEDIA_FIELDS = "alt_text duration_ms height media_key preview_image_url public_metrics type url variants width"
_PLACE_FIELDS = "contained_within country country_code full_name geo id name place_type"
_LIST_FIELDS = "created_at description follower_count id member_count name private"
_POLL_FIELDS = "duration_minutes end_datetime id options voting_status"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a request asks for, in one vocabulary.

    `checked` are the fields of posts, and `checked_users` those of users, whose absence from a whole page means that X no
    longer knows our words (it drops unknown ones silently, and bills).
    """

    name: str
    post_fields: dict[str, str]
    user_fields: dict[str, str]
    expansions: tuple[str, ...]
    full_expansions: tuple[str, ...]
    checked: tuple[str, ...]
    list_fields: dict[str, str]
    checked_users: tuple[str, ...] = ("created_at", "public_metrics", "protected", "verified")

    def timeline(self, *, full: bool) -> dict[str, str]:
        """The field and expansion parameters of a request for posts."""
        expansions = self.expansions + (self.full_expansions if full else ())
        return {**self.post_fields, **self.user_fields, "expansions": ",".join(expansions)}


def _commas(words: str) -> str:
    return ",".join(sorted(words.split()))


_COMMON = {
    "media.fields": _commas(_MEDIA_FIELDS),
    "place.fields": _commas(_PLACE_FIELDS),
    "poll.fields": _commas(_POLL_FIELDS),
}

LEGACY = Dialect(
    name="legacy",
    post_fields={
        "tweet.fields": _commas(
            _POST_FIELDS + " author_id edit_history_tweet_ids in_reply_to_user_id note_tweet referenced_tweets"
        ),
        **_COMMON,
    },
    user_fields={"user.fields": _commas(_USER_FIELDS + " affiliation most_recent_tweet_id pinned_tweet_id")},
    expansions=(
        "author_id",
        "referenced_tweets.id",
        "attachments.media_keys",
        "referenced_tweets.id.attachments.media_keys",
        "attachments.poll_ids",
        "geo.place_id",
    ),
    full_expansions=("referenced_tweets.id.author_id", "entities.mentions.username"),
    checked=("author_id", "created_at", "conversation_id", "public_metrics", "lang"),
    list_fields={"list.fields": _commas(_LIST_FIELDS + " owner_id")},
)

POST = Dialect(
    name="post",
    post_fields={"post.fields": _commas(_POST_FIELDS + " article_title note_post"), **_COMMON},
    user_fields={"user.fields": _commas(_USER_FIELDS)},
    expansions=("author_id", "referenced_posts", "attachments.media_keys", "attachments.poll_ids", "geo.place_id"),
    full_expansions=("entities.mentions.username",),
    checked=("created_at", "conversation_id", "public_metrics", "lang"),
    list_fields={"list.fields": _commas(_LIST_FIELDS)},  # the owner is an expansion there, and would be billed
)

DIALECTS = {dialect.name: dialect for dialect in (LEGACY, POST)}


def references(post: Object) -> list[tuple[str, str]]:
    """The posts that a post speaks of, as (retweeted | quoted | replied_to, id)."""
    named = objects(post.get("referenced_tweets") or post.get("referenced_posts"))
    told = ((str(reference.get("type") or ""), identity(reference.get("id"))) for reference in named)
    return [(kind, id) for kind, id in told if id]


# What a post is by what it is made from, and which of several it is: a reply that quotes is a reply.
KINDS = {"retweeted": "retweet", "replied_to": "reply", "quoted": "quote"}
ORIGINAL = "original"


def kind(post: Object) -> str:
    """What a post is: retweet, reply, quote, or original if it is made from no other one."""
    named = {type for type, _ in references(post)}
    return next((kind for type, kind in KINDS.items() if type in named), ORIGINAL)


def text(post: Object) -> str:
    """The whole text: `text` of a long post stops near 280 characters."""
    note = post.get("note_tweet") or post.get("note_post")
    whole = note.get("text") if isinstance(note, dict) else None
    return str(whole or post.get("text") or "")


def posts_count(user: Object) -> int | None:
    """How many posts X's profile says that the user has."""
    return public_count(user, "tweet_count", "post_count")


def public_count(item: Object, *names: str) -> int | None:
    """A count of a post or a user, under the first of its names that X sent."""
    metrics = item.get("public_metrics")
    if isinstance(metrics, dict):
        for name in names:
            if name in metrics:
                return count(metrics[name])
    return None


def count(value: Any) -> int | None:
    """A public count, in whichever shape it came; None for what is none."""
    if type(value) is int and 0 <= value <= LARGEST:  # as X sends it
        return value
    return number((identity(value) or "").replace(",", ""))


def username(user: Object) -> str:
    """The screen name; empty where X did not tell it."""
    name = user.get("username")
    return name if isinstance(name, str) else ""


def flag(value: Any) -> bool | None:
    """A yes or no, in whichever shape it came; None for what is neither."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def objects(value: Any) -> list[Object]:
    """The objects in a list, or the one that stands in its place; anything else is no object."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
