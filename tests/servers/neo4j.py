"""Neo4j: how it is assembled, started, asked and wiped.

It is what Maven Central has of the community edition, with all that it depends on; the scripts of the maker's own zips are not
needed. Every kind asks for user and password.
"""

from __future__ import annotations

import hashlib
import secrets
import socket
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.servers import javas, maven, places
from tests.servers.certificates import certificates
from tests.servers.kinds import Kind
from tests.servers.maven import Artifact
from tests.servers.processes import Launch
from tests.servers.server import Server
from tests.servers.users import User

if TYPE_CHECKING:
    from neo4j import Driver

USER = "neo4j"
ARTIFACTS = {3: ("org.neo4j.app", "neo4j-server")}
NEWER = ("org.neo4j", "neo4j")
OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang", "java.util", "java.net")
MAIN = {2026: "org.neo4j.server.Neo4jCommunity"}
CONF = places.ROOT / "conf/neo4j"
ROUNDS = 1024  # of hashing a password
AT_ONCE = 10_000  # nodes
AS_SHIPPED: dict[str, dict[str, Any]] = {
    "neo35": {"conf": CONF / "neo4j-3.5.conf", "tls": "REQUIRED"},
    "neo526": {"conf": CONF / "neo4j-5.conf", "tls": "REQUIRED"},
    "neo2608": {"conf": CONF / "neo4j-5.conf", "tls": "OPTIONAL"},
}
"""How those are started that all tests share: with what lies in conf/. A connection with TLS costs the newest 0.14 s of processor
time, and one in clear 0.01: there it is for who asks for it. 4.4 has none, as it is without our files."""


@dataclass
class Neo4jServer(Server):
    """`browser` is the port where its HTTP answers; `port` is that of Bolt. `tls` is REQUIRED, OPTIONAL, or empty."""

    browser: int = 0
    tls: str = ""

    @property
    def url(self) -> str:
        return f"bolt{'+s' if self.tls == 'REQUIRED' else ''}://127.0.0.1:{self.port}"

    @property
    def user(self) -> str:
        return USER

    @property
    def password(self) -> str:
        return self.users[USER].password

    def connect(self) -> Driver:
        """A client; close it after use."""
        from neo4j import GraphDatabase, TrustCustomCAs

        secured: dict[str, Any] = {"encrypted": True, "trusted_certificates": TrustCustomCAs(str(self.ca))}
        return GraphDatabase.driver(
            f"bolt://127.0.0.1:{self.port}",
            auth=(self.user, self.password),
            connection_timeout=5,
            warn_notification_severity="OFF",
            **(secured if self.tls == "REQUIRED" else {}),
        )

    def ask(self, query: str, **parameters: Any) -> list[list[Any]]:
        """The rows of an answer."""
        with self.connect() as driver, driver.session() as session:
            return [list(record.values()) for record in session.run(query, parameters)]

    def answer(self) -> str | None:
        from neo4j.exceptions import DriverError, Neo4jError

        try:
            said = str(self.ask("CALL dbms.components() YIELD versions RETURN versions[0]")[0][0])
            socket.create_connection(("127.0.0.1", self.browser), 5).close()  # 3.5 answers here later than at Bolt
            return said
        except (DriverError, Neo4jError, OSError):
            return None

    def wipe(self) -> None:
        """Remove all nodes. Constraints and indices stay, which take a second to make."""
        while self.ask(f"MATCH (n) WITH n LIMIT {AT_ONCE} DETACH DELETE n RETURN count(*)")[0][0] == AT_ONCE:
            pass

    def drop_constraints(self) -> None:
        """Let it be as before its first use."""
        if self.of.major == 3:
            for (description,) in self.ask("CALL db.constraints() YIELD description RETURN description"):
                self.ask(f"DROP {description}")
        else:
            for (name,) in self.ask("SHOW CONSTRAINTS YIELD name RETURN name"):
                self.ask(f"DROP CONSTRAINT {name}")


