"""Backups: taken while recorders run, checked, restored; what is damaged, not empty, or another one's is refused."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import random
import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from netwar.connections import folders
from netwar.errors import ConfigError, NetwarError, ServiceDown
from netwar.operations import begun, copying, restoring
from netwar.operations.backup import Source, complete, newest, taken
from netwar.operations.manifest import Manifest, read
from tests.operations.restores import AMPLE, WORLD, told
from tests.operations.stores import ALL, Both, Files
from tests.operator import Operator, Recorded
from tests.randomly import SEED
from tests.rows import rows
from tests.servers.fixtures import Servers
from tests.shipped_redis import shipped_redis
from tests.timelines.test_bad_input import unwritable

SECRETS = ("consumer_key", "consumer_secret", "access_token_key", "access_token_secret", "bearer_token")


@pytest.mark.long
@pytest.mark.parametrize("names", ALL)
def test_backups_under_load_restored(operator: Callable[..., Operator], request: pytest.FixtureRequest, names: str) -> None:
    """Whatever is claimed is there, and a further run completes it; `python -m tests.operations.restores` is the longer proof."""
    with ExitStack() as stack:
        kept = Files()
        if names != "files":
            servers: Servers = request.getfixturevalue("servers")
            kept = Both(stack.enter_context(shipped_redis()), servers("es953"))  # type: ignore[arg-type]
        who = operator(WORLD, **AMPLE, **kept.settings)
        print(told(who, backups=1, posts=900, chance=random.Random(SEED), kept=kept))


def backup(who: Operator, place: str | Path, *options: str) -> Path:
    return Path(who.run("tw-backup", place, *options).stdout.strip())


def elsewhere(who: Operator, name: str, **settings: object) -> Path:
    return who.desk.configure(
        who.sandbox.url, who.desk.home / f"{name}.conf", **{**AMPLE, "data": who.desk.home / name, **settings}
    )


def test_what_is_in_one(recorded: Recorded, tmp_path: Path) -> None:
    """No secret unless asked for, nothing of runs; the oldest go; a killed run's half is cleared away."""
    one = backup(recorded, tmp_path / "place")
    (tmp_path / "place" / "netwar-20200101t000000z.part" / "data").mkdir(parents=True)
    (tmp_path / "place" / "netwar-link.part").symlink_to(tmp_path)  # no half of a backup, so it is left alone
    said = (one / "configuration" / "user.conf").read_text()
    assert not any(secret in said for secret in secrets(recorded))
    assert "budget = 100" in said
    manifest = json.loads((one / "manifest.json").read_text())
    names = {part["name"] for part in manifest["parts"]}
    assert {"data/archive/shown.sqlite", "data/queues.sqlite", "data/meter.sqlite", "data/api"} <= names
    assert not any("runs/" in name for name in names)
    assert {path.stat().st_mode & 0o77 for path in one.rglob("*")} == {0}
    two, three = (backup(recorded, tmp_path / "place", "--keep", "2", *more) for more in ((), ("--secrets",)))
    (tmp_path / "place" / "netwar-link.part").unlink()
    assert sorted(path.name for path in (tmp_path / "place").glob("netwar-*")) == sorted((two.name, three.name))
    assert all(secret in (three / "configuration" / "user.conf").read_text() for secret in secrets(recorded))
    (link := tmp_path / "place" / "netwar-20000101t000000z").symlink_to(two)  # else it was the oldest, and nothing were removed
    assert "1 older one removed" in recorded.run("tw-backup", tmp_path / "place", "--keep", "2").stderr
    link.unlink()
    three.rename(three.with_name("netwar-20990101t000000z"))  # the clock was wrong, and was set back
    said = recorded.run("tw-backup", tmp_path / "place", "--keep", "1")
    assert Path(said.stdout.strip()).is_dir(), "what was just taken is not the oldest"
    (deep := recorded.desk.home / ".local/share/netwar/deep" / "/".join("d" * 150)).mkdir(parents=True)
    assert "folders in folders" in recorded.run("tw-backup", tmp_path / "place", check=69).stderr
    shutil.rmtree(deep.parents[149])
    (loop := deep.parents[150] / "loop").symlink_to("loop")
    said = recorded.run("tw-backup", tmp_path / "place", check=69)
    assert f"loop is a link: see who put it there, and move it away (it is in {loop.parent})" in said.stderr
    loop.unlink()
    inside = recorded.run("tw-backup", recorded.desk.home / ".local/share/netwar/backups", check=78)
    assert "is inside of" in inside.stderr


