"""Every way a program can end, seen from outside: exit status, what is said where, and what never is."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from netwar import errors
from tests.desk import Desk, Ended
from tests.rows import rows

HEAD = '''\
#!/usr/bin/env python3
"""Try the foundation.

The second paragraph goes on
over two lines.

  tw-try one
  tw-try two
"""

from netwar import errors
from netwar.cli import click
from netwar.cli.command import Services, command


@command
@click.argument("word", default="")
@click.option("--mine", is_flag=True, help="An option of its own.")
def main(services: Services, word: str, mine: bool) -> str | None:
'''
Try = Callable[..., Ended]


@pytest.fixture
def write(desk: Desk) -> Callable[[str], Path]:
    """A program whose main has this body."""

    def program(body: str) -> Path:
        path = desk.home / "tw-try"
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        path.write_text(f'{HEAD}{lines}\n\nif __name__ == "__main__":\n    main()\n')
        return path

    return program


@pytest.fixture
def attempt(desk: Desk, write: Callable[[str], Path]) -> Try:
    """Run a program with this body."""
    return lambda body, *args, **more: desk.run(str(write(body)), *args, **more)


def test_the_outcome_goes_to_stderr_and_data_to_stdout(attempt: Try) -> None:
    ended = attempt('print("data")\nreturn "all done"', check=0)
    assert ended.stdout == "data\n"
    time, outcome = ended.stderr.strip().split(" ", 1)
    assert outcome == "all done"
    assert time.endswith("+0000")


def test_quiet_says_nothing_of_what_went_well(attempt: Try) -> None:
    assert attempt('return "all done"', "-q", check=0).stderr == ""


def test_verbose_tells_steps_and_the_reason_of_an_error(attempt: Try) -> None:
    body = 'import logging\nlogging.getLogger("netwar.x").debug("a step")\nraise errors.Busy("no") from OSError("cause")'
    assert "a step" not in attempt(body, check=75).stderr
    told = attempt(body, "-v", check=75).stderr
    assert "a step" in told
    assert "OSError: cause" in told


def test_quiet_and_verbose_together_are_a_usage_error(attempt: Try) -> None:
    assert "-q and -v" in attempt("pass", "-q", "-v", check=2).stderr


def test_the_help_is_the_docstring_and_common_options_come_last(attempt: Try) -> None:
    told = attempt("pass", "-h", check=0).stdout
    assert "The second paragraph goes on over two lines." in told
    assert "    tw-try one\n    tw-try two\n" in told
    options = [line.split()[0].rstrip(",") for line in told.partition("Options:")[2].splitlines() if line.startswith("  -")]
    assert options == ["--mine", "--config", "-q", "-v", "--version", "-h"]


def test_the_version(attempt: Try) -> None:
    from netwar import __version__

    assert attempt("pass", "--version", check=0).stdout == f"tw-try {__version__}\n"


def test_an_unknown_option_is_a_usage_error(attempt: Try) -> None:
    assert "No such option" in attempt("pass", "--nope", check=2).stderr


def every_error(of: type[errors.NetwarError] = errors.NetwarError) -> list[type[errors.NetwarError]]:
    """Those of netwar.errors, whatever other modules the tests have imported."""
    ours = [sub for sub in of.__subclasses__() if sub.__module__ == errors.__name__]
    return [of] + [below for sub in ours for below in every_error(sub)]


@rows("error", every_error())
def test_an_expected_failure_is_one_sentence_and_its_own_status(attempt: Try, error: type[errors.NetwarError]) -> None:
    more = ", 3.0" if error is errors.RateLimited else ""
    ended = attempt(f'raise errors.{error.__name__}("something is in the way"{more})')
    assert ended.status == error.exit_status
    assert ended.stderr == "tw-try: something is in the way\n"


def test_what_was_done_before_a_failure_is_told_first(attempt: Try) -> None:
    body = "error = errors.Busy('in the way')\nerror.add_note('3 users recorded')\nraise error"
    outcome, sentence = attempt(body, check=75).stderr.splitlines()
    assert outcome.endswith(" 3 users recorded")
    assert sentence == "tw-try: in the way"


def test_the_table_of_errors_is_true() -> None:
    rows = [line.split() for line in (errors.__doc__ or "").splitlines() if line.startswith("    ")]
    told = {row[0]: int(row[1]) for row in rows}
    assert told == {error.__name__: error.exit_status for error in every_error() if error.__name__ in told}
    general = {error.__name__ for error in every_error() if error.__module__ == errors.__name__}
    assert set(told) >= general - {"LeaseLost"}


def test_a_bug_shows_where_it_is_and_no_secret(attempt: Try, desk: Desk) -> None:
    desk.configure(consumer_secret="hush/hush+1", bearer_token="AAAA%2Bearer", redispass="it's\\hush")
    body = (
        "from urllib.parse import quote\nfound = services.settings\nimport logging\n"
        'logging.getLogger("netwar").info("log %s", found.consumer_secret)\n'
        'logging.getLogger("elsewhere").warning("other log %s", found.redispass)\n'
        "quoted = quote(found.consumer_secret, safe=str())\n"
        'raise ValueError(f"at {found.consumer_secret} {quoted} {found.bearer_token} {[found.redispass]}")'
    )
    ended = attempt(body, check=1)
    assert "Traceback" in ended.stderr
    assert "ValueError: at *** *** *** [" in ended.stderr
    assert "hush" not in ended.stderr
    assert "AAAA" not in ended.stderr
    assert "log ***" in ended.stderr
    assert "other log ***" in ended.stderr


def test_secrets_that_a_program_learns_are_hidden_too(attempt: Try) -> None:
    assert "12345678" not in attempt('services.hide("12345678")\nraise errors.Busy("PIN 12345678")', check=75).stderr


def test_a_broken_configuration_is_told_when_it_is_needed(attempt: Try, desk: Desk) -> None:
    desk.configure(budget="much", auth="none", acount="me")
    assert attempt('return "not needed"', check=0)
    told = attempt("services.settings", check=78).stderr
    assert told.startswith("tw-try: the configuration cannot be used:\n  - ")
    assert told.count("\n") == 4


@rows("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_unwinds_the_program_and_gives_its_status(
    desk: Desk, write: Callable[[str], Path], number: signal.Signals
) -> None:
    body = "import sys, time\ntry:\n    print('ready', flush=True)\n    time.sleep(60)\nfinally:\n    print('put back')"
    with desk.start_anew(str(write(body))) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (128 + number, "put back\n", f"tw-try: stopped by {number.name}\n")


def test_a_signal_that_comes_while_a_class_is_made_is_no_bug(attempt: Try) -> None:
    """As in the middle of an import: Python (3.11) makes a RuntimeError of whatever happens there."""
    body = """\
