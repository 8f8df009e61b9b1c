"""`tmfrig run`: lifecycle scenarios across roles."""

from __future__ import annotations

from typing import Annotated

import typer

from tmfrig.conformance.cli.options import (
    CallbackHost,
    CallbackPort,
    DataPath,
    Headers,
    Seed,
    TargetOptions,
    TargetPath,
)
from tmfrig.conformance.cli.outputs import Files, HtmlFile, JsonFile, JunitFile


def run(
    target_file: TargetPath = None,
    external: Annotated[
        list[str] | None,
        typer.Option(
            "--external",
            metavar="ROLE=URL",
            help="A role under test: TMF620 … TMF679 or COM; repeatable. Reference servers play the others. "
            "COM=none: the external roles carry orders out themselves.",
        ),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            "--version",
            metavar="4|5|all",
            help="What the channel speaks where an API has it (4 unless said); all plays both.",
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", metavar="GLOB", help="Only scenarios whose id or title matches."),
    ] = None,
    data: DataPath = None,
    header: Headers = None,
    callback_host: CallbackHost = None,
    callback_port: CallbackPort = None,
    seed: Seed = 1,
    json_file: JsonFile = None,
    junit: JunitFile = None,
    html: HtmlFile = None,
) -> int:
    """Play lifecycle scenarios across roles: catalog, qualification, ordering, fulfilment, inventories.

    Reference servers play every role that is not external, and are wired around those that are. With a
    target file, scenarios are played on just what it names. TMFRIG_EXTERNAL_HEADERS logs in at external
    roles: {"TMF641": {"Authorization": "Bearer …"}}; --header is sent to all of them.

    Example: tmfrig run --external TMF641=https://so.acme.example/tmf-api/serviceOrdering/v4 --html run.html
    """
    from tmfrig.conformance.cli.casting import Cast
    from tmfrig.conformance.cli.playing import named_target, play, waivers_of
    from tmfrig.conformance.data import read_vendor_data
    from tmfrig.conformance.failure import CommandError

    files = Files(json_file, junit, html)
    files.check()
    arguments = ["--scenario", scenario] if scenario is not None else []
    files.spare([target_file, data])
    if data is not None:
        read_vendor_data(data)  # what is wrong with it is better said before servers have started
        arguments += ["--data", str(data.absolute())]
    if target_file is None:
        cast = Cast.chosen(external or (), version, header or (), (callback_host, callback_port))
        return play("features", cast.targets, arguments, seed, files)
    if external:
        raise CommandError("a target file and --external exclude each other: the file says who is tested")
    target = TargetOptions(
        file=target_file,
        version=version,
        headers=header or [],
        callback_host=callback_host,
        callback_port=callback_port,
    ).target()
    files.spare([target.data, target.waivers])
    if data is None and target.data is not None:
        arguments += ["--data", str(target.data)]
    return play("features", named_target(target), arguments, seed, files, waivers_of(target))
