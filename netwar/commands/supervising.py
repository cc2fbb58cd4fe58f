"""Which programs are to be kept running for the configurations of a folder."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from netwar.cli.output import echo_lines
from netwar.cli.services import Services
from netwar.errors import ConfigError, NetwarError
from netwar.operations import crontab
from netwar.operations.supervising import CAPTURE_PAUSE, TEMPLATE, Unit
from netwar.records.documents import checked_name
from netwar.records.text import plural

WITH_INDEX = "tw-tracklists"  # the program that takes its index as a word alone


def shown(services: Services, folder: Path, programs: Sequence[str], log: Path, template: Path | None) -> str:
    """Print a unit for each program and configuration, and for each capture; the outcome. Raises ConfigError."""
    configs = _configs(folder)
    units = [*_accounts(services, configs, programs), *_captures(folder, configs)]
    _check_names(units)
    text = _read(template) if template else TEMPLATE.read_text(encoding="utf-8")
    echo_lines("\n".join(unit.written(text, _path(), str(log.absolute())) for unit in units))
    return f"{plural(len(units), 'unit')} for {plural(len(configs), 'configuration')}"


def _read(template: Path) -> str:
    from netwar.connections.given_files import opener

    try:
        with open(template, encoding="utf-8", opener=opener) as file:
            return file.read()
    except OSError as error:
        raise NetwarError(f"{template} cannot be read: {error.strerror or error}") from error


def shown_for_cron(services: Services, folder: Path, programs: Sequence[str], at_once: int) -> str:
    """Print a crontab for each program and configuration, spread over minutes; the outcome. Raises ConfigError."""
    configs = _configs(folder)
    units = list(_accounts(services, configs, programs))
    captures = len(list(_captures(folder, configs)))
    echo_lines("\n".join(crontab.written([unit.words for unit in units], _path(), at_once)))
    left = f"; {plural(captures, 'capture')} left out, which cron cannot keep: docs/supervising.md" if captures else ""
    return f"{plural(len(units), 'line')} for {plural(len(configs), 'configuration')}{left}"


def _configs(folder: Path) -> list[Path]:
    if configs := sorted(folder.glob("*.conf")):
        return configs
    raise NetwarError(f"{folder} has no configuration: tw-auth --config {folder}/NAME.conf  makes one")


def _path() -> str:
    """Where programs are looked for: where this one is, and its Python."""
    return os.pathsep.join((str(Path(sys.executable).parent), str(Path(sys.argv[0]).absolute().parent), "/usr/bin", "/bin"))


def _accounts(services: Services, configs: Sequence[Path], programs: Sequence[str]) -> Iterator[Unit]:
    problems: list[str] = []
    for config in configs:
        try:
            index = services.for_config(config).settings.index
        except ConfigError as error:
            problems += error.problems
            continue
        if index is None:
            problems.append(f"{config} has no index: write  index = NAME  under [STREAM]")
            continue
        for program in programs:
            more = (index,) if program == WITH_INDEX else ()
            words = (program, *more, "-q", "--config", str(config.absolute()))
            yield Unit(f"{program}-{_name(config)}", words)
    if problems:
        raise ConfigError("these cannot be kept running:", problems)


def _captures(folder: Path, configs: Sequence[Path]) -> Iterator[Unit]:
    """NAME.txt is recorded into NAME, with NAME.conf if there is one, else with the first. Raises ConfigError."""
    files = sorted(folder.glob("*.txt"))
    if problems := [f"{lines}: {fault}" for lines in files if (fault := _fault(lines.stem))]:
        raise ConfigError("these cannot be captures:", problems)
    for lines in files:
        config = next((one for one in configs if one.stem == lines.stem), configs[0])
        words = ("tw-stream", lines.stem, str(lines.absolute()), "-q", "--config", str(config.absolute()))
        yield Unit(f"tw-stream-{_name(lines)}", words, stays=True, pause=CAPTURE_PAUSE)


def _fault(index: str) -> str:
    """Why this names no index, "" if it does: a file called --stop.txt would be an option of each capture."""
    try:
        checked_name(index)
    except ValueError as error:
        return str(error)
    return ""


def _check_names(units: Sequence[Unit]) -> None:
    """Of two units with one name supervisord would run the last alone, and say nothing."""
    seen = Counter(unit.name for unit in units)
    if twice := [name for name, times in seen.items() if times > 1]:
        raise ConfigError(f"two files would be the unit {twice[0]}: rename one of them")


def _name(path: Path) -> str:
    """As supervisord takes one."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", path.stem)
