"""The load of a run on a terminal: in total, by operation, and what was asked of it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from tmfrig.reports import figures
from tmfrig.reports.load import LoadOperation, LoadResult, LoadSpan
from tmfrig.reports.result import Outcome, Result
from tmfrig.reports.summary import place_of
from tmfrig.reports.terminal_page import TerminalPage, aligned
from tmfrig.reports.text import one_line, shorten

_MOST_TROUBLES = 5
_LONGEST = 160


def print_load(page: TerminalPage, load: LoadResult, levels: Sequence[Result]) -> None:
    """Print what a target did under load; `levels` are the results that judge its service levels."""
    page.line()
    totals = f"{load.requests:,} requests, {load.failures:,} failed, {figures.rate(load.rate)}/s"
    if load.p50_ms or load.p95_ms or load.p99_ms:
        totals = "  ".join([totals, *_latencies(load.p50_ms, load.p95_ms, load.p99_ms)])
    page.line(Text.assemble((f"load {one_line(load.profile)}  ", "bold"), totals))
    if load.stopped:
        page.line(Text(f"  ended before its time: {_short(load.stopped)}", "yellow"))
    _print_operations(page, load)
    _print_spans(page, load.spans)
    _print_knee(page, load)
    _print_levels(page, levels)
    for trouble in load.troubles[:_MOST_TROUBLES]:
        page.line(Text(f"  {trouble.count:,} × {one_line(trouble.operation)}: {_short(trouble.what)}", "red"))
    if len(load.troubles) > _MOST_TROUBLES:
        page.line(Text(f"  … and {len(load.troubles) - _MOST_TROUBLES} more kinds of failures", "dim"))
    since = "was due" if load.model == "rate" else "was sent"
    page.line(Text(f"  latencies count from the moment at which a request {since}", "dim"))


def _print_operations(page: TerminalPage, load: LoadResult) -> None:
    shown = [each for each in load.operations if each.failures or not _is_of_the_rig(each)]
    rows = [
        (
            f"  {one_line(operation.api)}".rstrip(),
            one_line(operation.name),
            f"{operation.requests:,} requests",
            f"{operation.failures:,} failed",
            f"{figures.rate(operation.rate)}/s",
            *_latencies(operation.p50_ms, operation.p95_ms, operation.p99_ms),
        )
        for operation in shown
    ]
    for line, operation in zip(aligned(rows, left=2), shown, strict=True):
        page.line(Text(line, "red" if operation.failures else ""))


def _print_spans(page: TerminalPage, spans: Sequence[LoadSpan]) -> None:
    rows = [
        (
            f"  {one_line(span.name)}",
            f"{span.count:,} ended",
            f"{span.unfinished:,} unfinished",
            *(
                f"{name} {figures.seconds(value)} s"
                for name, value in (("p50", span.p50_s), ("p95", span.p95_s), ("p99", span.p99_s))
            ),
        )
        for span in spans
    ]
    for line, span in zip(aligned(rows), spans, strict=True):
        page.line(Text(line, "yellow" if span.unfinished else ""))


def _print_knee(page: TerminalPage, load: LoadResult) -> None:
    rows = [
        (
            f"  offered {figures.rate(step.rate)}/s",
            f"answered {figures.rate(step.achieved)}/s",
            f"p95 {figures.milliseconds(step.p95_ms)} ms",
            f"{figures.share(step.failure_ratio)} failed",
        )
        for step in load.steps
    ]
    for line, step in zip(aligned(rows), load.steps, strict=True):
        why = "sustained" if step.sustained else _short(step.why) or "not sustained"
        page.line(Text.assemble(line, (f"  {why}", "" if step.sustained else "yellow")))
    if load.knee is not None:
        page.line(Text(f"  knee at {figures.rate(load.knee.rate)}/s: {_short(load.knee.why)}", "yellow"))
    elif load.steps:
        page.line("  no knee: the target kept up to the end")


def _print_levels(page: TerminalPage, levels: Sequence[Result]) -> None:
    if not levels:
        return
    held = [result for result in levels if result.outcome is Outcome.passed]
    missed = [result for result in levels if result.outcome in (Outcome.failed, Outcome.warned)]
    others = len(levels) - len(held) - len(missed)
    told = f"  service levels  {len(held)} held, {len(missed)} missed"
    page.line(Text(told + (f", {others} not judged" if others else ""), "red" if missed else "green"))
    for result in missed:
        where, what = one_line(place_of(result)), _short(result.actual or result.message)
        page.line(Text(f"    ✗ {one_line(result.check)}  {where}  {what}", "red"))


def _is_of_the_rig(operation: LoadOperation) -> bool:
    """Registering and leaving is done once, and is no load."""
    return operation.name.partition(" ")[2].partition("/")[0] == "hub"


def _latencies(p50: float, p95: float, p99: float) -> list[str]:
    values = (("p50", p50), ("p95", p95), ("p99", p99))
    return [f"{name} {figures.milliseconds(value)} ms" for name, value in values]


def _short(text: str) -> str:
    return one_line(shorten(text, _LONGEST))
