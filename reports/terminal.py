"""The summary for people on a terminal: causes first, then one line of verdict, then what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tmfrig.reports.load_page import is_service_level, service_levels
from tmfrig.reports.result import Counts, Outcome, Result, RunResult
from tmfrig.reports.summary import (
    Cause,
    by_api,
    by_part,
    causes,
    level_counts,
    not_offered,
    shown_exchange,
)
from tmfrig.reports.terminal_load import print_load
from tmfrig.reports.terminal_page import OUTCOME_MARKS, VERDICT_STYLES, TerminalPage
from tmfrig.reports.text import one_line, shorten

_MOST_CAUSES = 20
_MOST_WARNINGS = 10
_MOST_PLACES = 8
_MOST_ABSENT = 3
_LONGEST_VALUE = 300
_LONGEST_CURL = 2_000


def print_summary(
    run: RunResult,
    console: Console,
    report: Path | str | None = None,
    next_command: str | None = None,
    sentences: Mapping[str, str] | None = None,
) -> None:
    """Print what a run found: a line per API, each cause with what is needed to mend it, and the verdict.

    `report` is the page to open and `next_command` what to type next; `sentences` gives the requirement for
    each check id. On anything but a terminal the text is plain.
    """
    page = TerminalPage(console)
    _print_parts(page, run)
    if run.load is not None:
        print_load(page, run.load, service_levels(run.results))
    _print_causes(page, run, sentences)
    page.line()
    page.line(_verdict_line(run))
    hints = [("report", str(report) if report else None), ("next", next_command)]
    known = [Text.assemble((f"{name}  ", "dim"), one_line(value)) for name, value in hints if value]
    if known:
        page.line(Text("      ").join(known))


def _print_parts(page: TerminalPage, run: RunResult) -> None:
    apis = by_api(result for result in run.results if not is_service_level(result.check))
    for number, ((api, version), results) in enumerate(apis.items()):
        tallies = [
            Text.assemble(one_line(part), " ", _tally(Counts.of(found)))
            for part, found in by_part(results).items()
            if Counts.of(found).total > Counts.of(found).skipped
        ]
        line = _spaced(tallies)
        if len(apis) > 1:
            line = Text.assemble((f"{one_line(api)} v{one_line(version)}  ", "bold"), line)
        page.line(page.edges(line, f"{run.seconds:.1f} s") if number == len(apis) - 1 else line)


def _tally(counts: Counts) -> Text:
    judged = counts.total - counts.skipped
    style = "green" if counts.passed == judged else "red" if counts.failed or counts.error else "yellow"
    return Text(f"{counts.passed}/{judged}", style)


def _print_causes(page: TerminalPage, run: RunResult, sentences: Mapping[str, str] | None) -> None:
    bases = [target.url.rstrip("/") for target in run.targets]
    found = causes(run.results, Outcome.failed) + causes(run.results, Outcome.error)
    for cause in found[:_MOST_CAUSES]:
        _print_heading(page, cause)
        for name, value in _account(cause, bases, sentences):
            page.line(Text.assemble((f"    {name:<9}  " if name else "  ", "dim"), value))
    _print_rest(page, len(found) - _MOST_CAUSES, "more causes")
    smaller = causes(run.results, Outcome.warned) + causes(run.results, Outcome.waived)
    for cause in smaller[:_MOST_WARNINGS]:
        _print_heading(page, cause)
        page.line(Text.assemble("  ", _value(cause.first.message)))
        page.line(Text.assemble(("    where      ", "dim"), _listed(cause.places)))
    _print_rest(page, len(smaller) - _MOST_WARNINGS, "more warnings")


def _print_heading(page: TerminalPage, cause: Cause) -> None:
    first = cause.first
    mark, style = OUTCOME_MARKS[first.outcome]
    page.line()
    name = Text.assemble((f"{mark} {first.level}", style), (f"  {one_line(cause.name)}", "bold"))
    page.line(page.edges(name, one_line(cause.source)))


def _print_rest(page: TerminalPage, number: int, what: str) -> None:
    if number > 0:
        page.line()
        page.line(Text(f"… and {number} {what}; the report has all of them", "dim"))


def _account(
    cause: Cause, bases: list[str], sentences: Mapping[str, str] | None
) -> Iterable[tuple[str, Text]]:
    """What is known of a cause, as named values; those without a name are sentences."""
    first = cause.first
    sentence = cause.sentence(sentences)
    if sentence:
        yield "", Text(one_line(sentence), "italic")
    yield "", _value(first.message)
    for step in first.steps or ():
        if step.outcome in (Outcome.failed, Outcome.error):
            yield "step", _value(f"{step.keyword.strip()} {step.text}")
    exchange = shown_exchange(first)
    if exchange:
        request = exchange.request
        yield "sent", _value(f"{request.method} {_below(request.url, bases)}  {request.body or ''}".rstrip())
    if first.expected:
        yield "expected", _value(first.expected)
    if first.actual:
        yield "got", _value(first.actual)
    elif exchange:
        yield "got", Text(f"status {exchange.response.status}" if exchange.response else "no response")
    if exchange:
        long = len(exchange.curl) > _LONGEST_CURL
        yield (
            "repeat",
            Text("a long request: its curl line is in the report" if long else one_line(exchange.curl)),
        )
    if len(cause.places) > 1:
        yield "also", Text(_listed(cause.places[1:]))


def _verdict_line(run: RunResult) -> Text:
    parts = [
        f"{level} {_told(counts)}" for level, counts in level_counts(run.results).items() if _told(counts)
    ]
    skipped = [result for result in run.results if result.outcome is Outcome.skipped]
    absent = [result for result in skipped if not_offered(result.message)]
    others = [result for result in skipped if not not_offered(result.message)]
    if absent:
        parts.append(f"{len(absent)} not offered ({_absent(absent)})")
    if others:
        parts.append(f"{len(others)} skipped ({_reasons(others)})")
    verdict = (run.verdict.value, VERDICT_STYLES[run.verdict])
    return Text.assemble(verdict, "   ", " · ".join(parts or ["nothing was judged"]))


def _told(counts: Counts) -> str:
    numbers = {
        "passed": counts.passed,
        "failed": counts.failed,
        "warned": counts.warned,
        "waived": counts.waived,
        "not judged": counts.error,
    }
    return ", ".join(f"{number} {name}" for name, number in numbers.items() if number)


def _absent(results: Iterable[Result]) -> str:
    """What is not offered, the most frequent first."""
    found = Counter(not_offered(result.message) for result in results)
    names = [one_line(shorten(name or "", 40)) for name, _ in found.most_common(_MOST_ABSENT)]
    return ", ".join(names) + (", …" if len(found) > _MOST_ABSENT else "")


def _reasons(results: Iterable[Result]) -> str:
    """The most frequent reason for skipping, and whether there are others."""
    reasons = Counter(result.message for result in results)
    most_frequent = one_line(shorten(reasons.most_common(1)[0][0], 80)) or "no reason given"
    return most_frequent + (", …" if len(reasons) > 1 else "")


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(one_line(name) for name in names[:_MOST_PLACES])
    return shown if len(names) <= _MOST_PLACES else f"{shown} and {len(names) - _MOST_PLACES} more"


def _below(url: str, bases: list[str]) -> str:
    """The URL as a path below the target's base, as the contract writes it."""
    for base in bases:
        if base and url.startswith(base) and url[len(base) :][:1] in ("", "/", "?"):
            return url[len(base) :] or "/"
    return url


def _value(text: str) -> Text:
    return Text(one_line(shorten(text, _LONGEST_VALUE)))


def _spaced(parts: Iterable[Text]) -> Text:
    return Text("  ").join(parts)
