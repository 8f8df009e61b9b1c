"""What all users of one process share: the APIs of the target, bodies, ids that came up, turns, the meter."""

from __future__ import annotations

import json
import random
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tmfrig.conformance.check import CannotJudge
from tmfrig.conformance.data import ApiData
from tmfrig.conformance.exchange import ACCEPTED
from tmfrig.conformance.grounding import grounded, naming_what_exists
from tmfrig.conformance.instance import identity
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.payloads import Payloads
from tmfrig.conformance.purposes import Entry
from tmfrig.conformance.requesting import NOT_OFFERED
from tmfrig.conformance.target import Callback
from tmfrig.loadtests.answers import Answers
from tmfrig.loadtests.asking import Ask, Reply
from tmfrig.loadtests.client import Answer
from tmfrig.loadtests.following import UnderWay, state_of
from tmfrig.loadtests.meter import Meter, Operation
from tmfrig.loadtests.pacing import AtWill, Pace
from tmfrig.loadtests.profile import Profile
from tmfrig.specs import Kind

NOT_FOUND = 404
MOST_IDS = 1000
"""How many ids of each resource are remembered, the newest ones."""
PASSING = "tmfrig, to be removed"
"""How the name of something begins that whoever made it will remove: nobody else should rely on it."""
_BEING_BUILT = frozenset({"feasibilityChecked", "designed", "reserved"})
"""States of services that are removed where the order for them is cancelled or fails."""


class Traffic:
    """The common ground of the users of a process.

    `seed` makes bodies and choices reproducible; `objects` is how many may be created in all, None for any
    number; `callback` says where notifications reach us.
    """

    def __init__(
        self,
        apis: Sequence[MountedApi],
        profile: Profile,
        seed: int = 1,
        pace: Pace | None = None,
        objects: int | None = None,
        callback: Callback | None = None,
    ) -> None:
        self.apis: Mapping[str, MountedApi] = {api.contract.api: api for api in apis}
        self.profile = profile
        self.random = random.Random(f"{seed} users")
        self.pace: Pace = pace or AtWill()
        self.meter = Meter(profile.warm_up or 0.0)
        self.answers = Answers(profile.sample, seed)
        self.heard: Callable[[Operation, Answer, float, str | None], None] | None = None
        """Whoever else wants to know of each request, such as Locust's own statistics: its name, the answer,
        the latency in seconds, and in what way it was wrong."""
        self.under_way = UnderWay()
        self.callback = callback or Callback()
        self.not_offered: dict[tuple[str, str], str] = {}
        """What was found not to be there, by API and operation ("POST hub"), and how that showed."""
        self._worked: set[Operation] = set()
        self._objects = objects
        self._ids: defaultdict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=MOST_IDS))
        self._asks: dict[tuple[str, str, Kind, frozenset[int]], Ask | None] = {}
        self._examples: dict[tuple[str, str], dict[str, Any]] = {}
        self._payloads = {
            name: Payloads(api.contract, seed, lambda _: None) for name, api in self.apis.items()
        }
        for name, api in self.apis.items():
            for resource in api.contract.resources:
                self._ids[name, resource].extend(api.data.ids(resource))

    def ask(self, api: str, resource: str, kind: Kind, also: frozenset[int] = frozenset()) -> Ask | None:
        """The request for an operation of a resource; None where the target does not have it."""
        key = (api, resource, kind, also)
        if key not in self._asks:
            mounted = self.apis.get(api)
            self._asks[key] = Ask.of(mounted, resource, kind, also) if mounted else None
        found = self._asks[key]
        return None if found is not None and found.name in self.not_offered else found

    def found_missing(self, reply: Reply) -> bool:
        """Whether an answer says that the target does not have an operation at all: it is not asked for any
        more. What has worked once is there, and its failures are failures."""
        name = reply.ask.name
        if reply.ok:
            self._worked.add(name)
        elif reply.status in NOT_OFFERED and name not in self._worked and _says_all(reply):
            self.not_offered.setdefault(name, f"answered {reply.status}")
        return name in self.not_offered

    def body(
        self, api: str, resource: str, about: Mapping[str, Entry] | None = None
    ) -> dict[str, Any] | None:
        """A new body for a create: the vendor's own, else one from the contract that refers to what the
        vendor's data name. None where none can be made.

        `about` is what else it shall refer to ({"productOffering": …}); the vendor's own body is told only
        of resources of the same API, such as the order that is to be cancelled.
        """
        mounted = self.apis[api]
        about = about or {}
        names = frozenset(mounted.contract.resources)
        own = mounted.data.create(resource)
        if own is not None:
            ours = {name: entry for name, entry in about.items() if name in names}
            return grounded(own, resource, ApiData(references=ours), ())
        try:
            minimal = self._payloads[api].minimal(mounted.contract.resources[resource])
            full = self._full(api, resource)
        except CannotJudge:
            return None
        data = replace(mounted.data, references={**mounted.data.references, **about})
        others = names - about.keys()
        return grounded(naming_what_exists(minimal, full, data, others), resource, data, others)

    def _full(self, api: str, resource: str) -> dict[str, Any]:
        """A body with everything in it, made once: it only shows what references look like."""
        key = (api, resource)
        if key not in self._examples:
            found = self.apis[api].contract.resources[resource]
            self._examples[key] = self._payloads[api].full(found)
        return self._examples[key]

    def names(self, api: str, resource: str) -> bool:
        """Whether the vendor's data say which one of these is to be referred to."""
        return api in self.apis and resource in self.apis[api].data.references

    def gives(self, api: str, resource: str) -> bool:
        """Whether the vendor's data have a body to create one of these with."""
        return api in self.apis and self.apis[api].data.create(resource) is not None

    def change(self, api: str, resource: str, before: dict[str, Any]) -> dict[str, Any] | None:
        """A harmless patch of a resource as it was seen; None where the contract has none."""
        mounted = self.apis[api]
        return mounted.data.patch(resource) or self._payloads[api].change(
            mounted.contract.resources[resource], before
        )

    def id_of(self, api: str, resource: str) -> str | None:
        """The id of an instance that some answer brought, any of them; None before there was one."""
        known = self._ids[api, resource]
        return self.random.choice(known) if known else None

    def learn(self, reply: Reply) -> None:
        """Remember the ids in a right answer, of what is going to stay."""
        if reply.status == ACCEPTED:
            return
        resource = reply.ask.resource
        known = self._ids[reply.ask.api.contract.api, resource.name]
        for body in reply.resources:
            id = identity(body)
            if id is not None and stays(body) and state_of(resource, body) not in _BEING_BUILT:
                known.append(id)

    def forget(self, api: str, resource: str, id: str) -> None:
        """What had this id is gone."""
        known = self._ids[api, resource]
        while id in known:
            known.remove(id)

    def may_create(self) -> bool:
        """Whether one more object may be created; it counts as created from now on."""
        if self._objects is None:
            return True
        self._objects -= 1
        return self._objects >= 0

    @staticmethod
    def written(value: Any) -> bytes:
        """A body as it is sent."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def stays(body: Mapping[str, Any]) -> bool:
    """Whether something is not going to be removed by whoever of us made it."""
    return not str(body.get("name", "")).startswith(PASSING)


def _says_all(reply: Reply) -> bool:
    """Whether an answer is about the operation: 404 for one id says nothing about others."""
    return reply.status != NOT_FOUND or reply.ask.kind in (Kind.LIST, Kind.CREATE)