def test_files_that_cannot_be_copied_are_named(recorded: Recorded, tmp_path: Path) -> None:
    """One that is nothing but a hole ends no backup: no program of ours wrote it, and a copy would fill the disk."""
    data = recorded.desk.home / ".local/share/netwar"
    with (data / ".hole").open("wb") as file:
        file.truncate(4 << 40)
    (data / "no \udcff text\n").write_text("a name in no encoding")
    (log := data / "archive" / "gone.sqlite-wal").write_text("what was newest")
    (data / "queues.sqlite.damaged-20261101T000000").write_text("as it was")
    older = "not in the backup: queues.sqlite.damaged-20261101T000000, which is an older state"
    assert older not in recorded.run("tw-backup", tmp_path / "place", "-q").stderr, "each update leaves some"
    said = recorded.run("tw-backup", tmp_path / "place")
    assert older in said.stderr
    (data / "queues.sqlite.damaged-20261101T000000").unlink()
    assert f"not in the backup: {data / '.hole'}, which is a hole of 4.4 TB: see who made it" in said.stderr
    assert f"not in the backup: {log}, which belongs to a database that is gone" in said.stderr
    log.unlink()  # the next test has the same recorder
    names = {part.name for part in read(Path(said.stdout.strip())).parts}
    assert "data/.hole" not in names
    assert {"data/archive/shown.sqlite", "data/no \udcff text\n"} <= names
    recorded.run("tw-verify", tmp_path / "place", check=0)
    (data / ".hole").rename(large := data / "archive" / "large.sqlite")
    said = recorded.run("tw-backup", tmp_path / "place", check=69)
    large.unlink()
    assert f"4.4 TB (of that 4.4 TB for {large}) and 67.1 MB to spare, and the disk of" in said.stderr
    (data / "graph").mkdir(exist_ok=True)
    (odd := Path(os.fsdecode(bytes(data / "graph") + b"/odd\xff.sqlite"))).write_bytes(b"no database" * 99)
    said = recorded.run("tw-backup", tmp_path / "place", check=69)
    odd.unlink()
    assert f"tw-backup: {data}/graph/odd" in said.stderr, "not the copy, which is removed"
    assert ".sqlite is damaged, or no database of this program" in said.stderr


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data := tmp_path / "data").mkdir()
    (data / "api").write_text("https://api.x.com")
    (data / "closed").touch()
    really = copying.existing

    def existing(path: Path, *more: Any) -> int:
        if path.name == "closed":  # for root nothing is
            raise PermissionError(errno.EACCES, "Permission denied", path.name)
        return really(path, *more)

    monkeypatch.setattr(copying, "existing", existing)
    told = f"{data / 'closed'} cannot be read (Permission denied): give this user the right to, or move it out of {data}"
    with pytest.raises(ServiceDown, match=re.escape(told)):
        taken(Source(data, "x"), tmp_path / "place")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give links away")
def test_what_a_link_of_somebody_else_leads_to_is_in_no_backup(tmp_path: Path) -> None:
    """It would come back with it, into a folder that the group may read."""
    (data := tmp_path / "data").mkdir()
    data.chmod(0o2770)
    (home := tmp_path / "home").mkdir()
    (home / "key").write_text("secret")
    (data / "more").symlink_to(home)
    os.chown(data / "more", 12345, -1, follow_symlinks=False)
    with pytest.raises(ServiceDown, match="more is a link that somebody else made: see who put it there"):
        taken(Source(data, "x"), tmp_path / "place")
    assert not list((tmp_path / "place").rglob("key"))


