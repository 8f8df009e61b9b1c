"""The command that runs the reference servers: what `tmfrig serve` and the demo start as a program."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import math
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from tmfrig.mockservers.activation.script import ScriptError
from tmfrig.mockservers.activation.script_file import load_script
from tmfrig.mockservers.app import Application
from tmfrig.mockservers.credentials import VARIABLE as HEADERS_VARIABLE
from tmfrig.mockservers.credentials import CredentialsError, headers_of
from tmfrig.mockservers.dataset import BUILT_IN, DatasetError, load_dataset
from tmfrig.mockservers.faults import FaultError
from tmfrig.mockservers.faults.catalogue import faults_named, table
from tmfrig.mockservers.reaching import Address
from tmfrig.mockservers.running import Server, assembled, bind, urls
from tmfrig.mockservers.site import DEFAULT_PACE
from tmfrig.mockservers.store import Store, StoreError
from tmfrig.mockservers.stores import store_at
from tmfrig.mockservers.stores.opening import MEMORY
from tmfrig.mockservers.topology import Topology, TopologyError, com_by_default
from tmfrig.mockservers.workers import MOST_WORKERS, Crew, CrewError, supervise
from tmfrig.specs import (
    API_IDS,
    COM,
    LINES,
    NOBODY,
    Contract,
    ContractError,
    RoleError,
    base_url,
    external_roles,
    lines_of,
    standard_apis,
    standard_contract,
)

PACE_VARIABLE = "TMFRIG_PACE"
PATIENCE_VARIABLE = "TMFRIG_PATIENCE"
EVERY_LINE = "all"
GARBAGE = (50_000, 20, 100)
"""How many objects more than before, and how many collections of those, have the garbage collector look."""
TURN = 0.0005
"""Seconds for which a thread computes while another one, which writes a file perhaps, wants to."""
EXAMPLE = """example:
  tmfrig serve --api TMF620 --api TMF622 --port 8620 --dataset telco
  curl http://127.0.0.1:8620/tmf-api/productCatalogManagement/v4/productOffering?fields=name
  tmfrig serve --external TMF641=https://so.acme.example/tmf-api/serviceOrdering/v4 --admin
  tmfrig serve --store sqlite:///rig.db --workers 2

Stop it with Ctrl-C. Orders, tasks and jobs take TMFRIG_PACE seconds for a step (0.2 unless set). The COM puts
an order on hold when nothing has moved for TMFRIG_PATIENCE seconds (100 steps, with external roles 60).
TMFRIG_EXTERNAL_HEADERS holds what logs in at external roles: {"TMF641": {"Authorization": "Bearer …"}}.
With TMFRIG_TOKENS=a,b the APIs ask for one of these bearer tokens."""


class UsageError(Exception):
    """What was asked for cannot be served; one line."""


WRONG = (
    *(UsageError, ContractError, CredentialsError, CrewError, DatasetError),
    *(FaultError, RoleError, ScriptError, StoreError, TopologyError),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. The exit status: 0, or 2 where the command is wrong."""
    options = _parser().parse_args(arguments)
    if options.list_faults:
        _list_faults()
        return 0
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        if options.workers > 1:
            return _serve_together(options, sys.argv[1:] if arguments is None else arguments)
        serve(options)
    except WRONG as error:
        print(f"tmfrig serve: {error}", file=sys.stderr)
        return 2
    return 0


