"""A mounted target, opened: a client and an `Api` for each of its APIs, and one event sink for all."""

from __future__ import annotations

import contextlib
import itertools
import secrets as random_numbers
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tmfrig.conformance.allowance import Allowance
from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.conformance.client import Client, Fate, NoAnswer, TargetGone
from tmfrig.conformance.faults import keep_out_of_logs
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.recorder import Recorder
from tmfrig.conformance.sink import Sink, address_towards, listening
from tmfrig.conformance.target import Callback

CLIENT_ID = "X-Client-Id"
"""The header in which who sends a request says who it is."""

CLEANING = 10.0
"""How long, in seconds, tidying up at one API may take."""


@dataclass
class Session:
    """What is open: the APIs in the target's order, the recorder that everything passes, what the run may
    take, values never to be shown. `opener` opens the same APIs for a role of that name."""

    apis: Sequence[Api]
    recorder: Recorder
    allowance: Allowance
    secrets: frozenset[str]
    opener: Callable[[str | None], Sequence[Api]] = field(repr=False)
    cleaning: float = CLEANING
    """How long, in seconds, tidying up at one API may take; lower it when somebody waits for the end."""
    left_behind: list[str] = field(default_factory=list)
    """What was created and could not be taken away again, once all is closed: URLs."""
    _roles: dict[str, Sequence[Api]] = field(default_factory=dict, init=False, repr=False)
    _hands: list[Sequence[Api]] = field(default_factory=list, init=False, repr=False)
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

    def another_hand(self) -> Sequence[Api]:
        """The same APIs, in the same order, for somebody who works beside the others in a thread of their
        own: with payloads and instances of their own."""
        self._hands.append(self.opener(None))
        return self._hands[-1]

    def begin_trace(self) -> str:
        """Whatever anybody sends from now on belongs to a new W3C trace, whose id is returned."""
        self._trace = random_numbers.token_hex(16)
        for api in self.everyone:
            api.client.trace = self._trace
        return self._trace

    @property
    def everyone(self) -> list[Api]:
        """The APIs as all who have asked for them talk to them."""
        others = [*self._roles.values(), *self._hands]
        return [*self.apis, *(api for apis in others for api in apis)]

    @property
    def gone(self) -> TargetGone | None:
        """How an API stopped answering, if one did."""
        return next((api.client.gone for api in self.everyone if api.client.gone is not None), None)


@contextlib.contextmanager
def opened(
    mounted: Sequence[MountedApi], callback: Callback, seed: int = 1, allowance: Allowance | None = None
) -> Iterator[Session]:
    """Open all APIs and the event sink; at the end unregister what was registered and delete what was
    created.

    SinkError when notifications cannot be received where `callback` says.
    """
    allowance = allowance or Allowance()
    secrets = frozenset[str]().union(*(api.secrets for api in mounted))
    keep_out_of_logs(secrets)
    recorder = Recorder()
    host = callback.host or listening_address(mounted)
    sink = Sink(recorder, host, callback.port, callback.public_url, allowance)
    turns = [threading.RLock() for _ in mounted]
    fates = [Fate() for _ in mounted]
    hands = itertools.count()

    def opened_as(headers: Mapping[str, str], of: MountedApi, fate: Fate) -> Client:
        connection = replace(of.connection, headers={**of.connection.headers, **headers})
        return Client(of.contract, connection, recorder, allowance, fate)

    def apis(role: str | None = None) -> list[Api]:
        headers = {} if role is None else {CLIENT_ID: role}
        # hands that work side by side do not send the same bodies
        number = next(hands) if role is None else 0
        opened = [
            Api(opened_as(headers, each, fate), sink, seed, number)
            for each, fate in zip(mounted, fates, strict=True)
        ]
        for api, each, fate, turn in zip(opened, mounted, fates, turns, strict=True):
            api.hub_turn = turn
            api.data = each.data
            api.capabilities = each.capabilities
            api.others = {other.contract.api: other for other in opened if other is not api}
            if each.connection.other is not None and role is None:
                api.other = Api(opened_as(each.connection.other, each, fate), sink, seed, number)
        return opened

    session = Session(apis(), recorder, allowance, secrets, apis)
    sink.start()
    try:
        yield session
        _clean_up(session)
    finally:
        for api in session.everyone:
            api.close()
        sink.stop()


def check_callback(mounted: Sequence[MountedApi], callback: Callback) -> None:
    """SinkError when notifications cannot be received where `callback` says: better before anything is
    sent."""
    listening(callback.host or listening_address(mounted), callback.port).close()


def listening_address(mounted: Sequence[MountedApi]) -> str:
    """Where notifications are received by default: at our address as the target sees it."""
    addresses = [address_towards(*api.connection.address) for api in mounted]
    return next((address for address in addresses if not address.startswith("127.")), "127.0.0.1")


def _clean_up(session: Session) -> None:
    for api in session.everyone:
        session.allowance.end_in(session.cleaning)
        with contextlib.suppress(TargetGone, CannotJudge, NoAnswer, Skipped, KeyboardInterrupt):
            if api.client.gone is None:
                api.clean_up(session.cleaning)
        session.left_behind.extend(api.left_behind())
