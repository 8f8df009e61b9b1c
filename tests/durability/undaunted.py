"""A crowd that goes on ordering while servers are killed, and the audit of what became of its orders.

What was answered counts; a request that failed because nobody was there does not.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import httpx2
from crowd import AT_ONCE, FINAL, Body, Crowd, mixed
from machine import Machine
from witness import HEARD, Witness, resource_of

from tmfrig.specs import Resource, standard_contract

AUTHORITIES = {
    "TMF622": "productOrder",
    "TMF641": "serviceOrder",
    "TMF637": "product",
    "TMF638": "service",
}
AGAIN = 0.05
"""Seconds until somebody who was not answered tries again."""
LIVED = ("feasibilityChecked", "designed", "reserved", "inactive", "active")
WAYS = {
    "completed": ("acknowledged", "inProgress", "completed"),
    "failed": ("acknowledged", "inProgress", "failed"),
    "partial": ("acknowledged", "inProgress", "partial"),
    "cancelled": (
        "acknowledged",
        "inProgress",
        "assessingCancellation",
        "pendingCancellation",
        "cancelled",
    ),
}
"""The states that an order passes on its way to an end."""


@dataclass
class Undaunted(Crowd):
    """Orders at several machines, one after the other, whether they are there or not."""

    machines: Sequence[Machine] = ()
    seed: int = 1
    surprises: list[str] = field(default_factory=list)
    """Answers that a server that is there should not have given."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    async def keep_ordering(self, at_once: int, every: float, enough: asyncio.Event) -> None:
        """Order until it is enough: every so often, at most so many at the same time."""
        places = asyncio.Semaphore(min(at_once, AT_ONCE))
        # so slow that there is something to cancel even when who cancels has to wait for a server
        kinds = [
            replace(each, script="~slow:400") if each.cancelled_midway else each
            for each in mixed(10_000, self.seed)
        ]
        limits = httpx2.Limits(max_keepalive_connections=at_once, max_connections=None)
        async with (
            httpx2.AsyncClient(timeout=20, trust_env=False, limits=limits) as client,
            asyncio.TaskGroup() as group,
        ):

            async def one(number: int) -> None:
                try:
                    await self._place(client, number, kinds[number])
                finally:
                    places.release()

            number = 0
            while not enough.is_set():
                await places.acquire()
                group.create_task(one(number))
                number += 1
                await asyncio.sleep(self._random.uniform(0, 2 * every))

    async def _post(self, client: httpx2.AsyncClient, path: str, body: Body) -> Body | None:
        # who cancels insists on it; an order that was not answered is somebody else's loss
        while True:
            url = self._random.choice(self.machines).urls["TMF622"]
            try:
                answer = await client.post(f"{url}/{path}", json=body)
            except httpx2.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 201:
                created: Body = answer.json()
                return created
            if answer is not None and answer.status_code != 503:
                self.surprises.append(f"{path}: {answer.status_code} {answer.text[:300]}")
            await asyncio.sleep(AGAIN)
            if path == "productOrder":
                return None

    async def at_rest(self, within: float) -> Mapping[str, Body]:
        """All orders at their end, once nothing waits for delivery either."""
        orders = await self.settled(within)
        late = [
            f"{self.placed[key].name}: {each['state']} {each.get('note')}"
            for key, each in orders.items()
            if not _ended(each)
        ]
        assert not late, f"{len(late)} of {len(orders)} orders are not at their end, such as {late[:3]}"
        deadline = asyncio.get_running_loop().time() + within
        quiet = 0
        async with self.client() as client:
            while quiet < 3:
                waits = (await client.get(f"{self.urls['admin']}/outbox")).json()["waiting"]
                work = await self._all(client, "TMF641", "serviceOrder")
                tasks = await self._all(client, "TMF622", "cancelProductOrder")
                open_work = [
                    *(each for each in work if not _ended(each)),
                    *(each for each in tasks if each["state"] != "done"),
                ]
                quiet = 0 if waits or open_work else quiet + 1
                assert asyncio.get_running_loop().time() < deadline, f"{waits} wait, {open_work[:1]}"
                await asyncio.sleep(self.between_looks / 2)
        return orders

    async def grievances(self, orders: Mapping[str, Body], witness: Witness) -> list[str]:
        """Everything that is not as it would be had nobody been killed."""
        async with self.client() as client:
            there = {api: await self._all(client, api, name) for api, name in AUTHORITIES.items()}
            cancellations = await self._all(client, "TMF622", "cancelProductOrder")
            outbox = (await client.get(f"{self.urls['admin']}/outbox")).json()
            dead = (await client.get(f"{self.urls['admin']}/deadLetter")).json()
            drift = await self._all(client, "COM", "reconciliationFinding")
        wrong = [*self.surprises, *await self.complaints(orders), *_many_products(there["TMF637"])]
        if outbox != {"waiting": 0, "dead": 0}:
            wrong.append(f"in the outbox: {outbox} {str(dead)[:500]}")
        # whoever is killed in the middle leaves nothing that has to be corrected by hand
        wrong += [f"found: {each['explanation']}" for each in drift]
        for api in HEARD:
            told = witness.told_once(api)
            wrong += _repeated_otherwise(witness.heard(api))
            resource = standard_contract(api).resources[AUTHORITIES[api]]
            present = {each["id"]: each for each in there[api]}
            for identifier in {*told, *present} if api == "TMF638" else present:
                ours = [each for each in told.get(identifier, []) if _tells_of(each, resource)]
                name = f"{resource.name} {identifier}"
                if ours or not _seeded(present.get(identifier)):
                    wrong += [f"{name}: {each}" for each in _untold(resource, ours, present.get(identifier))]
        wrong += _unanswered(cancellations, orders)
        wrong += self._ways_not_told(orders, witness)
        wrong += _services_not_told(there["TMF638"], witness)
        return wrong

    def _ways_not_told(self, orders: Mapping[str, Body], witness: Witness) -> Iterator[str]:
        told = witness.told_once("TMF622")
        for identifier, kind in self.placed.items():
            way = WAYS.get(orders[identifier]["state"], ())
            states = _states(told.get(identifier, []), "state")
            if tuple(states) != way:
                yield f"{kind.name}: {identifier} was told to be {states}"


