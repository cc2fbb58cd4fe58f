"""Every setting there is, how it is read, and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwar.config import file, telling, values
from netwar.config.places import home_of, places
from netwar.errors import ConfigError

if TYPE_CHECKING:
    from netwar.config.redis_address import RedisAddress

DATA = ".local/share/netwar"
DOLLAR = 1_000_000


def secret() -> Any:
    """A setting that is never shown: not in a log, a traceback or the settings' own repr."""
    return field(default=None, repr=False, metadata={"secret": True})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the files say. None is "not set"; money is micro-dollars; paths are absolute."""

    path: Path = field(default_factory=lambda: Path.home() / ".twitter")
    """The user's own file, there or not: where tw-auth writes."""
    consumer_key: str | None = secret()
    consumer_secret: str | None = secret()
    access_token_key: str | None = secret()
    access_token_secret: str | None = secret()
    bearer_token: str | None = secret()
    account: str | None = None
    api: str = "https://api.x.com"
    proxy: str | None = None
    ca: Path | None = None
    auth: str = "user"
    budget: int = 5 * DOLLAR
    expand: str = "default"
    dialect: str = "legacy"
    timeout: int = 60
    homedir: Path | None = None
    maxcpu: int = 90
    maxmem: int = 90
    index: str | None = None
    prefix: str = "nsce-"
    data: Path = field(default_factory=lambda: Path.home() / DATA)
    statsd: str | None = None
    notify: str | None = None
    redisurl: str | None = secret()
    redishost: str | None = None
    redisport: int = 6379
    redisdb: int = 0
    redisuser: str | None = None
    redispass: str | None = secret()
    redisca: Path | None = None
    elksg: str | None = None
    elksguser: str | None = None
    elksgpass: str | None = secret()
    elksgkey: str | None = secret()
    elksgca: Path | None = None
    graph: str | None = None
    neo4j: str | None = None
    neo4juser: str | None = None
    neo4jpass: str | None = secret()
    neo4jca: Path | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must never be shown, and what they look like on their way."""
        from netwar.config.sent import sent

        users = ((self.elksguser, self.elksgpass), (self.neo4juser, self.neo4jpass))
        named = tuple(value for name in SECRETS if (value := getattr(self, name)))
        return (*named, *(self.redis.passwords if self.redis else ()), *sent(users, self.elksgkey))

    @property
    def redis(self) -> RedisAddress | None:
        """Where Redis is; None where no key names it."""
        if not (self.redisurl or self.redishost):
            return None
        from netwar.config.redis_address import of

        return of(
            self.redisurl,
            self.redishost,
            self.redisport,
            ca=self.redisca,
            user=self.redisuser,
            password=self.redispass,
            db=self.redisdb,
        )

    @property
    def feeds_graph(self) -> bool:
        """Whether what is recorded is to go into a graph as well."""
        return self.graph == "on" or (self.graph is None and self.neo4j is not None)

    @property
    def app(self) -> str:
        """A short name of the app whose money is spent, for the meter."""
        return short(self.consumer_key or self.bearer_token or "no app")

    @property
    def observer(self) -> str:
        """The account's numeric id, which stands before the `-` of its access token, and survives a renaming. Raises ConfigError
        where it cannot be told."""
        self.require("access_token_key")
        observer, hyphen, _ = str(self.access_token_key).partition("-")
        if not (hyphen and observer.isascii() and observer.isdigit()):
            raise ConfigError(
                f"{self.path}: access_token_key does not begin with the number of an account and a hyphen, as those of X do: "
                f"run {self.tw_auth}, which gets the keys anew"
            )
        return observer

    @property
    def tokens(self) -> dict[str, str]:
        """Short names of the tokens that there are, the account's own and the app's, for reports of the rate windows."""
        tokens = {"account": self.access_token_key, "app": self.bearer_token}
        return {who: short(token) for who, token in tokens.items() if token}

    @property
    def instance(self) -> str:
        """A short name of this configuration: the same for every path that leads to its file."""
        return short(os.path.realpath(self.path))

    def require(self, *names: str) -> None:
        """Raise ConfigError for those settings of `names` that are not set, saying how to get them."""
        if missing := [name for name in names if not getattr(self, name)]:
            raise ConfigError(
                f"{self.path} has no {', '.join(missing)}: run {self.tw_auth}, which gets the keys and writes them there"
            )

    def require_keys(self) -> None:
        """Raise ConfigError if the keys that timelines and profiles are asked for with are not all there."""
        app = self.auth == "app"
        self.require(
            *(("bearer_token",) if app else ("consumer_key", "consumer_secret", "access_token_key", "access_token_secret"))
        )

    def require_app(self) -> None:
        """Raise ConfigError where no app is named, by its key or its token: nothing was spent then, or it is told elsewhere."""
        if not (self.consumer_key or self.bearer_token):
            raise ConfigError(
                f"{self.path} names no app (it has no consumer_key and no bearer_token): run {self.tw_auth}, "
                "or name the configuration that you record with: --config FILE"
            )

    @property
    def tw_auth(self) -> str:
        """The command that writes keys into this configuration, as it can be pasted into a shell."""
        return f"tw-auth{self.named}"

    @property
    def named(self) -> str:
        """How a command names this configuration, with a space before it; nothing where it takes this one anyway."""
        return "" if self.path == Path.home() / ".twitter" else f" --config {file.quoted(self.path)}"


def short(text: str) -> str:
    """Twelve characters that stand for a text and do not tell it."""
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()[:12]


SECRETS = tuple(f.name for f in fields(Settings) if f.metadata.get("secret"))

# How each key is read: values.py turns its text into a value or into a fault.
SECTIONS: dict[str, dict[str, values.Reader]] = {
    "API": {
        "consumer_key": values.token,
        "consumer_secret": values.token,
        "access_token_key": values.token,
        "access_token_secret": values.token,
        "bearer_token": values.token,
        "account": values.text,
        "api": values.address,
        "proxy": values.proxy,
        "ca": values.path,
        "auth": values.one_of("user", "app"),
        "budget": values.dollars,
        "expand": values.one_of("default", "full"),
        "dialect": values.one_of("legacy", "post"),
        "timeout": values.number(1, 3600),
        "homedir": values.path,
        "maxcpu": values.number(1, 100),
        "maxmem": values.number(1, 100),
    },
    "STREAM": {
        "index": values.word,
        "prefix": values.word,
        "data": values.path,
        **telling.KEYS,
        "redisurl": values.redis_url,
        "redishost": values.redis_host,
        "redisport": values.number(1, 65535),
        "redisdb": values.number(0, 1_000_000),
        "redisuser": values.text,
        "redispass": values.password,
        "redisca": values.path,
        "elksg": values.servers,
        "elksguser": values.text,
        "elksgpass": values.password,
        "elksgkey": values.token,
        "elksgca": values.path,
        "graph": values.one_of("on", "off"),
        "neo4j": values.neo4j,
        "neo4juser": values.text,
        "neo4jpass": values.password,
        "neo4jca": values.path,
        "config": values.unused,
    },
}


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ, *, missing_ok: bool = False) -> Settings:
    """Read the configuration.

    `path` stands in place of ~/.twitter, as does NETWAR_CONF; a file named so must be there unless
    `missing_ok`. NETWAR_SYSTEM_CONF stands in place of /etc/netwar/netwar.conf.
    Raises ConfigError with every fault there is in its `problems`.
    """
    home = home_of(environ)
    named = path or environ.get("NETWAR_CONF")
    user, system = places(path, environ)
    problems: list[str] = []
    if named and not missing_ok and not os.path.exists(user):  # Path.exists raises for a name that is too long
        problems.append(f"{user} is not there: tw-auth --config {named} makes it")
    found: dict[str, Any] = {"path": user, "data": home / DATA}
    found |= _read(system, home, problems, shared=True) | _read(user, home, problems, shared=False)
    settings = Settings(**found)
    try:
        settings.redis  # noqa: B018  (its keys are not at odds with each other)
    except ValueError as error:
        problems.append(f"{user}: [STREAM] {error}")
    if problems:
        raise ConfigError("the configuration cannot be used:", problems)
    return settings


def _read(path: Path, home: Path, problems: list[str], *, shared: bool) -> dict[str, Any]:
    """The settings of one file as fields of Settings; faults are added to `problems`."""
    told: list[str] = []
    written = file.read(path, told, shared=shared)
    found: dict[str, Any] = {}
    for section, keys in written.items():
        known = SECTIONS.get(file.section_of(section))
        if known is None:
            told.append(f"[{values.name(section)}] is not a section: see example.conf")
            continue
        for key, text in keys.items():
            if key not in known:
                told.append(_unknown(section, key))
                continue
            try:
                value = known[key](text.strip(), values.Place(home, path.parent))
            except ValueError as error:
                told.append(f"[{section}] {key} {error}")
                continue
            if text.strip() and known[key] is not values.unused:
                found[key] = value
    if written:
        told.extend(file.too_open(path, shared, any(found.get(name) for name in SECRETS)))
    problems.extend(f"{path}: {problem}" for problem in told)
    return found


def _unknown(section: str, key: str) -> str:
    from difflib import get_close_matches

    for other, keys in SECTIONS.items():
        if key in keys:
            return f"[{section}] {key} belongs in [{other}]: see example.conf"
    key = values.name(key)
    near = get_close_matches(key, [known for keys in SECTIONS.values() for known in keys], 1)
    guess = f" (did you mean {near[0]}?)" if near else ""
    return f"[{section}] {key} is not a key{guess}: see example.conf"
