"""What an order does to something that the customer has: to the services behind it, and to its parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tmfrig.mockservers.com.catalog import Offer, wrong_traits
from tmfrig.mockservers.com.drafting import Draft
from tmfrig.mockservers.com.inventory import Deployment, Service, Subscription
from tmfrig.mockservers.com.orders import Intent, Line, Standing
from tmfrig.mockservers.com.plan import Facing, Holding, Task, Verb
from tmfrig.mockservers.com.ports import Ports

Drafting = Callable[[Line, str], Awaitable[list[str]]]
"""Drafts a line below a top line: the keys of its holdings."""

_OVER = frozenset({Standing.ENDED, Standing.ABORTED, Standing.CANCELLED})
_IN_USE = frozenset({Standing.ACTIVE, Standing.SUSPENDED})
_ENDABLE = _IN_USE | {Standing.ENDING}


class Alteration:
    """Drafts lines that change or end what is there; parts are drafted by `other_line`."""

    def __init__(self, draft: Draft, ports: Ports, other_line: Drafting) -> None:
        self._draft = draft
        self._ports = ports
        self._other_line = other_line
        self._touched: dict[tuple[Verb, str], Task] = {}
        """By service: one that several others share is ended once."""

    async def line(self, line: Line, root: str) -> list[str]:
        """Draft a line and its parts: the keys of its holdings."""
        held = await self._ports.subscriptions.read(line.holding) if line.holding else None
        problem = _problem(line, held)
        if held is None or problem is not None:
            self._draft.refuse(line.mentioned, problem or "")
            return []
        offer = await self._offer(line, held)
        blueprint = await self._ports.catalog.blueprint(held.blueprint) if held.blueprint else None
        for each in wrong_traits(line.traits, blueprint):
            self._draft.refuse(line.mentioned, each)
        holding = self._draft.holding(
            line,
            root,
            name=held.name,
            offer=offer.id if offer else held.offer,
            blueprint=held.blueprint,
            is_package=held.is_package,
            traits={**(offer.traits if offer else {}), **line.traits},
        )
        await self._touch_services(holding, held)
        for part in [*line.parts, *await self._implied(line, held)]:
            holding.parts += await self._other_line(part, root)
        return [holding.key]

    async def _offer(self, line: Line, held: Subscription) -> Offer | None:
        """The offer to which a subscription changes; None where it does not."""
        if line.intent is Intent.REMOVE or line.offer is None or line.offer == held.offer:
            return None
        offer = await self._ports.catalog.offer(line.offer)
        if offer is None:
            self._draft.refuse(line.mentioned, f"the catalog has no offering {line.offer}")
        elif not offer.on_sale:
            self._draft.refuse(line.mentioned, f"{offer.name} is not on sale: {offer.why_not}")
        return offer

    async def _implied(self, line: Line, held: Subscription) -> list[Line]:
        """The parts that end with their package, or are suspended and resumed with it."""
        if not held.is_package or (line.intent is not Intent.REMOVE and line.standing is None):
            return []
        named = {each.holding for each in line.parts}
        implied = []
        for each in held.parts:
            part = await self._ports.subscriptions.read(each) if each not in named else None
            if part is None or part.standing in _OVER:
                continue
            if line.intent is Intent.REMOVE or part.standing in _IN_USE:
                implied.append(
                    Line(
                        number=f"{line.number}/{each}",
                        intent=line.intent,
                        holding=each,
                        standing=line.standing,
                        within=line.mentioned,
                    )
                )
        return implied

    # ── services ────────────────────────────────────────────────────────────────────────────────────────────

    async def _touch_services(self, holding: Holding, held: Subscription) -> None:
        for identifier in held.services:
            service = await self._ports.deployed.read(identifier)
            if service is not None and service.deployment is not Deployment.ENDED:
                if holding.intent is Intent.REMOVE:
                    await self._end(holding, service, Facing.CUSTOMER)
                else:
                    await self._change(holding, service)
            elif holding.intent is Intent.CHANGE:
                gone = f"the service {identifier} behind the product is no longer deployed"
                self._draft.refuse(holding.line, gone)

    async def _change(self, holding: Holding, service: Service) -> None:
        catalog = self._ports.catalog
        blueprint = await catalog.service_blueprint(service.blueprint) if service.blueprint else None
        known = {*service.traits, *(each.name for each in (blueprint.rules if blueprint else ()))}
        traits = {name: value for name, value in holding.traits.items() if name in known}
        if not traits and holding.standing is None:
            return
        task = self._task(holding, Verb.CHANGE, service, Facing.CUSTOMER)
        task.traits, task.standing = traits, holding.standing
        if holding.standing is not None and blueprint is not None:
            self._draft.wish(task, blueprint.relies_on)

    async def _end(self, holding: Holding, service: Service, facing: Facing) -> Task:
        """End a service, and below it what nobody else has a use for."""
        known = self._touched.get((Verb.END, service.id))
        if known is not None:
            return known
        catalog = self._ports.catalog
        blueprint = await catalog.service_blueprint(service.blueprint) if service.blueprint else None
        task = self._task(holding, Verb.END, service, facing)
        if blueprint is not None:
            self._draft.wish(task, blueprint.relies_on)
        for identifier in service.supports:
            below = await self._ports.deployed.read(identifier)
            # one that faces customers has a life, and a product, of its own
            if below is None or below.deployment is Deployment.ENDED or below.facing is Facing.CUSTOMER:
                continue
            needed = await self._end(holding, below, Facing.RESOURCE)
            if needed is not task and needed.id not in task.relies_on:
                task.relies_on.append(needed.id)
        return task

    def _task(self, holding: Holding, verb: Verb, service: Service, facing: Facing) -> Task:
        blueprint = service.blueprint or ""
        task = self._draft.task(holding, verb, blueprint, service.name, facing, service=service.id)
        self._touched[verb, service.id] = task
        return task


def _problem(line: Line, held: Subscription | None) -> str | None:
    """Why nothing can be done to what a line is about; None where something can."""
    if line.holding is None:
        return "it does not say which product it is about"
    if held is None:
        return f"the customer has no product {line.holding}"
    told = f"the product {line.holding} is {held.told or held.standing}"
    if held.standing in _OVER:
        return told
    if line.intent is Intent.REMOVE and held.standing not in _ENDABLE:
        return f"{told}, and can end once it is active"
    if line.intent is Intent.CHANGE and line.standing is not None and held.standing not in _IN_USE:
        verb = "suspended" if line.standing is Standing.SUSPENDED else "resumed"
        return f"{told}, and cannot be {verb}"
    return None
