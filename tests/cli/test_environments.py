"""A rehearsal and the real thing never share a data folder."""

from __future__ import annotations


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


def test_two_sandboxes_may_share_one(desk):
    for port in (9, 10):
        path = desk.configure(api=None, consumer_key="k")
        path.write_text(path.read_text().replace("[API]\n", f"[API]\napi = http://127.0.0.1:{port}\n"))
        desk.run("tw-quser2work", "-", input="nasa\n", check=0)
