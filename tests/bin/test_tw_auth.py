"""tw-auth: from an app's key and a PIN to a ~/.twitter that works."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.desk import SANDBOX_APP, Desk, Ended, Sandbox, program
from tests.rows import rows

COMMENT = "# my own notes\n"


def write(desk: Desk, api: str, **keys: str) -> Path:
    """A ~/.twitter as an operator has it before signing in."""
    path = desk.home / ".twitter"
    lines = "".join(f"{key} = {value}\n" for key, value in keys.items())
    path.touch(mode=0o600)
    path.write_text(f"{COMMENT}[API]\napi = {api}\n{lines}budget = 7\n[STREAM]\nindex = brexit\n")
    return path


def agree(address: str, screen_name: str = "") -> str:
    """Open the address in a browser, let the app in, and read the PIN."""
    with urllib.request.urlopen(address) as page:
        offered = re.search('name="screen_name" value="([^"]+)"', page.read().decode())
    assert offered
    query = urllib.parse.urlencode({"screen_name": screen_name or offered[1]})
    with urllib.request.urlopen(f"{address}&{query}") as page:
        pin = re.search('id="pin">([0-9]+)<', page.read().decode())
    assert pin
    return pin[1]


def address(text: str) -> str:
    found = re.search(r"http://\S+/oauth/authorize\?oauth_token=\S+", text)
    assert found, text
    return found[0]


def is_private(path: Path) -> bool:
    return path.stat().st_mode & 0o777 == 0o600


def works(desk: Desk) -> bool:
    return desk.run("tw-myname").status == 0


def test_in_two_calls(desk: Desk, shared_sandbox: Sandbox) -> None:
    path = write(desk, shared_sandbox.url, **SANDBOX_APP)
    waiting = desk.home / ".twitter.request"
    first = desk.run("tw-auth", check=0)
    assert "then run: tw-auth PIN" in first.stderr
    assert is_private(waiting)
    pin = agree(address(first.stdout))
    second = desk.run("tw-auth", f" {pin} ", check=0)
    assert re.search(r"/\.twitter now has the keys of \w+", second.stderr)
    text = path.read_text()
    assert text.startswith(COMMENT)
    assert "budget = 7" in text
    assert "index = brexit" in text
    assert "bearer_token = " in text
    assert is_private(path)
    assert not waiting.exists()
    assert sorted(file.name for file in desk.home.iterdir() if file.name.startswith(".twitter")) == [".twitter"]
    for key in ("access_token_secret", "bearer_token"):
        secret = re.search(f"^{key} = (.+)$", text, re.MULTILINE)
        assert secret
        assert secret[1] not in first.stdout + first.stderr + second.stdout + second.stderr
    assert works(desk)


class Terminal:
    """A program that runs at a terminal: what it shows, and a keyboard."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.keyboard, terminal = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, program(name)],
            env=desk.environment,
            cwd=desk.home,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # getpass asks at the controlling terminal
        )
        os.close(terminal)

    def until(self, words: str) -> str:
        deadline = time.monotonic() + 60
        while words not in self.shown:
            assert time.monotonic() < deadline, self.shown
            self._read(1)
        return self.shown

    def answer(self, prompt: str, line: str) -> None:
        self.until(prompt)
        os.write(self.keyboard, f"{line}\n".encode())

    def end(self) -> int:
        while self._read(60):
            pass
        os.close(self.keyboard)
        return self.process.wait(60)

    def _read(self, seconds: float) -> bool:
        if not select.select([self.keyboard], [], [], seconds)[0]:
            return False
        try:
            self.shown += os.read(self.keyboard, 4096).decode()
        except OSError:  # the other end is closed
            return False
        return True


def test_at_a_terminal_it_asks_for_everything(desk: Desk, shared_sandbox: Sandbox) -> None:
    path = write(desk, shared_sandbox.url)
    terminal = Terminal(desk, "tw-auth")
    assert "in X's developer console" in terminal.until("Consumer key: ")
    terminal.answer("Consumer key: ", SANDBOX_APP["consumer_key"])
    terminal.answer("Consumer secret: ", SANDBOX_APP["consumer_secret"])
    pin = agree(address(terminal.until("PIN: ")))
    terminal.answer("PIN: ", "the number")
    terminal.answer("'the number' is no PIN", "")
    terminal.answer("PIN: ", pin)
    assert terminal.end() == 0
    assert "now has the keys of" in terminal.shown
    assert SANDBOX_APP["consumer_secret"] not in terminal.shown
    assert is_private(path)
    assert works(desk)


def test_the_apps_keys_come_from_the_environment(desk: Desk, shared_sandbox: Sandbox) -> None:
    path = write(desk, shared_sandbox.url)
    keys = {key.upper(): value for key, value in SANDBOX_APP.items()}
    first = desk.run("tw-auth", env=keys, check=0)
    desk.run("tw-auth", agree(address(first.stdout)), check=0)
    assert "consumer_key = sandbox-key\n" in path.read_text()
    assert works(desk)


