"""Slugs of names as people give them to lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netwar.lists.slugs import slug
from tests.randomly import randomly
from tests.rows import rows


@rows(
    ("name", "short"),
    [
        ("NSCE Brexit", "nsce-brexit"),
        ("nsce_brexit", "nsce-brexit"),
        ("  NSCE -- Brexit!? ", "nsce-brexit"),
        ("NSCE: Москва / Київ", "nsce-москва-київ"),
        ("NSCE 東京2020", "nsce-東京2020"),
        ("Straße", "strasse"),
        ("nsce हिन्दी", "nsce-हिन्दी"),
        ("ＮＳＣＥ１", "nsce1"),
        ("🙂🙂", ""),
        ("a\u202eb\x1b[31m", "a-b-31m"),
        ("", ""),
    ],
)
def test_a_slug_is_made_of_a_name(name: str, short: str) -> None:
    assert slug(name) == short


@randomly(300)
@given(st.text(max_size=40))
def test_a_slug_of_a_slug_is_itself_and_fit_for_a_command_line(name: str) -> None:
    short = slug(name)
    assert slug(short) == short
    assert not short or short.isprintable()
    assert "--" not in short
    assert short == short.strip("-")
    assert not any(letter.isspace() or letter in "_/'\"" for letter in short)
