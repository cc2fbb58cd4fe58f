"""Objects of X's API v1.1 in the legacy form of v2."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.records import migrate, v1
from tests.oddities import changed
from tests.randomly import randomly
from tests.rows import rows

REAL = Path(__file__).parents[3] / "shared" / "real-data" / "v1-statuses.json"

STATUS: dict[str, Any] = {
    "created_at": "Wed Sep 04 13:51:55 +0000 2019",
    "id": 1169246717864136700,  # as programs write it that know no large numbers
    "id_str": "1169246717864136705",
    "text": "cut off… https://t.co/x",
    "extended_tweet": {
        "full_text": "the whole #text of @someone $XYZ https://t.co/x",
        "entities": {
            "hashtags": [{"text": "text", "indices": [10, 15]}],
            "symbols": [{"text": "XYZ", "indices": [28, 32]}],
            "user_mentions": [{"screen_name": "someone", "id": 5, "id_str": "5", "indices": [19, 27]}],
            "urls": [{"url": "https://t.co/x", "expanded_url": "https://x.org", "display_url": "x.org", "indices": [33, 47]}],
        },
        "extended_entities": {
            "media": [
                {"id_str": "7", "type": "photo", "media_url_https": "https://pbs.twimg.com/7.jpg", "ext_alt_text": "a map"},
                {
                    "id_str": "8",
                    "type": "video",
                    "media_url_https": "https://pbs.twimg.com/8.jpg",
                    "video_info": {"duration_millis": 9, "variants": [{"bitrate": 1, "url": "u", "content_type": "video/mp4"}]},
                },
            ]
        },
    },
    "entities": {"hashtags": [{"text": "cut", "indices": [0, 4]}]},
    "source": '<a href="http://twitter.com" rel="nofollow">Twitter for iPhone</a>',
    "in_reply_to_status_id_str": "11",
    "in_reply_to_user_id_str": "12",
    "quoted_status_id_str": "13",
    "user": {"id": 12497, "id_str": "12497", "screen_name": "SimonW"},
    "retweet_count": 42,
    "favorite_count": 0,
    "lang": "en",
    "possibly_sensitive": False,
    "place": {"id": "p", "full_name": "Berlin, Germany", "country": "Germany", "country_code": "DE", "bounding_box": {}},
    "coordinates": {"type": "Point", "coordinates": [13.4, 52.5]},
}


def test_a_status_becomes_a_tweet() -> None:
    assert v1.tweet(STATUS) == {
        "id": "1169246717864136705",
        "text": "the whole #text of @someone $XYZ https://t.co/x",
        "author_id": "12497",
        "username": "SimonW",
        "created_at": "2019-09-04T13:51:55.000Z",
        "lang": "en",
        "source": "Twitter for iPhone",
        "in_reply_to_user_id": "12",
        "possibly_sensitive": False,
        "referenced_tweets": [{"type": "quoted", "id": "13"}, {"type": "replied_to", "id": "11"}],
        "public_metrics": {"retweet_count": 42, "like_count": 0},
        "entities": {
            "hashtags": [{"tag": "text", "start": 10, "end": 15}],
            "cashtags": [{"tag": "XYZ", "start": 28, "end": 32}],
            "mentions": [{"username": "someone", "id": "5", "start": 19, "end": 27}],
            "urls": [
                {
                    "url": "https://t.co/x",
                    "expanded_url": "https://x.org",
                    "display_url": "x.org",
                    "start": 33,
                    "end": 47,
                }
            ],
        },
        "attachments": {"media_keys": ["3_7", "7_8"]},
        "geo": {"place_id": "p", "coordinates": {"type": "Point", "coordinates": [13.4, 52.5]}},
        "netwar": {
            "via": "v1.1",
            "media": [
                {"media_key": "3_7", "type": "photo", "alt_text": "a map", "url": "https://pbs.twimg.com/7.jpg"},
                {
                    "media_key": "7_8",
                    "type": "video",
                    "preview_image_url": "https://pbs.twimg.com/8.jpg",
                    "duration_ms": 9,
                    "variants": [{"bit_rate": 1, "url": "u", "content_type": "video/mp4"}],
                },
            ],
            "places": [{"id": "p", "full_name": "Berlin, Germany", "country": "Germany", "country_code": "DE"}],
            "v1": STATUS,
        },
    }


def test_texts_of_all_lengths() -> None:
    assert v1.tweet({"text": "short"})["text"] == "short"
    assert v1.tweet({"text": "cut", "full_text": "whole"})["text"] == "whole"


def test_retweets_and_quotes() -> None:
    quoted = {"id_str": "1", "text": "quoted"}
    quoting = {"id_str": "2", "text": "quoting", "quoted_status": quoted, "quoted_status_id_str": "1"}
    retweet = {"id_str": "3", "text": "RT", "retweeted_status": quoting, "quoted_status_id_str": "1", "quoted_status": quoted}
    assert v1.tweet(retweet)["referenced_tweets"] == [{"type": "retweeted", "id": "2"}]
    assert v1.tweet(quoting)["referenced_tweets"] == [{"type": "quoted", "id": "1"}]
    assert "referenced_tweets" not in v1.tweet(quoted)
    assert [one["id_str"] for one in v1.within(retweet)] == ["2", "1", "1"]


def test_a_profile_becomes_a_user() -> None:
    profile = {
        "id": 12497,
        "id_str": "12497",
        "screen_name": "SimonW",
        "name": "Simon",
        "description": "of #x",
        "location": "",
        "url": None,
        "created_at": "Wed Nov 15 13:18:50 +0000 2006",
        "protected": False,
        "verified": True,
        "followers_count": 1,
        "friends_count": 2,
        "statuses_count": 3,
        "listed_count": 4,
        "favourites_count": 5,
        "profile_image_url_https": "https://pbs.twimg.com/1.jpg",
        "entities": {"url": {"urls": []}, "description": {"urls": []}},
    }
    assert v1.user(profile) == {
        "id": "12497",
        "username": "SimonW",
        "name": "Simon",
        "description": "of #x",
        "location": "",
        "created_at": "2006-11-15T13:18:50.000Z",
        "protected": False,
        "verified": True,
        "profile_image_url": "https://pbs.twimg.com/1.jpg",
        "public_metrics": {
            "followers_count": 1,
            "following_count": 2,
            "tweet_count": 3,
            "listed_count": 4,
            "like_count": 5,
        },
        "netwar": {"via": "v1.1", "v1": profile},
    }


@rows("odd", [{}, {"user": None, "entities": None, "created_at": "2019-09-04T13:51:55Z", "id": 1}, {"id": "x"}])
def test_what_is_not_as_it_should_be_is_passed_on(odd: dict[str, Any]) -> None:
    assert v1.tweet(odd)["netwar"]["v1"] == odd
    assert v1.user(odd)["netwar"]["v1"] == odd
    assert v1.tweet(odd).get("created_at") == odd.get("created_at")


def test_real_statuses() -> None:
    if not REAL.exists():
        pytest.skip("needs the real statuses in ../shared/real-data, which are not published with the program")
    for status in json.loads(REAL.read_bytes()):
        made = v1.tweet(status)
        assert made["id"] == status["id_str"]
        assert made["created_at"].startswith("20")
        assert made["text"] == status["full_text"]
        assert v1.user(status["user"])["username"] == made["username"] == status["user"]["screen_name"]
        assert made["netwar"]["v1"] is status


@randomly(200)
@given(chance=st.randoms(use_true_random=False))
def test_whatever_shape_they_have_they_are_read_and_copied_whole(chance: random.Random) -> None:
    inner = {"id": 6, "id_str": "6", "full_text": "inner", "user": {"id_str": "8", "screen_name": "other"}}
    told = {"media": [{"id_str": "9", "type": "video", "video_info": {"variants": [{"bitrate": 1}]}}]}
    whole = {
        "id": 5,
        "id_str": "5",
        "full_text": "text",
        "created_at": "Wed Sep 04 13:51:55 +0000 2019",
        "source": "<a>x</a>",
        "user": {"id_str": "7", "screen_name": "one", "pinned_tweet_ids_str": ["5"]},
        "retweeted_status": inner,
        "entities": {"user_mentions": [{"id_str": "8", "indices": [0, 1]}]},
        "extended_entities": told,
        "place": {"id": "p"},
    }
    status = changed(whole, chance, chance.randint(1, 6))
    made = list(migrate.documents("twx", "tux", v1.tweet(status)))
    assert made[0].body["netwar"]["v1"] is status
    assert all(0 <= one.retrieved < 2**44 for one in made), status
    if isinstance(status.get("user"), dict):
        list(migrate.documents("tux", "tux", v1.user(status["user"])))
