"""The hub of one API of the target, and callbacks of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from urllib.parse import quote

from tmfrig.conformance.check import CannotJudge, skip
from tmfrig.conformance.client import Client
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import id_in_url, identity
from tmfrig.conformance.payloads import registration_of
from tmfrig.conformance.requesting import NOT_OFFERED, Requesting
from tmfrig.conformance.sink import Sink, Subscription


class Registering(Requesting):
    """Registers at the hub, and gives up in the end whatever it has registered."""

    def __init__(self, client: Client, sink: Sink) -> None:
        super().__init__(client)
        self.hub_turn: AbstractContextManager[Any] = nullcontext()
        """Held while we are registered at the hub, which may take one listener only, by one of those who work
        side by side."""
        self._sink = sink
        self._hubs: list[str] = []

    @contextmanager
    def subscribe(self, query: str | None = None) -> Iterator[Subscription]:
        """Register a callback of our own at the hub for the length of a `with` block.

        Skips when the target has no hub; CannotJudge when it refuses the registration.
        """
        with self.hub_turn:
            yield from self._subscribed(query)

    def _subscribed(self, query: str | None) -> Iterator[Subscription]:
        subscription = self.listener()
        answer = self.register(subscription.callback, query)
        if answer.status == 409 and self._hubs:
            # A hub may keep to one registration at a time: then ours of earlier checks have to go.
            self.unregister_all()
            answer = self.register(subscription.callback, query)
        if not answer.ok:
            subscription.close()
            if answer.status in NOT_OFFERED:
                skip(f"the hub is not offered (POST /hub was answered {answer.status})")
            raise CannotJudge(f"the callback could not be registered: {describe_answer(answer)}")
        subscription.registration = identity(answer.json if answer.is_json else None) or id_in_url(
            answer.headers.get("location", "")
        )
        try:
            yield subscription
        finally:
            subscription.close()
            if subscription.registration is not None:
                label = "DELETE /hub/{id}, to end the subscription"
                self.unregister(subscription.registration, label=label)

    def listener(self) -> Subscription:
        """A callback of our own that is registered nowhere yet."""
        return self._sink.open(self.contract, self._still_there)

    @property
    def event_types_heard(self) -> frozenset[str]:
        """The declared event types that came so far, on whatever callback of ours."""
        return self._sink.event_types(self.contract)

    def callback(self) -> str:
        """A callback URL of our own, on which nobody waits; for checks of the hub itself."""
        return self.listener().callback

    def registration(self, callback: str, query: str | None = None) -> dict[str, Any]:
        """The body of a registration as the contract has it."""
        return registration_of(self.contract, callback, query)

    def register(
        self, callback: str, query: str | None = None, *, label: str = "", intent: Intent = Intent.VALID
    ) -> Exchange:
        """POST /hub."""
        body = self.registration(callback, query)
        answer = self.request("POST", self.hub_path, json=body, label=label, intent=intent)
        if answer.ok and answer.is_json and (id := identity(answer.json)):
            self._hubs.append(id)
        return answer

    def unregister(self, id: str, *, label: str = "", intent: Intent = Intent.VALID) -> Exchange:
        """DELETE /hub/{id}."""
        path = f"{self.hub_path}/{quote(id, safe='')}"
        answer = self.request("DELETE", path, label=label, intent=intent)
        if answer.ok and id in self._hubs:
            self._hubs.remove(id)
        return answer

    @property
    def hub_path(self) -> str:
        """ "/hub"."""
        return self.contract.register.path if self.contract.register else "/hub"

    def unregister_all(self) -> None:
        """Give up every registration of ours."""
        for id in self._hubs[:]:
            self.unregister(id, label="DELETE /hub/{id}, to clean up", intent=Intent.OPEN)

    def _still_there(self) -> None:
        """Raises TargetGone when the target no longer answers: then a missing notification proves nothing."""
        resource = next(iter(self.contract.resources.values()))
        self.list(
            resource, {"limit": 1}, label=f"GET {resource.path}, to see whether the target still answers"
        )