def prepare(kind: Kind, folder: Path, ports: tuple[int, int], **more: Any) -> Neo4jServer:
    """A server that can be started, with a password of its own. `tls`: it speaks TLS,
    REQUIRED or OPTIONAL, with a certificate of the lab;
    `conf` is read first, a file as conf/ has it; `heap`, `quick` as for the Elasticsearch family; the rest are settings."""
    tls, conf, heap, quick = (more.pop(name, default) for name, default in _OPTIONS.items())
    server, java = find(kind), javas.find(*kind.java)
    assert server
    assert java
    for name in ("conf", "data", "logs", "plugins", "import", "tmp"):
        (folder / name).mkdir()
    signed = certificates() if tls else None
    if signed:
        for name in ("", "revoked", "trusted"):  # 3.5 wants them all
            (folder / "certificates" / name).mkdir()
        for source, name in ((signed.node_key, "private.key"), (signed.node, "public.crt")):
            (folder / "certificates" / name).write_bytes(source.read_bytes())
    settings = _settings(kind, ports, folder, tls) | more
    given = conf.read_text() if conf else ""
    ours = "".join(f"{key}={value}\n" for key, value in settings.items())
    (folder / "conf" / "neo4j.conf").write_text("\n".join([*_others(given, set(settings)), ours]))
    (auth := folder / "data/dbms/auth.ini").parent.mkdir()
    user = User(USER, secrets.token_hex(9))
    auth.write_text(_first_user(user, kind))
    size = [f"-Xms{heap}", f"-Xmx{heap}", *(javas.QUICK if quick else ())]
    main = MAIN.get(kind.major, "org.neo4j.server.CommunityEntryPoint")
    command = (
        *(java / "bin/java", *size, *_flags(kind, java, folder), "-cp", f"{server}/lib/*", main),
        *(f"--home-dir={folder}", f"--config-dir={folder / 'conf'}"),
    )
    launch = Launch(command, folder, {"NEO4J_HOME": str(folder), "NEO4J_CONF": str(folder / "conf")})
    return Neo4jServer(kind, ports[0], folder, launch, {USER: user}, signed, browser=ports[1], tls=tls)


def _first_user(user: User, kind: Kind) -> str:
    """What `neo4j-admin set-initial-password` writes, for which it starts a Java of its own."""
    salt = secrets.token_bytes(32)
    hashed = hashlib.sha256(salt + user.password.encode()).digest()
    if kind.major == 3:
        return f"{user.name}:SHA-256,{hashed.hex()},{salt.hex()}:\n"
    for _ in range(ROUNDS - 1):
        hashed = hashlib.sha256(hashed).digest()
    return f"{user.name}:SHA-256,{hashed.hex()},{salt.hex()},{ROUNDS}:\n"


_OPTIONS: dict[str, Any] = {"tls": "", "conf": None, "heap": "512m", "quick": True}


def _settings(kind: Kind, ports: tuple[int, int], folder: Path, tls: str) -> dict[str, str]:
    """Where it listens, and that it is small; in the words of its generation."""
    if kind.major < 5:
        prefix, listens = "dbms.connector.", "dbms.connectors." if kind.major == 3 else "dbms."
        small = {"dbms.memory.pagecache.size": "64m", f"{listens}default_listen_address": "127.0.0.1"}
    else:
        prefix = "server."
        small = {
            "server.memory.pagecache.size": "64m",
            "server.default_listen_address": "127.0.0.1",
            "dbms.usage_report.enabled": "false",
        }
    found = {
        f"{prefix}bolt.enabled": "true",
        f"{prefix}bolt.listen_address": f"127.0.0.1:{ports[0]}",
        f"{prefix}bolt.advertised_address": f"127.0.0.1:{ports[0]}",
        f"{prefix}http.enabled": "true",
        f"{prefix}http.listen_address": f"127.0.0.1:{ports[1]}",
        f"{prefix}http.advertised_address": f"127.0.0.1:{ports[1]}",
        f"{prefix}https.enabled": "false",
        "dbms.security.auth_enabled": "true",
    }
    return small | found | (_tls(kind, folder, prefix, tls) if tls else {})