import os, signal
class Kills:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), signal.SIGTERM)
class Made:
    it = Kills()
"""
    ended = attempt(body, check=128 + signal.SIGTERM)
    assert "Traceback" not in ended.stderr
    assert "stopped by SIGTERM" in ended.stderr


IN_A_CALLBACK = """
import os, signal, time, weakref
thing = type("Thing", (), {})()
seen = weakref.ref(thing, lambda _: [os.kill(os.getpid(), signal.SIGHUP), *range(9)])
del thing
time.sleep(5)
return "went on"
"""
PUT_OFF = """
import os, signal, time
from netwar.cli import signals
try:
    os.kill(os.getpid(), signal.SIGHUP)
    time.sleep(5)
except signals.Stopped as stop:
    signals.later(stop)
time.sleep(5)
return "went on"
"""


@rows("body", [IN_A_CALLBACK, PUT_OFF])
def test_a_signal_that_comes_in_a_callback_is_not_lost(attempt: Try, body: str) -> None:
    """Python ignores what a weakref's callback raises, and says so; the import system has such callbacks. Nor is one lost that
    is put off until what was paid for is put by."""
    ended = attempt(body, check=128 + signal.SIGHUP)
    assert ended.stderr.splitlines()[-1].endswith("stopped by SIGHUP")
    assert "Exception ignored" not in ended.stderr


def test_a_second_signal_does_not_disturb_the_clean_up(desk: Desk, write: Callable[[str], Path]) -> None:
    body = (
        "import sys, time\ntry:\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "finally:\n    print('cleaning', flush=True)\n    sys.stdin.readline()\n    print('cleaned')"
    )
    with desk.start_anew(str(write(body))) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "cleaning\n"
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate("go on\n", timeout=20)
    assert (process.returncode, out) == (130, "cleaned\n")


def test_a_signal_that_comes_when_the_run_is_over_changes_nothing(attempt: Try) -> None:
    """The board hears the last word of a run, which takes seconds where it hangs."""
    body = """\
