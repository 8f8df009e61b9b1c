"""`tmfrig load`: load on a target."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tmfrig.conformance.cli.options import (
    ApiName,
    ApiVersion,
    BaseUrl,
    Headers,
    Seed,
    TargetOptions,
    TargetPath,
)
from tmfrig.conformance.cli.outputs import Files, HtmlFile, JsonFile, JunitFile


class Profile(StrEnum):
    """The load profiles that there are."""

    smoke = "smoke"


def load(
    target_file: TargetPath = None,
    api: ApiName = None,
    version: ApiVersion = None,
    url: BaseUrl = None,
    profile: Annotated[Profile, typer.Option("--profile", help="Who does what, how often.")] = Profile.smoke,
    users: Annotated[int | None, typer.Option("--users", min=1, help="So many users at once.")] = None,
    run_time: Annotated[
        str | None, typer.Option("--run-time", metavar="TIME", help="So long, such as 5s, 2m or 1h30m.")
    ] = None,
    header: Headers = None,
    seed: Seed = 1,
    json_file: JsonFile = None,
    junit: JunitFile = None,
    html: HtmlFile = None,
) -> int:
    """Put load on a target and check its answers.

    Without a target, reference servers are started for the run.

    Example: tmfrig load --profile smoke --users 5 --run-time 30s --html load.html
    """
    from tmfrig.conformance.cli.playing import named_target, play, servers_alone, waivers_of

    files = Files(json_file, junit, html)
    files.check()
    files.spare([target_file])
    options = TargetOptions(file=target_file, api=api, version=version, url=url, headers=header or [])
    arguments = ["--profile", profile.value]
    arguments += ["--users", str(users)] if users is not None else []
    arguments += ["--run-time", run_time] if run_time is not None else []
    if not options.named:
        return play("loadtests", servers_alone(version or "4"), arguments, seed, files)
    target = options.target()
    return play("loadtests", named_target(target), arguments, seed, files, waivers_of(target))
