"""`tmfrig verify`: judge a target."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
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
    DataPath,
    Headers,
    Seed,
    TargetOptions,
    TargetPath,
    WaiversPath,
)
from tmfrig.conformance.cli.outputs import Ending, Files, HtmlFile, JsonFile, JunitFile, finish, tell
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.suite import Suite

if TYPE_CHECKING:
    from tmfrig.conformance.runner import Order


def verify(
    target_file: TargetPath = None,
    api: ApiName = None,
    version: ApiVersion = None,
    url: BaseUrl = None,
    suite: Annotated[
        Suite | None,
        typer.Option(
            "--suite",
            help="What TM Forum's profiles ask, every rule (the default), or also what takes longer.",
        ),
    ] = None,
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
    data: DataPath = None,
    waivers: WaiversPath = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Never write to the target: GET, HEAD and OPTIONS alone.")
    ] = False,
    seed: Seed = 1,
    max_time: Annotated[
        str | None,
        typer.Option("--max-time", metavar="120s", help="End after so many seconds (s) or minutes (m)."),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=16, help="So many probes work side by side.")
    ] = 1,
    fail_fast: Annotated[
        bool,
        typer.Option(
            "--fail-fast",
            help="End when a probe finds a MUST violated; what is observed is judged at the end.",
        ),
    ] = False,
    json_file: JsonFile = None,
    junit: JunitFile = None,
    html: HtmlFile = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of target, data and waiver files.")
    ] = False,
) -> int:
    """Judge an implementation of a TM Forum Open API, at any URL.

    Exit code: 0 conformant, 1 a MUST does not hold or could not be judged, 2 the command or a file is wrong,
    3 the target cannot be reached.

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
        data=data,
        waivers=waivers,
    )
    # a check that is named is meant, whatever suite it belongs to
    suite = suite or (Suite.full if check else Suite.standard)
    manner = Manner(suite, check or [], seed, fail_fast, read_only, seconds_of(max_time), workers)
    return _judged(options, files, manner)


@dataclass(frozen=True)
class Manner:
    """How the command line wants it judged."""

    suite: Suite
    only: list[str]
    seed: int
    fail_fast: bool
    read_only: bool
    seconds: float | None
    workers: int

    def __str__(self) -> str:
        read_only = ", read-only" if self.read_only else ""
        return f"suite {self.suite}, seed {self.seed}{read_only}"


def seconds_of(text: str | None) -> float | None:
    """A time as the command line gives it ("120s", "2m", "90"), in seconds; CommandError where it is none."""
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]+)?)\s*(s|m|)", text.strip())
    seconds = float(found[1]) * (60 if found[2] == "m" else 1) if found else 0.0
    if not seconds:
        raise CommandError(f"--max-time {text!r} is no time; write it as 120s or 2m")
    return seconds


def _judged(options: TargetOptions, files: Files, manner: Manner) -> int:
    from tmfrig.conformance.check import catalogue
    from tmfrig.conformance.mounting import mount
    from tmfrig.conformance.runner import Order, select
    from tmfrig.conformance.suites import asks_anything
    from tmfrig.conformance.waivers import Waivers, read_waivers

    target = options.target()
    files.spare([options.file, target.data, target.waivers, *(entry.contract for entry in target.apis)])
    chosen = select(catalogue(), manner.only)
    apis = mount(target)
    if manner.only and not asks_anything(chosen, manner.suite, [api.contract for api in apis]):
        named = " and ".join(f"{api.contract.api} v{api.contract.line}" for api in apis)
        raise CommandError(
            f"of {named}, the suite {manner.suite} asks nothing that is called {' or '.join(manner.only)}; "
            "give another --check, or leave out --suite"
        )
    order = Order(
        apis,
        seed=manner.seed,
        suite=manner.suite,
        rate=target.limits.rate,
        objects=target.limits.objects,
        seconds=manner.seconds,
        read_only=manner.read_only,
        hands=manner.workers,
        only=manner.only,
        waivers=Waivers(read_waivers(target.waivers) if target.waivers else ()),
        fail_fast=manner.fail_fast,
        callback=target.callback,
    )
    return judged(order, files, str(manner))


def judged(order: Order, files: Files, told: str) -> int:
    """Look whether the target is there, judge it with progress shown, and end as the verdict says."""
    from datetime import UTC, datetime

    from tmfrig.conformance.cli.progress import Progress, heading
    from tmfrig.conformance.preflight import preflight
    from tmfrig.conformance.runner import judge
    from tmfrig.conformance.session import check_callback
    from tmfrig.reports.result import RunResult

    started = datetime.now(UTC)
    check_callback(order.apis, order.callback)
    for api in order.apis:
        preflight(api, read_only=order.read_only)
        heading(api, told)
    with Progress() as progress:
        judgement = judge(order, [progress.result], progress.planned)
    run = RunResult.assemble(
        started=started,
        seconds=judgement.seconds,
        seed=order.seed,
        targets=[api.info for api in order.apis],
        results=judgement.results,
        left_behind=judgement.left_behind,
    )
    if judgement.left_behind:
        tell(f"{len(judgement.left_behind)} objects stay, as they cannot be deleted (--json lists them)")
    return finish(run, Ending(judgement.interrupted, judgement.gone, judgement.fault), files)
