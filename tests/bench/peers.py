"""Other mocks beside ours, on one processor, with the same product order read and placed.

They are fetched from their registries in the versions that `peer_list` names, into a folder for them. Each
takes turns with ours, round by round; what counts is the ratio.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from client import MEDIA_TYPE, Job, call, rate_of
from orders import ORDER
from peer_list import PEERS, Material, Peer
from processes import STILL, Measured, Processors, free_ports, reference_servers, running, wait_for
from results import Aim, Row, said

from tmfrig.specs import standard_contract

PART = "peers"
PRISM_AIM, OTHERS_AIM = Aim(15.0), Aim(1.0)
INSTALLING = 600.0
GET, POST = "GET by id", "POST of three items"


class NoPeerError(Exception):
    """A peer cannot be had or does not answer, and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long to measure, and where peers stay for the next time."""

    rounds: int = 3
    seconds: float = 1.5
    connections: int = 16
    folder: Path | None = None
    only: str = ""
    """A part of the names of those that are measured; all where it is empty."""


def measure(settings: Settings) -> Iterator[Row]:
    """Two rows for each peer, or one that says why there are none."""
    with Processors.shared_out().kept() as processors, ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tmfrig-peers-")))
        installed = settings.folder or temporary / "installed"
        ours = stack.enter_context(
            reference_servers("--api", "TMF622", processor=processors.servers, environment=STILL)
        )
        _, created = call(f"{ours.url}/productOrder", json.dumps(ORDER).encode())
        exported = standard_contract("TMF622").document
        exampled = _with_examples(exported, created)
        for number, peer in enumerate(PEERS):
            if settings.only.lower() not in peer.name.lower():
                continue
            folder = temporary / str(number)
            folder.mkdir()
            try:
                with said(f"{PART}: {peer.name}"):
                    program = _installed(peer, installed / _folder_of(peer))
                    port, *spare = free_ports(3)
                    document = exported if peer.makes_up else exampled
                    material = Material(folder, port, spare, document, created, created)
                    with _started(peer, program, material, processors.servers) as theirs:
                        yield from _compared(peer, ours, theirs, created, settings)
            except NoPeerError as reason:
                yield Row(PART, peer.name, None, remark=str(reason)[:200])


def _folder_of(peer: Peer) -> str:
    return re.sub(r"\W+", "-", f"{peer.registry} {' '.join(peer.packages)}")


def _with_examples(document: dict[str, Any], order: dict[str, Any]) -> dict[str, Any]:
    """Our document, in which an order is the example of what is answered to both requests."""
    whole = json.loads(json.dumps(document).replace(MEDIA_TYPE, "application/json"))
    for path, method, status in (("/productOrder/{id}", "get", "200"), ("/productOrder", "post", "201")):
        for content in whole["paths"][path][method]["responses"][status]["content"].values():
            content["example"] = order
    return whole


def _installed(peer: Peer, folder: Path) -> Path:
    """Where the programs of a peer are, which is fetched unless it is there."""
    mark = folder / "installed"
    wanted = " ".join(peer.packages)
    programs = folder / ("bin" if peer.registry == "pip" else "node_modules/.bin")
    if mark.is_file() and mark.read_text("utf-8") == wanted:
        return programs
    if peer.registry == "npm":
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            raise NoPeerError("node and npm are not installed")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", *peer.packages]
    else:
        venv.create(folder, with_pip=True)
        command = [str(programs / "python"), "-m", "pip", "install", "--quiet", *peer.packages]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALLING, check=False, env=_environment()
        )
    except subprocess.TimeoutExpired:
        raise NoPeerError(f"{wanted} is not installed after {INSTALLING:.0f} s") from None
    if done.returncode:
        said_there = " ".join(done.stderr.split()) or "no reason given"
        raise NoPeerError(f"{wanted} cannot be installed: {said_there[:150]}")
    mark.write_text(wanted, "utf-8")
    return programs


def _environment() -> dict[str, str]:
    # what is set for this Python is not for theirs
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@contextmanager
def _started(peer: Peer, programs: Path, material: Material, processor: int | None) -> Iterator[Measured]:
    first, *others = peer.command(material)
    if first == "node":
        # a script finds packages beside itself
        (material.folder / "node_modules").symlink_to(programs.parent)
        program = shutil.which("node") or first
    else:
        program = str(programs / first)
    environment = {"PYTHONPATH": "", "PYTHONWARNINGS": "ignore"}
    with (material.folder / "log").open("w") as log:
        try:
            with running(
                *(program, *others),
                processor=processor,
                environment=environment,
                output=log.fileno(),
                folder=material.folder,
            ) as process:
                try:
                    wait_for(material.port, process)
                except RuntimeError as error:
                    raise NoPeerError(f"{error}: {_last_words(material.folder / 'log')}") from None
                yield Measured(process, {peer.name: f"http://127.0.0.1:{material.port}"})
        except FileNotFoundError as error:
            raise NoPeerError(f"it has no program {first}: {error}") from None


def _last_words(log: Path) -> str:
    return " ".join(log.read_text("utf-8", "replace").split())[-300:]


def _compared(
    peer: Peer, ours: Measured, theirs: Measured, order: dict[str, Any], settings: Settings
) -> Iterator[Row]:
    placed = json.dumps(ORDER).encode()
    path = f"{urlsplit(ours.url).path}/productOrder"
    media_type = MEDIA_TYPE if peer.makes_up else "application/json"
    for name, own, other in (
        (
            GET,
            Job(GET, "GET", [f"{path}/{order['id']}"]),
            Job(GET, "GET", [f"{peer.base}/productOrder/{order['id']}"]),
        ),
        (
            POST,
            Job(POST, "POST", [path], placed, 201),
            Job(POST, "POST", [f"{peer.base}/productOrder"], placed, peer.created, media_type),
        ),
    ):
        _try(peer, theirs.url, other)
        rates: list[tuple[float, float]] = []
        costs: list[tuple[float, float]] = []
        for number in range(settings.rounds + 1):
            turn = [_turn(server, job, settings) for server, job in ((ours, own), (theirs, other))]
            if number:  # the first round warms both up
                rates.append((turn[0][0], turn[1][0]))
                costs.append((turn[0][1], turn[1][1]))
        yield _row(peer, name, rates, costs)


def _try(peer: Peer, url: str, job: Job) -> None:
    """NoPeerError where a peer does not answer one request as it should."""
    try:
        content, parsed = call(url + job.paths[0], job.body or None, job.method, job.media_type)
    except (OSError, ValueError) as error:
        raise NoPeerError(f"{job.name} fails: {error}") from None
    items = parsed.get("productOrderItem") if isinstance(parsed, dict) else None
    if not items or not (peer.makes_up or len(items) == len(ORDER["productOrderItem"])):
        raise NoPeerError(f"{job.name} is answered with something else: {content[:150]!r}")


def _turn(server: Measured, job: Job, settings: Settings) -> tuple[float, float]:
    before = server.spent()
    try:
        outcome = rate_of(server.url, job, settings.seconds, settings.connections)
    except RuntimeError as error:
        raise NoPeerError(f"{job.name} fails under load: {error}") from None
    spent = (server.spent() - before).running
    server.calm()
    return outcome.rate, spent / outcome.answers * 1e6


def _row(
    peer: Peer, name: str, rates: Sequence[tuple[float, float]], costs: Sequence[tuple[float, float]]
) -> Row:
    ratios = [own / other for own, other in rates]
    own, other = (statistics.median(each[place] for each in rates) for place in (0, 1))
    own_cost, other_cost = (statistics.median(each[place] for each in costs) for place in (0, 1))
    return Row(
        PART,
        f"{name}, ours to {peer.name}",
        round(statistics.median(ratios), 2),
        "times",
        PRISM_AIM if peer.name == "Prism" else OTHERS_AIM,
        f"{min(ratios):.1f}-{max(ratios):.1f}; {own:,.0f}/s to {other:,.0f}/s; by processor time "
        f"{other_cost / own_cost:.1f} ({own_cost:.0f} µs to {other_cost:.0f} µs)",
        {
            "packages": list(peer.packages),
            "rates": [[round(each) for each in pair] for pair in rates],
            "us": [[round(each, 1) for each in pair] for pair in costs],
        },
    )