def test_a_place_that_is_no_folder_is_named(recorded: Recorded, tmp_path: Path) -> None:
    (place := tmp_path / "file").touch()
    said = recorded.run("tw-backup", place / "below", check=69).stderr
    assert f"no backup was made in {place / 'below'}: " in said
    assert said.endswith("name a folder that you may write to\n")
    assert "`data`" not in said


def test_a_disk_that_is_small_is_told_in_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data := tmp_path / "data").mkdir()
    (data / "api").write_text("https://api.x.com")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=20_480))
    with pytest.raises(ServiceDown, match=r"needs 17 bytes \(of that 17 bytes for .*/api\) and 67.1 MB .* has 20.5 kB left"):
        taken(Source(data, "x"), tmp_path / "place")


def test_secrets_go_only_where_no_one_else_can_take_them(recorded: Recorded, tmp_path: Path) -> None:
    """Whoever may rename what lies in a place can put a folder of their own there."""
    place = tmp_path / "place"
    place.mkdir()
    for mode in (0o2770, 0o777):
        place.chmod(mode)
        said = recorded.run("tw-backup", place, "--secrets", check=78).stderr
        assert f"set its sticky bit (chmod +t {place})" in said
        assert not complete(place)
    assert backup(recorded, place).is_dir(), "without them"
    place.chmod(0o3770)
    folder = backup(recorded, place, "--secrets") / "configuration"
    assert (folder.stat().st_mode & 0o777, (folder / "user.conf").stat().st_mode & 0o777) == (0o700, 0o600)
    recorded.run("tw-verify", place, check=0)


@dataclass
class Exchanging:
    """Somebody who may write into the place puts a folder of their own where the backup is begun, `when` it is filled."""

    place: Path
    when: str
    left_out: tuple[str, ...] = ()
    theirs: Path | None = None

    def exchange(self, when: str) -> None:
        if when == self.when:
            [begun] = self.place.glob("*.part")
            begun.rename(self.place / "moved")
            begun.mkdir()
            self.theirs = begun

    def before(self, folder: Path, name: str) -> None:
        self.exchange("before")

    def archive(self, folder: Path, name: str) -> None:
        self.exchange("archive")

    def after(self, folder: Path, name: str) -> None:
        self.exchange("after")

    def told(self) -> dict[str, Any]:
        self.exchange("told")
        return {}


@rows("when", ["before", "archive", "after", "configure", "told"])
def test_a_folder_that_was_exchanged_gets_no_secret_and_is_no_backup(tmp_path: Path, when: str) -> None:
    (data := tmp_path / "data").mkdir()
    (data / "api").write_text("https://api.x.com")
    place, seen = tmp_path / "place", []
    exchanging = Exchanging(place, when)

    def configure(folder: Path) -> None:
        exchanging.exchange("configure")
        (folder / "user.conf").write_text("key")
        seen.extend(path for path in tmp_path.rglob("user.conf") if exchanging.theirs and path.is_relative_to(exchanging.theirs))

    with pytest.raises(ServiceDown, match=r"was exchanged while it was filled: see who may write into"):
        taken(Source(data, "x", (exchanging,), configure), place)
    assert seen == complete(place) == []
    assert not list(tmp_path.rglob("user.conf")), "what was moved away is emptied"


class Odd:
    """What is told of a file where files have the owner and the mode that the disk was mounted with, whoever made them."""

    def __init__(self, found: os.stat_result, owner: int) -> None:
        self._found = found
        self.st_uid, self.st_mode = owner, found.st_mode | 0o077

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found, name)


