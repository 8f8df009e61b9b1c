"""One run of the scenarios on a target: pytest and pytest-bdd in this process, nothing of the user's own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tmfrig.conformance.check import CannotJudge
from tmfrig.conformance.client import Connection
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.faults import log_fault
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.session import opened
from tmfrig.conformance.target import Callback, Rig
from tmfrig.features import vocabulary
from tmfrig.features.cast import ORDER_MANAGEMENT
from tmfrig.features.data import Data
from tmfrig.features.findings import version_of
from tmfrig.features.identity import Identity, names
from tmfrig.features.playing import Listener, Player
from tmfrig.reports.result import Result
from tmfrig.specs import rig_contract

PATIENCE = 30.0
"""How long, in seconds, something may take that takes its time, such as an order."""

_HERE = Path(__file__).parent
_ALONE = (
    *("-c", os.devnull, "--rootdir", str(_HERE), "--noconftest", "--disable-plugin-autoload", "-s"),
    *("-p", "pytest_bdd.plugin", "--import-mode=importlib", "--assert=plain"),
    *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "no:warnings"),
    *("-p", "no:faulthandler", "-p", "no:threadexception", "-p", "no:unraisableexception", "-p", "no:tmpdir"),
)
_VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
_CLEANING_AFTER_INTERRUPT = 0.3


@dataclass(frozen=True)
class Played:
    """What a run found.

    `gone` says how the target stopped answering, `fault` where a mistake of ours is logged.
    """

    results: Sequence[Result]
    interrupted: bool = False
    gone: str | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Programme:
    """What is to be played on which APIs: the scenarios that a glob means, by id or title.

    `data` says what exists there, `rig` what stands around the target (see `Stage`).
    """

    apis: Sequence[MountedApi]
    callback: Callback = field(default_factory=Callback)
    pattern: str = "*"
    seed: int = 1
    patience: float = PATIENCE
    data: Data | None = None
    rig: Rig | None = None


def play(programme: Programme, listener: Listener = lambda identity, result: None) -> Played:
    """Play the scenarios; `listener` gets every result as it happens.

    CommandError when no scenario is meant, when none of those meant can be played on these APIs, or when
    notifications cannot be received where the programme says. Never raises for what the target does.
    """
    with opened(with_com(programme.apis, programme.rig), programme.callback, programme.seed) as session:
        player = Player(
            session,
            pattern=programme.pattern,
            patience=programme.patience,
            listener=listener,
            data=programme.data,
            rig=programme.rig,
        )
        with _nothing_of_the_users():
            pytest.main([*_ALONE, str(_HERE / "scenarios.py")], plugins=[player, vocabulary])
        if player.interrupted:
            session.cleaning = _CLEANING_AFTER_INTERRUPT
        _refuse_if_pointless(programme, player)
        unplayed = list(_unplayed(player))
    return Played(
        results=[*player.results, *unplayed],
        interrupted=player.interrupted,
        gone=str(session.gone) if session.gone else None,
        fault=str(log_fault(player.fault)) if player.fault else None,
    )


def with_com(apis: Sequence[MountedApi], rig: Rig | None) -> list[MountedApi]:
    """The APIs, and the COM where the rig has one."""
    if rig is None or rig.com is None:
        return [*apis]
    return [*apis, MountedApi(rig_contract(ORDER_MANAGEMENT), Connection(rig.com), frozenset())]


@contextlib.contextmanager
def _nothing_of_the_users() -> Iterator[None]:
    kept = {name: os.environ.pop(name) for name in _VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def _refuse_if_pointless(programme: Programme, player: Player) -> None:
    if player.fault is not None or player.interrupted:
        return
    if not player.chosen:
        known = names(player.known)
        raise CommandError(f"no scenario is called {programme.pattern!r}; there {_are(player.known)} {known}")
    missing = [player.missing(each) for each in player.chosen]
    if all(missing):
        there = sorted({api.contract.api for api in programme.apis})
        lacking = min(missing, key=lambda each: len(each))
        raise CommandError(
            f"{', '.join(there)} alone cannot play {names(player.chosen)}; "
            f"name {' and '.join(lacking)} in the target too"
        )


def _unplayed(player: Player) -> Iterator[Result]:
    """A scenario that was not reached, or not finished, was not judged."""
    done = {(result.check, result.version) for result in player.results}
    why = (
        "Ctrl-C"
        if player.interrupted
        else "a mistake of the rig"
        if player.fault
        else "the target stopped answering"
    )
    for identity in player.chosen:
        if (identity.check, version_of(identity)) not in done:
            yield from player.unplayed(identity, CannotJudge(f"it was not judged: {why} ended the run"))


def _are(identities: Sequence[Identity]) -> str:
    return "is" if len({each.name for each in identities}) == 1 else "are"
