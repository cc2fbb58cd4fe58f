"""The hosts of a soak: each with a name, a clock, a data folder and a home of its own, and the accounts that ask from there.

As root a data folder is a small disk of its own, hosts have names of their own, and every second account belongs to another
Unix user, who shares the data folder by its group. Without root all that is left out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests import forked
from tests.desk import BIN, ROOT
from tests.servers.places import reachable

CLOCKED = Path(__file__).with_name("clocked.py")
AS_HOST = Path(__file__).with_name("as_host.py")
SHIPPED = ROOT / "example.conf"
DISK, DISK_MORE = 96, 16  # MiB of a disk, and how many more for each minute: logs of graph and archive, and what is recorded


@dataclass(frozen=True)
class UnixUser:
    """Who runs the programs of an account; None is who runs the soak."""

    uid: int | None
    group: int | None


@dataclass
class Account:
    """A configuration file of an operator; `caller` is how the sandbox names whoever asks with it."""

    host: Host
    config: Path
    user: UnixUser
    index: int
    name: str = ""
    auth: str = "user"

    @property
    def caller(self) -> str:
        return f"{self.host.app}/{'app' if self.auth == 'app' else self.index}"

    @property
    def home(self) -> Path:
        return self.config.parent.parent

    def write(self, **more: object) -> None:
        """The configuration: example.conf with the keys that are needed, and what tw-auth has added since."""
        if not self.config.exists():
            self.config.touch(mode=0o600)
            kept = [line for line in _shipped() if not re.match(r"\w+ =", line) or line.split()[0] in more]
            self.config.write_text("".join(kept))
            give(self.config, self.user)
        text = self.config.read_text()
        for key, value in more.items():
            before = text
            text = re.sub(rf"(?m)^{key} =.*$", f"{key} = {value}", text)
            assert text != before or f"\n{key} = {value}\n" in text, f"example.conf has no {key}"
        self.config.write_text(text)

    def secrets(self) -> set[str]:
        """What no program may ever print."""
        words = "consumer_secret|access_token_key|access_token_secret|bearer_token"
        return set(re.findall(rf"(?m)^(?:{words}) = (\S+)$", self.config.read_text()))


@dataclass
class Host:
    """`app` is the developer's app that its accounts use; `shared` are the lines of its /etc/netwar/netwar.conf."""

    name: str
    folder: Path
    app: str
    named: bool
    shared: dict[str, object] = field(default_factory=dict)
    accounts: list[Account] = field(default_factory=list)
    error: float = 0.0  # seconds that its clock is wrong by
    mounted: bool = False

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    def set_clock(self, offset: float) -> None:
        """Let the host's clock be ahead of ours by so many seconds, and by its own error."""
        self.clock.touch(mode=0o644)
        with self.clock.open("r+") as file:  # in place and in one write: it is being read
            file.write(f"{offset + self.error:+.3f}".ljust(40) + "\n")

    def write_shared(self) -> None:
        lines = "".join(f"{key} = {value}\n" for key, value in self.shared.items())
        path = self.folder / "netwar.conf"
        path.touch(mode=0o640)
        path.write_text(f"[STREAM]\n{lines}")
        if self.accounts[0].user.group is not None:
            os.chown(path, 0, self.accounts[0].user.group)

    def command(self, account: Account, program: str, arguments: list[str]) -> list[str]:
        """How a program is started there, as the user whose account it is; all of it is one process in the end."""
        command = [sys.executable, str(CLOCKED), str(self.clock), str(BIN / program), *arguments]
        if account.user.uid is not None:
            who = ["--reuid", str(account.user.uid), "--regid", str(account.user.group), "--clear-groups"]
            command = ["setpriv", *who, *command]
        if self.named:
            command = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name, *command]
        return command

    def start(
        self, account: Account, program: str, words: Iterable[str], file: int = subprocess.PIPE, *, anew: bool = False
    ) -> subprocess.Popen[str]:
        """Start a program with an account's configuration; in a fork, or an interpreter of its own; with pipes, or one file."""
        arguments, environment = [*words, "--config", str(account.config)], self.environment(account)
        if anew or not forked.is_fit({}):
            command = self.command(account, program, arguments)
            return subprocess.Popen(command, env=environment, stdin=file, stdout=file, stderr=file, text=True)
        assert account.user.uid is None, "forks are ours"
        command = [str(AS_HOST), self.name if self.named else "", str(self.clock), str(BIN / program), *arguments]
        return forked.Popen(command, environment, self.folder, file)

    def environment(self, account: Account) -> dict[str, str]:
        return {
            "HOME": str(account.home),
            "PATH": f"{Path(sys.executable).parent}:{BIN}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NETWAR_SYSTEM_CONF": str(self.folder / "netwar.conf"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }

    def close(self, keep: bool) -> None:
        """Take its disk away; `keep` leaves a copy of what was on it."""
        if self.mounted:
            if keep:
                shutil.copytree(self.data, self.folder / "data-then", symlinks=True, dirs_exist_ok=True)
            subprocess.run(["umount", "-l", str(self.data)], check=False)


def _shipped() -> list[str]:
    return SHIPPED.read_text().splitlines(keepends=True)


def give(path: Path, user: UnixUser) -> None:
    if user.uid is not None:
        os.chown(path, user.uid, -1 if user.group is None else user.group)


def unix_users() -> list[UnixUser]:
    """Two who share a group, where root can become them and they can read the programs; else ourselves."""
    import pwd

    python = Path(sys.executable).resolve()
    if (
        os.geteuid() != 0
        or not shutil.which("setpriv")
        or not (reachable(ROOT) and reachable(Path(sys.executable)) and reachable(python))
    ):
        return [UnixUser(None, None)]
    group = pwd.getpwnam("nobody").pw_gid
    return [UnixUser(pwd.getpwnam(name).pw_uid, group) for name in ("nobody", "daemon")]


def made(folder: Path, count: int, accounts: int, one_app: bool, minutes: float) -> list[Host]:
    """So many hosts, with so many accounts among them. Hosts that share no meter have each an app of its own."""
    users = unix_users()
    named = os.geteuid() == 0 and _may(["unshare", "--uts", "hostname", "soak"])
    hosts = []
    for number in range(count):
        app = "sandbox-key" + ("" if one_app or number == 0 else f"-{number + 3}")
        host = Host(f"soak{number}", folder / f"host{number}", app, named)
        host.data.mkdir(parents=True)
        host.folder.chmod(0o755)
        _share(host, users[0], round(DISK + DISK_MORE * minutes))
        hosts.append(host)
    for number in range(max(accounts, count)):
        host = hosts[number % count]
        user = users[number // count % len(users)]
        home = host.folder / f"home-{user.uid}"
        (home / "accounts").mkdir(parents=True, exist_ok=True)
        (home / "lists").mkdir(exist_ok=True)
        for made in (home, home / "accounts", home / "lists"):
            give(made, user)
        host.accounts.append(Account(host, home / "accounts" / f"account{number}.conf", user, 0))
    return hosts


def _share(host: Host, user: UnixUser, disk: int) -> None:
    """A small disk (MiB) for its data, and the group's, where that can be."""
    if os.geteuid() == 0 and shutil.which("mount"):
        host.mounted = _may(["mount", "-t", "tmpfs", "-o", f"size={disk}m,mode=0700", "tmpfs", str(host.data)])
    if user.group is not None:
        os.chown(host.data, 0, user.group)
        host.data.chmod(0o2770)


def _may(command: list[str]) -> bool:
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True, check=False).returncode == 0
