"""`Api`: one API of the target, as a probing check talks to it."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from tmfrig.conformance.check import CannotJudge, Skipped, skip
from tmfrig.conformance.client import Client, NoAnswer
from tmfrig.conformance.exchange import ACCEPTED, Exchange, Intent
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import Instance, created_by, id_in_url, identity
from tmfrig.conformance.payloads import Payloads, type_of
from tmfrig.conformance.settling import Settling, unfulfilled
from tmfrig.conformance.sink import Sink, Subscription
from tmfrig.conformance.typed import TYPE, is_typed
from tmfrig.specs import Contract, Kind, Resource

__all__ = ["NOT_OFFERED", "Api", "Instance", "Query", "id_in_url", "identity"]

Query: TypeAlias = Mapping[str, object] | Iterable[tuple[str, object]]
NOT_OFFERED: Final = frozenset({404, 405, 501})
_NOTHING: Final = object()
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)


class Api:
    """Requests, payloads, instances and subscriptions for the checks of one API.

    Every method that sends returns the `Exchange` whatever the status was, and raises only when no answer
    came (`TargetGone`). What is created is remembered and deleted at the end, where the contract offers
    DELETE. A change that is answered 202 is followed until it has happened, or for as long as is reasonable:
    the exchange then has an `outcome`.
    """

    def __init__(self, client: Client, sink: Sink, seed: int = 1) -> None:
        self.client = client
        self.contract: Contract = client.contract
        self.base_url = client.base_url
        self.seed = seed
        self._sink = sink
        self._random = random.Random(f"{seed} {self.contract.api}")
        self._payloads = Payloads(self.contract, seed, self._reference)
        self._shared: dict[str, list[Instance]] = {}
        self._refused: dict[str, CannotJudge | Skipped] = {}
        self._created: list[tuple[Resource, str]] = []
        self._types: dict[tuple[str, str], str] = {}
        self._settling = Settling(self)
        self._hubs: list[str] = []
        self._being_built: set[str] = set()

    # ── requests ────────────────────────────────────────────────────────────────────────────────────────────

    def create(
        self,
        resource: Resource,
        body: Any = None,
        *,
        query: Query = (),
        media_type: str | None = None,
        label: str = "",
        intent: Intent = Intent.VALID,
    ) -> Exchange:
        """POST a body (by default the mandatory attributes with plausible values)."""
        label = label or f"POST {resource.path}{', mandatory attributes' if body is None else ''}"
        body = self.payload(resource) if body is None else body
        answer = self.request(
            "POST", resource.path, query=query, json=body, media_type=media_type, label=label, intent=intent
        )
        answer = self._settling.of_create(resource, answer)
        self._remember(resource, answer)
        return answer

    def list(
        self, resource: Resource, query: Query = (), *, label: str = "", intent: Intent = Intent.VALID
    ) -> Exchange:
        """GET the collection; `query` is a mapping or pairs: `api.list(resource, {"limit": 1})`."""
        return self.request("GET", resource.path, query=query, label=label, intent=intent)

    def retrieve(
        self,
        resource: Resource,
        id: str,
        query: Query = (),
        *,
        label: str = "",
        intent: Intent = Intent.VALID,
    ) -> Exchange:
        """GET one by id."""
        return self.request("GET", self.path_of(resource, id), query=query, label=label, intent=intent)

    def patch(
        self,
        resource: Resource,
        id: str,
        body: Any,
        *,
        query: Query = (),
        media_type: str | None = None,
        label: str = "",
        intent: Intent = Intent.VALID,
    ) -> Exchange:
        """PATCH; without `media_type` as application/json, which every contract means as merge patch.

        A merge patch names the type of what it changes where the contract asks for types (rule PATCH-06).
        """
        if isinstance(body, dict) and is_typed(resource) and TYPE not in resource.non_patchable:
            body = {TYPE: self._types.get((resource.name, id), type_of(resource)), **body}
        path = self.path_of(resource, id)
        answer = self.request(
            "PATCH", path, query=query, json=body, media_type=media_type, label=label, intent=intent
        )
        return self._settling.of_patch(resource, id, body, answer)

    def delete(
        self, resource: Resource, id: str, *, label: str = "", intent: Intent = Intent.VALID
    ) -> Exchange:
        """DELETE one by id."""
        answer = self.request("DELETE", self.path_of(resource, id), label=label, intent=intent)
        if answer.ok:
            self._created = [entry for entry in self._created if entry != (resource, id)]
        return self._settling.of_delete(resource, id, answer)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        json: Any = _NOTHING,
        content: bytes | None = None,
        media_type: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        label: str = "",
        intent: Intent = Intent.OPEN,
        tags: Iterable[str] = (),
    ) -> Exchange:
        """Send anything to a path below the base URL (encode ids with `path_of`).

        `json` is serialised, `content` sent as it stands; `media_type` sets Content-Type ("" sends none).
        `headers` replace the defaults (None or an empty value leaves that header out). A `label` is the
        request in words, for the report; by default "METHOD /path".
        """
        pairs = query.items() if isinstance(query, Mapping) else query
        return self.client.send(
            method,
            path,
            query=[(name, str(value)) for name, value in pairs],
            content=self.client.serialise(json) if json is not _NOTHING else content,
            media_type=media_type,
            headers=headers or {},
            label=label,
            intent=intent,
            tags=frozenset(tags),
        )

    def follow(self, url: str, *, label: str = "") -> Exchange:
        """GET a URL that the target gave (href, Location, Link), absolute or relative to the base URL.

        CannotJudge when it leads to another host or out of the base path: we send our credentials nowhere
        else.
        """
        return self.client.follow(url, label=label)

    @staticmethod
    def path_of(resource: Resource, id: str) -> str:
        """The path of one instance, below the base URL, with the id encoded."""
        return f"{resource.path}/{quote(id, safe='')}"

    # ── payloads ────────────────────────────────────────────────────────────────────────────────────────────

    def payload(self, resource: Resource) -> dict[str, Any]:
        """A new body with the mandatory attributes only."""
        return self._payloads.minimal(resource)

    def full_payload(self, resource: Resource) -> dict[str, Any]:
        """A new body with every attribute that a client may set.

        A target may refuse it for reasons of its business (references that it does not know): judge only what
        it accepts.
        """
        return self._payloads.full(resource)

    def change(self, instance: Instance) -> dict[str, Any]:
        """A patch body that changes one harmless patchable attribute of the instance; skips when there is
        none.

        Never the state attribute.
        """
        found = self._payloads.change(instance.resource, instance.body)
        return found or skip(
            f"{instance.resource.name} has no attribute that a client could harmlessly change"
        )

    def state_change(self, instance: Instance) -> dict[str, Any]:
        """A patch body that moves the instance along an edge of its published lifecycle; skips when none
        leads on."""
        resource, lifecycle = instance.resource, instance.resource.lifecycle
        name = resource.state_attribute
        if lifecycle is None or name is None or name in resource.non_patchable:
            skip(f"{resource.name} has no state that a client could change")
        state = instance.body.get(name)
        onward = [s for s in lifecycle.next_states(state) if s != state] if isinstance(state, str) else []
        if not onward:
            skip(f"the published lifecycle leads nowhere from {state}")
        return {name: onward[0]}

    def unknown_id(self, resource: Resource | None = None) -> str:
        """An id that nothing has, of the kind that the target's own ids are (a number where they are
        numbers)."""
        known = [instance.id for instances in self._shared.values() for instance in instances]
        if resource is not None:
            known = [instance.id for instance in self._shared.get(resource.name, ())] or known
        if known and all(id.isascii() and id.isdigit() for id in known):
            return f"9{self._random.randrange(10**8):08d}"
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    # ── instances ───────────────────────────────────────────────────────────────────────────────────────────

    def an_instance(self, resource: Resource) -> Instance:
        """An instance to read; shared by all checks, so never changed or deleted.

        Created once, or taken from the list when the target refuses to create. CannotJudge when there is
        none; Skipped when that is legal (see `fresh`).
        """
        return self.instances(resource, 1)[0]

    def instances(self, resource: Resource, count: int) -> Sequence[Instance]:
        """At least `count` instances to read, shared like `an_instance`, and with the same exceptions.

        A refused POST is remembered: it is not repeated for every check that asks.
        """
        shared = self._shared.setdefault(resource.name, [])
        while len(shared) < count:
            refusal = self._refused.get(resource.name)
            if refusal is None:
                try:
                    shared.append(self.fresh(resource))
                except (CannotJudge, Skipped) as reason:
                    self._refused[resource.name] = reason
                    shared.extend(self._existing(resource, {instance.id for instance in shared}))
            else:
                found = f", and the list has {len(shared)}" if shared else ""
                raise type(refusal)(f"{refusal}{found}")
        return shared[:]

    def fresh(self, resource: Resource, body: Any = None) -> Instance:
        """A new instance that the caller may change and delete.

        Skipped where the absence is legal: POST is not offered, or was answered at once and nothing was kept.
        CannotJudge when the target refuses to create it.
        """
        if Kind.CREATE not in resource.operations:
            skip(f"the contract has no POST for {resource.name}")
        try:
            answer = self.create(resource, body)
        except NoAnswer as problem:
            raise CannotJudge(f"this needs a {resource.name}; {problem}") from None
        if answer.status in NOT_OFFERED:
            skip(f"POST {resource.path} is not offered ({answer.status})")
        instance = created_by(answer, resource)
        if answer.status == ACCEPTED and answer.outcome is None:
            raise CannotJudge(f"this needs a {resource.name}; {unfulfilled(answer)}")
        if instance is not None:
            return instance
        if answer.status == 200 and resource.answers_at_once:
            skip(f"POST {resource.path} answers at once and keeps nothing")
        raise CannotJudge(
            f"this needs a {resource.name}; POST {resource.path} gave none: {describe_answer(answer)}"
        )

    def _existing(self, resource: Resource, known: set[str]) -> Iterator[Instance]:
        if Kind.LIST not in resource.operations:
            return
        answer = self.list(resource, label=f"GET {resource.path}, to find existing ones")
        for body in answer.representations:
            id = identity(body)
            if id is not None and id not in known:
                known.add(id)
                yield Instance(resource, id, body, answer, created=False)

    def _reference(self, name: str) -> Instance | None:
        """An instance of this API that a payload may refer to; None when the API has no such resource."""
        resource = self.contract.resources.get(name)
        if resource is None or name in self._being_built:
            return None
        self._being_built.add(name)
        try:
            # A cancel task changes the order that it names: an order of its own keeps the shared ones
            # untouched.
            return self.fresh(resource) if resource.lifecycle else self.an_instance(resource)
        except (CannotJudge, Skipped):
            # without its order a task would be refused, and rightly so
            if resource.lifecycle is not None and resource.lifecycle.enforced:
                raise
            return None
        finally:
            self._being_built.discard(name)

    # ── waiting and listening ───────────────────────────────────────────────────────────────────────────────

    def wait_until(
        self, ask: Callable[[], Exchange], holds: Callable[[Exchange], bool], within: float = 10.0
    ) -> Exchange | None:
        """Repeat a request until `holds(answer)`; None when it did not within so many seconds."""
        deadline = time.monotonic() + within
        attempt = 0
        while True:
            answer = ask()
            if holds(answer):
                return answer
            pause = _PAUSES[min(attempt, len(_PAUSES) - 1)]
            attempt += 1
            if time.monotonic() + pause > deadline:
                return None
            time.sleep(pause)

    @contextmanager
    def subscribe(self, query: str | None = None) -> Iterator[Subscription]:
        """Register a callback of our own at the hub for the length of a `with` block.

        Skips when the target has no hub; CannotJudge when it refuses the registration.
        """
        subscription = self._sink.open(self.contract, self._still_there)
        answer = self.register(subscription.callback, query)
        if answer.status == 409 and self._hubs:
            # A hub may keep to one registration at a time: then ours of earlier checks have to go.
            self._unregister_all()
            answer = self.register(subscription.callback, query)
        if not answer.ok:
            subscription.close()
            if answer.status in NOT_OFFERED:
                skip(f"the hub is not offered (POST /hub was answered {answer.status})")
            raise CannotJudge(f"the callback could not be registered: {describe_answer(answer)}")
        id = identity(answer.json if answer.is_json else None) or id_in_url(
            answer.headers.get("location", "")
        )
        try:
            yield subscription
        finally:
            subscription.close()
            if id is not None:
                self.unregister(id, label="DELETE /hub/{id}, to end the subscription")

    def callback(self) -> str:
        """A callback URL of our own, on which nobody waits; for checks of the hub itself."""
        return self._sink.open(self.contract, self._still_there).callback

    def registration(self, callback: str, query: str | None = None) -> dict[str, Any]:
        """The body of a registration as the contract has it."""
        return self._payloads.registration(callback, query)

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

    def _still_there(self) -> None:
        """Raises TargetGone when the target no longer answers: then a missing notification proves nothing."""
        resource = next(iter(self.contract.resources.values()))
        self.list(
            resource, {"limit": 1}, label=f"GET {resource.path}, to see whether the target still answers"
        )

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def _remember(self, resource: Resource, answer: Exchange) -> None:
        instance = created_by(answer, resource)
        if instance is not None:
            self._created.append((resource, instance.id))
            named = instance.body.get(TYPE)
            if isinstance(named, str):
                self._types[resource.name, instance.id] = named

    def _unregister_all(self) -> None:
        for id in self._hubs[:]:
            self.unregister(id, label="DELETE /hub/{id}, to clean up", intent=Intent.OPEN)

    def clean_up(self, within: float = 10.0) -> None:
        """Unregister what is still registered and delete what was created, newest first, as far as time
        allows."""
        self.client.hurry(within)
        deadline = time.monotonic() + within
        self._unregister_all()
        for resource, id in reversed(self._created[:]):
            if Kind.DELETE in resource.operations and time.monotonic() < deadline:
                label = f"DELETE {resource.path}/{{id}}, to clean up"
                self.request("DELETE", self.path_of(resource, id), label=label, intent=Intent.OPEN)
