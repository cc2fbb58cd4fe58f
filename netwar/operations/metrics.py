"""The figures for Prometheus and statsd, out of one status: names, units, what they count.

Times are told as lengths, so that a rule needs no clock; but when the status itself was taken is a time, since figures that
nobody renews look as healthy as on the day they were taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from netwar.board.statsd_lines import gauge
from netwar.operations.alarms import alarms, failed
from netwar.operations.status import Status

Type = Literal["gauge", "counter"]
MICRO = 1e6
NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure with its labels; `help` is a sentence. `statsd` is its name there, "" where it is not sent."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str]
    type: Type = "gauge"
    statsd: str = ""


def metrics(status: Status) -> Iterator[Metric]:
    """All figures; those of one name stand together."""
    yield Metric("netwar_status_timestamp_seconds", "When these figures were taken.", status.at, {}, statsd="status.at")
    yield from _runs(status)
    yield from _queues(status)
    yield from _captures(status)
    yield from _coverage(status)
    yield from _hosts(status)
    yield from _money(status)
    yield from _windows(status)
    for what in sorted({"tweets", "profiles", *filter(NAME.fullmatch, status.totals)}):  # one odd name spoils the whole file
        told = f"What all runs have recorded: {what}."
        yield Metric(f"netwar_{what}_total", told, status.totals.get(what, 0), {}, "counter")


def exposition(status: Status) -> str:
    """The text that Prometheus's node exporter reads from a *.prom file."""
    lines: list[str] = []
    named = ""
    for one in _grouped(metrics(status)):
        if one.name != named:
            named = one.name
            lines += [f"# HELP {one.name} {one.help}", f"# TYPE {one.name} {one.type}"]
        labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in one.labels.items())
        lines.append(f"{one.name}{{{labels}}} {one.value:.15g}" if labels else f"{one.name} {one.value:.15g}")
    return "\n".join(lines) + "\n"


def statsd(status: Status) -> list[str]:
    """The gauges for statsd, which knows no labels: sums, and the worst of its kind."""
    return [gauge(f"netwar.{one.statsd}", one.value) for one in metrics(status) if one.statsd] + [*_summed(status)]


def _grouped(found: Iterable[Metric]) -> list[Metric]:
    names: dict[str, list[Metric]] = {}
    for one in found:
        names.setdefault(one.name, []).append(one)
    return [one for group in names.values() for one in group]


def _escaped(value: str) -> str:
    from netwar.records.text import one_line

    return one_line(value).replace("\\", "\\\\").replace('"', '\\"')


def _runs(status: Status) -> Iterator[Metric]:
    told = "Runs by how they are."
    counts = {"live": len(status.live), "lost": len(status.lost), "stuck": sum(run.stuck for run in status.runs)}
    counts["failed"] = sum(map(failed, status.runs))
    for how, number in counts.items():
        yield Metric("netwar_runs", told, number, {"state": how}, statsd=f"runs.{how}")
    told = "Seconds since a run last said how it is."
    for run in status.runs:
        if run.state.status is None:
            state = run.state
            labels = {"host": state.host, "program": state.program, "config": state.config, "subject": state.subject}
            yield Metric("netwar_run_silence_seconds", told, run.silent, labels)
    latest = min((run.silent for run in status.runs), default=None)
    if latest is not None:
        told = "Seconds since any run said anything."
        yield Metric("netwar_last_word_seconds", told, latest, {}, statsd="runs.silence")
    yield Metric("netwar_findings", "Things that somebody has to see to.", len(alarms(status)), {}, statsd="findings")


def _queues(status: Status) -> Iterator[Metric]:
    for one in status.queues:
        for state in ("waiting", "claimed", "failed"):
            labels = {"queue": one.name, "state": state}
            yield Metric("netwar_queue_users", "Users on a queue.", getattr(one, state), labels)
        told = "Seconds for which whoever is next has waited."
        yield Metric("netwar_queue_oldest_seconds", told, one.oldest, {"queue": one.name})
    for roster in status.tracking:
        labels = {"observer": roster.observer, "index": roster.index}
        yield Metric("netwar_tracking_members", "Users who are recorded while they are listed.", roster.members, labels)
        yield Metric("netwar_tracking_due", "Members whose turn it is.", roster.adds + roster.work, labels)
        yield Metric("netwar_tracking_round_age_seconds", "Seconds since the round began.", roster.age, labels)


