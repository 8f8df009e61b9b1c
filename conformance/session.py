"""A mounted target, opened: a client and an `Api` for each of its APIs, and one event sink for all."""

from __future__ import annotations

import contextlib
import secrets as random_numbers
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge
from tmfrig.conformance.client import Client, NoAnswer, TargetGone
from tmfrig.conformance.faults import keep_out_of_logs
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.recorder import Recorder
from tmfrig.conformance.sink import Sink, address_towards
from tmfrig.conformance.target import Callback

CLIENT_ID = "X-Client-Id"
"""The header in which who sends a request says who it is."""

CLEANING = 10.0
"""How long, in seconds, tidying up at one API may take."""


@dataclass
class Session:
    """What is open: the APIs in the target's order, the recorder that everything passes, values never to be
    shown. `opener` opens the same APIs for a role of that name."""

    apis: Sequence[Api]
    recorder: Recorder
    secrets: frozenset[str]
    opener: Callable[[str], Sequence[Api]] = field(repr=False)
    cleaning: float = CLEANING
    """How long, in seconds, tidying up at one API may take; lower it when somebody waits for the end."""
    _roles: dict[str, Sequence[Api]] = field(default_factory=dict, init=False, repr=False)
    _trace: str | None = field(default=None, init=False, repr=False)

    @property
    def by_name(self) -> dict[str, Api]:
        """The APIs by identifier ("TMF622"); the last of several versions."""
        return {api.contract.api: api for api in self.apis}

    def as_role(self, role: str) -> Sequence[Api]:
        """The same APIs, in the same order, as somebody else talks to them: each request names the role.

        Opened when they are first asked for.
        """
        if role not in self._roles:
            self._roles[role] = self.opener(role)
            for api in self._roles[role]:
                api.client.trace = self._trace
        return self._roles[role]

    def begin_trace(self) -> str:
        """Whatever anybody sends from now on belongs to a new W3C trace, whose id is returned."""
        self._trace = random_numbers.token_hex(16)
        for api in self.everyone:
            api.client.trace = self._trace
        return self._trace

    @property
    def everyone(self) -> list[Api]:
        """The APIs as all who have asked for them talk to them."""
        return [*self.apis, *(api for apis in self._roles.values() for api in apis)]

    @property
    def gone(self) -> TargetGone | None:
        """How an API stopped answering, if one did."""
        return next((api.client.gone for api in self.everyone if api.client.gone is not None), None)


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

    def apis(role: str | None = None) -> list[Api]:
        headers = {} if role is None else {CLIENT_ID: role}
        connections = [
            replace(each.connection, headers={**each.connection.headers, **headers}) for each in mounted
        ]
        clients = [
            Client(each.contract, connection, recorder)
            for each, connection in zip(mounted, connections, strict=True)
        ]
        return [Api(client, sink, seed) for client in clients]

    session = Session(apis(), recorder, secrets, apis)
    sink.start()
    try:
        yield session
        _clean_up(session)
    finally:
        for api in session.everyone:
            api.client.close()
        sink.stop()


def listening_address(mounted: Sequence[MountedApi]) -> str:
    """Where notifications are received by default: at our address as the target sees it."""
    addresses = [address_towards(*api.connection.address) for api in mounted]
    return next((address for address in addresses if not address.startswith("127.")), "127.0.0.1")


def _clean_up(session: Session) -> None:
    for api in session.everyone:
        with contextlib.suppress(TargetGone, CannotJudge, NoAnswer, KeyboardInterrupt):
            if api.client.gone is None:
                api.clean_up(session.cleaning)
