"""What holds for every program in bin/."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.desk import BIN, ROOT, Desk, Ended
from tests.rows import rows

PROGRAMS = sorted(path.name for path in BIN.glob("tw-*"))
HEAVY = {"tweepy", "requests", "requests_oauthlib", "aiohttp", "psutil", "orjson", "backports", "tenacity", "sqlite3"}
HEAVY |= {"elasticsearch", "neo4j", "redis", "walrus", "asyncio", "configparser", "decimal", "urllib3", "tomllib"}
MAX_LINES = 80
MOST_MODULES = 100  # beside those of click
COMMON = ("--config", "-q, --quiet", "-v, --verbose", "--version", "-h, --help")
ALONE = {"tw-sandbox"}  # no part of the recorder: has no configuration and asks nobody
UNCONFIGURED = {*ALONE, "tw-help"}
every = rows("name", PROGRAMS)


def tree(name: str) -> ast.Module:
    return ast.parse((BIN / name).read_text())


def test_there_are_programs() -> None:
    assert "tw-idu3elk" in PROGRAMS
    assert not [path.name for path in BIN.iterdir() if path.name.endswith(".py")]


@every
def test_it_is_a_program(name: str) -> None:
    path = BIN / name
    assert path.is_file()
    assert path.stat().st_mode & 0o111 == 0o111
    assert path.read_text().startswith("#!/usr/bin/env python3\n")


@every
def test_it_has_a_docstring_whose_first_line_is_a_sentence(name: str) -> None:
    first = (ast.get_docstring(tree(name)) or "").splitlines()[0]
    assert first.endswith(".")
    assert first[0].isupper()
    assert len(first) <= 110


@every
def test_it_fits_on_a_screen(name: str) -> None:
    assert len((BIN / name).read_text().splitlines()) <= MAX_LINES


@every
def test_its_help_loads_little_and_nothing_heavy(name: str, desk: Desk) -> None:
    """It is the docstring and ends with the common options; one process of it shows all that.

    How long it takes is a matter of the modules; benchmarks/startup.py measures it: at most 1.8 times `import click`.
    """
    shown, modules = loaded(desk)[name]
    assert not {module.partition(".")[0] for module in modules} & HEAVY
    more = modules - loaded(desk)["click"][1]
    assert len(more) <= MOST_MODULES, sorted(more)
    first = (ast.get_docstring(tree(name)) or "").splitlines()[0]
    assert first in " ".join(shown.split())
    if name not in ALONE:
        at = [shown.index(f"\n  {option} ") for option in COMMON]
        assert at == sorted(at)
        assert shown.count("\n  -", at[0]) == len(COMMON)


# Each program in a fork of an interpreter that has loaded click alone, which is most of what its start takes.
ASKED_FOR_HELP = """
import os, sys, click

main = sys.modules["__main__"]
print("", *sys.modules, end="\\0", flush=True)
for path in sys.argv[1:]:
    output = os.memfd_create("output")
    if not (child := os.fork()):
        os.dup2(output, 1)
        sys.argv[:], main.__file__, sys.path[0] = [path, "-h"], path, os.path.dirname(path)
        try:
            exec(compile(open(path).read(), path, "exec"), vars(main))
        except SystemExit as ended:
            sys.stdout.flush()
            os.write(1, " ".join(["", *sys.modules]).encode())
            os._exit(ended.code or 0)
    assert os.waitpid(child, 0)[1] == 0, path
    print(os.pread(output, 1_000_000, 0).decode(), end="\\0", flush=True)
"""


@cache
def loaded(desk: Desk) -> dict[str, tuple[str, set[str]]]:
    """What each program shows when it is asked for help, and all modules that it has loaded then; and those of click alone."""
    command = [sys.executable, "-c", ASKED_FOR_HELP, *(str(BIN / name) for name in PROGRAMS)]
    done = subprocess.run(command, env=desk.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = [text.rpartition("\n") for text in done.stdout.split("\0")]
    names = ["click", *PROGRAMS, ""]  # behind the last there is nothing
    return {name: (shown, set(modules.split())) for name, (shown, _, modules) in zip(names, told, strict=True)}


@every
def test_a_python_without_the_libraries_is_told_what_to_do(name: str, desk: Desk) -> None:
    """A PATH that was forgotten, or cron's own."""
    environment = {key: value for key, value in desk.environment.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-S", str(BIN / name), "-h"], env=environment, capture_output=True, text=True, timeout=60
    )
    said = f"{name}: {sys.executable} has no library click: run `make venv`, and put its .venv/bin first on PATH\n"
    assert (done.returncode, done.stdout, done.stderr) == (78, "", said)


