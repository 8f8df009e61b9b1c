"""Two runs beside each other, on a terminal: what changed first, the verdict last."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from tmfrig.reports import figures
from tmfrig.reports.compare import HEADINGS, ComparedCheck, ComparedRun, Comparison, Kind
from tmfrig.reports.compare_load import (
    LEAST_MS,
    LEAST_REQUESTS,
    Judgement,
    LoadComparedPart,
    LoadComparison,
    LoadFigure,
)
from tmfrig.reports.result import Outcome
from tmfrig.reports.terminal_page import OUTCOME_MARKS, VERDICT_STYLES, TerminalPage, aligned
from tmfrig.reports.text import one_line, shorten

_MOST_CHECKS = 20
_MOST_FIGURES = 30
_LONGEST = 300
_STYLES = {Judgement.worse: "red", Judgement.better: "green", Judgement.equal: ""}


def print_comparison(comparison: Comparison, console: Console, report: Path | None = None) -> None:
    """Print what changed, each kind of change by itself; `report` is the page to open."""
    page = TerminalPage(console)
    for name, run in (("before", comparison.before), ("after", comparison.after)):
        page.line(_run_line(name, run))
    for note in comparison.notes:
        page.line(Text(f"note    {_short(note)}", "yellow"))
    for kind, (heading, _) in HEADINGS.items():
        _print_checks(page, heading, comparison.of(kind), is_brief=kind is Kind.still_failing)
    if comparison.load is not None:
        _print_load(page, comparison.load, comparison.tolerance)
    page.line()
    page.line(_verdict_line(comparison))
    if report:
        page.line(Text.assemble(("report  ", "dim"), one_line(str(report))))


def _run_line(name: str, run: ComparedRun) -> Text:
    profile = f"  load {one_line(run.profile)}" if run.profile else ""
    started = f"{run.started:%Y-%m-%d %H:%M:%S %Z}"
    return Text.assemble(
        (f"{name:<8}", "bold"), f"{started}  ", (run.verdict.value, VERDICT_STYLES[run.verdict]), profile
    )


def _print_checks(page: TerminalPage, heading: str, checks: list[ComparedCheck], *, is_brief: bool) -> None:
    if not checks:
        return
    page.line()
    page.line(Text.assemble((heading, "bold"), f"  {len(checks)}"))
    for check in checks[:_MOST_CHECKS]:
        mark, style = OUTCOME_MARKS[check.after or Outcome.skipped]
        became = f"{_word(check.before)} → {_word(check.after)}"
        words = f"  {one_line(check.check)}  {one_line(check.place)}  "
        page.line(Text.assemble((f"  {mark} {check.level}", style), words, (became, "dim")))
        if check.message and not is_brief:
            page.line(f"      {_short(check.message)}")
    if len(checks) > _MOST_CHECKS:
        page.line(
            Text(f"  … and {len(checks) - _MOST_CHECKS} more; --html and --json have all of them", "dim")
        )


def _word(outcome: Outcome | None) -> str:
    return outcome.value if outcome else "no result"


def _print_load(page: TerminalPage, load: LoadComparison, tolerance: float) -> None:
    page.line()
    terms = f"tolerance {100 * tolerance:g} %; latencies that differ by less than {LEAST_MS:g} ms are equal"
    page.line(Text.assemble(("Load  ", "bold"), (terms, "dim")))
    told = [(load.total, figure) for figure in load.total.figures]
    told += [
        (part, figure)
        for part in load.parts[1:]
        for figure in part.figures
        if figure.judgement in (Judgement.worse, Judgement.better) or part.name == "knee"
    ]
    shown = told[:_MOST_FIGURES]
    for line, (_, figure) in zip(aligned([_cells(*each) for each in shown]), shown, strict=True):
        page.line(Text(line, _STYLES.get(figure.judgement, "dim")))
    others = sum(load.counts.values()) - len(shown)
    if others:
        left = len(told) - len(shown)
        changed = f"{left} of them" if left else "none of them"
        words = f"  … and {others} more figures, {changed} better or worse; --html and --json have all"
        page.line(Text(words, "dim"))
    if load.too_few:
        what = "operation or span has" if load.too_few == 1 else "operations and spans have"
        words = f"  {load.too_few} {what} too few to compare: less than {LEAST_REQUESTS} in one of the runs"
        page.line(Text(words, "dim"))


def _cells(part: LoadComparedPart, figure: LoadFigure) -> list[str]:
    name = f"{part.api} {part.name}".strip()
    return [
        f"  {one_line(name)}",
        figure.title,
        figure.shown(figure.before),
        "→",
        figure.shown(figure.after),
        figures.change(figure.change),
        figure.judgement.value.replace("_", " "),
    ]


def _verdict_line(comparison: Comparison) -> Text:
    verdict = ("regression", "bold red") if comparison.is_regression else ("no regression", "bold green")
    counts = [
        _counted(comparison.counts[kind], heading.lower())
        for kind, (heading, _) in HEADINGS.items()
        if comparison.counts[kind]
    ]
    counts.append(f"{comparison.counts[Kind.held]:,} held")
    if comparison.load:
        load = comparison.load.counts
        counts.append(f"load {load[Judgement.worse]} worse, {load[Judgement.better]} better")
    return Text.assemble(verdict, "   ", " · ".join(counts))


def _counted(number: int, heading: str) -> str:
    return f"{number:,} {heading.removesuffix('s') if number == 1 else heading}"


def _short(text: str) -> str:
    return one_line(shorten(text, _LONGEST))
