"""The configuration: old files load unchanged, faults are told all at once, and writing keeps what is there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from netwar.config import SECTIONS, Settings, load, write
from netwar.errors import ConfigError
from tests.rows import rows

ROOT = Path(__file__).parent.parent
File = Callable[..., Path]

OF_2019 = """\
[API]
consumer_key = key-2019
consumer_secret = hush%s%%
access_token_key = 12-token
access_token_secret = token-hush
account = YourAccount
homedir = lists
maxcpu = 80
maxmem = 85
[STREAM]
index = brexit
neo4j = graphhost
neo4juser = neo4j
neo4jpass = what%ever
elksg = https://localpub:9200
elksguser = admin
elksgpass = what;ever # you like
redishost = redishost
redisport = 6380
config = moved to /etc/netwar/netwar.conf
"""


@pytest.fixture
def user(tmp_path: Path) -> File:
    """Writes ~/.twitter, and gives its path."""

    def file(text: str | bytes, mode: int = 0o600, name: str = ".twitter") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    return file


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Settings]:
    """Loads the configuration of a home folder, with the system's file beside it."""

    def settings(path: Path | None = None, missing_ok: bool = False, **environ: str) -> Settings:
        there = {"HOME": str(tmp_path), "NETWAR_SYSTEM_CONF": str(tmp_path / "netwar.conf")}
        return load(path, there | environ, missing_ok=missing_ok)

    return settings


def test_without_any_file_everything_has_its_default(read, tmp_path):
    settings = read()
    assert settings == Settings(path=tmp_path / ".twitter", data=tmp_path / ".local/share/netwar")
    assert (settings.api, settings.budget, settings.auth, settings.maxcpu) == ("https://api.x.com", 5_000_000, "user", 90)


def test_a_file_of_2019_loads_unchanged(user, read, tmp_path):
    user(OF_2019)
    settings = read()
    assert settings.consumer_secret == "hush%s%%"
    assert settings.neo4jpass == "what%ever"
    assert settings.elksgpass == "what;ever # you like"
    assert (settings.maxcpu, settings.maxmem, settings.redisport, settings.index) == (80, 85, 6380, "brexit")
    assert settings.homedir == tmp_path / "lists"


def test_system_is_another_name_of_stream(user, read):
    user("[SYSTEM]\nredishost = here\n")
    assert read().redishost == "here"


def test_the_users_file_wins_over_the_system_file_key_by_key(user, read):
    user("[SYSTEM]\nelksg = https://all\nindex = shared\n", 0o644, "netwar.conf")
    user("[STREAM]\nindex = mine\n")
    settings = read()
    assert (settings.elksg, settings.index) == ("https://all", "mine")


def test_a_named_file_stands_in_place_of_the_users(user, read):
    user("[API]\naccount = home\nbudget = 1\n")
    other = user("[API]\naccount = other\n", name="other.conf")
    assert read(other).account == "other"
    assert read(NETWAR_CONF=str(other)).account == "other"
    assert read(other).budget == 5_000_000
    assert read(other).path == other