@rows("owner", [os.geteuid(), 65534])
def test_a_disk_that_keeps_no_owners_and_rights_takes_all_but_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: int
) -> None:
    """As CIFS and exFAT do, and NFS of what is root's."""
    (data := tmp_path / "data").mkdir()
    (data / "api").write_text("https://api.x.com")
    place, of_mount = (
        tmp_path / "place",
        {"fstat": lambda of: Odd(os.fstat(of), owner), "lstat": lambda of: Odd(os.lstat(of), owner)},
    )
    monkeypatch.setattr(begun, "os", SimpleNamespace(**{**vars(os), **of_mount}))
    with pytest.raises(ConfigError, match=r"keeps no owners and rights, so keys and passwords do not go there"):
        taken(Source(data, "x", secret=True), place)
    for _ in range(2):
        folder, *_ = taken(Source(data, "x"), place, keep=1)
        assert complete(place) == [folder]
    with pytest.raises(ServiceDown, match=r"was exchanged while it was filled: see who may write into"):
        taken(Source(data, "x", (Exchanging(place, "after"),)), place)


def test_one_that_cannot_be_noted_is_one_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """On a full disk each night would else add one, told to be none, until the disk of the backups is full, too."""
    (data := tmp_path / "data").mkdir()
    (data / "api").write_text("https://api.x.com")
    (data / "last-backup.part").mkdir()
    for _ in range(2):
        folder, _, removed = taken(Source(data, "x"), tmp_path / "place", keep=1)
    assert (complete(tmp_path / "place"), removed) == ([folder], 1)
    assert caplog.messages[-1].startswith(f"{folder} is whole, but that cannot be noted for tw-doctor: ")


def test_a_disk_that_may_only_be_read_is_backed_up(recorded: Recorded, tmp_path: Path) -> None:
    """As the system leaves one on which it has met errors. What stands in a log alone would be missing: that is told."""
    data = recorded.desk.home / ".local" / "share" / "netwar"
    with unwritable(data):
        backup(recorded, tmp_path / "place")
    assert "is whole" in recorded.run("tw-verify", tmp_path / "place").stderr
    log = data / "archive" / "shown.sqlite-wal"
    log.write_bytes(b"x")
    with unwritable(data):
        said = recorded.run("tw-backup", tmp_path / "place", check=69).stderr
    assert f"{data}/archive/shown.sqlite cannot be used" in said
    log.unlink()


def test_what_is_removed_while_it_is_looked_through_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tw-stream removes a folder in which nothing waits any more."""
    (tmp_path / "data" / "streams" / "empty").mkdir(parents=True)
    (tmp_path / "data" / "api").write_text("https://api.x.com")
    genuine = os.scandir

    def late(path: Path) -> Any:
        if path.name in ("empty", "streams") and path.exists() and not list(path.iterdir()):
            path.rmdir()
        return genuine(path)

    monkeypatch.setattr(folders, "os", SimpleNamespace(**{**vars(os), "scandir": late}))
    _, manifest, _ = taken(Source(tmp_path / "data", "x"), tmp_path / "place")
    assert [part.name for part in manifest.parts] == ["data/api"]


def secrets(who: Operator) -> list[str]:
    lines = (who.desk.home / ".twitter").read_text().splitlines()
    return [value for line in lines for key, _, value in [line.partition(" = ")] if key in SECRETS and key != "consumer_key"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
def test_the_newest_is_one_that_only_this_user_or_root_can_have_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where others may write, anybody can make one that is named by the last day of the year."""

    def made(name: str, owner: int = 0) -> Path:
        (folder := tmp_path / f"netwar-{name}").mkdir()
        (folder / "manifest.json").touch()
        os.chown(folder, owner, -1)
        return folder

    mine, theirs = made("20260101t000000z"), made("20260102t000000z", 12345)
    assert (newest(tmp_path), caplog.messages) == (theirs, []), "its owner alone may write there"
    tmp_path.chmod(0o2770)
    assert newest(tmp_path) == mine
    assert caplog.messages == [f"{theirs} is of user 12345 and was passed over: name it to use it"]
    caplog.clear()
    made("20260103t000000z", 12345)
    (link := tmp_path / "netwar-20260104t000000z").symlink_to(mine)
    os.chown(link, 12345, -1, follow_symlinks=False)
    later = [made("29991231t000000z"), made("29991231t000000z-2")]
    assert newest(tmp_path) == mine
    told = [f"{later[1]} is named by a time that is still to come", f"{link} is of user 12345"]
    assert caplog.messages == [f"{said} and was passed over: name it to use it" for said in told]
    assert [newest(one) for one in (theirs, later[0])] == [theirs, later[0]], "they are named"
    shutil.rmtree(mine)
    with pytest.raises(NetwarError, match=r"no backup in .* that can be taken for yours: name the one"):
        newest(tmp_path)


