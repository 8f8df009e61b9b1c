"""The command that runs PROVEX and the facade in front of it."""

from __future__ import annotations

import argparse
import logging
import math
import os
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
from tmfrig.mockservers.running import bind
from tmfrig.mockservers.serve import PACE_VARIABLE, AnnouncingServer, port_number
from tmfrig.mockservers.site import DEFAULT_PACE

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
            AnnouncingServer(Application(site), address).run(sockets=[listener])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tmfrig.mockservers.facade",
        description="Run PROVEX, a provisioning system of 1984, behind TMF641 and TMF638.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=port_number, default=8641, help="port; 0 takes a free one (default 8641)"
    )
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


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds; give 0.2, say")
    return seconds
