"""`tmfrig specs check`: a vendor's published document, judged by the standard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tmfrig.conformance.cli.outputs import Files, HtmlFile, JsonFile
from tmfrig.conformance.failure import CommandError


def check(
    document: Annotated[
        Path, typer.Argument(metavar="DOCUMENT", help="The vendor's OpenAPI document, YAML or JSON.")
    ],
    api: Annotated[str, typer.Option("--api", metavar="TMF622", help="The API that it is a document of.")],
    version: Annotated[int, typer.Option("--version", metavar="4", help="Major version.")] = 4,
    json: JsonFile = None,
    html: HtmlFile = None,
) -> None:
    """Judge a vendor's OpenAPI document by the standard; exit code 1 when a mandatory part is missing.

    Findings are missing (the document lacks it), narrower (it rejects what the standard allows), wider (it
    takes or answers more) or extension (the standard lacks it). Mandatory are the operations of TM Forum's
    conformance profile with their parameters and headers, and the attributes that the standard requires.

    Example: tmfrig specs check vendor-622.yaml --api TMF622 --version 4 --html check.html
    """
    from rich.console import Console

    from tmfrig.reports.judged_document import judgement_html, judgement_json, print_judgement
    from tmfrig.reports.report_file import ReportError, write_report
    from tmfrig.specs.checking import check_document

    Files(json=json, html=html).check()
    judgement = check_document(document, f"TMF{api}" if api.isdecimal() else api.upper(), version)
    try:
        if json is not None:
            write_report(judgement_json(judgement), json)
        if html is not None:
            write_report(judgement_html(judgement), html)
    except ReportError as problem:
        raise CommandError(str(problem)) from None
    print_judgement(judgement, Console())
    if not judgement.complete:
        raise typer.Exit(1)
