"""Several Unix users of one group work in one folder, whatever their umask."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from netwar.operations.backup import complete
from tests import forked
from tests.desk import BIN, ROOT, Begun, Desk, Ended, Sandbox

GROUP = 4
AS_ANOTHER = ROOT / "tests" / "bin" / "as_another.py"
LIBRARIES = [path for path in sys.path if path.endswith("site-packages")]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")


@dataclass
class Person:
    """A Unix user who belongs to the group, with a home folder that holds a configuration."""

    user: pwd.struct_passwd
    home: Path
    umask: int
    desk: Desk
    stamped: bool = False

    def run(self, program: str | Path, *arguments: str | Path, input: str = "", **more: str) -> Ended:
        """Run a program of bin/ by its name, or a script by its path. In a fork where that can be, as most of the
        time would be that of an interpreter which starts."""
        environment = self.desk.environment | {"HOME": str(self.home), "NETWAR_SYSTEM_CONF": os.devnull}
        environment |= {"PYTHONPATH": os.pathsep.join([str(ROOT), *LIBRARIES]), **more}
        python, command = enterable(self.user.pw_uid, self.user.pw_gid), [str(BIN / program), *map(str, arguments)]
        if not forked.is_fit(more):
            return self.run_anew([python, *command], environment, input)
        who = [str(self.user.pw_uid), f"{self.user.pw_gid},{GROUP}", oct(self.umask)]
        return Begun([str(AS_ANOTHER), *who, *command], environment, Path("/"), input.encode()).end(60)

    def run_anew(self, command: list[str], environment: dict[str, str], input: str) -> Ended:
        who: dict[str, Any] = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": [GROUP], "umask": self.umask}
        done = subprocess.run(command, env=environment, cwd="/", input=input, text=True, capture_output=True, timeout=60, **who)
        return Ended(done.returncode, done.stdout, done.stderr)

    def script(self, text: str, *arguments: str | Path, **more: str) -> Ended:
        """Run a script that everybody may read."""
        file = self.home.parent / f"{hashlib.sha256(text.encode()).hexdigest()}.py"
        file.write_text(text)
        file.chmod(0o644)
        return self.run(file, *arguments, **more)


@cache
def enterable(user: int, group: int) -> str:
    """A Python that this user may run, and that finds the libraries."""
    environment = {"PYTHONPATH": os.pathsep.join([str(ROOT), *LIBRARIES])}
    who: dict[str, Any] = {"user": user, "group": group, "extra_groups": [GROUP]}
    for python in (sys.executable, "/usr/bin/python3"):
        command = [python, "-c", "import netwar.cli, netwar.archive.sqlite.store"]
        try:
            if subprocess.run(command, env=environment, cwd="/", capture_output=True, timeout=60, **who).returncode == 0:
                return python
        except OSError:
            continue
    pytest.skip("this Python, or the checkout, is in a folder that other users may not enter")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder of the group's, and room for homes beside it."""
    room = Path(tempfile.mkdtemp())
    room.chmod(0o755)
    folder = room / "shared"
    folder.mkdir()
    os.chown(folder, 0, GROUP)
    folder.chmod(0o2770)
    yield folder
    shutil.rmtree(room)


def two(shared: Path, desk: Desk, umask: int, **settings: object) -> list[Person]:
    others = [user for user in pwd.getpwall() if user.pw_uid != 0][:2]
    found = []
    for user in others:
        home = shared.parent / user.pw_name
        home.mkdir()
        config = desk.configure(path=home / ".twitter", data=shared, **settings)
        for path in (home, config):
            os.chown(path, user.pw_uid, user.pw_gid)
        found.append(Person(user, home, umask, desk))
    return found


@pytest.fixture
def people(shared: Path, desk: Desk) -> list[Person]:
    names = ("consumer_key", "consumer_secret", "access_token_key", "access_token_secret")
    return two(shared, desk, 0o022, **dict.fromkeys(names, "1-no-key-of-anybody"))


