"""The documents do not lie: what they name exists, and their tables are those of the code."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from netwar import errors
from netwar.config import SECTIONS
from netwar.meter.prices import each
from tests.desk import BIN, ROOT
from tests.rows import rows
from tests.test_crontab import load

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "crontab.txt", ROOT / "example.conf"])
MADE_UP = "tw-uncovered"  # the program that CONTRIBUTING makes, and tests/test_contributing.py tries
documents = rows("path", DOCUMENTS)


def test_there_are_documents() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "operating.md", "costs.md"} <= {path.name for path in DOCUMENTS}


@documents
def test_every_program_that_is_named_is_there(path: Path) -> None:
    named = set(re.findall(r"\btw-[a-z0-9]+\b", path.read_text()))
    assert not {name for name in named - {MADE_UP} if not (BIN / name).exists()}


@documents
def test_every_option_that_is_named_with_a_program_is_one(path: Path) -> None:
    for name, rest in re.findall(r"\b(tw-[a-z0-9]+)((?: [^\n`|#&]*)?)", path.read_text().replace(MADE_UP, "")):
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
            assert option in options(name), f"{path.name}: {name} has no {option}"


@cache
def options(name: str) -> set[str]:
    parameters = load(name).params
    return {"--help", *(option for parameter in parameters for option in parameter.opts)}


@documents
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", path.read_text())
    assert not [link for link in links if not link.startswith("https://") and not (path.parent / link).exists()]


@documents
def test_nothing_but_the_project_is_spoken_of(path: Path) -> None:
    assert "/work" not in path.read_text()


def test_every_exit_status_is_in_the_readme() -> None:
    told = {int(number) for number in re.findall(r"^\| (\d+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)}
    raised = {error.exit_status for error in vars(errors).values() if isinstance(error, type) and hasattr(error, "exit_status")}
    assert told == raised | {0, 2}


def test_every_program_is_in_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert not [path.name for path in BIN.glob("tw-*") if path.name not in changelog]


def test_every_setting_in_backquotes_is_one() -> None:
    keys = {key for section in SECTIONS.values() for key in section}
    named = set(re.findall(r"`(budget|data|expand|maxcpu|maxmem|index|api|homedir|redishost|elksg) ?", _all()))
    assert named <= keys


def test_every_make_target_that_is_named_is_one() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^    |&& )make ([a-z]+)", _all(), re.MULTILINE))
    assert named
    assert named <= targets


def test_every_requirement_has_a_lower_bound_and_stays_below_the_next_major() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for requirement in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]:
        assert re.match(r"[\w.-]+>=[\d.]+,<[\d.]+(;.*)?$", requirement), requirement


# What each price that is written out is the price of, in the order of a file. `$0.005` has three places, sums have fewer.
PRICED = {
    "README.md": ["post", "user"],
    "example.conf": ["post", "user"],
    "docs/costs.md": ["post", "user", "user", "user", "user"],
    "docs/growing.md": ["post"],
    "docs/imports.md": ["post", "user"],
    "docs/profiles.md": ["user", "user"],
    "docs/sandbox.md": ["post", "user", "follower", "list"],
    "docs/search.md": ["post", "user", "post", "counts_recent", "counts_all", "user"],
    "bin/tw-1name": ["user"],
    "bin/tw-1num": ["user"],
    "bin/tw-follow2usertest": ["follower", "user"],
    "bin/tw-followquick": ["follower"],
    "bin/tw-friend2usertest": ["following", "user"],
    "bin/tw-friendquick": ["following"],
    "bin/tw-list2filt": ["user"],
    "bin/tw-listmembers": ["user"],
    "bin/tw-lists": ["list", "user"],
    "bin/tw-queue2usertest": ["user"],
    "bin/tw-quser2work": ["user"],
    "docs/lists.md": ["user", "list"],
    "docs/streams.md": ["post", "user"],
}


def test_prices_are_those_of_the_price_list() -> None:
    """Whoever changes netwar/data/prices.toml is told where else they stand; the code names none."""
    for path in sorted({*DOCUMENTS, *BIN.glob("tw-*"), *(ROOT / "netwar").rglob("*.py")}):
        name = str(path.relative_to(ROOT))
        written = re.findall(r"\$(\d+\.\d{3})\b", path.read_text())
        assert written == [f"{each(kind) / 1e6:.3f}" for kind in PRICED.get(name, [])], name


def test_the_table_of_lists_has_the_price_of_followers() -> None:
    rows = re.findall(r"^\| ([\d,]+) \| \$([\d,]+) \|", (ROOT / "docs" / "profiles.md").read_text(), re.MULTILINE)
    assert len(rows) == 3
    for followers, dollars in rows:
        assert int(dollars.replace(",", "")) * 1_000_000 == int(followers.replace(",", "")) * each("follower")


def _all() -> str:
    return "\n".join(path.read_text() for path in DOCUMENTS)


# Words that have another name in the glossary of CONTRIBUTING, or in the field; the sandbox does serve faults on demand.
UNSAID = {
    r"\bdoubles?\b(?!-)": "duplicates",
    r"\bstanding\b": "status",
    r"\bfaults?\b": "errors",
    r"\bway on\b": "next page token",
    r"\bdearest\b": "most expensive",
    r"\bof old\b": "earlier",
    r"\bin clear\b(?! text)": "in clear text",
}


def test_one_thing_has_one_word() -> None:
    about_us = [path for path in DOCUMENTS if path.name not in ("sandbox.md", "CHANGELOG.md") and path.parent.name != "decisions"]
    texts = {str(path): path.read_text() for path in about_us}
    texts |= {path.name: ast.get_docstring(ast.parse(path.read_text())) or "" for path in BIN.glob("tw-*")}
    for path in (ROOT / "netwar").rglob("*.py"):
        if "sandbox" not in path.parts:
            texts[str(path.relative_to(ROOT))] = "\n".join(_sentences(ast.parse(path.read_text())))
    for name, text in texts.items():
        for word, better in UNSAID.items():
            if not re.search(word, text, re.IGNORECASE):
                continue
            found = [line for line in text.splitlines() if re.search(word, line, re.IGNORECASE) and "sandbox" not in line]
            assert not found, f"{name}: say {better}"


def _sentences(tree: ast.Module) -> Iterator[str]:
    """What a module says to people: its strings of several words, without docstrings."""
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
            and " " in node.value.strip()
        ):
            yield node.value