def _serve_together(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    store = None if options.store == MEMORY else options.store
    # one that others listen on together is taken too, though it would let us in
    with _listener(options, shared=False, listening=False) as free:
        options.port = free.getsockname()[1]
    # held while they run, so that nobody else takes the port between two of them
    with _listener(options, shared=True, listening=False) as listener:
        crew = Crew(options.workers, arguments, store, _files(options))
        return supervise(crew, listener)


def _files(options: argparse.Namespace) -> dict[str, Path]:
    """The files that options name, by option; DatasetError or ScriptError where one cannot be used."""
    files = {}
    if options.dataset not in BUILT_IN:
        load_dataset(options.dataset)
        files["--dataset"] = Path(options.dataset)
    if options.scenario:
        load_script(Path(options.scenario))
        files["--scenario"] = Path(options.scenario)
    return files


def serve(options: argparse.Namespace) -> None:
    """Load, bind, say that it is ready, and serve until a signal comes."""
    topology = replace(_topology(options), faults=faults_named(options.fault or ()))
    pace = _seconds(PACE_VARIABLE)
    patience = _seconds(PATIENCE_VARIABLE)
    callback_url = base_url(options.callback_url, "--callback-url") if options.callback_url else ""
    dataset = load_dataset(options.dataset)
    script = load_script(Path(options.scenario)) if options.scenario else None
    store = store_at(options.store)
    asyncio.run(_tried(store))
    with _listener(options, shared=options.beside is not None) as listener:
        address = Address(options.host, listener.getsockname()[1])
        application = assembled(
            topology,
            address,
            callback_url=callback_url,
            admin=options.admin,
            alone=options.beside is None,
            dataset=dataset,
            store=store,
            script=script,
            pace=DEFAULT_PACE if pace is None else pace,
            patience=patience or None,
            jsonpath=options.jsonpath,
            answers=options.answers,
            etags=options.etags,
        )
        AnnouncingServer(application, address, options.beside).run(sockets=[listener])


def _topology(options: argparse.Namespace) -> Topology:
    """Who plays which role; the COM is here where it is named, or where nothing is named and it can be."""
    externals = external_roles(options.external or ())
    headers = headers_of(os.environ.get(HEADERS_VARIABLE))
    named = [each.upper() if each.upper() == COM else each for each in options.api or ()]
    apis = [each for each in named if each != COM]
    if named:
        served = _contracts(apis, options.version)
        return Topology(tuple(served), externals, COM in named, headers)
    everything = API_IDS if options.version == EVERY_LINE else standard_apis(int(options.version))
    served = _contracts([each for each in everything if each not in externals], options.version)
    return Topology(tuple(served), externals, com_by_default(served, externals), headers)


def _contracts(apis: Sequence[str], version: str) -> list[Contract]:
    """The contracts of these APIs; ContractError for one that is not in the house in that version."""
    named = tuple(dict.fromkeys(apis))
    if version == EVERY_LINE:
        return [standard_contract(api, line) for api in named for line in lines_of(api)]
    return [standard_contract(api, int(version)) for api in named]


class AnnouncingServer(Server):
    """A server that prints one line per API when it accepts requests."""

    def __init__(self, application: Application, address: Address, lifeline: int | None = None) -> None:
        super().__init__(application)
        self._lifeline = lifeline
        self._contracts = application.contracts
        self._address = address

    def announce(self) -> None:
        """Say on stdout that requests are accepted."""
        # contracts and modules never go away: the garbage collector need not look at them again
        gc.collect()
        gc.freeze()
        # requests leave nothing behind that only the collector could find: it may come less often
        gc.set_threshold(*GARBAGE)
        sys.setswitchinterval(TURN)
        addresses = urls(self._contracts, self._address)
        for each in self._contracts:
            print(f"ready {each.api} v{each.line} {addresses[each.key]}", flush=True)
        if self._lifeline is not None:
            print(flush=True)
            asyncio.get_running_loop().add_reader(self._lifeline, self._abandoned)

    def _abandoned(self) -> None:
        """Who has started this worker is gone: it goes too."""
        self.should_exit = True
        asyncio.get_running_loop().remove_reader(self._lifeline or 0)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"tmfrig serve: {message}; see 'tmfrig serve --help'\n")


