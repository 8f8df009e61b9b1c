"""Recording what the customer holds: written only after what is deployed says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tmfrig.mockservers.com.inventory import Deployment, Service
from tmfrig.mockservers.com.orchestration import HoldingState, Orchestration
from tmfrig.mockservers.com.orders import Intent, Order, Phase, Standing
from tmfrig.mockservers.com.plan import Facing, Holding, Verb
from tmfrig.mockservers.com.ports import Ports

Save = Callable[[Orchestration], Awaitable[None]]

_SPOILT = frozenset({Phase.FAILED, Phase.REFUSED})
_OVER = frozenset({Standing.ABORTED, Standing.CANCELLED, Standing.ENDED})


class Recording:
    """Keeps the subscriptions of one order in step with what is deployed for it."""

    def __init__(self, ports: Ports, save: Save) -> None:
        self._ports = ports
        self._save = save

    async def record(self, order: Order, course: Orchestration) -> None:
        """Write whatever the deployed state allows by now; parts before the packages that they belong to."""
        if course.plan is None:
            return
        for holding in _parts_first(course.plan.holdings):
            match holding.intent:
                case Intent.ADD:
                    await self._add(order, course, holding)
                case Intent.CHANGE:
                    await self._change(course, holding)
                case Intent.REMOVE:
                    await self._remove(course, holding)
                case Intent.KEEP:
                    pass

    # ── new ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _add(self, order: Order, course: Orchestration, holding: Holding) -> None:
        state = course.holdings[holding.key]
        services = [each for each in await self._services(course, holding) if each is not None]
        parts = [found for key in holding.parts if (found := course.holdings[key].subscription)]
        if state.subscription is None:
            begun = bool(parts) if holding.is_package else bool(services)
            if not begun or self._fate(course, holding) is not None:
                return
            state.subscription = await self._open(
                order, course, holding, [each.id for each in services], parts
            )
            state.standing = Standing.PENDING
            course.note(f"recorded {holding.name or holding.key} as pending", "product inventory")
            await self._save(course)
        if state.standing in _OVER:
            return
        wanted = self._wanted(course, holding, services)
        ids = None if holding.is_package or not services else [each.id for each in services]
        known = parts if holding.is_package and parts else None
        if wanted is not state.standing or ids or known:
            await self._ports.subscriptions.update(
                state.subscription, standing=wanted, services=ids, parts=known
            )
        if wanted is not state.standing:
            state.standing = wanted
            course.note(f"recorded {holding.name or holding.key} as {wanted}", "product inventory")

    async def _open(
        self, order: Order, course: Orchestration, holding: Holding, services: list[str], parts: list[str]
    ) -> str:
        state = course.holdings[holding.key]
        if state.attempted:
            taken = {each.subscription for each in course.holdings.values()}
            for each in await self._ports.subscriptions.of_line(order.number, holding.line):
                if each.id not in taken:
                    return each.id
        state.attempted = True
        await self._save(course)
        return await self._ports.subscriptions.open(order, holding, services, parts)

    def _wanted(self, course: Orchestration, holding: Holding, services: list[Service]) -> Standing | None:
        """Where a recorded subscription should stand now: what was active is ended, never aborted."""
        now = course.holdings[holding.key].standing
        fate = self._fate(course, holding)
        if fate is not None:
            return Standing.ENDED if now is Standing.ACTIVE else fate
        if now is Standing.ACTIVE or self._is_spoilt(course, holding):
            return now
        return self._standing(course, holding, services)

    def _is_spoilt(self, course: Orchestration, holding: Holding) -> bool:
        """Whether something failed that belongs to the same line, so that this will be taken back."""
        assert course.plan is not None
        roots = {each.key: each.root for each in course.plan.holdings}
        return any(
            course.tasks[task.id].phase in _SPOILT
            for task in course.plan.tasks
            if roots[task.holding] == holding.root
        )

    def _fate(self, course: Orchestration, holding: Holding) -> Standing | None:
        """The end of a new subscription that will not be; None while it may."""
        assert course.plan is not None
        related = [each for each in course.plan.holdings if each.root == holding.root]
        states = [course.tasks[task.id] for each in related for task in course.plan.tasks_of(each.key)]
        own = [course.tasks[task.id] for task in course.plan.tasks_of(holding.key)] or states
        if any(each.undone or each.phase in _SPOILT for each in own):
            return Standing.ABORTED
        if any(each.phase is Phase.CANCELLED for each in own):
            return Standing.CANCELLED
        return None

    def _standing(self, course: Orchestration, holding: Holding, services: list[Service]) -> Standing:
        assert course.plan is not None
        if holding.is_package:
            standings = [course.holdings[key].standing for key in holding.parts]
            return Standing.ACTIVE if standings and set(standings) == {Standing.ACTIVE} else Standing.PENDING
        tasks = course.plan.tasks_of(holding.key)
        customers = [each for each in tasks if each.facing is Facing.CUSTOMER]
        done = all(course.tasks[each.id].phase is Phase.COMPLETED for each in tasks)
        active = [each for each in services if each.deployment is Deployment.ACTIVE]
        return Standing.ACTIVE if done and len(active) == len(customers) else Standing.PENDING

    async def _services(self, course: Orchestration, holding: Holding) -> list[Service | None]:
        """The customer-facing services of a holding as they are deployed; None for one that is not there."""
        assert course.plan is not None
        found = []
        for task in course.plan.tasks_of(holding.key):
            identifier = course.tasks[task.id].service
            if task.facing is Facing.CUSTOMER and identifier is not None:
                found.append(await self._ports.deployed.read(identifier))
        return found

    # ── existing ────────────────────────────────────────────────────────────────────────────────────────────

    async def _change(self, course: Orchestration, holding: Holding) -> None:
        assert course.plan is not None
        state = course.holdings[holding.key]
        if state.attempted or holding.subscription is None:
            return
        tasks = course.plan.tasks_of(holding.key)
        if any(course.tasks[each.id].phase is not Phase.COMPLETED for each in tasks):
            return
        for service in await self._services(course, holding):
            if service is None or not _as_wanted(service, holding, course):
                return
        await self._ports.subscriptions.update(
            holding.subscription, standing=holding.standing, traits=holding.traits, offer=holding.offer
        )
        state.attempted = True
        course.note(f"recorded the change of {holding.name or holding.subscription}", "product inventory")

    async def _remove(self, course: Orchestration, holding: Holding) -> None:
        assert course.plan is not None
        state = course.holdings[holding.key]
        if holding.subscription is None or state.standing is Standing.ENDED:
            return
        tasks = course.plan.tasks_of(holding.key)
        phases = {course.tasks[each.id].phase for each in tasks}
        if phases & {Phase.FAILED, Phase.REFUSED, Phase.CANCELLED}:
            return
        ended = all(
            service is None or service.deployment is Deployment.ENDED
            for service in await self._services(course, holding)
        )
        parts_ended = all(course.holdings[key].standing is Standing.ENDED for key in holding.parts)
        wanted = Standing.ENDING
        if ended and parts_ended and phases <= {Phase.COMPLETED}:
            wanted = Standing.ENDED
        if wanted is state.standing or (wanted is Standing.ENDING and not course.anything_ordered):
            return
        await self._ports.subscriptions.update(holding.subscription, standing=wanted)
        state.standing = wanted
        course.note(f"recorded {holding.name or holding.subscription} as {wanted}", "product inventory")

    def settled(self, course: Orchestration, holding: Holding) -> bool:
        """Whether the record of a holding, all of whose work is completed, says so too."""
        state: HoldingState = course.holdings[holding.key]
        match holding.intent:
            case Intent.ADD:
                return state.standing is Standing.ACTIVE or not self._has_services(course, holding)
            case Intent.CHANGE:
                return state.attempted
            case Intent.REMOVE:
                return state.standing is Standing.ENDED
            case Intent.KEEP:
                return True

    def _has_services(self, course: Orchestration, holding: Holding) -> bool:
        assert course.plan is not None
        keys = [holding.key, *holding.parts]
        return any(course.plan.tasks_of(key) for key in keys)


def _as_wanted(service: Service, holding: Holding, course: Orchestration) -> bool:
    assert course.plan is not None
    if holding.standing is Standing.SUSPENDED and service.deployment is not Deployment.IDLE:
        return False
    if holding.standing is Standing.ACTIVE and service.deployment is not Deployment.ACTIVE:
        return False
    changes = {
        name: value
        for task in course.plan.tasks_of(holding.key)
        if task.verb is Verb.CHANGE and course.tasks[task.id].service == service.id
        for name, value in task.traits.items()
    }
    return all(str(service.traits.get(name)) == str(value) for name, value in changes.items())


def _parts_first(holdings: list[Holding]) -> list[Holding]:
    """Packages after what they consist of; a package of packages after its packages."""
    by_key = {each.key: each for each in holdings}
    ordered: dict[str, Holding] = {}

    def visit(holding: Holding) -> None:
        for key in holding.parts:
            if key not in ordered:
                visit(by_key[key])
        ordered[holding.key] = holding

    for each in holdings:
        if each.key not in ordered:
            visit(each)
    return list(ordered.values())
