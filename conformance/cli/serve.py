"""`tmfrig serve`: the reference servers, which run as a program of their own."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer


class Answers(StrEnum):
    """When the servers answer a change."""

    sync = "sync"
    async_ = "async"


def serve(
    api: Annotated[
        list[str] | None, typer.Option("--api", metavar="TMF622", help="Serve this API only; repeatable.")
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
    answers: Annotated[
        Answers,
        typer.Option("--answers", help="async answers 202 where the contract has it, and acts a step later."),
    ] = Answers.sync,
    no_jsonpath: Annotated[
        bool, typer.Option("--no-jsonpath", help="Answer 501 to filter=<JSONPath>, as servers without it do.")
    ] = False,
) -> None:
    """Serve reference implementations of the APIs until Ctrl-C.

    Prints one line per API and version when it accepts requests. Orders and tasks progress by themselves, one
    step every TMFRIG_PACE seconds (an environment variable, default 0.2).

    Example: tmfrig serve --version all --api TMF620 --api TMF622 --port 9600
    """
    command = [sys.executable, "-P", "-m", "tmfrig.mockservers", "--version", version, "--host", host]
    command += ["--port", str(port), "--dataset", dataset, "--answers", answers.value]
    command += ["--no-jsonpath"] if no_jsonpath else []
    for each in api or ():
        command += ["--api", each]
    sys.stdout.flush()
    # the servers take this process over, so that signals and the exit code are theirs
    os.execv(sys.executable, command)
