"""How recipes meet the operator: the list, the question before what destroys, the answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from netwar.cli import click
from netwar.cli.output import as_json, echo, echo_lines
from netwar.cli.prompts import agreed
from netwar.cli.services import Services
from netwar.commands.recipe_progress import wait_for_end
from netwar.errors import ConfigError, Declined, ItemsFailed, NetwarError
from netwar.records.text import one_line

if TYPE_CHECKING:
    from netwar.recipes import Recipe, Request, Wait
    from netwar.recipes.sending import Answer

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD")
JSON_LINES = ("/_bulk", "/_msearch")
# What an answer holds that says only that it is done.
DONE = {"acknowledged", "accepted", "shards_acknowledged", "index", "indices", "persistent", "transient", "errors", "succeeded"}


class RequestOptions(NamedTuple):
    """What the operator wants of a run: see the options of tw-elk."""

    show: bool = False
    json: bool = False
    wait: bool = False
    yes: bool = False
    timeout: float = 30


def plain(method: str, arguments: Sequence[str]) -> Request:
    """A request as the operator writes it: METHOD PATH [BODY], where the body may be @FILE or - for standard input."""
    from netwar.recipes import Request

    if not 1 <= len(arguments) <= 2:
        raise click.UsageError(f"{method} takes a path and at most one body: tw-elk {method} /_cat/health")
    path = arguments[0] if arguments[0].startswith("/") else f"/{arguments[0]}"
    return Request(method, path, _body(path, arguments[1]) if len(arguments) == 2 else None)


def _body(path: str, given: str) -> str | bytes:
    """JSON as text; as bytes for what takes a JSON object a line."""
    import json

    raw = _read(given)
    if path.partition("?")[0].endswith(JSON_LINES):
        return raw
    try:
        text = raw.decode()
        json.loads(text)  # servers tell it each in their way, some as if they were broken
    except ValueError as error:
        raise click.UsageError(f"the body is not JSON: {error}") from None
    return text


def _read(given: str) -> bytes:
    from netwar.connections.given_files import opener

    if given == "-":
        return sys.stdin.buffer.read()
    if not given.startswith("@"):
        return given.encode()
    try:
        with open(given[1:], "rb", opener=opener) as file:
            return file.read()
    except OSError as error:
        raise click.UsageError(f"{given[1:]} cannot be read: {error.strerror}") from error


def cook(services: Services, recipe: Recipe, arguments: Sequence[str], how: RequestOptions) -> str | None:
    """Run a recipe; the outcome."""
    from netwar.recipes import sending

    try:
        recipe.read(arguments)  # what is wrong with them is told before a server is asked for anything
        request = recipe.fill(arguments, services.cluster)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    unknown, there = sending.unknown_nodes(services.cluster, request.nodes) if request.nodes else ([], [])
    if unknown:
        raise NetwarError(f"there is no node {', '.join(unknown)}: there are {', '.join(there)}")
    return run(services, request, how)


def run(services: Services, request: Request, how: RequestOptions) -> str | None:
    """Ask if need be, send, print the answer, wait for its end; the outcome."""
    if how.show:
        _show(request)
        return None
    with _rights(services):
        if request.asks and not how.yes:
            _ask(services, request)
        return _done(services, request, how)


def _done(services: Services, request: Request, how: RequestOptions) -> str | None:
    from netwar.recipes import sending

    watched = request.wait if request.wait and (how.wait or request.wait.always) else None
    answer = _sent(services, request, how, patient=bool(watched and watched.by_answer))
    if answer.empty and not how.json:
        return answer.empty
    if not (watched and watched.task) and not (services.quiet and _is_done(request, answer)):
        _print(answer.data, request, how)
    if answer.failed:
        raise ItemsFailed(f"not all was done: {'; '.join(answer.failed[:5])}")
    if request.wait and not watched:
        return _goes_on(request.wait, answer.data)
    if watched and not watched.by_answer:
        wait_for_end(services, watched, answer.data)
    if watched and watched.task:
        _print(sending.response(services.cluster, answer.data), request, how)
    return request.says


def _is_done(request: Request, answer: Answer) -> bool:
    """Does an answer say nothing but that it is done? -q leaves that unsaid, for cron."""
    return request.method != "GET" and isinstance(answer.data, dict) and answer.data.keys() <= DONE and not answer.failed


@contextmanager
def _rights(services: Services) -> Iterator[None]:
    """Say what to do about a right that we lack: the recorder's role has not all that recipes need."""
    from netwar.connections.elastic_errors import Forbidden

    try:
        yield
    except Forbidden as error:
        raise ConfigError(
            f"{services.cluster.user} may not do that at {services.cluster.where}, and lacks {error.right}: "
            "name the configuration of somebody who may, with --config FILE"
        ) from error


def _show(request: Request) -> None:
    echo(f"{request.method} {request.path}")
    if request.body is not None:
        body = request.body.decode(errors="replace") if isinstance(request.body, bytes) else _indented(request.body)
        echo_lines(body)


def _ask(services: Services, request: Request) -> None:
    """Show what it is about, and have it agreed to. Raises NetwarError if it is not, or if there is nothing to do it to."""
    if request.shows:
        about = services.cluster.ask("GET", request.shows)
        if isinstance(about, str) and len(about.splitlines()) <= 1:
            raise NetwarError("there is no such index: nothing done")
        echo_lines(_indented(about), err=True)
    if not sys.stdin.isatty():
        raise click.UsageError(f"{request.asks} Where there is no terminal to ask on, say --yes")
    if not agreed(request.asks or ""):
        raise Declined("nothing done")


def _sent(services: Services, request: Request, how: RequestOptions, *, patient: bool) -> Answer:
    from netwar.connections.elastic_errors import NoAnswer
    from netwar.recipes import sending

    try:
        return sending.send(services.cluster, request, sending.DAY if patient else how.timeout, rows=how.json)
    except NoAnswer as error:
        if request.wait and request.wait.by_answer:
            raise NetwarError(
                f"no answer within {how.timeout:g} s: it continues there, as tw-elk tasks shows; --wait waits for its end"
            ) from error
        raise


def _goes_on(wait: Wait, data: Any) -> str | None:
    if wait.task and isinstance(data, dict) and "task" in data:
        task = f"-- {data['task']}" if str(data["task"]).startswith("-") else data["task"]
        return f"it continues there: tw-elk task {task} shows its progress, tw-elk cancel {task} stops it"
    return f"it continues there while {wait.left} are left; --wait waits for its end" if wait.path else None


def _print(data: Any, request: Request, how: RequestOptions) -> None:
    if isinstance(data, bool):
        echo("there" if data else "not there")
    elif isinstance(data, str):
        if data:
            echo_lines(data)
    elif how.json:
        echo(as_json(data))
    elif request.only and isinstance(data, list):
        _table(data)
    elif data is not None:
        echo_lines(_indented(data))


def _indented(data: Any) -> str:
    return data if isinstance(data, str) else as_json(data, indented=True)


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows in columns, as the server lays them out."""
    lines = [[one_line(str(value or "")) for value in row] for row in (rows[0], *(row.values() for row in rows))]
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    for line in lines:
        echo(" ".join(f"{value:{width}}" for value, width in zip(line, widths, strict=True)).rstrip())