@pytest.mark.parametrize("umask", [0o022, 0o077], ids=oct)
def test_they_work_in_turns(shared: Path, desk: Desk, new_sandbox: Callable[..., Sandbox], umask: int) -> None:
    sandbox = new_sandbox("--users", "12")
    first, second = two(shared, desk, umask, api=sandbox.url, budget=100, maxcpu=100, maxmem=100)
    said(second, KEEP, shared, 1)
    waits = f"1 page of {second.user.pw_name} waits in {shared}/spool.{second.user.pw_uid} for the next run"
    with urllib.request.urlopen(f"{sandbox.url}/sandbox/truth/users") as answer:
        users = [json.loads(line) for line in answer]
    waiting = "".join(f"{user['id']}\n" for user in users if user["posts"] < 100)
    assert waiting.count("\n") > 2
    steps = ["tw-quser2work -", "tw-idu3elk group", "tw-spend --no-ask", "tw-showwork", "tw-coverage group"]
    told = True
    for person in (first, second, first):
        for name, *args in map(str.split, steps):
            ended = person.run(name, *args, input=waiting)
            assert ended.status == 0, (person.user.pw_name, name, ended.stderr)
            assert (waits in ended.stderr) == (told and name == "tw-idu3elk"), ended.stderr
        told = False
    assert [path for path in shared.rglob("*") if path.stat().st_mode & 0o007] == []


AT_ONCE = """
import sys
from pathlib import Path
from netwar.connections.sqlite import connect, transaction

for _ in range(100):
    connection = connect(Path(sys.argv[1]) / "made" / "x.sqlite", ["CREATE TABLE t (a);"])
    with transaction(connection):  # nothing is written: the sooner the next log is made
        pass
    connection.close()
"""


@pytest.mark.parametrize("umask", [0o022, 0o077], ids=oct)
def test_they_begin_and_end_at_once(shared: Path, desk: Desk, umask: int) -> None:
    """Whoever ends last removes a log, and the next one makes it: at no moment may it be its maker's alone."""
    people = two(shared, desk, umask)
    with ThreadPoolExecutor() as threads:
        assert list(threads.map(lambda person: said(person, AT_ONCE, shared), people)) == ["", ""]


BEGIN = """
import sys
from pathlib import Path
from netwar.archive.deadletters import Refused, keep
from netwar.archive.spool import Spool
from netwar.archive.spooled import SpooledPage, line
from netwar.archive.sqlite.store import SqliteArchive
from netwar.cli.mail_policy import _told_today
from netwar.records.documents import Document

shared = Path(sys.argv[1])
spool = Spool(shared / "spool")
document = Document("twgroup", sys.argv[2], {"id": sys.argv[2], "text": "\\x1b]0;taken"}, True, 0)
"""
KEEP = (
    BEGIN
    + """
spool.keep("page", [document])
keep(shared / "dead-letters", [Refused(document, "no")])
assert not _told_today(shared / "runs" / "it.told")
"""
)
REPLAY = (
    BEGIN
    + """
archive = SqliteArchive(shared / "archive", shared / "dead-letters")
told = spool.replay(archive)
print(told.records, told.torn, told.aside, [(other.user, other.pages, other.folder.name) for other in spool.others()])
archive.close()
"""
)


def said(person: Person, script: str, *args: object) -> str:
    ended = person.script(script, *map(str, args))
    assert ended.status == 0, ended.stderr
    assert "\x1b" not in ended.stdout + ended.stderr
    return ended.stdout.strip() + ended.stderr


def test_each_has_a_spool_letters_and_stamps_of_their_own(people: list[Person], shared: Path) -> None:
    first, second = people
    for person in (first, second, first):
        said(person, KEEP.replace("assert not", "assert") if person.stamped else KEEP, shared, 1)
        person.stamped = True
    for person in people:
        assert len((shared / f"dead-letters.{person.user.pw_uid}").read_text().splitlines()) == 1 + (person is first)
    others = [(second.user.pw_name, 1, f"spool.{second.user.pw_uid}")]
    assert said(first, REPLAY, shared, 1) == f"2 0 0 {others}", "one's own are written, the other's are counted"
    assert said(first, REPLAY, shared, 1) == f"0 0 0 {others}"
    assert said(second, REPLAY, shared, 1) == "1 0 0 []"