@every
def test_an_unknown_option_is_a_usage_error(name: str, desk: Desk) -> None:
    ended = desk.run(name, "--no-such-option", check=2)
    assert "No such option" in ended.stderr
    assert ended.stdout == ""
    assert list(desk.home.iterdir()) == []


@every
def test_it_has_its_row_in_the_readme(name: str) -> None:
    first = (ast.get_docstring(tree(name)) or "").splitlines()[0]
    assert f"| `{name}` | {first} |" in (ROOT / "README.md").read_text()


@rows("name", [name for name in PROGRAMS if name not in UNCONFIGURED])
def test_a_broken_configuration_is_told_by_all_that_need_one(name: str, desk: Desk) -> None:
    config = desk.configure(budget="much", auth="none")
    ended = desk.run(name, *WORDS.get(name, ()), env={"CONSUMER_KEY": "k", "CONSUMER_SECRET": "s"}, check=78)
    assert ended.stderr == (
        f"{name}: the configuration cannot be used:\n"
        f"  - {config}: [API] budget must be dollars a day such as 5 or 2.50, not 'much'\n"
        f"  - {config}: [API] auth must be user or app, not 'none'\n"
    )


WORDS = {
    "tw-1name": ("nasa",),
    "tw-1num": ("1",),
    "tw-elk": ("health",),
    "tw-1tweet": ("1",),
    "tw-backup": ("backups",),
    "tw-coaction": ("brexit", "--by", "retweet"),
    "tw-conversation": ("1", "brexit"),
    "tw-copy": ("brexit", "other"),
    "tw-count": ("rain",),
    "tw-coverage": ("brexit",),
    "tw-dequeue": ("nasa",),
    "tw-dumptweets": ("brexit",),
    "tw-dumpusers": ("brexit",),
    "tw-harvestlinks": ("brexit",),
    "tw-fixgraph": ("-",),
    "tw-follow2usertest": ("nasa",),
    "tw-followdiff": ("nasa",),
    "tw-followdump": ("nasa",),
    "tw-followquick": ("nasa",),
    "tw-friend2usertest": ("nasa",),
    "tw-friendquick": ("nasa",),
    "tw-gexf": ("brexit",),
    "tw-idu3elk": ("brexit",),
    "tw-hydrate": ("-", "brexit"),
    "tw-import": ("-", "brexit"),
    "tw-file2filt": ("author", "-"),
    "tw-list2filt": ("nsce",),
    "tw-gaps": ("brexit",),
    "tw-graph": ("feed",),
    "tw-neighbors": ("nasa",),
    "tw-amplifiers": ("brexit",),
    "tw-top": ("brexit",),
    "tw-tagnode": ("-",),
    "tw-listlog": ("brexit",),
    "tw-listmembers": ("nsce",),
    "tw-mend": ("meter.sqlite",),
    "tw-perflog": ("nasa", "event"),
    "tw-quser2usertest": ("-",),
    "tw-supervise": (".",),
    "tw-restore": ("backups",),
    "tw-verify": ("backups",),
    "tw-showmywork": ("brexit",),
    "tw-stream": ("brexit", "--detach"),
    "tw-tracklists": ("brexit",),
    "tw-wipemywork": ("brexit",),
    "tw-quser2work": ("-",),
    "tw-search": ("brexit", "word"),
    "tw-search2elk": ("brexit", "rain"),
    "tw-tnamesearch": ("-",),
    "tw-tumsearch": ("-",),
    "tw-usersearch": ("nasa",),
    "tw-usersearchadd": ("-",),
    "tw-touchindex": ("brexit",),
}


def test_a_bare_checkout_runs_from_anywhere(desk: Desk) -> None:
    """Without anything installed but what the library needs: bin/netwar leads to it, through links too."""
    link = desk.home / "tw-link"
    link.symlink_to(BIN / "tw-myname")
    environment = {name: value for name, value in desk.environment.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, str(link), "-h"], env=environment, cwd="/", capture_output=True, text=True)
    ended = Ended(done.returncode, done.stdout, done.stderr)
    assert ended.status == 0, ended.stderr
    assert os.readlink(BIN / "netwar") == "../netwar"


def test_ruff_reads_the_programs() -> None:
    """ruff passes over files without an ending unless it is told of them."""
    ruff = Path(sys.executable).with_name("ruff")
    read = subprocess.run([ruff, "check", "--show-files", "."], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {Path(line).name for line in read.splitlines()} >= set(PROGRAMS)
