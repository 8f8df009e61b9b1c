"""`Api`: one API of the target, as a probing check talks to it."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tmfrig.conformance.check import CannotJudge, Skipped, skip
from tmfrig.conformance.client import Client, NoAnswer
from tmfrig.conformance.data import ApiData
from tmfrig.conformance.exchange import ACCEPTED, Exchange, Intent
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.grounding import grounded, naming_what_exists
from tmfrig.conformance.instance import Instance, created_by, id_in_url, identity
from tmfrig.conformance.payloads import Payloads
from tmfrig.conformance.registering import Registering
from tmfrig.conformance.requesting import NOT_OFFERED, Query
from tmfrig.conformance.settling import unfulfilled
from tmfrig.conformance.sink import Sink
from tmfrig.conformance.typed import TYPE
from tmfrig.specs import Kind, Resource

__all__ = ["NOT_OFFERED", "Api", "Instance", "Query", "id_in_url", "identity"]


class Api(Registering):
    """Requests, payloads, instances and subscriptions for the checks of one API.

    What is created is remembered and deleted at the end, where the contract offers DELETE.
    """

    def __init__(self, client: Client, sink: Sink, seed: int = 1, hand: int = 0) -> None:
        """`hand` is the number among those who work side by side with the same seed: each has bodies of its
        own."""
        super().__init__(client, sink)
        self.seed = seed
        self.others: Mapping[str, Api] = {}
        """The other APIs of the target, by identifier ("TMF620")."""
        self.other: Api | None = None
        """The same API as a second identity sees it, where the target has one: who must not see what is
        ours."""
        self.data = ApiData()
        """What the vendor has said about the API: payloads, ids, characteristics."""
        self._random = random.Random(f"{seed} {self.contract.api} {hand or ''}")
        self._payloads = Payloads(self.contract, seed, self._reference, hand)
        self._shared: dict[str, list[Instance]] = {}
        self._refused: dict[str, CannotJudge | Skipped] = {}
        self._being_built: set[str] = set()

    def close(self) -> None:
        """Close all connections."""
        self.client.close()
        if self.other is not None:
            self.other.close()

    def clean_up(self, within: float = 10.0) -> None:
        """Unregister what is still registered and delete what was created, as far as time allows."""
        self.client.hurry(within)
        until = time.monotonic() + within
        self.unregister_all()
        self.take_away(until)

    # ── payloads ────────────────────────────────────────────────────────────────────────────────────────────

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
        """POST a body (by default the vendor's own, or the mandatory attributes with plausible values)."""
        of_vendor = self.data.create(resource.name) is not None
        what = "" if body is not None else ", the vendor's payload" if of_vendor else ", mandatory attributes"
        label = label or f"POST {resource.path}{what}"
        body = self.payload(resource) if body is None else body
        return self.post(resource, body, query=query, media_type=media_type, label=label, intent=intent)

    def payload(self, resource: Resource) -> dict[str, Any]:
        """A new body that a create should be content with: the vendor's own where they gave one, else the
        mandatory attributes only."""
        given = self.data.create(resource.name)
        if given is not None or not self.data.references:
            return given or self._minimal(resource)
        body, full = self._minimal(resource), self.full_payload(resource)
        return naming_what_exists(body, full, self.data, self.contract.resources)

    def minimal_payload(self, resource: Resource) -> dict[str, Any]:
        """A new body with the mandatory attributes only, as the vendor fills them where they gave a
        payload."""
        given = self.data.create(resource.name)
        says_nothing = not resource.mandatory - {TYPE}
        if given is None or says_nothing or not resource.mandatory <= given.keys():
            return self._minimal(resource)
        return {name: value for name, value in given.items() if name in resource.mandatory}

    def _minimal(self, resource: Resource) -> dict[str, Any]:
        body = self._payloads.minimal(resource)
        return grounded(body, resource.name, self.data, self.contract.resources)

    def full_payload(self, resource: Resource) -> dict[str, Any]:
        """A new body with every attribute that a client may set.

        A target may refuse it for reasons of its business (references that it does not know): judge only what
        it accepts.
        """
        body = grounded(self._payloads.full(resource), resource.name, self.data, self.contract.resources)
        return body | (self.data.create(resource.name) or {})

    def change(self, instance: Instance) -> dict[str, Any]:
        """A patch body that changes one harmless patchable attribute of the instance; skips when there is
        none.

        Never the state attribute.
        """
        found = self._vendors_change(instance) or self._payloads.change(instance.resource, instance.body)
        return found or skip(
            f"{instance.resource.name} has no attribute that a client could harmlessly change"
        )

    def _vendors_change(self, instance: Instance) -> dict[str, Any] | None:
        """One plain attribute that the vendor says can be patched, if it would be a change."""
        resource = instance.resource
        kept = {"id", "href", resource.state_attribute, *resource.non_patchable}
        for name, value in self.data.patch(resource.name).items():
            is_plain = isinstance(value, str | int | float) and not name.startswith("@")
            if is_plain and name not in kept and instance.body.get(name) != value:
                return {name: value}
        return None

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
        if (finished := self._finished(answer)) is not None:
            skip(f"{finished} was finished before there could be a {resource.name} about it")
        raise CannotJudge(
            f"this needs a {resource.name}; POST {resource.path} gave none: {describe_answer(answer)}"
        )

    def _finished(self, refused: Exchange) -> str | None:
        """What a refused task is about, where that has reached an end already: a quick target may be done
        with an order before anybody can cancel it."""
        sent = refused.sent if isinstance(refused.sent, dict) and 400 <= refused.status < 500 else {}
        for name, value in sent.items():
            about, id = self.contract.resources.get(name), identity(value)
            if about is None or id is None or about.lifecycle is None or about.state_attribute is None:
                continue
            shown = self.retrieve(about, id, label=f"GET {about.path}/{id}, to see how far it is")
            states = [body.get(about.state_attribute) for body in shown.representations]
            if any(isinstance(state, str) and not about.lifecycle.next_states(state) for state in states):
                return f"{name} {id}"
        return None

    def known(self, resource: Resource) -> Sequence[Instance]:
        """The instances that the vendor has named; CannotJudge when one of them is not there."""
        found = []
        for id in self.data.ids(resource.name):
            answer = self.retrieve(resource, id, label=f"GET {resource.path}/{id}, which the data name")
            if not answer.representations:
                raise CannotJudge(
                    f"the data name {resource.name} {id}, yet GET {resource.path}/{id} gave none: "
                    f"{describe_answer(answer)}"
                )
            found.append(Instance(resource, id, answer.representations[0], answer, created=False))
        return found

    def _existing(self, resource: Resource, known: set[str]) -> Iterator[Instance]:
        if self.offers(resource, Kind.RETRIEVE):
            for instance in self.known(resource):
                if instance.id not in known:
                    known.add(instance.id)
                    yield instance
        if not self.offers(resource, Kind.LIST):
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