SHARED_PAGES = (
    BEGIN
    + """
import os
os.umask(0)
import dataclasses, orjson
(shared / "spool").mkdir(0o2770)
lines = [line(SpooledPage("page", "", [document]))]
for odd in ({"index": "tw/../../../victim"}, {"index": "elsewhere"}, {"id": 7}, {"direct": 1}, {"body": []}, {"more": 1}):
    page = {"request": "\\x1b]0;taken", "time": "", "documents": [{**dataclasses.asdict(document), **odd}], "cover": None}
    body = orjson.dumps(page)
    from netwar.archive.spooled import HEAD, MIDDLE, TAIL, _checksum
    lines.append(HEAD + _checksum(body) + MIDDLE + body + TAIL)
(shared / "spool" / "pages.jsonl").write_bytes(b"".join(lines) + b"torn")
"""
)


def test_a_spool_that_was_shared_is_replayed_first_and_what_stands_in_it_is_checked(
    people: list[Person], shared: Path, desk: Desk
) -> None:
    """Also where root has restored all of it in the meantime."""
    first, second = people
    said(first, KEEP, shared, 1)
    said(second, SHARED_PAGES, shared, 2)
    os.chown(shared.parent, 0, GROUP)
    shared.parent.chmod(0o2775)
    desk.configure(data=shared)
    desk.run("tw-backup", desk.home / "place", check=0)
    shutil.rmtree(shared)
    desk.run("tw-restore", desk.home / "place", check=0)
    assert said(first, REPLAY, shared, 1) == "2 1 6 []"
    said(first, KEEP, shared, 3)
    assert not list((shared / "spool").glob("*.jsonl"))
    assert len((shared / f"spool.{first.user.pw_uid}" / "damaged.jsonl").read_text().splitlines()) == 6
    assert [path.name for path in shared.parent.rglob("*.sqlite")] == ["group.sqlite"]


PLANT = """
import os, sys
os.umask(0)
place, kind, victim = sys.argv[1:]
os.makedirs(os.path.dirname(place), 0o2770, exist_ok=True)
{"link": os.symlink, "pipe": lambda victim, place: os.mkfifo(place)}[kind](victim, place)
"""


@pytest.mark.parametrize(
    ("place", "kind"), [("spool/pages.jsonl", "link"), ("spool/lock", "pipe"), ("spool.UID", "link"), ("spool.UID/lock", "pipe")]
)
def test_what_another_plants_hangs_nobody_and_harms_nobody(
    people: list[Person], shared: Path, tmp_path: Path, place: str, kind: str
) -> None:
    first, second = people
    (victim := first.home / "victim").write_text("mine\n")
    os.chown(victim, first.user.pw_uid, -1)
    if place == "spool/lock":
        (shared / "spool").mkdir()
        (shared / "spool").chmod(0o2777)
        (shared / "spool" / "pages.jsonl").write_text("\n")
    place = place.replace("UID", str(first.user.pw_uid))
    planted = second.script(PLANT, str(shared / place), kind, str(victim))
    assert planted.status == 0, planted.stderr
    ended = first.script(REPLAY, str(shared), "1")
    assert place.startswith("spool.") == (ended.status != 0), ended.stderr
    assert "see who put it there" in ended.stderr
    assert victim.read_text() == "mine\n"


HOLD = """
import fcntl, os, sys
try:
    handle = os.open(sys.argv[1], os.O_RDONLY)
except PermissionError:
    sys.exit("may not")
fcntl.flock(handle, fcntl.LOCK_EX)
"""


def test_the_lock_of_ones_own_spool_is_not_for_others_to_hold(people: list[Person], shared: Path) -> None:
    """It takes the right to read a file to lock it, and a run waits for this lock."""
    first, second = people
    said(first, KEEP, shared, 1)
    lock = shared / f"spool.{first.user.pw_uid}" / "lock"
    lock.chmod(0o640)  # as it was made once
    assert said(first, REPLAY, shared, 1) == "1 0 0 []"
    assert second.script(HOLD, str(lock)).stderr == "may not\n"


def test_what_another_has_spooled_is_in_a_backup_but_for_its_lock(people: list[Person], shared: Path) -> None:
    """Which nobody else may read, as they could hold it."""
    first, second = people
    said(second, KEEP, shared, 1)
    backup = first.run("tw-backup", str(first.home / "place"))
    assert backup.status == 0, backup.stderr
    spool = Path(backup.stdout.strip()) / "data" / f"spool.{second.user.pw_uid}"
    assert [path.name for path in spool.iterdir()] == ["pages.jsonl"]


