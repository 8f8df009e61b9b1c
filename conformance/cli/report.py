"""`tmfrig report`: result files, shown again, and their schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tmfrig.conformance.failure import CommandError

report_app = typer.Typer(no_args_is_help=True, help="Show a result file again, and the schema of such files.")


@report_app.command()
def schema() -> None:
    """Print the JSON Schema of result files.

    Example: tmfrig report schema > tmfrig-result.schema.json
    """
    from tmfrig.reports.result import result_schema

    print(json.dumps(result_schema(), indent=1))


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
