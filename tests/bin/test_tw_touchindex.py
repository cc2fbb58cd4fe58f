"""tw-touchindex on files and on servers."""

from __future__ import annotations

from typing import Any

from tests.desk import Desk
from tests.recipes.here import reach
from tests.servers.fixtures import on


def test_a_file_is_made_once(desk: Desk) -> None:
    told = desk.run("tw-touchindex", "Brexit", check=0)
    assert told.stdout == "twbrexit\tmade\ntubrexit\tmade\n"
    assert "2 made, 0 there already" in told.stderr
    assert (desk.home / ".local/share/netwar/archive/brexit.sqlite").exists()
    told = desk.run("tw-touchindex", "brexit", check=0)
    assert told.stdout == "twbrexit\tthere already, 0 documents\ntubrexit\tthere already, 0 documents\n"
    assert desk.run("tw-touchindex", "usertest", check=0).stdout == "usertest\tmade\n"
    assert "cannot name an index" in desk.run("tw-touchindex", "a/b", check=2).stderr


@on("es654-sg", "es953-sec", "os2194-sec")
def test_indices_are_made_once_after_their_templates(server: Any, desk: Desk) -> None:
    server.ask("PUT", "/twothers")
    reach(desk, server, "recorder")
    assert desk.run("tw-touchindex", "brexit", check=0).stdout == "twbrexit\tmade\ntubrexit\tmade\n"
    mapping = server.ask("GET", "/twbrexit/_mapping")["twbrexit"]["mappings"]
    properties = (mapping.get("_doc") or mapping)["properties"]
    assert properties["created_at"]["type"] == "date", "laid out by the template"
    assert desk.run("tw-touchindex", "brexit", check=0).stdout.count("there already, 0 documents") == 2
    assert "was made by another program" in desk.run("tw-touchindex", "others", check=78).stderr
    reach(desk, server, "reader")
    assert "lacks a right" in desk.run("tw-touchindex", "more", check=78).stderr