def test_what_another_has_closed_is_told_to_be_in_no_backup(people: list[Person], shared: Path) -> None:
    first, second = people
    assert first.run("tw-idu3elk", "trial").status == 0
    for name, mode in (("closed", 0o700), ("listed", 0o740)):
        (shared / name).mkdir()
        (shared / name / "some").touch()
        os.chown(shared / name, second.user.pw_uid, GROUP)
        (shared / name).chmod(mode)
    said = first.run("tw-backup", str(first.home / "place"))
    assert said.status == 0, said.stderr
    for name in ("closed", "listed"):
        assert f"not in the backup: what is in {shared / name}, which this user may not look into" in said.stderr
    (shared / "theirs").touch(mode=0o600)
    said = first.run("tw-backup", str(first.home / "place"))
    assert (said.status, f"{shared / 'theirs'} cannot be read (Permission denied): give" in said.stderr) == (69, True)


def test_nobody_removes_the_backups_of_another(people: list[Person], shared: Path) -> None:
    """Half of one that only its owner can remove would stay, be none, and stand in the way of all that come after it."""
    first, second = people
    (place := shared / "place").mkdir()
    os.chown(place, 0, GROUP)
    place.chmod(0o2770)
    (left := place / "netwar-20260101t000000z.part").mkdir(0o750)
    (left / "manifest.json").touch()
    os.chown(left, first.user.pw_uid, GROUP)
    for person, data, mode in ((second, "b", 0o750), (first, "a", 0o750), (second, "b", 0o700), (second, "b", 0o700)):
        (own := person.home / data).mkdir(exist_ok=True)
        os.chown(own, person.user.pw_uid, GROUP)
        (person.home / ".twitter").write_text(f"[STREAM]\ndata = {own}\n")
        said = person.run("tw-backup", str(place), "--keep", "1")
        assert said.status == 0, said.stderr
        complete(place)[0].chmod(mode)  # at last as where they have no group in common
    assert "is whole" in second.run("tw-verify", str(place)).stderr
    assert sorted(path.stat().st_uid for path in complete(place)) == [first.user.pw_uid, second.user.pw_uid]
    assert not left.exists(), "its owner's next run has cleared that away"


def test_the_lock_of_ones_own_runs_is_not_for_others_to_hold(people: list[Person], shared: Path) -> None:
    """With -q a run would end with 75 and without a word, each time."""
    first, second = people
    command = ("tw-idu3elk", "trial", "-q")
    assert first.run(*command).status == 0
    [lock] = (shared / "runs").glob("*.alone*")
    assert (lock.suffix, lock.stat().st_mode & 0o777) == (f".{first.user.pw_uid}", 0o600)
    assert second.script(HOLD, str(lock)).stderr == "may not\n"
    plain = lock.with_suffix("")
    assert second.script("import sys; open(sys.argv[1], 'w')", str(plain)).status == 0
    with plain.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert first.run(*command).status == 0, "one of a version before, or of anybody"
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert first.run(*command).status == 75, "a run of one's own"
    lock.unlink()
    assert second.script("import os, sys; os.umask(0); open(sys.argv[1], 'w')", str(lock)).status == 0
    planted = first.run(*command)
    assert (planted.status, "is somebody else's: see who put it there" in planted.stderr) == (69, True)


HOLES = """
import os, sys
os.umask(0)
for number in ("", f".{os.getuid()}"):
    os.makedirs(place := f"{sys.argv[1]}/spool{number}", 0o2770)
    with open(f"{place}/pages.jsonl", "wb") as file:
        file.truncate(1 << 40)
"""


def test_a_file_that_is_all_hole_holds_up_nobody(people: list[Person], shared: Path) -> None:
    first, second = people
    assert second.script(HOLES, str(shared)).status == 0
    ended = said(first, REPLAY, shared, 1)
    assert ended.startswith("0 0 0 []")
    assert "has holes" in ended
    assert said(first, BEGIN + "print(spool.waiting())", shared, 1) == "0"
    assert not list((shared / f"spool.{first.user.pw_uid}").glob("damaged*"))


def test_what_another_wrote_is_not_shown(people: list[Person], shared: Path) -> None:
    first, second = people
    said(second, BEGIN + "(shared / 'api').write_text('http://127.0.0.1/\\x1b]0;taken')", shared, 1)
    ended = first.run("tw-showwork")
    assert ended.status == 78
    assert f"was recorded from another address (it stands in {shared / 'api'})" in ended.stderr
    assert "taken" not in ended.stderr