def test_without_keys_and_without_a_terminal_it_says_where_they_may_stand(desk: Desk, shared_sandbox: Sandbox) -> None:
    write(desk, shared_sandbox.url)
    ended = desk.run("tw-auth", check=78)
    assert re.match(r"tw-auth: which consumer_key\? write it into .*\.twitter, set CONSUMER_KEY, .* at a terminal", ended.stderr)
    half = desk.run("tw-auth", env={"CONSUMER_KEY": "sandbox-key"}, input="sandbox-secret\n", check=78)
    assert half.stderr.startswith("tw-auth: which consumer_secret? ")
    assert [len(told.stderr.splitlines()) for told in (ended, half)] == [1, 1]


def test_no_answer_at_the_prompt_leaves_the_second_call(desk: Desk, shared_sandbox: Sandbox) -> None:
    write(desk, shared_sandbox.url, **SANDBOX_APP)
    terminal = Terminal(desk, "tw-auth")
    terminal.until("PIN: ")
    os.write(terminal.keyboard, b"\x04")
    assert terminal.end() == 0
    assert "then run: tw-auth PIN" in terminal.shown
    desk.run("tw-auth", agree(address(terminal.shown)), check=0)


def test_another_configuration_is_named_in_what_to_run(desk: Desk, shared_sandbox: Sandbox) -> None:
    path = write(desk, shared_sandbox.url, **SANDBOX_APP).rename(desk.home / "two.conf")
    first = desk.run("tw-auth", "--config", "two.conf", check=0)
    assert first.stderr.rstrip().endswith(f"then run: tw-auth --config {path} PIN")
    desk.run("tw-auth", "--config", "two.conf", agree(address(first.stdout)), check=0)
    assert desk.run("tw-myname", "--config", "two.conf").status == 0


def test_a_pin_that_is_none_is_refused_before_x_is_asked(desk: Desk, shared_sandbox: Sandbox) -> None:
    write(desk, shared_sandbox.url, **SANDBOX_APP)
    pin = agree(address(desk.run("tw-auth", check=0).stdout))
    assert "'PIN' is no PIN: X shows a number" in desk.run("tw-auth", "PIN", check=2).stderr
    desk.run("tw-auth", pin, check=0)


def test_a_wrong_pin(desk: Desk, shared_sandbox: Sandbox) -> None:
    path = write(desk, shared_sandbox.url, **SANDBOX_APP)
    pin = agree(address(desk.run("tw-auth", check=0).stdout))
    before = path.read_text()
    ended = desk.run("tw-auth", f"{(int(pin) + 1) % 10**7:07d}", check=1)
    assert ended.stderr.startswith("tw-auth: X does not take this PIN")
    assert "run tw-auth without a PIN for a new one" in ended.stderr
    assert path.read_text() == before


def test_a_pin_that_nobody_waits_for(desk: Desk, shared_sandbox: Sandbox) -> None:
    write(desk, shared_sandbox.url)
    assert "run tw-auth without a PIN first" in desk.run("tw-auth", "1234567", check=78).stderr


@rows(
    ("keys", "says"),
    [
        (
            {"consumer_key": "sandbox-key", "consumer_secret": "mistyped"},
            "X does not know this consumer key and secret .*compare",
        ),
        (
            {"consumer_key": "sandbox-key-app-only", "consumer_secret": "sandbox-secret-app-only"},
            "this app has no user authentication .*switch it on in X's console",
        ),
    ],
)
def test_an_app_that_x_refuses(desk: Desk, shared_sandbox: Sandbox, keys: dict[str, str], says: str) -> None:
    path = write(desk, shared_sandbox.url, **keys)
    before = path.read_text()
    ended = desk.run("tw-auth", check=78)
    assert re.match(f"tw-auth: {says}", ended.stderr)
    assert keys["consumer_secret"] not in ended.stderr
    assert path.read_text() == before
    assert not (desk.home / ".twitter.request").exists()


def test_an_x_that_is_down(desk: Desk) -> None:
    write(desk, "http://127.0.0.1:9", **SANDBOX_APP)
    ended = desk.run("tw-auth", check=69)
    assert ended.stderr.startswith("tw-auth: X cannot be reached (Connection refused): check the network, and `api`")


def test_trouble_at_the_last_step_leaves_the_pin_good(desk: Desk, new_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = new_sandbox()
    write(desk, sandbox.url, **SANDBOX_APP)
    pin = agree(address(desk.run("tw-auth", check=0).stdout))

    def trouble(path: str) -> Ended:
        body = f'{{"kind": "server-error", "body": "html", "endpoint": "{path}"}}'
        with urllib.request.urlopen(f"{sandbox.url}/sandbox/faults", body.encode()):
            return desk.run("tw-auth", pin, check=69)

    for path in ("/oauth2/token", "/oauth/access_token"):
        assert "X fails to give out tokens: run tw-auth again later" in trouble(path).stderr
    desk.run("tw-auth", pin, check=0)
    assert works(desk)


@rows("key", ["AAAA–ZZZ", "AAAA\u200bZZZ", "“AAAAZZZ”", '"AAAAZZZ"'])
def test_a_key_that_a_word_processor_has_changed_is_told_before_x_is_asked(desk: Desk, key: str) -> None:
    path = write(desk, "http://127.0.0.1:9")
    before = path.read_text()
    ended = desk.run("tw-auth", env={"CONSUMER_KEY": key, "CONSUMER_SECRET": "s"}, check=78)
    assert ended.stderr.startswith("tw-auth: consumer_key has a character in it that no key has (U+")
    assert "AAAA" not in ended.stderr
    assert path.read_text() == before