def _list_faults() -> None:
    try:
        print(table(), flush=True)
    except BrokenPipeError:
        # whoever reads it (head, less) has seen enough; the rest must not be tried again at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="tmfrig serve",
        description="Run reference servers of TM Forum Open APIs.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--api",
        action="append",
        metavar="API",
        help="an API to serve, or COM, repeatable (default: all, and the COM where it has all that it needs)",
    )
    parser.add_argument(
        "--version",
        choices=[*map(str, LINES), EVERY_LINE],
        default=str(LINES[0]),
        help="major version; all serves the versions of an API side by side over one store (default 4)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=port_number, default=8620, help="port; 0 takes a free one (default 8620)"
    )
    parser.add_argument(
        "--dataset",
        default="telco",
        metavar="telco|empty|FILE",
        help="data to start with (default telco)",
    )
    parser.add_argument(
        "--store",
        default=MEMORY,
        metavar="memory|sqlite:///FILE|postgresql://…",
        help="where resources are kept; what is in a file or a database is there again after a restart, and "
        "the data set is put into a new one only (default memory)",
    )
    parser.add_argument(
        "--workers",
        type=count_of_workers,
        default=1,
        metavar="N",
        help="processes that answer requests on the same port, over one store; without --store that is a "
        "temporary SQLite file (default 1)",
    )
    parser.add_argument("--beside", type=int, help=argparse.SUPPRESS)
    parser.add_argument(
        "--answers",
        choices=["sync", "async"],
        default="sync",
        help="async answers 202 where the contract has it, and acts a step later (default sync)",
    )
    parser.add_argument(
        "--etags",
        action="store_true",
        help="answer with an ETag always, not only to requests with a condition",
    )
    parser.add_argument(
        "--no-jsonpath",
        action="store_false",
        dest="jsonpath",
        help="answer 501 to filter=<JSONPath> on collections",
    )
    parser.add_argument(
        "--external",
        action="append",
        metavar="ROLE=URL",
        help="an API, or COM, that somebody else plays, repeatable; the others are wired to it. Its "
        f"version is what the URL ends in, else 4. COM={NOBODY}: external roles carry orders out themselves",
    )
    parser.add_argument(
        "--callback-url",
        default="",
        metavar="URL",
        help="how external roles reach this server (default: its address as they see it)",
    )
    parser.add_argument(
        "--scenario",
        default="",
        metavar="FILE",
        help="which service orders fail, wait or hang, and which notifications get lost (YAML or JSON)",
    )
    parser.add_argument(
        "--admin",
        action="store_true",
        help="keep a journal of all exchanges, and serve the admin API (journal, reset, snapshots, seeds) "
        "to everybody who reaches this server",
    )
    parser.add_argument(
        "--fault",
        action="append",
        metavar="NAME",
        help="have the servers do something wrong, to see whether that is noticed; repeatable",
    )
    parser.add_argument(
        "--list-faults", action="store_true", help="print the faults, which rule each breaks and how, and end"
    )
    return parser


def count_of_workers(text: str) -> int:
    """A number of processes as an option gives it; ArgumentTypeError for anything else."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_WORKERS):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers from 1 to {MOST_WORKERS}")
    return int(text)


def port_number(text: str) -> int:
    """A port as an option gives it; ArgumentTypeError for anything else."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 0 to 65535")
    return int(text)


def _seconds(variable: str) -> float | None:
    """What an environment variable says; None where it says nothing."""
    text = os.environ.get(variable, "")
    if not text.strip():
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UsageError(f"{variable}={text} is no number of seconds; set it to {DEFAULT_PACE}, say")
    return seconds


async def _tried(store: Store) -> None:
    """StoreError where a store cannot be used, before anything else is begun."""
    await store.open()
    await store.close()


def _listener(options: argparse.Namespace, *, shared: bool, listening: bool = True) -> socket.socket:
    host, port = options.host, options.port
    try:
        return bind(host, port, shared=shared, listening=listening)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen on {host}:{port} ({reason}); give another --host or --port"
        ) from None
