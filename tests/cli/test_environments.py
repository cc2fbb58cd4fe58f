"""A rehearsal and the real thing never share a data folder."""

from __future__ import annotations

import errno
import os

import pytest

from netwar.cli.environments import keep_apart
from netwar.config import load
from netwar.errors import ServiceDown


def test_a_rehearsal_is_refused_where_x_was_recorded(desk):
    desk.configure(api=None, consumer_key="k")
    desk.run("tw-quser2work", "-", input="nasa\n", check=0)
    desk.configure(api=None, path=desk.home / "rehearse.conf", consumer_key="k")
    text = (desk.home / "rehearse.conf").read_text()
    (desk.home / "rehearse.conf").write_text(text.replace("[API]\n", "[API]\napi = http://127.0.0.1:9\n"))
    refused = desk.run("tw-quser2work", "-", "--config", "rehearse.conf", input="esa\n", check=78)
    assert "was recorded from https://api.x.com" in refused.stderr
    assert "`data` under [STREAM]" in refused.stderr
    assert "1 waiting" in desk.run("tw-showwork", check=0).stdout

    apart = text.replace("[API]\n", "[API]\napi = http://127.0.0.1:9\n").replace("[STREAM]\n", "[STREAM]\ndata = rehearsal\n")
    (desk.home / "rehearse.conf").write_text(apart)
    desk.run("tw-quser2work", "-", "--config", "rehearse.conf", input="esa\n", check=0)
    assert (desk.home / "rehearsal" / "queues.sqlite").exists()


@pytest.mark.parametrize("command", [("tw-coverage", "brexit"), ("tw-indices",), ("tw-showwork",), ("tw-spend",), ("tw-status",)])
def test_who_only_looks_does_not_say_which_world_a_new_folder_is_for(desk, command):
    """Somebody looks around before the configuration names a sandbox, and then rehearses."""
    desk.configure(api=None, consumer_key="k")
    desk.run(*command)
    path = desk.configure(api=None, consumer_key="k")
    path.write_text(path.read_text().replace("[API]\n", "[API]\napi = http://127.0.0.1:9\n"))
    desk.run("tw-quser2work", "-", input="nasa\n", check=0)
    desk.run(*command)
    desk.configure(api=None, consumer_key="k")
    assert "was recorded from http://127.0.0.1:9" in desk.run(*command, check=78).stderr


def test_two_sandboxes_may_share_one(desk):
    for port in (9, 10):
        path = desk.configure(api=None, consumer_key="k")
        path.write_text(path.read_text().replace("[API]\n", f"[API]\napi = http://127.0.0.1:{port}\n"))
        desk.run("tw-quser2work", "-", input="nasa\n", check=0)


def test_a_mark_is_there_whole_or_not_at_all(desk, tmp_path, monkeypatch):
    """An empty one would take any rehearsal for its own."""

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    settings = load(desk.configure(api=None, consumer_key="k"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ServiceDown, match="the disk is full"):
            keep_apart(tmp_path, settings)
    assert not (tmp_path / "api").exists()
    keep_apart(tmp_path, settings)
    assert (tmp_path / "api").read_text() == "https://api.x.com\n"