def _captures(status: Status) -> Iterator[Metric]:
    for one in status.captures:
        labels = {"app": one.app, "index": one.index}
        yield Metric("netwar_capture_well", "1 where a capture by stream is well.", one.well, labels)
        yield Metric("netwar_capture_posts_total", "Posts since it was registered.", one.posts, labels, "counter")
        yield Metric("netwar_capture_gaps", "Stretches of time of which posts lack.", one.gaps, labels)
        if one.silence is not None:
            yield Metric("netwar_capture_silence_seconds", "Seconds since its last post.", one.silence, labels)


def _coverage(status: Status) -> Iterator[Metric]:
    told = "Seconds since users were last asked for: half of them (0.5), all but a twentieth (0.95)."
    for one in status.lags:
        for share, seconds in (("0.5", one.half), ("0.95", one.most)):
            yield Metric("netwar_coverage_lag_seconds", told, seconds, {"index": one.index, "share": share})
        yield Metric("netwar_coverage_gaps", "Users whose timelines have gaps.", one.gaps, {"index": one.index})


def _hosts(status: Status) -> Iterator[Metric]:
    for one in status.hosts:
        labels = {"host": one.state.host, "folder": one.state.folder}
        yield Metric("netwar_spool_bytes", "Paid pages that wait for the archive.", one.state.spool, labels)
        waited = one.state.spooled + one.silent if one.state.spool else 0
        yield Metric("netwar_spool_oldest_seconds", "Seconds for which they have waited.", waited, labels)
        yield Metric("netwar_dead_letters_bytes", "What the archive refused.", one.state.letters, labels)
        if one.state.free is not None:
            yield Metric("netwar_disk_free_bytes", "Room for more.", one.state.free, labels)
        if one.state.due is not None:
            yield Metric("netwar_graph_due", "Documents whose edges are to be renewed.", one.state.due, labels)


def _money(status: Status) -> Iterator[Metric]:
    for one in status.money:
        for name, told, micro in (
            ("spent_today", "Spent on this UTC day of X.", one.today),
            ("spent_month", "Spent in this UTC month of X.", one.month),
            ("in_doubt", "Perhaps billed: the answer never came whole.", one.doubtful),
            ("budget", "What may be spent on a UTC day.", one.budget),
        ):
            if micro is not None:
                yield Metric(f"netwar_{name}_dollars", told, micro / MICRO, {"app": one.app})


def _windows(status: Status) -> Iterator[Metric]:
    for one in status.windows:
        labels = {"account": one.who, "endpoint": one.endpoint}
        yield Metric("netwar_window_remaining_requests", "Requests that X still takes.", one.remaining, labels)
        yield Metric("netwar_window_limit_requests", "Requests that X takes in a window.", one.limit, labels)


def _summed(status: Status) -> Iterator[str]:
    """What is one figure each at statsd."""
    queues, hosts, captures = status.queues, status.hosts, status.captures
    silences = [one.silence for one in captures if one.silence is not None and one.word != "stopped"]
    told: dict[str, float] = {
        "queue.waiting": sum(one.waiting for one in queues),
        "queue.claimed": sum(one.claimed for one in queues),
        "queue.failed": sum(one.failed for one in queues),
        "queue.oldest": max((one.oldest for one in queues), default=0),
        "spool.bytes": sum(one.state.spool for one in hosts),
        "spool.letters": sum(one.state.letters for one in hosts),
        "graph.due": sum(one.state.due or 0 for one in hosts),
        "capture.silence": max(silences, default=0),
        "capture.unwell": sum(not one.well for one in captures),
        "capture.gaps": sum(one.gaps for one in captures),
        "coverage.lag": max((one.most for one in status.lags), default=0),
        "coverage.gaps": sum(one.gaps for one in status.lags),
        "money.today": sum(one.today for one in status.money) / MICRO,
        "money.month": sum(one.month for one in status.money) / MICRO,
        "money.doubt": sum(one.doubtful for one in status.money) / MICRO,
        "money.budget": sum(one.budget or 0 for one in status.money) / MICRO,
        "windows.remaining": sum(one.remaining for one in status.windows),
        "windows.limit": sum(one.limit for one in status.windows),
    }
    yield from (gauge(f"netwar.{name}", value) for name, value in told.items())
