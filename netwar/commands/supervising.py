"""Which programs are to be kept running for the configurations of a folder."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from netwar.cli.output import echo_lines
from netwar.cli.services import Services
from netwar.errors import ConfigError, NetwarError
from netwar.operations.supervising import Unit
from netwar.records.text import plural

WITH_INDEX = "tw-tracklists"  # the program that takes its index as a word alone


def shown(services: Services, folder: Path, programs: Sequence[str], log: Path) -> str:
    """Print a unit for each program and configuration, and for each capture; the outcome. Raises ConfigError."""
    configs = sorted(folder.glob("*.conf"))
    if not configs:
        raise NetwarError(f"{folder} has no configuration: tw-auth --config {folder}/NAME.conf  makes one")
    units = [*_accounts(services, configs, programs), *_captures(folder, configs)]
    path = os.pathsep.join((str(Path(sys.executable).parent), str(Path(sys.argv[0]).absolute().parent), "/usr/bin", "/bin"))
    echo_lines("\n".join(unit.written(path, str(log.absolute())) for unit in units))
    return f"{plural(len(units), 'unit')} for {plural(len(configs), 'configuration')}"


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
    """NAME.txt is recorded into NAME, with NAME.conf if there is one, else with the first."""
    for lines in sorted(folder.glob("*.txt")):
        config = next((one for one in configs if one.stem == lines.stem), configs[0])
        words = ("tw-stream", lines.stem, str(lines.absolute()), "-q", "--config", str(config.absolute()))
        yield Unit(f"tw-stream-{_name(lines)}", words, stays=True, pause=10)


def _name(path: Path) -> str:
    """As supervisord takes one."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", path.stem)
