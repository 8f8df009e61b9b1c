"""The command that runs PROVEX and the facade in front of it."""

from __future__ import annotations

import argparse
import logging
import math
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tmfrig.mockservers.app import Application
from tmfrig.mockservers.facade.machine_room import HOST, MachineRoom
from tmfrig.mockservers.facade.provex import Provex
from tmfrig.mockservers.facade.site import LEAST_PACE, FacadeSite
from tmfrig.mockservers.facade.terminal import Terminal
from tmfrig.mockservers.reaching import Address
from tmfrig.mockservers.running import Server, bind
from tmfrig.mockservers.site import DEFAULT_PACE
from tmfrig.specs import Contract

PACE_VARIABLE = "TMFRIG_PACE"
PACES_PER_NIGHT = 3
NIGHT_FILE = "PROVEX.LINES"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. The exit status: 0, or 2 where the command is wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        serve(options.host, options.port, options.pace, options.night)
    except (OSError, UnicodeError) as error:
        print(f"tmfrig.mockservers.facade: {error}", file=sys.stderr)
        return 2
    return 0


def serve(host: str, port: int, pace: float, night: float | None) -> None:
    """Start PROVEX, say that the facade is ready, and serve until a signal comes."""
    day = max(pace, LEAST_PACE)
    night = PACES_PER_NIGHT * day if night is None else max(night, LEAST_PACE)
    with tempfile.TemporaryDirectory(prefix="provex-") as folder, bind(host, port) as listener:
        path = Path(folder) / NIGHT_FILE
        room = MachineRoom(Provex(), path, day=day, night=night)
        with room.operating() as provex:
            address = Address(host, listener.getsockname()[1])
            site = FacadeSite(Terminal(HOST, provex), path, pace=pace, origin=address.origin)
            FacadeServer(Application(site), site.contracts, address.url).run(sockets=[listener])


class FacadeServer(Server):
    """A server that prints one line per API when it accepts requests."""

    def __init__(self, application: Application, contracts: Sequence[Contract], url: str) -> None:
        super().__init__(application)
        self._lines = [f"ready {each.api} v{each.line} {url}{each.base_path}" for each in contracts]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept requests, and say so on stdout."""
        await super().startup(sockets)
        print("\n".join(self._lines), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tmfrig.mockservers.facade",
        description="Run PROVEX, a provisioning system of 1984, behind TMF641 and TMF638.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8641, help="port; 0 takes a free one (default 8641)")
    parser.add_argument(
        "--pace",
        type=_seconds,
        default=os.environ.get(PACE_VARIABLE, "").strip() or str(DEFAULT_PACE),
        metavar="SECONDS",
        help=f"what PROVEX takes for a step ({PACE_VARIABLE}, else {DEFAULT_PACE})",
    )
    parser.add_argument(
        "--night",
        type=_seconds,
        metavar="SECONDS",
        help=f"from one night run to the next (default {PACES_PER_NIGHT} paces)",
    )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds; give 0.2, say")
    return seconds