def test_a_configuration_or_recipes_that_others_wrote_are_not_read(people: list[Person], shared: Path) -> None:
    first, second = people
    theirs = second.home / ".twitter"
    theirs.write_text("[API]\nsecret = taken\n")
    theirs.chmod(0o644)
    second.home.chmod(0o755)
    for settings in ([], ["--config", str(theirs)]):
        environment = {} if settings else {"NETWAR_SYSTEM_CONF": str(theirs)}
        ended = first.run("tw-showwork", *settings, **environment)
        assert ended.status == 78
        assert f"belongs to {second.user.pw_name}" in ended.stderr
        assert "taken" not in ended.stderr
    (first.home / ".twitter.d").mkdir()
    (recipes := first.home / ".twitter.d" / "recipes.toml").write_text("taken")
    os.chown(recipes, second.user.pw_uid, -1)
    ended = first.run("tw-elk", "--list")
    assert ended.status == 78
    assert f"{recipes} belongs to {second.user.pw_name}" in ended.stderr
    assert "taken" not in ended.stderr


STREAM = """
import sys
from pathlib import Path
from netwar.meter.base import Purpose
from netwar.streams.journal import Journal
from netwar.streams.rejects import Rejects

app, post = Path(sys.argv[1]) / "streams" / "app", sys.argv[2]
Journal(app / "journal").add(1, [(Purpose("tw-stream", "one"), [("post", post)])])
Rejects(app / "rejected").keep([(post.encode(), "no")])
print([objects for _, bought in Journal(app / "journal").entries() for _, objects in bought])
"""


def test_each_has_a_journal_and_a_reject_file_of_streams_of_their_own(people: list[Person], shared: Path) -> None:
    first, second = people
    assert said(first, STREAM, shared, 7) == "[[('post', '7')]]"
    assert said(second, STREAM, shared, 8) == "[[('post', '8')]]"
    assert said(first, STREAM, shared, 9) == "[[('post', '7')], [('post', '9')]]"
    assert len([*(shared / "streams" / "app").glob("rejected.*")]) == 2


READ = ["tw-stream harbour LIST --detach", "tw-rules --check LIST", "tw-quser2work LIST", "tw-file2filt author LIST"]
READ += ["tw-search2elk harbour LIST", "tw-count LIST --yes", "tw-import LIST harbour", "tw-import LIST harbour --dry-run"]
READ += ["tw-hydrate LIST harbour --estimate", "tw-fixgraph LIST", "tw-elk POST /x @LIST --yes", "tw-tumsearch LIST"]
READ += ["tw-gexf harbour HOME/out --users LIST"]


def test_a_link_that_another_puts_in_the_place_of_a_list_gives_nothing_away(shared: Path, desk: Desk, sandbox: Sandbox) -> None:
    first, second = two(shared, desk, 0o022, api=sandbox.url, budget=100, maxcpu=100, maxmem=100)
    (secret := first.home / "id_ed25519").write_text("".join(f"Key{number}OfMine\n" for number in range(20)))
    os.chown(secret, first.user.pw_uid, -1)
    secret.chmod(0o600)
    (lists := shared / "lists").mkdir()
    os.chown(lists, 0, GROUP)
    lists.chmod(0o2770)
    assert second.script(PLANT, str(lists / "list"), "link", str(secret)).status == 0
    post = '{"id": "1234567890123", "text": "a", "author_id": "7", "created_at": "2026-01-01T00:00:00.000Z"}'
    assert first.run("tw-import", "-", "harbour", input=post).status == 0
    for words in READ:
        name, *arguments = words.replace("LIST", str(lists / "list")).replace("HOME", str(first.home)).split()
        ended = first.run(name, *arguments)
        assert ended.status != 0, words
        assert "list is a link that somebody else made: see who put it there" in ended.stderr, (words, ended.stderr)
        assert "OfMine" not in ended.stdout + ended.stderr, words
    assert [path.name for path in lists.iterdir()] == ["list"]
    assert not any(b"OfMine" in path.read_bytes() for path in shared.rglob("*") if path.is_file() and not path.is_symlink())