def test_what_is_damaged_is_named(recorded: Recorded, tmp_path: Path) -> None:
    """And is not restored."""
    whole = backup(recorded, tmp_path / "place")
    assert "is whole" in recorded.run("tw-verify", tmp_path / "place").stderr
    for number, (name, damage, says) in enumerate(DAMAGES):
        damaged = tmp_path / f"damaged{number}"
        shutil.copytree(whole, damaged)
        damage(damaged / name)
        said = recorded.run("tw-verify", damaged, check=1).stderr
        assert says in said, said
        config = elsewhere(recorded, f"d{number}")
        recorded.run("tw-restore", damaged, "--config", config, check=1 if number < 4 else 0)
        assert (recorded.desk.home / f"d{number}").exists() == (number == 4)
        no_backup = recorded.run("tw-verify", tmp_path, check=1)
        assert "there is no backup in" in no_backup.stderr
    for forged in FORGED:
        (tmp_path / "forged").mkdir(exist_ok=True)
        (tmp_path / "forged" / "manifest.json").write_text(signed(json.loads((whole / "manifest.json").read_text()), forged))
        with pytest.raises(NetwarError, match="is damaged"):
            read(tmp_path / "forged")


def signed(said: dict[str, Any], forged: dict[str, Any]) -> str:
    """A manifest that somebody changed who knows how it is made."""
    said["parts"][0] |= forged.pop("part", {})
    said = {**said, **forged}
    del said["digest"]
    return json.dumps({**said, "digest": sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()})


FORGED: list[dict[str, Any]] = [
    *({"part": {"name": name}} for name in ("/etc/x", "data/../../x", "data/a\0b", "data/\ud800", f"data/{'x/' * 1500}x", 5)),
    *({"part": part} for part in ({"rows": [1]}, {"rows": {"tweet": "x"}}, {"bytes": "x"}, {"schema": "x"})),
    *(
        {"snapshots": [5]},
        {"snapshots": [{"snapshot": 5}]},
        {"keys": "x"},
        {"api": 5},
        {"host": {}},
        {"host": "\ud800"},
        {"left_out": [5]},
        {"began": ""},
    ),
]


def changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES: list[tuple[str, Callable[[Path], object], str]] = [
    ("data/archive/shown.sqlite", changed, "is not what was copied"),
    ("data/archive/shown.sqlite", lambda path: path.write_bytes(path.read_bytes()[:-4096]), "is not what was copied"),
    ("data/queues.sqlite", Path.unlink, "is missing"),
    ("manifest.json", changed, "is damaged"),
    ("data/more", Path.touch, "was put there afterwards"),
]


def test_a_restore(recorded: Recorded, tmp_path: Path) -> None:
    """Into an empty folder alone; what was spent since the backup is not known, so today's budget counts as spent."""
    one = backup(recorded, tmp_path)
    config = elsewhere(recorded, "fresh", budget=7)
    (recorded.desk.home / "fresh").mkdir()
    (recorded.desk.home / "fresh" / "mine").touch()
    assert "is not empty" in recorded.run("tw-restore", one, "--config", config, check=1).stderr
    (recorded.desk.home / "fresh" / "mine").unlink()
    said = recorded.run("tw-restore", tmp_path, "--config", config).stderr
    assert "all of today's budget counts as spent" in said
    assert f"tw-mend {recorded.desk.home}/fresh/meter.sqlite --spent DOLLARS --config {config}  says" in said
    user = recorded.user["id"]
    assert recorded.recorded("shown", user, data="fresh") == recorded.recorded("shown", user)
    recorded.run("tw-quser2work", "-", "--config", config, input=user)
    for account in (config, elsewhere(recorded, "higher", budget=99, data=recorded.desk.home / "fresh")):
        assert "budget" in recorded.run("tw-idu3elk", "shown", "--config", account, check=77).stderr
    recorded.run("tw-mend", recorded.desk.home / "fresh" / "meter.sqlite", "--spent", "1", "--config", config)
    recorded.run("tw-idu3elk", "shown", "--config", config)
    disturbed(recorded, one)
    differing(recorded, one, tmp_path / "forged")
    other = elsewhere(recorded, "x")
    other.write_text(other.read_text().replace(recorded.sandbox.url, "https://api.x.com"))
    assert "was recorded from" in recorded.run("tw-restore", one, "--config", other, check=78).stderr
    assert not (recorded.desk.home / "x").exists(), "the board of who fails is in the data folder, which is to stay empty"


