"""Media, polls and places: what X hands out in `includes`, and what a post has of them in itself."""

from __future__ import annotations

from typing import Any

from netwar.sandbox.world.clock import iso
from netwar.sandbox.world.posts import Post
from netwar.sandbox.world.prng import mix
from netwar.sandbox.world.text import invented

Object = dict[str, Any]

_SIZES = ((1200, 675), (2048, 1536), (720, 1280), (1080, 1080))
_PLACES = (
    ("Piraeus", "GR", "Greece", "city", 23.61, 37.92),
    ("Görlitz", "DE", "Germany", "city", 14.95, 51.12),
    ("São Paulo", "BR", "Brazil", "admin", -46.83, -24.01),
    ("Νάξος", "GR", "Greece", "neighborhood", 25.34, 37.02),
    ("Kyoto", "JP", "Japan", "city", 135.56, 34.87),
    ("Brighton", "GB", "United Kingdom", "city", -0.25, 50.8),
    ("Canada", "CA", "Canada", "country", -141.0, 41.68),
    ('Café Zoë "am Eck"', "AT", "Austria", "poi", 16.37, 48.2),
)


def attachments(post: Post) -> Object | None:
    if post.poll:
        return {"poll_ids": [poll_id(post)]}
    if post.media is None:
        return None
    return {"media_keys": [post.media_key(number) for number in range(post.media_count)]}


def media(post: Post) -> list[Object]:
    """The media objects of a post, all their fields."""
    return [_medium(post, number) for number in range(post.media_count)]


def _medium(post: Post, number: int) -> Object:
    chance = mix(post.chance, 80 + number)
    width, height = _SIZES[chance & 3]
    file = f"{invented(chance)}{chance % 10_000}"
    medium: Object = {"media_key": post.media_key(number), "type": post.media, "width": width, "height": height}
    if chance >> 4 & 3 == 0:
        medium["alt_text"] = f"A picture of {invented(chance >> 6)} & “{invented(chance >> 16)}”"
    if post.media == "photo":
        return medium | {"url": f"https://pbs.twimg.com/media/{file}.jpg"}
    medium |= {"preview_image_url": f"https://pbs.twimg.com/tweet_video_thumb/{file}.jpg", "variants": _variants(post, file)}
    if post.media == "video":
        medium |= {"duration_ms": 1_000 + chance % 139_000, "public_metrics": {"view_count": chance >> 20 & 0xFFFFF}}
    return medium


def _variants(post: Post, file: str) -> list[Object]:
    if post.media == "animated_gif":
        return [{"bit_rate": 0, "content_type": "video/mp4", "url": f"https://video.twimg.com/tweet_video/{file}.mp4"}]
    base = f"https://video.twimg.com/ext_tw_video/{post.id}/pu"
    films = [
        {"bit_rate": rate, "content_type": "video/mp4", "url": f"{base}/vid/{size}/{file}.mp4?tag=12"}
        for rate, size in ((632_000, "320x568"), (950_000, "480x852"), (2_176_000, "720x1280"))
    ]
    return [*films, {"content_type": "application/x-mpegURL", "url": f"{base}/pl/{file}.m3u8?tag=12"}]


def poll_id(post: Post) -> str:
    return str(post.id - 2_000)


def poll(post: Post, now: int) -> Object:
    minutes = (5, 60, 1_440, 10_080)[post.more >> 40 & 3]
    end = post.written + minutes * 60_000
    options = [
        {"position": n + 1, "label": invented(mix(post.chance, n)), "votes": mix(post.chance, 10 + n) % 5_000}
        for n in range(2 + (post.more >> 42 & 1))
    ]
    return {
        "id": poll_id(post),
        "options": options,
        "duration_minutes": minutes,
        "end_datetime": iso(end),
        "voting_status": "closed" if end < now else "open",
    }


def geo(post: Post) -> Object | None:
    number = post.place
    if number is None:
        return None
    found: Object = {"place_id": place_id(number)}
    if post.more >> 47 & 3 == 0:
        _, _, _, _, west, south = _PLACES[number]
        east_of, north_of = (post.more & 0xFFF) / 50_000, (post.more >> 12 & 0xFFF) / 50_000
        found["coordinates"] = {"type": "Point", "coordinates": [round(west + east_of, 8), round(south + north_of, 8)]}
    return found


def place_id(number: int) -> str:
    return f"{mix(number, 77):016x}"


def place(number: int) -> Object:
    name, code, country, kind, west, south = _PLACES[number]
    return {
        "id": place_id(number),
        "name": name,
        "full_name": name if kind == "country" else f"{name}, {country}",
        "country": country,
        "country_code": code,
        "place_type": kind,
        "contained_within": [] if kind == "country" else [place_id(number + 100)],
        "geo": {"type": "Feature", "bbox": [west, south, round(west + 0.1, 4), round(south + 0.1, 4)], "properties": {}},
    }
