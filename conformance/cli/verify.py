"""`tmfrig verify`: judge a target."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tmfrig.conformance.cli.options import (
    ApiName,
    ApiVersion,
    Authority,
    BaseUrl,
    CallbackHost,
    CallbackPort,
    ClientCert,
    ClientKey,
    Headers,
    Seed,
    TargetOptions,
    TargetPath,
)
from tmfrig.conformance.cli.outputs import Ending, Files, HtmlFile, JsonFile, JunitFile, finish

if TYPE_CHECKING:
    from tmfrig.conformance.runner import Order


class Suite(StrEnum):
    """How much is asked."""

    standard = "standard"


def verify(
    target_file: TargetPath = None,
    api: ApiName = None,
    version: ApiVersion = None,
    url: BaseUrl = None,
    suite: Annotated[Suite, typer.Option("--suite", help="How much is asked.")] = Suite.standard,
    check: Annotated[
        list[str] | None,
        typer.Option(
            "--check", metavar="GLOB", help="Only checks whose id matches, such as 'page.*'; repeatable."
        ),
    ] = None,
    contract: Annotated[
        Path | None, typer.Option("--contract", metavar="FILE", help="Judge by this OpenAPI document.")
    ] = None,
    header: Headers = None,
    client_cert: ClientCert = None,
    client_key: ClientKey = None,
    ca: Authority = None,
    callback_host: CallbackHost = None,
    callback_port: CallbackPort = None,
    seed: Seed = 1,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="End at the first MUST that does not hold.")
    ] = False,
    json_file: JsonFile = None,
    junit: JunitFile = None,
    html: HtmlFile = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of target files.")] = False,
) -> int:
    """Judge an implementation of a TM Forum Open API, at any URL.

    Exit code: 0 conformant, 1 a MUST does not hold, 2 the command is wrong, 3 the target cannot be reached.

    Example: tmfrig verify --api TMF622 --version 4 --url http://127.0.0.1:8620/tmf-api/productOrderingManagement/v4
    """
    if schema:
        from tmfrig.conformance.target import target_schema

        print(json.dumps(target_schema(), indent=1))
        return 0
    files = Files(json_file, junit, html)
    files.check()
    options = TargetOptions(
        file=target_file,
        api=api,
        version=version,
        url=url,
        contract=contract,
        headers=header or [],
        client_cert=client_cert,
        client_key=client_key,
        ca=ca,
        callback_host=callback_host,
        callback_port=callback_port,
    )
    return _judged(options, files, suite, seed, check or [], fail_fast)


def _judged(
    options: TargetOptions, files: Files, suite: Suite, seed: int, only: list[str], fail_fast: bool
) -> int:
    from tmfrig.conformance.check import catalogue
    from tmfrig.conformance.mounting import mount
    from tmfrig.conformance.runner import Order, select

    target = options.target()
    select(catalogue(), only)
    apis = mount(target)
    order = Order(apis, seed=seed, only=only, fail_fast=fail_fast, callback=target.callback)
    return judged(order, files, f"suite {suite}, seed {seed}")


def judged(order: Order, files: Files, told: str) -> int:
    """Look whether the target is there, judge it with progress shown, and end as the verdict says."""
    from datetime import UTC, datetime

    from tmfrig.conformance.cli.progress import Progress, heading
    from tmfrig.conformance.preflight import preflight
    from tmfrig.conformance.runner import judge
    from tmfrig.reports.result import RunResult

    started = datetime.now(UTC)
    for api in order.apis:
        preflight(api)
        heading(api, told)
    with Progress() as progress:
        judgement = judge(order, [progress.result], progress.planned)
    run = RunResult.assemble(
        started=started,
        seconds=judgement.seconds,
        seed=order.seed,
        targets=[api.info for api in order.apis],
        results=judgement.results,
    )
    return finish(run, Ending(judgement.interrupted, judgement.gone, judgement.fault), files)
