"""The command that runs the reference servers: what `tmfrig serve` and the demo start as a program."""

from __future__ import annotations

import argparse
import gc
import logging
import math
import os
import socket
import sys
from collections.abc import Sequence

from tmfrig.mockservers.app import Application
from tmfrig.mockservers.dataset import DatasetError, load_dataset
from tmfrig.mockservers.running import Address, Server, bind, urls
from tmfrig.mockservers.site import DEFAULT_PACE, Site
from tmfrig.specs import (
    API_IDS,
    LINES,
    Contract,
    ContractError,
    lines_of,
    standard_apis,
    standard_contract,
)

PACE_VARIABLE = "TMFRIG_PACE"
EVERY_LINE = "all"
EXAMPLE = """example:
  tmfrig serve --api TMF620 --api TMF622 --port 8620 --dataset telco
  curl http://127.0.0.1:8620/tmf-api/productCatalogManagement/v4/productOffering?fields=name

Stop it with Ctrl-C. Orders, tasks and jobs take TMFRIG_PACE seconds for a step (0.2 unless set)."""


class UsageError(Exception):
    """What was asked for cannot be served; one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. The exit status: 0, or 2 where the command is wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        serve(options)
    except (UsageError, ContractError, DatasetError) as error:
        print(f"tmfrig serve: {error}", file=sys.stderr)
        return 2
    return 0


def serve(options: argparse.Namespace) -> None:
    """Load, bind, say that it is ready, and serve until a signal comes."""
    contracts = _contracts(options.api, options.version)
    pace = _pace(os.environ.get(PACE_VARIABLE))
    dataset = load_dataset(options.dataset)
    with _listener(options.host, options.port) as listener:
        address = Address(options.host, listener.getsockname()[1])
        site = Site(
            contracts,
            dataset=dataset,
            pace=pace,
            origin=address.origin,
            jsonpath=options.jsonpath,
            answers=options.answers,
        )
        server = AnnouncingServer(Application(site), contracts, address)
        server.run(sockets=[listener])


def _contracts(apis: Sequence[str] | None, version: str) -> list[Contract]:
    """The contracts asked for; ContractError for an API that is not in the house in that version."""
    named = tuple(dict.fromkeys(apis or ()))
    if version == EVERY_LINE:
        return [standard_contract(api, line) for api in named or API_IDS for line in lines_of(api)]
    line = int(version)
    return [standard_contract(api, line) for api in named or standard_apis(line)]


class AnnouncingServer(Server):
    """A server that prints one line per API when it accepts requests."""

    def __init__(self, application: Application, contracts: Sequence[Contract], address: Address) -> None:
        super().__init__(application)
        self._contracts = contracts
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept requests, and say so on stdout."""
        await super().startup(sockets)
        # contracts and modules never go away: the garbage collector need not look at them again
        gc.collect()
        gc.freeze()
        addresses = urls(self._contracts, self._address)
        for each in self._contracts:
            print(f"ready {each.api} v{each.line} {addresses[each.key]}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tmfrig serve",
        description="Run reference servers of TM Forum Open APIs.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--api", action="append", metavar="API", help="an API to serve, repeatable (default: all)"
    )
    parser.add_argument(
        "--version",
        choices=[*map(str, LINES), EVERY_LINE],
        default=str(LINES[0]),
        help="major version; all serves the versions of an API side by side over one store (default 4)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8620, help="port; 0 takes a free one (default 8620)")
    parser.add_argument(
        "--dataset",
        default="telco",
        metavar="telco|empty|FILE",
        help="data to start with (default telco)",
    )
    parser.add_argument(
        "--answers",
        choices=["sync", "async"],
        default="sync",
        help="async answers 202 where the contract has it, and acts a step later (default sync)",
    )
    parser.add_argument(
        "--no-jsonpath",
        action="store_false",
        dest="jsonpath",
        help="answer 501 to filter=<JSONPath> on collections",
    )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 0 to 65535")
    return int(text)


def _pace(text: str | None) -> float:
    if text is None or not text.strip():
        return DEFAULT_PACE
    try:
        pace = float(text)
    except ValueError:
        pace = math.nan
    if not 0 <= pace < math.inf:
        raise UsageError(f"{PACE_VARIABLE}={text} is no number of seconds; set it to 0.2, say")
    return pace


def _listener(host: str, port: int) -> socket.socket:
    try:
        return bind(host, port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen on {host}:{port} ({reason}); give another --host or --port"
        ) from None
