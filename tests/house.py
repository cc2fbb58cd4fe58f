"""The house, counted: its rooms, the arrows between them, circles of modules at run time, its longest function and file.

    python -m tests.house       print it; the status is 1 where there is a circle, or something is longer than its limit

An arrow is that one room imports another, at run time or for its types. A room is a folder or a module right below netwar/,
and bin/ is one. docs/architecture.md is drawn by this module.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PACKAGE = "netwar"
MAX_FUNCTION, MAX_FILE = 36, 284
Arrows = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Longest:
    """What is longest of its kind, in lines."""

    lines: int
    where: str


@cache
def graph(*, types: bool) -> grimp.ImportGraph:
    """The imports among the modules of the library; with or without those that only a type checker follows."""
    return grimp.build_graph(PACKAGE, exclude_type_checking_imports=not types, cache_dir=None)  # a cache may be stale


def module_arrows(*, types: bool = True) -> Arrows:
    """Whom each module of the library imports."""
    known = graph(types=types)
    return {module: known.find_modules_directly_imported_by(module) for module in known.modules}


def programs() -> list[Path]:
    """The programs in bin/, of which grimp knows nothing."""
    return sorted((ROOT / "bin").glob("tw-*"))


def imported_by(program: Path) -> set[str]:
    """The modules of the library that a program imports, inside functions too."""
    modules = graph(types=True).modules
    found: set[str] = set()
    for node in ast.walk(ast.parse(program.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= named & modules if named <= modules else (named & modules) | {node.module}
    return {module for module in found if module.partition(".")[0] == PACKAGE}


def room(module: str) -> str:
    """The room that a module stands in."""
    return module.split(".")[1] if "." in module else PACKAGE


def rooms() -> Arrows:
    """Every room, and which other rooms it imports."""
    found: Arrows = {"bin": {room(module) for program in programs() for module in imported_by(program)}}
    for module, imported in module_arrows().items():
        if module != PACKAGE:
            found.setdefault(room(module), set()).update(room(one) for one in imported if one != PACKAGE)
    return {name: others - {name} for name, others in sorted(found.items())}


def circles(arrows: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The groups of modules that reach each other in a circle, each sorted."""
    reached = {module: _reached(module, arrows) for module in arrows}
    groups = {tuple(sorted(other for other in reached[module] if module in reached[other])) for module in arrows}
    return sorted(list(group) for group in groups if group)


def _reached(start: str, arrows: Mapping[str, Iterable[str]]) -> set[str]:
    """Everything that the arrows lead to from here; the start itself only by a circle."""
    found: set[str] = set()
    ahead = list(arrows.get(start, ()))
    while ahead:
        if (module := ahead.pop()) not in found:
            found.add(module)
            ahead.extend(arrows.get(module, ()))
    return found


def reduced(arrows: Arrows) -> Arrows:
    """The arrows without those that a longer way leads along as well, for a picture that can be read. There is no circle."""
    reached = {name: _reached(name, arrows) for name in arrows}
    return {name: {one for one in to if not any(one in reached[other] for other in to)} for name, to in arrows.items()}


def files() -> Iterator[Path]:
    """What the limits hold for: the library and the programs."""
    yield from sorted((ROOT / PACKAGE).rglob("*.py"))
    yield from programs()


def longest_file() -> Longest:
    """The file with the most lines."""
    return max((Longest(len(path.read_text().splitlines()), _name(path)) for path in files()), key=lambda one: one.lines)


def longest_function() -> Longest:
    """The function with the most lines, from its `def` to its end."""
    return max((found for path in files() for found in _functions(path)), key=lambda one: one.lines)


def _functions(path: Path) -> Iterator[Longest]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Longest((node.end_lineno or node.lineno) - node.lineno + 1, f"{_name(path)}: {node.name}")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def picture() -> Iterator[str]:
    """The rooms as a mermaid flowchart, from the top down, without the arrows that a longer way implies."""
    yield "flowchart TD"
    for name, others in reduced(rooms()).items():
        for other in sorted(others):
            yield f"    {name} --> {other}"
        if not others and not any(name in to for to in rooms().values()):
            yield f"    {name}"


def contents() -> Iterator[str]:
    """A table of the rooms: what is in each, and what it imports."""
    yield "| room | what is in it | imports |"
    yield "|---|---|---|"
    for name, others in rooms().items():
        yield f"| {name} | {_said(name)} | {', '.join(sorted(others)) or 'nothing of ours'} |"


def _said(name: str) -> str:
    """The first sentence of a room's docstring."""
    if name == "bin":
        return "The programs."
    path = ROOT / PACKAGE / name / "__init__.py"
    text = ast.get_docstring(ast.parse((path if path.exists() else ROOT / PACKAGE / f"{name}.py").read_text())) or ""
    return " ".join(text.partition("\n\n")[0].split())


def main() -> int:
    """Print what was counted; 1 where it breaks a limit."""
    arrows, function, file = rooms(), longest_function(), longest_file()
    at_run_time = circles(module_arrows(types=False))
    print(f"rooms                          {len(arrows):>5}")
    print(f"arrows between rooms           {sum(map(len, arrows.values())):>5}")
    print(f"modules                        {len(module_arrows()):>5}")
    print(f"circles of modules at run time {len(at_run_time):>5}", *(" <-> ".join(group) for group in at_run_time))
    for group in circles(module_arrows()):
        print(f"  for their types alone, too:  {' <-> '.join(group)}")
    print(f"lines of the longest function  {function.lines:>5}  {function.where} (at most {MAX_FUNCTION})")
    print(f"lines of the longest file      {file.lines:>5}  {file.where} (at most {MAX_FILE})")
    return int(bool(at_run_time) or function.lines > MAX_FUNCTION or file.lines > MAX_FILE)


if __name__ == "__main__":
    sys.exit(main())
