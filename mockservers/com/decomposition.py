"""From an order to a plan: each line through what its product is, to the services that bring that about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tmfrig.mockservers.com.alteration import Alteration
from tmfrig.mockservers.com.catalog import Blueprint, Offer, TraitRule, wrong_traits
from tmfrig.mockservers.com.drafting import Draft, RefusedError
from tmfrig.mockservers.com.orders import Intent, Line, Order
from tmfrig.mockservers.com.plan import Holding, Plan, Task, Verb
from tmfrig.mockservers.com.ports import Catalog, Ports

MOST_UNITS = 100


async def decompose(order: Order, ports: Ports) -> Plan:
    """The plan of an order; RefusedError with every reason, NeighbourError where a neighbour fails."""
    if not order.lines:
        raise RefusedError(["The order has no lines."])
    draft = Draft()
    for number, times in Counter(each.number for each in order.every_line()).items():
        if times > 1:
            draft.refuse(number, "the order has several lines of this number")
    decomposition = _Decomposition(draft, ports)
    for line in order.lines:
        await decomposition.line(line, root=line.number)
    return draft.plan(order)


class _Decomposition:
    """Takes lines apart, into a draft."""

    def __init__(self, draft: Draft, ports: Ports) -> None:
        self._draft = draft
        self._catalog = ports.catalog
        self._alteration = Alteration(draft, ports, self.line)
        self._around: list[str] = []
        """The offers of the packages that the present line is within."""

    async def line(self, line: Line, root: str) -> list[str]:
        """Draft a line and its parts: the keys of its holdings."""
        match line.intent:
            case Intent.ADD:
                return await self._added(line, root)
            case Intent.KEEP:
                return await self._kept(line, root)
            case _:
                return await self._alteration.line(line, root)

    async def _kept(self, line: Line, root: str) -> list[str]:
        holding = self._draft.holding(
            line, root, offer=line.offer, blueprint=line.blueprint, is_package=bool(line.parts)
        )
        for part in line.parts:
            holding.parts += await self.line(part, root)
        return [holding.key]

    async def _added(self, line: Line, root: str) -> list[str]:
        try:
            offer, blueprint = await self._wanted(line)
        except RefusedError as refusal:
            self._draft.refuse(line.mentioned, str(refusal))
            return []
        traits = _traits(line, offer, blueprint)
        for problem in _problems(line.traits, blueprint, offer):
            self._draft.refuse(line.mentioned, problem)
        parts = self._parts(line, offer)
        keys = []
        for _ in range(line.quantity):
            holding = self._draft.holding(
                line,
                root,
                name=offer.name if offer else (blueprint.name if blueprint else ""),
                offer=offer.id if offer else None,
                blueprint=blueprint.id if blueprint else None,
                is_package=bool(parts) or (offer is not None and offer.is_package),
                traits=traits,
            )
            services = _Creation(self._draft, self._catalog, holding)
            for each in blueprint.services if blueprint else []:
                await services.create(each)
            self._around.append(line.offer or "")
            for part in parts:
                holding.parts += await self.line(part, root)
            self._around.pop()
            keys.append(holding.key)
        return keys

    async def _wanted(self, line: Line) -> tuple[Offer | None, Blueprint | None]:
        """What a line is about in the catalog; RefusedError, not naming the line, where that cannot be."""
        if line.offer is not None and line.offer in self._around:
            raise RefusedError([f"the offering {line.offer} is a part of itself"])
        offer = await self._catalog.offer(line.offer) if line.offer else None
        if line.offer is not None and offer is None:
            raise RefusedError([f"the catalog has no offering {line.offer}"])
        # what is not sold by itself may well be a part of what is
        if offer is not None and not (offer.on_sale or (self._around and offer.only_in_packages)):
            raise RefusedError([f"{offer.name} is not on sale: {offer.why_not}"])
        identifier = line.blueprint or (offer.blueprint if offer else None)
        if offer is None and identifier is None:
            raise RefusedError(["it names neither an offering nor what the product is"])
        blueprint = await self._catalog.blueprint(identifier) if identifier else None
        if identifier is not None and blueprint is None:
            raise RefusedError([f"the catalog has no specification {identifier}"])
        if not 1 <= line.quantity <= MOST_UNITS:
            raise RefusedError([f"a quantity of {line.quantity} cannot be ordered"])
        return offer, blueprint

    def _parts(self, line: Line, offer: Offer | None) -> list[Line]:
        """The parts of a line: those that it names, else those that the package usually has."""
        if offer is None or not line.parts:
            return line.parts or (_usual_parts(line, offer) if offer is not None else [])
        counts: dict[str | None, int] = {}
        for part in line.parts:
            if part.intent is Intent.ADD:
                counts[part.offer] = counts.get(part.offer, 0) + part.quantity
        for allowed in offer.parts:
            count = counts.get(allowed.offer, 0)
            if count < allowed.least or (allowed.most is not None and count > allowed.most):
                most = "any number" if allowed.most is None else str(allowed.most)
                how_many = f"{allowed.least} to {most} of {allowed.offer}, and {count} are ordered"
                self._draft.refuse(line.mentioned, f"{offer.name} has {how_many}")
        return line.parts


class _Creation:
    """The services of one new holding; what several of them require is created once."""

    def __init__(self, draft: Draft, catalog: Catalog, holding: Holding) -> None:
        self._draft = draft
        self._catalog = catalog
        self._holding = holding
        self._tasks: dict[str, Task] = {}
        self._open: list[str] = []
        """The services that the present one is required by."""

    async def create(self, identifier: str) -> str | None:
        """Draft the creation of a service and of all that it requires: the task's id."""
        if identifier in self._tasks:
            return self._tasks[identifier].id
        holding = self._holding
        if identifier in self._open:
            self._draft.refuse(holding.line, f"the service {identifier} requires itself")
            return None
        found = await self._catalog.service_blueprint(identifier)
        if found is None:
            name = holding.name or holding.blueprint
            why = f"{name} needs the service {identifier}, which the service catalog does not have"
            self._draft.refuse(holding.line, why)
            return None
        task = self._draft.task(
            holding,
            Verb.CREATE,
            found.id,
            found.name,
            found.facing,
            traits=_of_rules(found.rules, holding.traits),
        )
        self._open.append(identifier)
        for each in found.requires:
            needed = await self.create(each)
            if needed is not None and needed not in task.relies_on:
                task.relies_on.append(needed)
        self._open.pop()
        self._tasks[identifier] = task
        self._draft.wish(task, found.relies_on)
        return task.id


