"""From an order to a plan: each line through what its product is, to the services that bring that about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tmfrig.mockservers.com.catalog import Blueprint, Offer, TraitRule
from tmfrig.mockservers.com.inventory import Deployment, Subscription
from tmfrig.mockservers.com.orders import Intent, Line, Order, Standing
from tmfrig.mockservers.com.plan import Facing, Holding, Plan, Task, Verb, grouped
from tmfrig.mockservers.com.ports import Ports

MOST_UNITS = 100
DEEPEST = 8
"""Levels of services that require services; a catalog in which they go round in circles ends there."""


class RefusedError(Exception):
    """The order cannot be carried out as it is; `reasons` are sentences for the customer."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__(" ".join(self.reasons))


async def decompose(order: Order, ports: Ports) -> Plan:
    """The plan of an order; RefusedError with every reason, NeighbourError where a neighbour fails."""
    drafting = _Drafting(order, ports)
    for line in order.lines:
        await drafting.line(line, root=line.number)
    if drafting.reasons:
        raise RefusedError(drafting.reasons)
    return drafting.plan()


class _Drafting:
    """A plan in the making."""

    def __init__(self, order: Order, ports: Ports) -> None:
        self.reasons: list[str] = []
        self._order = order
        self._ports = ports
        self._holdings: list[Holding] = []
        self._tasks: list[Task] = []
        self._roots: dict[str, str] = {}
        self._wishes: list[tuple[Task, str]] = []
        """Tasks that rely on any service of a specification, where the order has one."""

    def plan(self) -> Plan:
        self._bind_across_lines()
        bonds = [(line.number, need) for line in self._order.every_line() for need in line.needs]
        return Plan(
            holdings=self._holdings, tasks=self._tasks, groups=grouped(self._tasks, self._roots, bonds)
        )

    async def line(self, line: Line, root: str) -> list[str]:
        """Draft a line and its parts: the keys of its holdings."""
        self._roots[line.number] = root
        match line.intent:
            case Intent.ADD:
                return await self._added(line, root)
            case Intent.KEEP:
                return await self._with_parts(line, root, self._holding(line, root, line.number))
            case _:
                return await self._existing(line, root)

    # ── something new ───────────────────────────────────────────────────────────────────────────────────────

    async def _added(self, line: Line, root: str) -> list[str]:
        offer = await self._ports.catalog.offer(line.offer) if line.offer else None
        if line.offer is not None and offer is None:
            return self._refuse(line, f"the catalog has no offering {line.offer}")
        if offer is not None and not offer.on_sale:
            return self._refuse(line, f"{offer.name} is not on sale: {offer.why_not}")
        blueprint_id = line.blueprint or (offer.blueprint if offer else None)
        if offer is None and blueprint_id is None:
            return self._refuse(line, "it names neither an offering nor what the product is")
        blueprint = await self._ports.catalog.blueprint(blueprint_id) if blueprint_id else None
        if blueprint_id is not None and blueprint is None:
            return self._refuse(line, f"the catalog has no specification {blueprint_id}")
        if not 1 <= line.quantity <= MOST_UNITS:
            return self._refuse(line, f"a quantity of {line.quantity} cannot be ordered")
        traits = _traits(line, offer, blueprint)
        self._check(line, blueprint, line.traits)
        keys = []
        for unit in range(1, line.quantity + 1):
            key = line.number if unit == 1 else f"{line.number}/{unit}"
            holding = self._holding(line, root, key, offer, blueprint, traits)
            await self._create_services(holding, blueprint)
            keys += await self._with_parts(line, root, holding, offer)
        return keys

    def _check(self, line: Line, blueprint: Blueprint | None, asked: Mapping[str, Any]) -> None:
        rules = {each.name: each for each in blueprint.rules} if blueprint else {}
        for name, value in asked.items():
            problem = rules[name].problem(value) if name in rules else None
            if problem is not None:
                self._refuse(line, problem)

    async def _with_parts(
        self, line: Line, root: str, holding: Holding, offer: Offer | None = None
    ) -> list[str]:
        parts = line.parts or (_usual_parts(line, offer) if offer is not None else [])
        if offer is not None and offer.is_package and line.parts:
            self._check_parts(line, offer)
        for part in parts:
            holding.parts += await self.line(part, root)
        return [holding.key]

    def _check_parts(self, line: Line, offer: Offer) -> None:
        counts: dict[str | None, int] = {}
        for part in line.parts:
            if part.intent is Intent.ADD:
                counts[part.offer] = counts.get(part.offer, 0) + part.quantity
        for allowed in offer.parts:
            count = counts.get(allowed.offer, 0)
            if count < allowed.least or (allowed.most is not None and count > allowed.most):
                most = "any number" if allowed.most is None else str(allowed.most)
                self._refuse(
                    line,
                    f"{offer.name} has {allowed.least} to {most} of {allowed.offer}, and {count} are ordered",
                )

    async def _create_services(self, holding: Holding, blueprint: Blueprint | None) -> None:
        for service in blueprint.services if blueprint else []:
            await self._create_service(holding, service, holding.traits, depth=0)

    async def _create_service(
        self, holding: Holding, identifier: str, traits: Mapping[str, Any], depth: int
    ) -> str | None:
        found = await self._ports.catalog.service_blueprint(identifier)
        if found is None:
            self.reasons.append(
                f"Line {holding.line}: {holding.name or holding.blueprint} needs the service {identifier}, "
                "which the service catalog does not have."
            )
            return None
        task = self._task(holding, Verb.CREATE, found.id, found.name, found.facing)
        task.traits = _of_rules(found.rules, traits)
        task.sites = holding.sites
        if depth < DEEPEST:
            for each in found.requires:
                needed = await self._create_service(holding, each, traits, depth + 1)
                if needed is not None:
                    task.relies_on.append(needed)
        self._wishes += [(task, each) for each in found.relies_on]
        return task.id

    def _bind_across_lines(self) -> None:
        """A television relies on whichever internet access the same order brings."""
        for task, blueprint in self._wishes:
            task.relies_on += [
                each.id
                for each in self._tasks
                if each.blueprint == blueprint and each.verb is Verb.CREATE and each.id not in task.relies_on
            ]

    # ── something that the customer has ─────────────────────────────────────────────────────────────────────

    async def _existing(self, line: Line, root: str) -> list[str]:
        if line.holding is None:
            return self._refuse(line, "it does not say which product it is about")
        held = await self._ports.subscriptions.read(line.holding)
        if held is None:
            return self._refuse(line, f"the customer has no product {line.holding}")
        if held.standing in (Standing.ENDED, Standing.ABORTED, Standing.CANCELLED):
            return self._refuse(line, f"the product {line.holding} is {held.told or held.standing}")
        offer = await self._ports.catalog.offer(line.offer) if line.offer else None
        blueprint = await self._ports.catalog.blueprint(held.blueprint) if held.blueprint else None
        fixed = offer.traits if offer is not None and line.offer != held.offer else {}
        changes = {**fixed, **line.traits}
        self._check(line, blueprint, line.traits)
        holding = self._holding(line, root, line.number, traits=changes)
        holding.name, holding.offer, holding.blueprint = held.name, line.offer or held.offer, held.blueprint
        holding.is_package, holding.subscription = held.is_package, held.id
        await self._touch_services(holding, held)
        named = {each.holding for each in line.parts}
        for part in line.parts:
            holding.parts += await self.line(part, root)
        if held.is_package and line.intent is Intent.REMOVE:
            for each in held.parts:
                if each not in named:
                    implied = Line(number=f"{line.number}/{each}", intent=Intent.REMOVE, holding=each)
                    holding.parts += await self.line(implied, root)
        return [holding.key]

    async def _touch_services(self, holding: Holding, held: Subscription) -> None:
        verb = Verb.END if holding.intent is Intent.REMOVE else Verb.CHANGE
        for identifier in held.services:
            await self._touch_service(holding, verb, identifier, depth=0)

    async def _touch_service(self, holding: Holding, verb: Verb, identifier: str, depth: int) -> str | None:
        service = await self._ports.deployed.read(identifier)
        if service is None or service.deployment is Deployment.ENDED:
            if verb is Verb.CHANGE:
                self.reasons.append(
                    f"Line {holding.line}: the service {identifier} behind the product is no longer deployed."
                )
            return None
        blueprint = (
            await self._ports.catalog.service_blueprint(service.blueprint) if service.blueprint else None
        )
        rules = {each.name for each in blueprint.rules} if blueprint else set(service.traits)
        traits = {
            name: value for name, value in holding.traits.items() if name in rules | set(service.traits)
        }
        facing = Facing.CUSTOMER if depth == 0 else Facing.RESOURCE
        below = [
            each
            for each in service.supports
            if verb is Verb.END and depth < DEEPEST and not await self._is_shared(each, identifier)
        ]
        if verb is Verb.CHANGE and not traits and holding.standing is None:
            return None
        task = self._task(holding, verb, service.blueprint or "", service.name, facing)
        task.service, task.traits, task.standing = identifier, traits, holding.standing
        for each in below:
            needed = await self._touch_service(holding, verb, each, depth + 1)
            if needed is not None:
                task.relies_on.append(needed)
        return task.id

    async def _is_shared(self, identifier: str, user: str) -> bool:
        """Whether a supporting service is customer-facing itself, and thus has a life of its own."""
        service = await self._ports.deployed.read(identifier)
        return service is not None and service.facing is Facing.CUSTOMER and identifier != user

    # ── parts of a plan ─────────────────────────────────────────────────────────────────────────────────────

    def _holding(
        self,
        line: Line,
        root: str,
        key: str,
        offer: Offer | None = None,
        blueprint: Blueprint | None = None,
        traits: Mapping[str, Any] | None = None,
    ) -> Holding:
        holding = Holding(
            key=key,
            line=line.number,
            root=root,
            intent=line.intent,
            name=offer.name if offer else (blueprint.name if blueprint else ""),
            offer=offer.id if offer else line.offer,
            blueprint=blueprint.id if blueprint else line.blueprint,
            is_package=bool(line.parts) or (offer is not None and offer.is_package),
            traits=dict(traits or {}),
            sites=line.sites,
            standing=line.standing,
            subscription=line.holding,
        )
        self._holdings.append(holding)
        return holding

    def _task(self, holding: Holding, verb: Verb, blueprint: str, name: str, facing: Facing) -> Task:
        number = 1 + sum(each.holding == holding.key for each in self._tasks)
        task = Task(
            id=f"{holding.key}.{number}",
            line=holding.line,
            holding=holding.key,
            verb=verb,
            blueprint=blueprint,
            name=name,
            facing=facing,
        )
        self._tasks.append(task)
        return task

    def _refuse(self, line: Line, why: str) -> list[str]:
        self.reasons.append(f"Line {line.number}: {why}.")
        return []


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
        )
        for part in offer.parts
        if part.usual > 0
    ]
