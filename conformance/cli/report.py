"""`tmfrig report`: result files, shown again and compared, and their schema."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from tmfrig.conformance.cli.outputs import CONFORMANT, NONCONFORMANT, Files
from tmfrig.conformance.failure import CommandError

report_app = typer.Typer(
    no_args_is_help=True, help="Show a result file again, compare two, and the schema of such files."
)


@report_app.command()
def schema(
    comparison: Annotated[
        bool, typer.Option("--comparison", help="That of what compare --json writes instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of result files.

    Example: tmfrig report schema > tmfrig-result.schema.json
    """
    from tmfrig.reports.compare import comparison_schema
    from tmfrig.reports.result import result_schema

    print(json.dumps(comparison_schema() if comparison else result_schema(), indent=1))


@report_app.command()
def render(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A file that --json wrote.")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page.")] = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(
            "--markdown",
            metavar="FILE",
            help="Write the scenarios as a document, with their exchanges and sequence diagrams (Mermaid).",
        ),
    ] = None,
) -> None:
    """Show a result file again: on the terminal, as a page, as JUnit, scenarios as a document.

    Example: tmfrig report render result.json --html report.html
    """
    from rich.console import Console

    from tmfrig.conformance.check import catalogue
    from tmfrig.reports.html import write_html
    from tmfrig.reports.junit import write_junit
    from tmfrig.reports.report_file import ReportError, write_report
    from tmfrig.reports.result import read_result
    from tmfrig.reports.scenario_document import scenario_document
    from tmfrig.reports.terminal import print_summary

    sentences = {check.id: check.sentence for check in catalogue()}
    try:
        run = read_result(result)
        if html is not None:
            write_html(run, html, sentences=sentences)
        if junit is not None:
            write_junit(run, junit)
        if markdown is not None:
            write_report(scenario_document(run).encode(), markdown)
    except ReportError as error:
        raise CommandError(str(error)) from None
    print_summary(run, Console(), report=html, sentences=sentences)


@report_app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="A file that --json wrote.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="A file of a later run.")],
    tolerance: Annotated[
        str, typer.Option("--tolerance", metavar="PERCENT", help="Figures of load may be worse by so much.")
    ] = "10%",
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write JSON.")] = None,
) -> int:
    """Compare the results of two runs: what no longer holds, what is fixed, and what load shows.

    Exit code 1: a MUST that held fails or could not be judged, a service level
    is missed that was not before, or load is worse by more than the tolerance.

    Example: tmfrig report compare monday.json tuesday.json --tolerance 20% --html changes.html
    """
    from rich.console import Console

    from tmfrig.reports.compare import compare as compared
    from tmfrig.reports.compare_html import write_comparison
    from tmfrig.reports.json_report import write_json
    from tmfrig.reports.report_file import ReportError
    from tmfrig.reports.result import read_result
    from tmfrig.reports.terminal_compare import print_comparison

    files = Files(json=json_file, html=html)
    files.check()
    files.spare([before, after])
    tolerated = _part(tolerance)
    try:
        runs = read_result(before), read_result(after)
        comparison = compared(*runs, tolerated)
        if json_file is not None:
            write_json(comparison, json_file)
        if html is not None:
            write_comparison(comparison, *runs, html)
    except ReportError as error:
        raise CommandError(str(error)) from None
    print_comparison(comparison, Console(), report=html)
    return NONCONFORMANT if comparison.is_regression else CONFORMANT


def _part(percentage: str) -> float:
    try:
        value = float(percentage.removesuffix("%")) / 100
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        raise CommandError(f"--tolerance {percentage} is no percentage; give one such as 10%")
    return value
