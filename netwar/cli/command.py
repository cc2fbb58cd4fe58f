"""What makes a function a tw-* program: its help, the options that all share, and one place where every error ends."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import click

from netwar.cli import lacking, output
from netwar.cli.guarded import Guarded
from netwar.cli.run_budget import run_budget
from netwar.cli.services import Services
from netwar.errors import ConfigError, NetwarError, TryLater
from netwar.records.text import line

if TYPE_CHECKING:
    from netwar.cli.signals import Stopped

__all__ = ["Services", "command"]

Main = Callable[..., str | None]
OwnHelp = Callable[[Mapping[str, str]], str | None]
ARGUMENTS = "netwar.arguments"  # of the command line, as they were given


@overload
def command(function: Main) -> Program: ...
@overload
def command(
    *, makes_config: bool = False, takes_words: bool = False, helps: OwnHelp | None = None
) -> Callable[[Main], Program]: ...
def command(
    function: Main | None = None, *, makes_config: bool = False, takes_words: bool = False, helps: OwnHelp | None = None
) -> Program | Callable[[Main], Program]:
    """Make `main(services, …)` a program.

    Its module's docstring is the help; indented paragraphs there are shown as they are. What it
    returns is told as the outcome, in one line. `makes_config` lets --config name a file that is
    not there yet, `takes_words` lets arguments be words that begin with a hyphen (see `netwar.cli.words`). `helps` gives the
    help of what the command line names, where that has one of its own.
    """
    if function is None:
        return functools.partial(_program, makes_config=makes_config, takes_words=takes_words, helps=helps)
    return _program(function, makes_config=makes_config, takes_words=takes_words, helps=helps)


def _program(function: Main, *, makes_config: bool, takes_words: bool, helps: OwnHelp | None) -> Program:
    @functools.wraps(function)
    def body(services: Services, **arguments: Any) -> None:
        if outcome := function(services, **arguments):
            services.report.summary(outcome)

    options = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
    traits: dict[str, Any] = {"makes_config": makes_config, "takes_words": takes_words, "helps": helps}
    help_text = _help(sys.modules[function.__module__].__doc__ or "")
    return click.command(cls=Program, help=help_text, context_settings=options, **traits)(body)


class Program(Guarded):
    """A click command with the common options last, and the boundary where errors become an exit status."""

    def __init__(
        self,
        name: str | None,
        *,
        params: list[click.Parameter],
        makes_config: bool = False,
        takes_words: bool = False,
        helps: OwnHelp | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(name, params=[*params, *_common_options()], **attributes)
        self.makes_config = makes_config
        self.takes_words = takes_words
        self.helps = helps

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Also words that begin with a hyphen, where they are taken."""
        if self.takes_words:
            from netwar.cli.words import marked

            args = marked(args)
        context.meta[ARGUMENTS] = list(args)
        return super().parse_args(context, args)

    def get_help(self, context: click.Context) -> str:
        """The help of what the command line names, if that has one of its own; else the program's."""
        if self.helps and ARGUMENTS in context.meta:
            given, _, _ = self.make_parser(context).parse_args(context.meta[ARGUMENTS])
            words = {name: value for name, value in given.items() if isinstance(value, str)}
            try:
                return self.helps(words) or super().get_help(context)
            except NetwarError as error:
                output.echo_lines(_sentence(context.info_name or "netwar", error), err=True)
                raise click.exceptions.Exit(error.exit_status) from error
        return super().get_help(context)

    def invoke(self, context: click.Context) -> None:
        """Run the program; every way it can end is here."""
        config, quiet, verbose = (context.params.pop(name) for name in ("config", "quiet", "verbose"))
        if quiet and verbose:
            raise click.UsageError("-q and -v ask for opposite things")
        name = context.info_name or "netwar"
        services = Services(name, config, quiet=quiet, makes_config=self.makes_config)
        services.run_budget = run_budget(context)
        status = 1
        try:
            status = _guarded(name, services, lambda: self._run(context, services, quiet, verbose))
            _flush_log()
            context.exit(status)
        except (click.ClickException, click.exceptions.Exit) as left:
            status = left.exit_code
            raise
        finally:
            services.report.end(status)

    def _run(self, context: click.Context, services: Services, quiet: bool, verbose: bool) -> None:
        from netwar.cli import logs, signals

        logs.begin(services.hidden, quiet=quiet, verbose=verbose)
        signals.install()
        context.params["services"] = services
        try:
            super().invoke(context)
            sys.stdout.flush()  # while there is somebody to tell of a full disk
        except click.exceptions.Exit:
            raise
        except BaseException as error:
            services.report.error(error)
            raise
        finally:
            services.close()
            signals.over()


def _guarded(name: str, services: Services, run: Callable[[], None]) -> int:
    """Run, and turn every end into an exit status and, where there is something to say, a sentence."""
    from netwar.cli.mail_policy import untold
    from netwar.cli.signals import Stopped, behind
    from netwar.connections.folders import FULL_DISK, TOO_MANY, trouble

    try:
        run()
    except NetwarError as error:
        _log().debug("traceback:", exc_info=error)
        if not (services.quiet and untold(error, services)):
            _say(services, _sentence(name, error))
        return error.exit_status
    except Stopped as stop:
        return _stopped(name, services, stop)
    except BrokenPipeError:
        return output.nobody_reads()
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        if stopped := behind(error):
            return _stopped(name, services, stopped)
        if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("netwar"):
            _say(services, f"{name}: {lacking(error.name)}")
            return ConfigError.exit_status
        if isinstance(error, OSError) and error.errno in FULL_DISK:
            return output.disk_is_full(name, error)
        if isinstance(error, OSError) and error.errno in TOO_MANY:
            _say(services, f"{name}: {trouble(error)}")
            return TryLater.exit_status
        _say(services, _traceback(error) + f"{name}: this is a bug in the program; the lines above say where (keys are masked)")
        return 1
    return 0


def _sentence(name: str, error: NetwarError) -> str:
    """An error as a program says it, each of several faults on a line of its own."""
    return "\n".join(map(line, (f"{name}: {error.said[0]}", *error.said[1:])))


def _stopped(name: str, services: Services, stop: Stopped) -> int:
    _say(services, f"{name}: {stop}{services.consequence}")
    return stop.exit_status


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))


def _say(services: Services, text: str) -> None:
    from netwar.cli.logs import blanked

    with suppress(OSError):
        output.echo_lines(blanked(text, services.hidden), err=True)
    _flush_log()


def _flush_log() -> None:
    """A log that nobody reads any more, or whose disk is full, changes no exit status: that says enough."""
    try:
        sys.stderr.flush()
    except OSError:
        output.no_more(sys.stderr)


def _log() -> Any:
    from logging import getLogger

    return getLogger("netwar")


def _help(docstring: str) -> str:
    """The docstring with a mark before each indented paragraph, so that click leaves its lines alone."""
    paragraphs = docstring.strip().split("\n\n")
    return "\n\n".join(f"\b\n{paragraph}" if paragraph.startswith("  ") else paragraph for paragraph in paragraphs)


def _common_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--config"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Read FILE in place of ~/.twitter (as NETWAR_CONF does).",
        ),
        click.Option(["-q", "--quiet"], is_flag=True, help="Report only what went wrong."),
        click.Option(["-v", "--verbose"], is_flag=True, help="Report each step."),
        click.Option(
            ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
        ),
    ]


def _version(context: click.Context, _parameter: click.Parameter, given: bool) -> None:
    if given:
        from netwar import __version__

        output.echo(f"{context.info_name} {__version__}")
        context.exit()
