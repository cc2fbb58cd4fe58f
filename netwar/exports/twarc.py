"""What twarc-csv takes, and nothing else: it leaves out whole batches for one column that it does not know.

The columns are those of twarc-csv 0.7.2 (dataframe_converter.py). What X has told since then has none, so a long post's whole
text and its entities stand where the beginning would, and the post dialect's counts bear the names that they had.
"""

from __future__ import annotations

from typing import Any

from netwar.records.dialects import Object, objects, text

PROFILE = """
    created_at username name description entities.description.cashtags entities.description.hashtags
    entities.description.mentions entities.description.urls entities.url.urls location pinned_tweet_id profile_image_url protected
    public_metrics.followers_count public_metrics.following_count public_metrics.listed_count public_metrics.tweet_count url
    verified verified_type withheld.scope withheld.copyright withheld.country_codes id
"""
OF_ALL = "__twarc.retrieved_at __twarc.url __twarc.version"
POST = """
    id conversation_id author_id in_reply_to_user_id created_at text lang source public_metrics.impression_count
    public_metrics.reply_count public_metrics.retweet_count public_metrics.quote_count public_metrics.like_count
    public_metrics.bookmark_count reply_settings edit_history_tweet_ids edit_controls.edits_remaining
    edit_controls.editable_until edit_controls.is_edit_eligible possibly_sensitive withheld.scope withheld.copyright
    withheld.country_codes entities.annotations entities.cashtags entities.hashtags entities.mentions entities.urls
    context_annotations attachments.media attachments.media_keys attachments.poll.duration_minutes
    attachments.poll.end_datetime attachments.poll.id attachments.poll.options attachments.poll.voting_status
    attachments.poll_ids geo.coordinates.coordinates geo.coordinates.type geo.country geo.country_code geo.full_name
    geo.geo.bbox geo.geo.type geo.id geo.name geo.place_id geo.place_type
"""
USER = frozenset(f"{PROFILE} {OF_ALL}".split())
TWEET = frozenset([*f"{POST} {OF_ALL}".split(), *(f"author.{path}" for path in PROFILE.split())])
_BETWEEN = {path.rsplit(".", depth)[0] for path in TWEET | USER for depth in range(1, path.count(".") + 1)}
RENAMED = {"repost_count": "retweet_count", "post_count": "tweet_count"}
REFERENCES = "referenced_tweets"


def known(line: Object, *, user: bool = False) -> Object:
    """A flattened line without what twarc-csv does not know."""
    if user:
        return _known(USER, line, "")
    made = _known(TWEET, {**line, **_whole_text(line)}, "")
    if isinstance(named := line.get(REFERENCES), list):
        made[REFERENCES] = [{"type": one.get("type"), "id": one.get("id"), **known(one)} for one in objects(named)]
    return made


def _known(paths: frozenset[str], value: Object, within: str) -> Object:
    made: Object = {}
    for name, part in value.items():
        path = within + RENAMED.get(name, name)
        if path in paths and not isinstance(part, dict):
            made[RENAMED.get(name, name)] = part
        elif path in _BETWEEN and isinstance(part, dict):
            made[name] = _known(paths, part, f"{path}.")
    return made


def _whole_text(line: Object) -> Object:
    note: Any = line.get("note_tweet") or line.get("note_post")
    told = note.get("entities") if isinstance(note, dict) else None
    entities = line.get("entities")
    before = entities if isinstance(entities, dict) else {}
    return {"text": text(line)} | ({"entities": {**before, **told}} if isinstance(told, dict) else {})