async def until(holds: Callable[[], bool], within: float = 60.0) -> None:
    """Return when something is so; TimeoutError where that is not in time."""
    async with asyncio.timeout(within):
        while True:
            if holds():
                return
            await asyncio.sleep(0.02)


def _ended(order: Body) -> bool:
    return order["state"] in FINAL


def _seeded(resource: Body | None) -> bool:
    """Whether a resource is of the data set."""
    return resource is not None and not (resource.get("productOrderItem") or resource.get("serviceOrderItem"))


def _tells_of(notification: Body, resource: Resource) -> bool:
    return next(iter(notification["event"])) == resource.name


def _states(told: Sequence[Body], attribute: str) -> list[str]:
    """The states that notifications tell of, each once as long as it lasted."""
    states = [str(resource_of(each).get(attribute)).strip() for each in told]
    return states[:1] + [after for before, after in pairwise(states) if before != after]


def _repeated_otherwise(heard: Sequence[Body]) -> Iterator[str]:
    first: dict[str, Body] = {}
    for each in heard:
        if first.setdefault(each["eventId"], each) != each:
            yield f"event {each['eventId']} came again with something else in it"


def _untold(resource: Resource, told: Sequence[Body], present: Body | None) -> Iterator[str]:
    """Where the events of a resource do not make a story that ends with what it is."""
    attribute = resource.state_attribute or ""
    kinds = Counter(
        each["eventType"].removeprefix(resource.name[0].upper() + resource.name[1:]) for each in told
    )
    if kinds["CreateEvent"] != 1:
        yield f"{kinds['CreateEvent']} events of its creation"
    if not told:
        return
    if not told[0]["eventType"].endswith("CreateEvent"):
        yield f"begins with {told[0]['eventType']}"
    times = [each["eventTime"] for each in told]
    if times != sorted(times):
        yield f"told out of order: {times}"
    states = _states(told, attribute)
    lifecycle = resource.lifecycle
    if lifecycle is not None:
        for before, after in pairwise(states):
            if not lifecycle.allows(before, after):
                yield f"told to be {after} after {before}"
    changes = [
        str(resource_of(each).get(attribute)).strip()
        for each in told
        if each["eventType"].endswith("StateChangeEvent")
    ]
    if changes != states[1:]:
        yield f"states {states}, but told to have changed to {changes}"
    if present is None and kinds["DeleteEvent"] != 1:
        yield "is gone, and nobody was told"
    if present is not None and resource_of(told[-1]) != present:
        last = resource_of(told[-1])
        differs = {name for name in {*last, *present} if last.get(name) != present.get(name)}
        yield f"the last that was told is not what it is: {differs}"


def _unanswered(cancellations: Sequence[Body], orders: Mapping[str, Body]) -> Iterator[str]:
    """Cancel tasks that say of their order what did not become of it."""
    for each in cancellations:
        order = orders[each["productOrder"]["id"]]
        if ("effectiveCancellationDate" in each) != (order["state"] == "cancelled"):
            yield f"{order['id']} is {order['state']}, cancelling it says: {each}"


def _services_not_told(services: Sequence[Body], witness: Witness) -> Iterator[str]:
    told = witness.told_once("TMF638")
    for each in services:
        if each["state"] in ("active", "terminated") and not _seeded(each):
            states = _states(told.get(each["id"], []), "state")
            if tuple(states[: len(LIVED)]) != LIVED:
                yield f"service {each['id']} was told to be {states}"


def _many_products(products: Sequence[Body]) -> Iterator[str]:
    made = Counter(
        (each["productOrderId"], each["orderItemId"])
        for product in products
        for each in product.get("productOrderItem", ())
        if each.get("orderItemAction") == "add"
    )
    for (order, item), count in made.items():
        if count not in (1, 3):
            yield f"item {item} of order {order} made {count} products"