def test_nothing_is_removed_but_what_a_restore_has_put_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may write around the folder can exchange it at any moment for a link to another one, or put theirs there first."""
    manifest = Manifest("host", "https://api.x.com", "1", 1, 2, ())
    (victim := tmp_path / "victim").mkdir()
    (begun := tmp_path / "data.restoring").mkdir()
    for folder in (victim, begun):
        (folder / "mine").mkdir()
        (folder / "mine" / "kept").touch()
    with pytest.raises(NetwarError, match="holds what no tw-restore has put there"):
        restoring._emptied(begun, manifest)
    (begun / "of-backup").write_text("host 1")
    flock = fcntl.flock

    def exchanged(handle: int, how: int) -> None:
        flock(handle, how)
        begun.rename(tmp_path / "away")
        begun.symlink_to(victim)

    monkeypatch.setattr("netwar.operations.restoring.fcntl.flock", exchanged)
    os.close(restoring._emptied(begun, manifest))
    assert (victim / "mine" / "kept").is_file()
    assert [path.name for path in (tmp_path / "away").iterdir()] == ["of-backup"]
    monkeypatch.undo()
    begun.unlink()
    (tmp_path / "away").rename(begun)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(restoring, "keeps_owners", lambda place: True)
    with pytest.raises(NetwarError, match="see why they made it, and remove it"):
        restoring._emptied(begun, manifest)


def differing(who: Recorded, one: Path, forged: Path) -> None:
    """Tweets that the restored configuration would not look at are paid for once more, so they are not restored in silence."""
    config = elsewhere(who, "differing", elksg="http://127.0.0.1:9")
    refused = who.run("tw-restore", one, "--config", config, check=78).stderr
    assert f"has its archive in files, and {config} names Elasticsearch" in refused
    shutil.copytree(one, forged)
    snapshot = {"repository": "nightly", "snapshot": "one", "indices": ["twbrexit"]}
    said = json.loads((one / "manifest.json").read_text())
    (forged / "manifest.json").write_text(signed(said, {"snapshots": [snapshot]}))
    config = elsewhere(who, "differing")
    refused = who.run("tw-restore", forged, "--config", config, check=78).stderr
    assert f"{forged} has 1 snapshot of Elasticsearch, and {config} names none: " in refused
    assert not [*who.desk.home.glob("differing*/")]


def disturbed(who: Recorded, one: Path) -> None:
    """`data` is a link, as onto a larger disk; a restore that is not done keeps programs from making a folder with a meter that
    knows nothing, and two do not fill one; whoever fails at the last step continues."""
    (disk := who.desk.home / "disk").mkdir()
    config = elsewhere(who, "linked")
    (who.desk.home / "linked").symlink_to(disk)
    (begun := who.desk.home / "disk.restoring").mkdir()
    assert "tw-restore has begun" in who.run("tw-idu3elk", "shown", "--user", "1", "--config", config, check=69).stderr
    manifest = json.loads((one / "manifest.json").read_text())
    (mark := begun / "of-backup").write_text(f"{manifest['host']} {manifest['began']}")
    with mark.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "one at a time" in who.run("tw-restore", one, "--config", config, check=75).stderr
    who.run("tw-restore", one, "--config", config)
    assert (disk / "archive" / "shown.sqlite").is_file()
    assert not [path for path in (disk / "of-backup", begun) if path.exists()]
