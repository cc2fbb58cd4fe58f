"""Configuration files as text: reading them with all their faults, and changing a key without touching the rest."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from netwar.config import trusted
from netwar.config.values import name
from netwar.errors import ConfigError

SECTION = re.compile(r"\s*\[(?P<name>[^]]+)\]")
NO_LINE = "is neither a [section], nor key = value, nor a # comment of its own"


def read(path: Path, problems: list[str], *, shared: bool = False) -> dict[str, dict[str, str]]:
    """Sections, their keys in lower case, and the text of each. What cannot be read, or trusted, is added to `problems`."""
    try:
        raw = trusted.content(path, "go-w" if shared else "600")
        text = raw.decode("utf-8-sig")
        if "\0" in text:
            raise UnicodeError
        text = "\n".join(text.splitlines()) + "\n"  # whatever ends its lines
    except FileNotFoundError:
        return {}
    except trusted.Untrusted as error:
        problems.append(str(error))
        return {}
    except OSError as error:
        problems.append(f"cannot be read: {error.strerror or error}")
        return {}
    except UnicodeError:
        problems.append("is not a text file (UTF-8)")
        return {}
    return _parsed(text, problems)


def section_of(heading: str) -> str:
    """The name that a section's heading stands for: capitals, and [SYSTEM] is [STREAM]."""
    name = heading.strip().upper()
    return "STREAM" if name == "SYSTEM" else name


def _parsed(text: str, problems: list[str]) -> dict[str, dict[str, str]]:
    """Parse leniently, so that one fault does not hide the next; strictly once, to find what stands twice."""
    from configparser import (
        ConfigParser,
        DuplicateOptionError,
        DuplicateSectionError,
        Error,
        ParsingError,
    )

    def parser(strict: bool) -> ConfigParser:
        return ConfigParser(interpolation=None, strict=strict, default_section="")

    try:
        parser(strict=True).read_string(text)
    except DuplicateOptionError as error:
        problems.append(f"line {error.lineno}: {name(error.option)} appears twice in [{name(error.section)}]: keep one")
    except DuplicateSectionError as error:
        problems.append(f"line {error.lineno}: [{name(error.section)}] begins a second time: keep one")
    except Error:
        pass  # told below, with the rest
    lenient = parser(strict=False)
    try:
        lenient.read_string(_from_first_section(text, problems))
    except ParsingError as error:
        # Numbers only: the line itself may hold a secret.
        problems.extend(f"line {number} {NO_LINE}" for number, _ in error.errors)
    return {section: _values(lenient[section]) for section in lenient.sections()}


def _from_first_section(text: str, problems: list[str]) -> str:
    """The text with what comes before its first section blanked out; that is a fault if it says anything."""
    before: list[str] = []
    for line in (lines := text.splitlines(keepends=True)):
        if SECTION.match(line):
            break
        before.append(line)
    if said := [at for at, line in enumerate(before, 1) if line.strip() and line.lstrip()[0] not in "#;"]:
        problems.append(f"line {said[0]} comes before any [section]: the first line must be [API]")
    return "\n" * len(before) + "".join(lines[len(before) :])


def _values(section: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value if isinstance(value, str) else "\n".join(value or []) for key, value in section.items()}


def too_open(path: Path, shared: bool, secret: bool) -> list[str]:
    """What is wrong with the file's permissions: its owner's alone, or, for the shared one, no secret for all to see."""
    mode = path.stat().st_mode
    if shared and secret and mode & (stat.S_IROTH | stat.S_IWOTH):
        return [f"holds a secret and is open to everybody: run  chmod o-rw {quoted(path)}"]
    if not shared and mode & (stat.S_IRGRP | stat.S_IROTH):
        return [f"is open to others than its owner: run  chmod 600 {quoted(path)}"]
    return []


def quoted(path: Path) -> str:
    """A path as it can be pasted into a shell."""
    from shlex import quote

    return quote(str(path))


def write(path: Path, settings: Mapping[tuple[str, str], str]) -> None:
    """Set keys, named by (section, key), and keep everything else in the file: other keys, comments, order.

    The file is replaced in one step and readable by its owner alone; a link is followed to the file itself.
    Raises ConfigError if it cannot be read or written, ValueError for a value of several lines.
    """
    real = Path(os.path.realpath(path))
    try:
        lines = _text(real).splitlines(keepends=True)
        for (section, key), value in settings.items():
            if value.splitlines() != [value] and value:
                raise ValueError(f"the value of {key} must be one line")
            lines = _with(lines, section, key, value)
        _replace(real, "".join(lines))
    except trusted.Untrusted as error:
        raise ConfigError(f"{real} {error}") from None
    except UnicodeError:
        raise ConfigError(f"{real} is not a text file (UTF-8), so it is left as it is: move it away") from None
    except OSError as error:
        raise ConfigError(f"{real} cannot be written: {error.strerror or error}") from error


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise OSError("it is no regular file")  # /dev/null, which root could replace, or a pipe
    try:
        return trusted.content(path, "600").decode("utf-8-sig")
    except FileNotFoundError:
        return ""


def _with(lines: list[str], section: str, key: str, value: str) -> list[str]:
    """The lines with one key set: where it stands, else after the last key of its section, else in a new one."""
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    line = f"{key} = {value}".rstrip() + end
    if lines and not lines[-1].endswith("\n"):
        lines = [*lines[:-1], lines[-1] + end]
    inside = _inside(lines, section)
    if not inside:
        return [*lines, *([end] if lines else []), f"[{section}]{end}", line]
    if stands := [at for at in inside if re.match(rf"\s*{re.escape(key)}\s*[=:]", lines[at], re.IGNORECASE)]:
        rest = _after_value(lines, stands[-1])
        return [*lines[: stands[-1]], line, *lines[rest:]]
    after = max(at for at in inside if lines[at].strip()) + 1
    return [*lines[:after], line, *lines[after:]]


def _inside(lines: list[str], section: str) -> list[int]:
    """The numbers of the lines of a section, its heading included."""
    inside, found = False, []
    for at, line in enumerate(lines):
        if heading := SECTION.match(line):
            inside = section_of(heading["name"]) == section_of(section)
        if inside:
            found.append(at)
    return found


def _after_value(lines: list[str], at: int) -> int:
    """The first line after a key's value: one indented deeper than the key goes on with it."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    after = at + 1
    while after < len(lines) and lines[after].strip() and len(lines[after]) - len(lines[after].lstrip()) > indent:
        after += 1
    return after


def _replace(path: Path, text: str) -> None:
    """Put a new text in a file's place, in one step that survives a power cut."""
    from tempfile import mkstemp

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = mkstemp(prefix=f"{path.name}.", dir=path.parent)  # for the owner alone, from the first moment
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
