"""make install: programs, manual and completion below a PREFIX, with the libraries of the environment that the tests run in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import BIN, ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")

PROGRAMS = sorted(path.name for path in BIN.glob("tw-*"))


def make(target: str, prefix: Path | str, python: str = sys.executable, *more: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", target, f"PREFIX={prefix}", f"VENV={sys.prefix}", f"PYTHON={python}", *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    prefix = tmp_path_factory.mktemp("installed") / "prefix"
    done = make("install", prefix)
    assert done.returncode == 0, done.stderr
    yield prefix
    assert make("uninstall", prefix).returncode == 0
    assert [path for path in prefix.rglob("*") if not path.is_dir()] == []
    assert not (prefix / "lib/netwar").exists()


def run(prefix: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(prefix), "PATH": f"{prefix}/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **more}
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=60)


def test_the_programs_run_from_anywhere(prefix: Path) -> None:
    assert sorted(os.listdir(prefix / "bin")) == ["netwar", *PROGRAMS]
    said = run(prefix, "tw-elk", "--list", "tasks")
    assert (said.returncode, said.stderr) == (0, "")
    assert "  cancel TASK " in said.stdout
    assert run(prefix, "netwar").stdout == run(prefix, "tw-help").stdout != ""
    assert "$ tw-coverage brexit" in run(prefix, "tw-help", "look").stdout
    where = run(prefix, str(prefix / "lib/netwar/bin/tw-help"), "-v", "look", PYTHONVERBOSE="1").stderr
    assert f"{prefix}/lib/netwar/bin/netwar/cli/command.py" in where
    assert "wrote" not in where, "what is compiled is there already, for those who may not write it"


def test_it_is_replaced_by_the_next_one(prefix: Path) -> None:
    """Also what the next version has no more."""
    (prefix / "bin/tw-gone").symlink_to("../lib/netwar/bin/tw-gone")
    with open(prefix / "lib/netwar/files", "a") as files:
        print("bin/tw-gone", file=files)
    (links := prefix.parent / "on PATH").mkdir()
    assert "without blanks" in make("install", prefix, sys.executable, f"LINKS={links}").stderr
    links = links.rename(prefix.parent / "links")
    (links / "of-others").touch()
    assert make("install", prefix, sys.executable, f"LINKS={links}").returncode == 0
    assert sorted(os.listdir(prefix / "bin")) == ["netwar", *PROGRAMS]
    assert sorted(os.listdir(links)) == ["netwar", "of-others", *PROGRAMS]
    assert run(prefix, str(links / "tw-help")).returncode == 0
    assert make("install", prefix).returncode == 0
    assert os.listdir(links) == ["of-others"], "links that are not wanted any more go"


def test_what_is_somebody_elses_is_neither_removed_nor_written_through(tmp_path: Path) -> None:
    library, page = tmp_path / "lib/netwar", tmp_path / "share/man/man1/tw-help.1"
    for path, said in ((library / "bin", "not by an installation"), (tmp_path / "bin/netwar", "a link belongs there")):
        path.mkdir(parents=True)
        (path / "theirs").touch()
        done = make("install", tmp_path)
        assert f"{path} is " in done.stderr
        assert said in done.stderr
        assert os.listdir(path) == ["theirs"]
        shutil.rmtree(path)
    (theirs := tmp_path / "theirs").write_text("precious")
    page.parent.mkdir(parents=True)
    page.symlink_to(theirs)
    assert make("install", tmp_path).returncode == 0
    assert (theirs.read_text(), page.is_symlink()) == ("precious", False)


def test_libraries_in_a_folder_with_a_blank_are_refused(tmp_path: Path) -> None:
    """The first line of a program would name another one."""
    (tmp_path / "my libraries").symlink_to(sys.prefix)
    command = ["sh", "installing/install.sh", "install", str(tmp_path / "prefix")]
    environment = {**os.environ, "VENV": str(tmp_path / "my libraries"), "PYTHON": sys.executable}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "VENV must be a folder without blanks in its name" in done.stderr
    assert not (tmp_path / "prefix").exists()


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_the_manual_is_sound(prefix: Path) -> None:
    pages = sorted((prefix / "share/man/man1").iterdir())
    assert [page.stem for page in pages] == PROGRAMS
    for page in pages:
        shown = run(prefix, "groff", "-k", "-man", "-ww", "-Tutf8", "-P-cbou", str(page))
        assert (shown.returncode, shown.stderr) == (0, ""), page
        text = shown.stdout.replace("\u2010\n", "").replace("\u2212", "-")
        for part in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"):
            assert f"\n{part}\n" in text
        assert "--help" in text


def complete(prefix: Path, *words: str) -> list[str]:
    """What bash offers for the last of the words, by the script that bash-completion would load."""
    script = f"""
        source {prefix}/share/bash-completion/completions/{words[0]}
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)}) COMP_CWORD={len(words) - 1}
        $(complete -p {words[0]} | sed 's/.*-F \\([^ ]*\\).*/\\1/') {words[0]}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = run(prefix, "bash", "--norc", "-c", script)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes_options_and_names(prefix: Path) -> None:
    assert {"--user", "--since", "--limit", "--config", "--help"} <= set(complete(prefix, "tw-search", "--"))
    assert complete(prefix, "tw-search", "brexit", "--lim") == ["--limit"]
    assert complete(prefix, "tw-idu3elk", "--es") == ["--estimate"]
    assert complete(prefix, "tw-elk", "snapshot-r") == ["snapshot-restore", "snapshot-restore-as"]
    assert complete(prefix, "tw-help", "lo") == ["look"]


def test_each_program_has_completion_for_each_shell(prefix: Path) -> None:
    for name in PROGRAMS:
        variable = f"_{name.upper().replace('-', '_')}_COMPLETE"
        places = (f"bash-completion/completions/{name}", f"zsh/site-functions/_{name}", f"fish/vendor_completions.d/{name}.fish")
        for place in places:
            assert variable in (prefix / "share" / place).read_text()
    assert (prefix / "share/zsh/site-functions/_tw-search").read_text().startswith("#compdef tw-search")


def test_places_that_do_not_serve_are_told(tmp_path: Path) -> None:
    assert "PREFIX must begin with /" in make("install", "here").stderr
    assert "without blanks" in make("install", f"{tmp_path}/a b").stderr
    assert f"nothing is installed below {tmp_path}" in make("uninstall", tmp_path).stderr
    (tmp_path / "lib").write_text("")
    assert f"you may not write below {tmp_path}" in make("install", tmp_path).stderr
    assert "make: python3.99 cannot be run" in make("install", tmp_path, "python3.99").stderr
    assert os.listdir(tmp_path) == ["lib"]
