"""How each family's security is set up: settings of the server, and files in its configuration folder.

Who may what stands in conf/, where operators copy it from; the users and their passwords are the lab's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.servers.certificates import ADMIN as ADMIN_CERTIFICATE
from tests.servers.certificates import NODE, Certificates
from tests.servers.kinds import Guard
from tests.servers.places import ROOT
from tests.servers.server_arguments import Setting
from tests.servers.users import ADMIN, User

CONF = ROOT / "conf"

PROTOCOL = "TLSv1.3"
CIPHER = "TLS_CHACHA20_POLY1305_SHA256"
"""Java's first compiler has no instructions for AES, with which a tenth of the processor's time goes into TLS."""

Users = Mapping[str, User]


def settings(guard: Guard) -> dict[str, Setting]:
    """The settings that turn a guard on; file names in them are relative to the configuration folder."""
    match guard:
        case Guard.SEARCH_GUARD:
            return _of_plugin("searchguard.", "searchguard.") | {
                "searchguard.enterprise_modules_enabled": "false",
                "searchguard.allow_default_init_sgindex": "true",
                "searchguard.enable_snapshot_restore_privilege": "true",
            }
        case Guard.OPENSEARCH:
            prefix = "plugins.security."
            return _of_plugin(prefix, prefix) | {
                "plugins.security.allow_default_init_securityindex": "true",
                "plugins.security.restapi.roles_enabled": ["all_access"],  # without it nobody may look at users
            }
        case Guard.XPACK:
            return {"xpack.security.enabled": "true"} | _of_xpack("http") | _of_xpack("transport")
        case _:
            return {}


def write(guard: Guard, config: Path, server: Path, users: Users, certificates: Certificates) -> None:
    """Put certificates, users and roles where the server reads them. `server` is the folder it was assembled in."""
    shutil.copytree(certificates.folder, config, dirs_exist_ok=True)
    match guard:
        case Guard.SEARCH_GUARD:
            _write_search_guard(config / "sgconfig", server / "plugins/search-guard-6/sgconfig", users)
        case Guard.OPENSEARCH:
            _write_opensearch(config / "opensearch-security", server / "plugins/opensearch-security/config", users)
        case Guard.XPACK:
            _write_xpack(config, users)


def properties(guard: Guard, config: Path) -> list[str]:
    """Java's system properties that a guard looks at."""
    return [f"-Dsg.default_init.dir={config / 'sgconfig'}"] if guard is Guard.SEARCH_GUARD else []


def _of_plugin(prefix: str, ssl: str) -> dict[str, Setting]:
    """Search Guard and its descendant in OpenSearch call these the same."""
    pem = {
        f"{ssl}ssl.{layer}.{what}_filepath": name
        for layer in ("transport", "http")
        for what, name in (("pemcert", "node.pem"), ("pemkey", "node-key.pem"), ("pemtrustedcas", "ca.pem"))
    }
    return {
        **pem,
        f"{ssl}ssl.http.enabled": "true",
        f"{ssl}ssl.transport.enforce_hostname_verification": "false",
        f"{ssl}ssl.http.enabled_protocols": [PROTOCOL],
        f"{ssl}ssl.http.enabled_ciphers": [CIPHER],
        f"{prefix}authcz.admin_dn": [ADMIN_CERTIFICATE],
        f"{prefix}nodes_dn": [NODE],
    }


def _of_xpack(layer: str) -> dict[str, Setting]:
    prefix = f"xpack.security.{layer}.ssl."
    return {
        f"{prefix}enabled": "true",
        f"{prefix}key": "node-key.pem",
        f"{prefix}certificate": "node.pem",
        f"{prefix}certificate_authorities": ["ca.pem"],
        f"{prefix}supported_protocols": [PROTOCOL],
        f"{prefix}cipher_suites": [CIPHER],
    }


def _write_search_guard(folder: Path, shipped: Path, users: Users) -> None:
    shutil.copytree(shipped, folder)
    for name in ("sg_roles.yml", "sg_roles_mapping.yml"):
        _append(folder / name, CONF / "searchguard" / name)
    known = {user.name: {"hash": user.hash, "roles": [user.role or ADMIN]} for user in users.values()}
    (folder / "sg_internal_users.yml").write_text(json.dumps(known))


def _write_opensearch(folder: Path, shipped: Path, users: Users) -> None:
    shutil.copytree(shipped, folder)
    shutil.copy(CONF / "opensearch/roles.yml", folder)
    shutil.copy(CONF / "opensearch/roles_mapping.yml", folder)
    with open(folder / "roles_mapping.yml", "a") as mapping:
        mapping.write(f"\nall_access:\n  backend_roles: [{ADMIN}]\n")
    known = {user.name: {"hash": user.hash, "backend_roles": [user.role or ADMIN]} for user in users.values()}
    meta = {"_meta": {"type": "internalusers", "config_version": 2}}
    (folder / "internal_users.yml").write_text(json.dumps(meta | known))


def _write_xpack(config: Path, users: Users) -> None:
    shutil.copy(CONF / "elasticsearch/roles.yml", config)
    (config / "users").write_text("".join(f"{user.name}:{user.hash}\n" for user in users.values()))
    (config / "users_roles").write_text("".join(f"{user.role or 'superuser'}:{user.name}\n" for user in users.values()))


def _append(file: Path, more: Path) -> None:
    with open(file, "a") as target:
        target.write("\n\n" + more.read_text())