def _tls(kind: Kind, folder: Path, prefix: str, level: str) -> dict[str, str]:
    if kind.major == 3:
        certificates = {f"dbms.ssl.policy.bolt.{name}": str(folder / "certificates" / file) for name, file in _FILES.items()}
        base = {"dbms.ssl.policy.bolt.base_directory": str(folder / "certificates"), "bolt.ssl_policy": "bolt"}
        trusting = {"dbms.ssl.policy.bolt.client_auth": "NONE", "dbms.connector.bolt.tls_level": level}
        return certificates | base | trusting
    return {
        "dbms.ssl.policy.bolt.enabled": "true",
        "dbms.ssl.policy.bolt.base_directory": str(folder / "certificates"),
        "dbms.ssl.policy.bolt.client_auth": "NONE",
        **{f"dbms.ssl.policy.bolt.{name}": file for name, file in _FILES.items()},
        f"{prefix}bolt.tls_level": level,
    }


_FILES = {"private_key": "private.key", "public_certificate": "public.crt"}


def _flags(kind: Kind, java: Path, folder: Path) -> list[str]:
    """What Java is told: which of its own packages may be reached into."""
    flags = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
    if _java_of(java) >= 22:
        flags += ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
    return [*flags, f"-Djava.io.tmpdir={folder / 'tmp'}", "-XX:-UsePerfData", "-Dfile.encoding=UTF-8"]


def _java_of(java: Path) -> int:
    said = next(line for line in (java / "release").read_text().splitlines() if line.startswith("JAVA_VERSION="))
    return int(said.partition('"')[2].split(".")[0].strip('"'))


def _others(given: str, ours: set[str]) -> list[str]:
    """The lines of a configuration but for the settings that a test makes itself."""
    return [line for line in given.splitlines() if line.partition("=")[0].strip() not in ours]


# -- assembling --------------------------------------------------------------------------------------


def find(kind: Kind) -> Path | None:
    """The server's folder, if it was assembled by just these lines."""
    folder = places.assembled() / kind.recipe
    try:
        return folder if (folder / "recipe").read_text() == _fingerprint(kind) else None
    except FileNotFoundError:
        return None


def ensure(kinds: Iterable[Kind]) -> None:
    """Fetch and assemble those that are not here, all at once: a start of Maven takes 4 s of the processor. Raises NotFetched."""
    lacking = [kind for kind in kinds if not find(kind)]
    if not lacking:
        return
    print(f"Fetching and assembling {', '.join(kind.recipe for kind in lacking)}", flush=True)
    with tempfile.TemporaryDirectory(dir=places.assembled(), prefix=".") as folder:
        maven.fetch_with_all({kind.recipe: _artifact(kind) for kind in lacking}, Path(folder) / "fetched")
        for kind in lacking:
            _assemble(kind, Path(folder) / "fetched" / kind.recipe, Path(folder) / kind.recipe)


def _assemble(kind: Kind, jars: Path, folder: Path) -> None:
    """Lay a server out in a folder beside the place where it belongs, and put it there: whole, or not at all."""
    folder.mkdir()
    jars.rename(folder / "lib")
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (folder / "recipe").write_text(_fingerprint(kind))
    target = places.assembled() / kind.recipe
    if target.exists():
        target.rename(folder.with_name(f"{kind.recipe} before"))
    folder.rename(target)


def _artifact(kind: Kind) -> Artifact:
    return Artifact(*ARTIFACTS.get(kind.major, NEWER), kind.version)


def _fingerprint(kind: Kind) -> str:
    return hashlib.sha256(repr(_artifact(kind)).encode()).hexdigest()
