"""A mounted target, opened: a client and an `Api` for each of its APIs, and one event sink for all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge
from tmfrig.conformance.client import Client, NoAnswer, TargetGone
from tmfrig.conformance.faults import keep_out_of_logs
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.recorder import Recorder
from tmfrig.conformance.sink import Sink, address_towards
from tmfrig.conformance.target import Callback

CLEANING = 10.0
"""How long, in seconds, tidying up at one API may take."""


@dataclass
class Session:
    """What is open: the APIs in the target's order, the recorder that everything passes, values never to be
    shown."""

    apis: Sequence[Api]
    recorder: Recorder
    secrets: frozenset[str]
    cleaning: float = CLEANING
    """How long, in seconds, tidying up at one API may take; lower it when somebody waits for the end."""

    @property
    def by_name(self) -> dict[str, Api]:
        """The APIs by identifier ("TMF622"); the last of several versions."""
        return {api.contract.api: api for api in self.apis}

    @property
    def gone(self) -> TargetGone | None:
        """How an API stopped answering, if one did."""
        return next((api.client.gone for api in self.apis if api.client.gone is not None), None)


@contextlib.contextmanager
def opened(mounted: Sequence[MountedApi], callback: Callback, seed: int = 1) -> Iterator[Session]:
    """Open all APIs and the event sink; at the end unregister what was registered and delete what was
    created.

    SinkError when notifications cannot be received where `callback` says.
    """
    secrets = frozenset[str]().union(*(api.secrets for api in mounted))
    keep_out_of_logs(secrets)
    recorder = Recorder()
    sink = Sink(recorder, callback.host or listening_address(mounted), callback.port, callback.public_url)
    clients = [Client(api.contract, api.connection, recorder) for api in mounted]
    session = Session([Api(client, sink, seed) for client in clients], recorder, secrets)
    sink.start()
    try:
        yield session
        _clean_up(session)
    finally:
        for client in clients:
            client.close()
        sink.stop()


def listening_address(mounted: Sequence[MountedApi]) -> str:
    """Where notifications are received by default: at our address as the target sees it."""
    addresses = [address_towards(*api.connection.address) for api in mounted]
    return next((address for address in addresses if not address.startswith("127.")), "127.0.0.1")


def _clean_up(session: Session) -> None:
    for api in session.apis:
        with contextlib.suppress(TargetGone, CannotJudge, NoAnswer, KeyboardInterrupt):
            if api.client.gone is None:
                api.clean_up(session.cleaning)