def _problems(asked: Mapping[str, Any], blueprint: Blueprint | None, offer: Offer | None) -> list[str]:
    """What speaks against the traits that a customer asks for."""
    found = wrong_traits(asked, blueprint)
    if offer is not None:
        found += [why for name, value in asked.items() if (why := offer.problem(name, value)) is not None]
    return found


def _traits(line: Line, offer: Offer | None, blueprint: Blueprint | None) -> dict[str, Any]:
    """What the product will be: by default, as the offer fixes it, as the customer chose."""
    usual = (
        {each.name: each.default for each in blueprint.rules if each.default is not None} if blueprint else {}
    )
    return {**usual, **(offer.traits if offer else {}), **line.traits}


def _of_rules(rules: Iterable[TraitRule], traits: Mapping[str, Any]) -> dict[str, Any]:
    """The traits of a service: those of the product that it has too, else its own defaults."""
    found = {}
    for rule in rules:
        value = traits.get(rule.name, rule.default)
        if value is not None:
            found[rule.name] = value
    return found


def _usual_parts(line: Line, offer: Offer) -> list[Line]:
    """What a package consists of where the customer did not say."""
    return [
        Line(
            number=f"{line.number}/{part.offer}",
            intent=Intent.ADD,
            offer=part.offer,
            quantity=part.usual,
            sites=line.sites,
            within=line.mentioned,
        )
        for part in offer.parts
        if part.usual > 0
    ]