def test_a_named_file_that_is_not_there_is_a_fault_unless_it_is_about_to_be_made(read, tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.conf is not there: tw-auth"):
        read(tmp_path / "gone.conf")
    assert read(tmp_path / "gone.conf", missing_ok=True).path == tmp_path / "gone.conf"


@rows(
    ("text", "field", "value"),
    [
        ("[API]\nbudget = 2.50", "budget", 2_500_000),
        ("[API]\nbudget = $0.000001", "budget", 1),
        ("[API]\nbudget = 0", "budget", 0),
        ("[API]\napi = http://127.0.0.1:8080/", "api", "http://127.0.0.1:8080"),
        ("[API]\napi = http://[::1]:8080", "api", "http://[::1]:8080"),
        ("[API]\napi = http://localhost:80", "api", "http://localhost:80"),
        ("[API]\nauth = APP", "auth", "app"),
        ("[API]\ndialect = post", "dialect", "post"),
        ("[API]\nmaxcpu = 75%", "maxcpu", 75),
        ("[API]\nmaxcpu =", "maxcpu", 90),
        ("[api]\n  Account : x", "account", "x"),
        ("\ufeff[API]\r\naccount = x\r\n", "account", "x"),
        ("# all\n; of it\n\n[API]\naccount = x", "account", "x"),
        ("[STREAM]\ndata = /there", "data", Path("/there")),
    ],
)
def test_values(user, read, text, field, value):
    user(text)
    assert getattr(read(), field) == value


def test_paths_begin_at_home_or_at_the_folder_of_the_file(read, tmp_path):
    folder = tmp_path / "accounts"
    folder.mkdir()
    write(folder / "a.conf", {("STREAM", "data"): "kept", ("API", "homedir"): "~/lists"})
    settings = read(folder / "a.conf")
    assert settings.data == folder / "kept"
    assert settings.homedir == tmp_path / "lists"


@rows(
    ("text", "told"),
    [
        ("[API]\nbudget = five", "[API] budget must be dollars a day such as 5 or 2.50, not 'five'"),
        ("[API]\nbudget = nan", "[API] budget must be dollars"),
        ("[API]\nbudget = -1", "[API] budget must be dollars"),
        ("[API]\nbudget = 0.0000001", "[API] budget must be dollars"),
        ("[API]\nbudget = 1e999999999", "[API] budget must be dollars"),
        ("[API]\nmaxcpu = 900", "[API] maxcpu must be a whole number from 1 to 100, not '900'"),
        ("[API]\nmaxcpu = ²", "[API] maxcpu must be a whole number"),
        ("[API]\napi = http://api.x.com", "[API] api must begin with https://"),
        ("[API]\napi = http://localhost.evil.net", "[API] api must begin with https://"),
        ("[API]\napi = api.x.com", "[API] api must be an address"),
        ("[API]\napi = https://x:y", "[API] api must be an address"),
        ("[API]\nauth = both", "[API] auth must be user or app, not 'both'"),
        ("[API]\nconsumer_key = a # mine", "[API] consumer_key has a space in it"),
        ("[API]\naccount = a\n  b", "[API] account continues over several lines"),
        ("[API]\nbearer_token = AAAA–ZZZ", "[API] bearer_token has a character in it that no key has (U+2013)"),
        ("[API]\nconsumer_key = AAAA\u200bZZZ", "[API] consumer_key has an invisible character in it (U+200B)"),
        ("[API]\naccess_token_secret = “AAAAZZZ”", "[API] access_token_secret is in quotes"),
        ('[API]\naccess_token_key = "AAAAZZZ"', "[API] access_token_key is in quotes"),
        ("[STREAM]\nelksgkey = AAAAⅤZZZ", "[STREAM] elksgkey has a character in it that no key has (U+2164)"),
        ("[API]\nconsumer_secret = AAAA’ZZZ", "[API] consumer_secret has a character in it that no key has (U+2019)"),
        ("[API]\nconsumer_secret = AAAA\u00a0ZZZ", "[API] consumer_secret has an invisible character in it (U+00A0)"),
        ("[STREAM]\nelksgpass = 'hush'", "[STREAM] elksgpass is in quotes"),
        ("[STREAM]\nredispass = hu\x1bsh", "[STREAM] redispass has an invisible character in it (U+001B)"),
        ("[STREAM]\ndata = $HOME/netwar", "[STREAM] data has $HOME in it, which is not expanded here"),
        ("[STREAM]\nelksgca = ${CONF}/ca.pem", "[STREAM] elksgca has ${CONF} in it"),
        ('[API]\nhomedir = "lists"', "[API] homedir is in quotes"),
        ("[STREAM]\ndata = /srv/netwar # the large disk", "[STREAM] data has a comment behind it"),
        ("[API]\naccount = me ; mine", "[API] account has a comment behind it"),
        ('[STREAM]\nelksg = "host"', "[STREAM] elksg is in quotes"),
        ("[STREAM]\nelksg = $ELK:9200", "[STREAM] elksg has $ELK in it"),
        ("[STREAM]\nelksg = host # comment", "[STREAM] elksg has a comment behind it"),
        ("[API]\nproxy = $HTTP_PROXY", "[API] proxy has $HTTP_PROXY in it"),
        ('[API]\nproxy = "http://proxy:3128"', "[API] proxy is in quotes"),
        ("[STREAM]\nredishost = $REDIS", "[STREAM] redishost has $REDIS in it"),
        ("[STREAM]\nredisurl = 'redis://host'", "[STREAM] redisurl is in quotes"),
        ('[STREAM]\nindex = "brexit"', "[STREAM] index is in quotes"),
        ('[API]\nbudget = "5"', "[API] budget must be dollars"),
        ("[API]\nmaxcpu = 50 # half", "[API] maxcpu must be a whole number"),
        ('[API]\napi = "https://api.x.com"', "[API] api must be an address"),
        ("[API]\nacount = x", "[API] acount is not a key (did you mean account?): see example.conf"),
        ("[API]\nindex = x", "[API] index belongs in [STREAM]: see example.conf"),
        ("[APIS]\nindex = x", "[APIS] is not a section: see example.conf"),
        ("[DEFAULT]\nindex = x", "[DEFAULT] is not a section: see example.conf"),
        ("account = x\n[API]\nbudget = y", "line 1 comes before any [section]: the first line must be [API]"),
        ("[API]\naccount", "line 2 is neither"),
        ("[API]\naccount = x\naccount = y", "line 3: account appears twice in [API]: keep one"),
        ("[API]\n[STREAM]\n[API]", "line 3: [API] begins a second time: keep one"),
        (b"\xff\xfe\x00", "is not a text file (UTF-8)"),
        (b"SQLite format 3\0", "is not a text file (UTF-8)"),
    ],
)
def test_each_fault_has_its_sentence(user, read, text, told):
    path = user(text)
    with pytest.raises(ConfigError) as error:
        read()
    assert any(problem.startswith(f"{path}: {told}") for problem in error.value.problems), error.value.problems


def test_five_faults_are_told_at_once(user, read):
    user("key\n[API]\nbudget = x\nauth = y\nwhat = z\nnonsense\n[MORE]\n", 0o640)
    user("[STREAM]\nredisport = none\n", 0o644, "netwar.conf")
    with pytest.raises(ConfigError) as error:
        read()
    assert len(error.value.problems) == 8
    assert all(problem in str(error.value) for problem in error.value.problems)


def test_a_fault_never_shows_a_secret(user, read):
    user("[API]\nconsumer_secret = top secret\ntopsecret\nbearer_token = a\n  topsecret\n")
    with pytest.raises(ConfigError) as error:
        read()
    assert "top" not in str(error.value)


@rows("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_open_to_others_is_refused_with_the_line_that_mends_it(user, read, mode):
    path = user("[API]\naccount = x\n", mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        read()
    path.chmod(0o600)
    assert read().account == "x"


def test_the_system_file_may_be_open_to_all_until_it_holds_a_secret(user, read):
    path = user("[SYSTEM]\nredishost = all\n", 0o644, "netwar.conf")
    assert read().redishost == "all"
    user("[SYSTEM]\nredispass = hush\n", 0o644, "netwar.conf")
    with pytest.raises(ConfigError, match=f"chmod o-rw {path}"):
        read()
    user("[SYSTEM]\nredispass = hush\n", 0o640, "netwar.conf")
    assert read().redispass == "hush"


def test_a_file_that_others_may_write_is_not_read(user, read, tmp_path):
    path = user("[SYSTEM]\nredishost = theirs\n", 0o664, "netwar.conf")
    with pytest.raises(ConfigError, match=f"chmod go-w {path}"):
        read()
    path.chmod(0o644)
    assert read().redishost == "theirs"
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert read(tmp_path / "pipe").redishost == "theirs", "a pipe into which nobody writes holds up nobody"
    with pytest.raises(ConfigError, match="is no regular file"):
        read(Path("/dev/zero"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_file_of_somebody_elses_is_not_read(user, read):
    for name, path in ((".twitter", None), ("netwar.conf", None), ("other.conf", "other.conf")):
        file = user("[API]\nnonsense = s3cr3t\n", 0o600, name)
        os.chown(file, 12345, 12345)
        with pytest.raises(ConfigError, match=f"{file}: belongs to user 12345") as error:
            read(file if path else None)
        assert "nonsense" not in str(error.value)
        file.unlink()


def test_a_folder_in_the_files_place_is_told(read, tmp_path):
    (tmp_path / ".twitter").mkdir()
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read()


def test_no_secret_is_in_the_repr(user, read):
    user(OF_2019)
    settings = read()
    assert settings.secrets
    assert not [secret for secret in settings.secrets if secret in repr(settings)]


def test_require_names_what_is_missing_and_how_to_get_it(user, read):
    user("[API]\nconsumer_key = x\n")
    with pytest.raises(ConfigError, match="has no consumer_secret, bearer_token: run tw-auth"):
        read().require("consumer_key", "consumer_secret", "bearer_token")


def test_the_observer_is_the_number_that_the_access_token_begins_with(user, read):
    user(OF_2019)
    assert read().observer == "12"
    for wrong in ("secret", "-secret", "a12-secret", "1.2-secret"):
        user(OF_2019.replace("12-token", wrong))
        with pytest.raises(ConfigError, match=r"access_token_key does not begin with the number .* run tw-auth") as told:
            read().observer  # noqa: B018
        assert "secret" not in str(told.value)
    user("[API]\nbearer_token = token\n")
    with pytest.raises(ConfigError, match="has no access_token_key: run "):
        read().observer  # noqa: B018


def test_names_that_stand_for_keys_are_short_stable_and_not_the_keys(user, read, tmp_path):
    user(OF_2019)
    settings = read()
    assert settings.app != settings.instance
    assert len(settings.app) == len(settings.instance) == 12
    (tmp_path / "link").symlink_to(tmp_path / ".twitter")
    assert read(tmp_path / "link").instance == settings.instance


def test_the_example_loads_and_names_every_key_there_is(user, read):
    text = (ROOT / "example.conf").read_text()
    user(text)
    settings = read()
    assert settings == Settings(path=settings.path, data=settings.data)
    keys = {line.partition("=")[0].strip() for line in text.splitlines() if line[:1].isalpha()}
    assert keys == {key for section in SECTIONS.values() for key in section}
    assert {field.name for field in fields(Settings)} - keys == {"path"}


def test_every_key_of_the_example_has_its_comment():
    paragraphs = (ROOT / "example.conf").read_text().split("\n\n")
    uncommented = [p for p in paragraphs if not p.startswith(("#", "["))]
    assert not uncommented


def test_writing_keeps_comments_order_and_other_keys(user, read):
    path = user("# mine\n[API]\n# the key\nconsumer_key = old\n\n# below\n\n[SYSTEM]\nredishost = r\n")
    write(path, {("API", "consumer_key"): "new", ("API", "account"): "me", ("STREAM", "index"): "i"})
    assert path.read_text() == (
        "# mine\n[API]\n# the key\nconsumer_key = new\n\n# below\naccount = me\n\n[SYSTEM]\nredishost = r\nindex = i\n"
    )
    assert (read().consumer_key, read().account, read().index) == ("new", "me", "i")


def test_writing_makes_the_file_and_its_folder(read, tmp_path):
    path = tmp_path / "new" / "a.conf"
    write(path, {("API", "consumer_key"): "k", ("STREAM", "index"): "i"})
    assert path.read_text() == "[API]\nconsumer_key = k\n\n[STREAM]\nindex = i\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_writing_follows_a_link_and_closes_the_file_to_others(user, tmp_path):
    path = user("[API]\n", 0o644, "real.conf")
    (tmp_path / ".twitter").symlink_to(path)
    write(tmp_path / ".twitter", {("API", "account"): "me"})
    assert (tmp_path / ".twitter").is_symlink()
    assert path.read_text() == "[API]\naccount = me\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_writing_replaces_a_value_of_several_lines_and_keeps_line_ends(user):
    path = user("[API]\r\naccount = a\r\n   b\r\n   c\r\nauth = app")
    write(path, {("API", "account"): "me", ("API", "budget"): "1"})
    assert path.read_bytes() == b"[API]\r\naccount = me\r\nauth = app\r\nbudget = 1\r\n"


def test_a_value_of_several_lines_is_not_written(user):
    path = user("[API]\naccount = a\n")
    with pytest.raises(ValueError, match="one line"):
        write(path, {("API", "account"): "me\nbudget = 1000"})
    assert path.read_text() == "[API]\naccount = a\n"


def test_what_is_no_text_is_left_alone(user):
    path = user(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not a text file"):
        write(path, {("API", "account"): "me"})
    assert path.read_bytes() == b"\xff\xfe"


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        write(tmp_path / "file" / ".twitter", {("API", "account"): "me"})


def test_a_device_or_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "null").symlink_to("/dev/null")
    for path in (tmp_path / "pipe", tmp_path / "null"):
        with pytest.raises(ConfigError, match="cannot be written: it is no regular file"):
            write(path, {("API", "account"): "me"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["null", "pipe"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_file_that_another_user_has_put_there_meanwhile_is_not_changed(user):
    """What they wrote would be kept beside the keys, and root would give them the keys."""
    path = user("[API]\napi = http://127.0.0.1:1\n")
    os.chown(path, 12345, 12345)
    with pytest.raises(ConfigError, match=r"\.twitter belongs to user 12345"):
        write(path, {("API", "account"): "me"})
    assert "account" not in path.read_text()


@rows("end", ["\n", "\r\n", "\r"])
def test_whatever_ends_the_lines_they_are_read(tmp_path: Path, end: str) -> None:
    path = tmp_path / "twitter"
    path.write_bytes(end.join(["[API]", "consumer_key = key", "access_token_secret = s3cret", "budget = 7", ""]).encode())
    path.chmod(0o600)
    settings = load(path, {"HOME": str(tmp_path)})
    assert (settings.consumer_key, settings.access_token_secret, settings.budget) == ("key", "s3cret", 7_000_000)


@rows("line", ["[s3cr3t-key-0123456789]", "s3cr3t-key-0123456789 = 1", "[API]\n[API]\ns3cr3t:x\ns3cr3t:x"])
def test_what_may_be_a_secret_is_not_repeated(tmp_path: Path, line: str) -> None:
    path = tmp_path / "twitter"
    path.write_text(f"[API]\n{line}\n")
    path.chmod(0o600)
    with pytest.raises(ConfigError) as raised:
        load(path, {"HOME": str(tmp_path)})
    assert "s3cr3t" not in str(raised.value)


def test_names_that_are_too_long_and_homes_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="is not there"):
        load(Path("x" * 5000), {"HOME": str(tmp_path)})
    monkeypatch.setattr(Path, "home", _no_home)
    with pytest.raises(ConfigError, match="set HOME"):
        load(None, {})


def _no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")