import os, signal
end = services.report.end
def last_word(status):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), number)
    end(status)
    print("told", flush=True)
services.report.end = last_word
return "all is done"
"""
    ended = attempt(body, check=0)
    assert ended.stdout == "told\n"
    assert ended.stderr.endswith("all is done\n")


def test_an_ignored_signal_stays_ignored(desk: Desk, write: Callable[[str], Path]) -> None:
    program = write("import os, signal\nos.kill(os.getpid(), signal.SIGHUP)\nreturn 'went on'")
    command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", sys.executable, str(program)]
    done = subprocess.run(command, env=desk.environment, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0
    assert "went on" in done.stderr


def test_a_reader_that_goes_away_is_no_error(desk: Desk, write: Callable[[str], Path]) -> None:
    program = write("for number in range(100_000):\n    print(number)")
    with desk.start_anew(str(program)) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait(20) == 141
    assert told == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@rows("lines", [1, 100_000])
def test_a_full_disk_below_stdout_is_a_sentence(desk: Desk, write: Callable[[str], Path], lines: int) -> None:
    program = write(f"for number in range({lines}):\n    print(number)")
    with open("/dev/full", "w") as full:
        command = [sys.executable, str(program)]
        done = subprocess.run(command, env=desk.environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=20)
    assert done.returncode == 69
    assert done.stderr.startswith("tw-try: No space left on device: make room")


def test_too_many_open_files_are_a_sentence_and_may_pass(attempt: Try) -> None:
    body = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (0, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
open("/dev/null")
"""
    assert attempt(body, check=75).stderr == (
        "tw-try: Too many open files: raise `ulimit -n` (LimitNOFILE= of systemd), and run again\n"
    )


@rows("end", ["return", "raise errors.Busy('no')", "raise ValueError", "os.kill(os.getpid(), 15)"])
def test_services_are_closed_however_the_program_ends(attempt: Try, desk: Desk, end: str) -> None:
    desk.configure()
    attempt(f"import os\nservices.run.begin()\nassert os.listdir(services.data / 'runs')\n{end}")
    assert list((desk.home / ".local/share/netwar/runs").glob("*.run")) == []


@rows("secret", ["test", "user", "2026", "abc", "elastic"])
def test_a_secret_that_is_a_word_blanks_no_words(attempt: Try, desk: Desk, secret: str) -> None:
    desk.configure(elksgpass=secret)
    body = (
        f'services.settings\nraise ValueError("{secret} of 2026-11-27: twtest, 3 users, elasticsearch at /srv/{secret}/x; '
        f"redis://me:{secret}@host elksgpass = {secret}, {{'p': '{secret}'}}\")"
    )
    told = attempt(body, check=1).stderr.splitlines()[-2]
    said = f"ValueError: {secret} of 2026-11-27: twtest, 3 users, elasticsearch at /srv/{secret}/x; "
    assert told == f"{said}redis://me:***@host elksgpass = ***, {{'p': '***'}}"
