"""Servers put together from what was fetched."""

from __future__ import annotations

import fnmatch
import hashlib
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from tests.servers import places
from tests.servers.recipes import COMPILER, Module, Recipe

JAVA_SOURCES = Path(__file__).parent / "rest_root"


def find(recipe: Recipe) -> Path | None:
    """The server's folder, if it was assembled by just this recipe."""
    folder = places.assembled() / recipe.name
    try:
        return folder if (folder / "recipe").read_text() == _fingerprint(recipe) else None
    except FileNotFoundError:
        return None


def assemble(recipe: Recipe, fetched: Path, java: Path) -> Path:
    """Put a server together from a folder of fetched files. It is there whole, or not at all."""
    target = places.assembled() / recipe.name
    with tempfile.TemporaryDirectory(dir=places.assembled(), prefix=".") as folder:
        zipfile.ZipFile(fetched / recipe.zip.file).extractall(folder)
        (server,) = Path(folder).iterdir()
        _complete(server, recipe, fetched, java)
        _open_to_everybody(server)
        (server / "recipe").write_text(_fingerprint(recipe))
        shutil.rmtree(target, ignore_errors=True)
        server.rename(target)
    return target


def _complete(server: Path, recipe: Recipe, fetched: Path, java: Path) -> None:
    for module in recipe.modules:
        _lay_out(module, server, recipe.version, fetched)
    if recipe.plugin:
        name, artifact = recipe.plugin
        zipfile.ZipFile(fetched / artifact.file).extractall(server / "plugins" / name)
    if recipe.root:
        _add_root(server, recipe, fetched, java)
        _run_on_small_runtimes(server / "lib")
    for pattern in recipe.without:
        for left_out in server.glob(pattern):
            shutil.rmtree(left_out) if left_out.is_dir() else left_out.unlink()


def _lay_out(module: Module, server: Path, version: str, fetched: Path) -> None:
    """A module as the maker's zip has it: its jars, and two files that describe it."""
    folder = server / "modules" / module.name
    folder.mkdir(parents=True)
    for jar in module.jars:
        shutil.copy(fetched / jar.file, folder)
    plugin = _class_in(fetched / module.jars[0].file, module.plugin)
    _describe(folder, server, version, plugin, java="1.8", extends=module.extends)
    if module.granted:
        permissions = "".join(f"  permission {permission};\n" for permission in module.granted)
        (folder / "plugin-security.policy").write_text(f"grant {{\n{permissions}}};\n")


def _class_in(jar: Path, simple_name: str) -> str:
    """The full name of a class: packages differ from version to version."""
    (name,) = fnmatch.filter(zipfile.ZipFile(jar).namelist(), f"*/{simple_name}.class")
    return name.removesuffix(".class").replace("/", ".")


def _describe(folder: Path, server: Path, version: str, plugin: str, java: str, extends: str = "") -> None:
    maker = server.name.partition("-")[0]
    described = {
        "description": folder.name,
        "name": folder.name,
        "version": version,
        f"{maker}.version": version,
        "java.version": java,
        "classname": plugin,
        "extended.plugins": extends,
        "has.native.controller": "false",
    }
    (folder / "plugin-descriptor.properties").write_text("".join(f"{key}={value}\n" for key, value in described.items()))


def _add_root(server: Path, recipe: Recipe, fetched: Path, java: Path) -> None:
    """GET / is a module that the zips of Elasticsearch 8 and 9 lack, and the first thing that clients ask for.

    It is compiled by Eclipse's compiler: a jar, where javac would need a JDK at least as new as the server asks for.
    """
    folder = server / "modules/rest-root"
    with tempfile.TemporaryDirectory() as classes:
        release = str(recipe.root)
        sources = [JAVA_SOURCES / "RootHandler.java", JAVA_SOURCES / f"v{recipe.version[0]}/RootPlugin.java"]
        command: list[str | Path] = [
            java / "bin/java",
            "-jar",
            fetched / COMPILER.file,
            "-nowarn",
            "-source",
            release,
            "-target",
            release,
        ]
        command += ["-classpath", ":".join(map(str, server.glob("lib/*.jar"))), "-d", classes, *sources]
        subprocess.run(command, check=True)
        folder.mkdir()
        with zipfile.ZipFile(folder / "rest-root.jar", "w") as jar:
            for compiled in Path(classes).rglob("*.class"):
                jar.write(compiled, compiled.relative_to(classes))
    _describe(folder, server, recipe.version, "netwar.lab.RootPlugin", java=str(recipe.root))


def _run_on_small_runtimes(lib: Path) -> None:
    """Let it run on a Java without the modules jdk.jdi and jdk.jlink, such as the one out of a Python package.

    Elasticsearch's entitlements name both as required and use neither. In their place they require two that all runtimes
    have; the names are of the same length, so that the compiled description stays as it is otherwise.
    """
    (jar,) = lib.glob("elasticsearch-entitlement-*.jar")
    changed = jar.with_suffix(".changed")
    with zipfile.ZipFile(jar) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "module-info.class":
                content = content.replace(b"jdk.jdi", b"jdk.jfr").replace(b"jdk.jlink", b"jdk.zipfs")
            new.writestr(entry, content)
    changed.rename(jar)


def _open_to_everybody(server: Path) -> None:
    """Readable whatever the umask was: root runs it as somebody else."""
    server.chmod(0o755)
    for path in server.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _fingerprint(recipe: Recipe) -> str:
    made_by = [repr(recipe), Path(__file__).read_text(), *(path.read_text() for path in sorted(JAVA_SOURCES.rglob("*.java")))]
    return hashlib.sha256("\n".join(made_by).encode()).hexdigest()
