"""`tmfrig serve`: the reference servers, which run as a program of their own."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Answers(StrEnum):
    """When the servers answer a change."""

    sync = "sync"
    async_ = "async"


def serve(
    api: Annotated[
        list[str] | None,
        typer.Option("--api", metavar="TMF622", help="Serve this API (or COM) only; repeatable."),
    ] = None,
    version: Annotated[
        str, typer.Option("--version", metavar="4|5|all", help="Major version of the APIs.")
    ] = "4",
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8620,
    dataset: Annotated[
        str, typer.Option("--dataset", metavar="telco|empty|FILE", help="What the servers hold at the start.")
    ] = "telco",
    store: Annotated[
        str,
        typer.Option(
            "--store",
            metavar="memory|sqlite:///FILE|postgresql://…",
            help="Where resources are kept; a file or a database is there again after a restart.",
        ),
    ] = "memory",
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Processes that answer on the same port, over one store; without --store a temporary "
            "SQLite file.",
        ),
    ] = 1,
    answers: Annotated[
        Answers,
        typer.Option("--answers", help="async answers 202 where the contract has it, and acts a step later."),
    ] = Answers.sync,
    etags: Annotated[
        bool,
        typer.Option("--etags", help="Answer with an ETag always, not only to requests with a condition."),
    ] = False,
    no_jsonpath: Annotated[
        bool, typer.Option("--no-jsonpath", help="Answer 501 to filter=<JSONPath>, as servers without it do.")
    ] = False,
    external: Annotated[
        list[str] | None,
        typer.Option(
            "--external",
            metavar="ROLE=URL",
            help="This API, or COM, is played by somebody else; repeatable. The others are wired to it. "
            "COM=none: external roles carry orders out themselves.",
        ),
    ] = None,
    callback_url: Annotated[
        str | None,
        typer.Option(
            "--callback-url",
            metavar="URL",
            help="How external roles reach this server, such as https://rig.acme.example; by default its "
            "address as they see it.",
        ),
    ] = None,
    scenario: Annotated[
        Path | None,
        typer.Option(
            "--scenario",
            metavar="FILE",
            help="Which service orders fail, wait or hang, and which notifications get lost (YAML or JSON).",
        ),
    ] = None,
    admin: Annotated[
        bool,
        typer.Option(
            "--admin",
            help="Keep a journal of all exchanges and serve the admin API, to all who reach the server.",
        ),
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="NAME",
            help="Have the servers do something wrong, to see whether that is noticed; repeatable.",
        ),
    ] = None,
    list_faults: Annotated[
        bool,
        typer.Option("--list-faults", help="Print the faults, which rule each breaks and how, and end."),
    ] = False,
) -> None:
    """Serve reference implementations of the APIs, and of the COM that carries orders out, until Ctrl-C.

    Prints one line per API and version when it accepts requests. Orders and tasks progress one step every
    TMFRIG_PACE seconds (an environment variable, default 0.2). TMFRIG_EXTERNAL_HEADERS logs in at external
    roles: {"TMF641": {"Authorization": "Bearer …"}}. With TMFRIG_TOKENS=a,b the APIs ask for one of these
    bearer tokens.

    Example: tmfrig serve --external TMF641=https://so.acme.example/tmf-api/serviceOrdering/v4 --admin
    """
    command = [sys.executable, "-P", "-m", "tmfrig.mockservers", "--version", version, "--host", host]
    command += ["--port", str(port), "--dataset", dataset, "--answers", answers.value]
    command += ["--store", store, "--workers", str(workers)]
    command += ["--etags"] if etags else []
    command += ["--no-jsonpath"] if no_jsonpath else []
    command += ["--callback-url", callback_url] if callback_url is not None else []
    command += ["--scenario", str(scenario)] if scenario is not None else []
    command += ["--admin"] if admin else []
    command += ["--list-faults"] if list_faults else []
    for each in api or ():
        command += ["--api", each]
    for each in external or ():
        command += ["--external", each]
    for each in fault or ():
        command += ["--fault", each]
    sys.stdout.flush()
    # the servers take this process over, so that signals and the exit code are theirs
    os.execv(sys.executable, command)
