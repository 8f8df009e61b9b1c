"""`tmfrig run`: lifecycle scenarios."""

from __future__ import annotations

from typing import Annotated

import typer

from tmfrig.conformance.cli.options import ApiVersion, Headers, Seed, TargetOptions, TargetPath
from tmfrig.conformance.cli.outputs import Files, HtmlFile, JsonFile, JunitFile


def run(
    target_file: TargetPath = None,
    version: ApiVersion = None,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", metavar="GLOB", help="Only scenarios whose id or title matches."),
    ] = None,
    header: Headers = None,
    seed: Seed = 1,
    json_file: JsonFile = None,
    junit: JunitFile = None,
    html: HtmlFile = None,
) -> int:
    """Play lifecycle scenarios across APIs: on those of a target file, or on reference servers.

    Without a target file, reference servers of all APIs are started for the run.

    Example: tmfrig run --scenario 'order-*' --html report.html
    """
    from tmfrig.conformance.cli.playing import play

    files = Files(json_file, junit, html)
    files.check()
    options = TargetOptions(file=target_file, version=version, headers=header or [])
    chosen = ["--scenario", scenario] if scenario is not None else []
    return play("features", options, chosen, seed, files)
