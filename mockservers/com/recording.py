"""Recording what the customer holds: written only after what is deployed says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tmfrig.mockservers.com.inventory import Deployment, Service
from tmfrig.mockservers.com.orchestration import HoldingState, Orchestration
from tmfrig.mockservers.com.orders import Intent, Order, Phase, Standing
from tmfrig.mockservers.com.plan import Facing, Holding, Plan, Task, Verb
from tmfrig.mockservers.com.ports import Ports

Save = Callable[[Orchestration], Awaitable[None]]

_FAILED = frozenset({Phase.FAILED, Phase.REFUSED})
_SPOILT = _FAILED | {Phase.CANCELLED}
_OVER = frozenset({Standing.ABORTED, Standing.CANCELLED, Standing.ENDED})


class Recording:
    """Keeps the subscriptions of one order in step with what is deployed for it."""

    def __init__(self, ports: Ports, save: Save) -> None:
        self._ports = ports
        self._save = save

    async def record(self, order: Order | None, course: Orchestration) -> None:
        """Write whatever the deployed state allows by now; parts before the packages that they belong to.

        Of an order that is gone (None) nothing is recorded that was not before.
        """
        if course.plan is None:
            return
        for holding in _parts_first(course.plan):
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

    async def _add(self, order: Order | None, course: Orchestration, holding: Holding) -> None:
        state = course.holdings[holding.key]
        fate = _fate(course, holding)
        if state.standing in _OVER or (state.standing is Standing.ACTIVE and fate is None):
            return
        services = [each for each in await self._services(course, holding) if each is not None]
        related = _parts(course, holding) if holding.is_package else [each.id for each in services]
        if state.subscription is None:
            if order is None or fate is not None or not (related or _is_idle(course, holding)):
                return
            state.subscription = await self._open(order, course, holding, related)
            state.standing, state.related = Standing.PENDING, related
            course.note(f"recorded {holding.name or holding.key} as pending", "product inventory")
            await self._save(course)
        wanted = await self._fated(state, fate) if fate else _standing(course, holding, services)
        changed = related if related and related != state.related else None
        if wanted is state.standing and changed is None:
            return
        await self._ports.subscriptions.update(
            state.subscription,
            standing=wanted,
            services=None if holding.is_package else changed,
            parts=changed if holding.is_package else None,
        )
        state.related = related
        if wanted is not state.standing:
            state.standing = wanted
            course.note(f"recorded {holding.name or holding.key} as {wanted}", "product inventory")

    async def _open(self, order: Order, course: Orchestration, holding: Holding, related: list[str]) -> str:
        state = course.holdings[holding.key]
        if state.attempted:
            taken = {each.subscription for each in course.holdings.values()}
            for each in await self._ports.subscriptions.of_line(order.number, holding.line):
                # several things may come of one line: they are told apart by what they are
                same = (each.offer, each.blueprint) == (holding.offer, holding.blueprint)
                if same and each.id not in taken:
                    return each.id
        state.attempted = True
        await self._save(course)
        services, parts = ([], related) if holding.is_package else (related, [])
        return await self._ports.subscriptions.open(order, holding, services, parts)

    async def _fated(self, state: HoldingState, fate: Standing) -> Standing:
        """What was active is ended, never aborted; the record knows best whether it was."""
        assert state.subscription is not None
        recorded = await self._ports.subscriptions.read(state.subscription)
        if recorded is None:
            return fate
        was_active = recorded.standing in (Standing.ACTIVE, Standing.SUSPENDED, Standing.ENDING)
        return Standing.ENDED if was_active or recorded.standing is Standing.ENDED else fate

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
        if any(course.tasks[each.id].phase is not Phase.COMPLETED for each in _tasks(course, holding)):
            return
        if not all(settled(course, each) for each in course.plan.below(holding)):
            return
        for service in await self._services(course, holding):
            if service is None or not _as_wanted(service, holding, course):
                return
        await self._ports.subscriptions.update(
            holding.subscription,
            standing=holding.standing,
            traits=holding.traits,
            offer=holding.offer,
            parts=await self._parts_of_package(course, holding),
        )
        state.attempted = True
        course.note(f"recorded the change of {holding.name or holding.subscription}", "product inventory")

    async def _parts_of_package(self, course: Orchestration, holding: Holding) -> list[str] | None:
        """The parts of a package to which a line has added some; None where it has not."""
        assert course.plan is not None
        assert holding.subscription is not None
        added = [
            found
            for each in map(course.plan.holding, holding.parts)
            if each.intent is Intent.ADD and (found := course.holdings[each.key].subscription)
        ]
        held = await self._ports.subscriptions.read(holding.subscription) if added else None
        return None if held is None else [*held.parts, *(each for each in added if each not in held.parts)]

    async def _remove(self, course: Orchestration, holding: Holding) -> None:
        state = course.holdings[holding.key]
        if holding.subscription is None or state.standing is Standing.ENDED:
            return
        services = await self._services(course, holding)
        gone = [each is None or each.deployment is Deployment.ENDED for each in services]
        parts = [course.holdings[key].standing for key in holding.parts]
        gone += [each is Standing.ENDED for each in parts]
        begun = any(gone) or Standing.ENDING in parts
        done = all(course.tasks[each.id].phase is Phase.COMPLETED for each in _tasks(course, holding))
        wanted = Standing.ENDED if done and all(gone) else Standing.ENDING
        # there is no way back from ending: nothing is said before something has ended
        if wanted is state.standing or (wanted is Standing.ENDING and not begun):
            return
        await self._ports.subscriptions.update(holding.subscription, standing=wanted)
        state.standing = wanted
        course.note(f"recorded {holding.name or holding.subscription} as {wanted}", "product inventory")


def settled(course: Orchestration, holding: Holding) -> bool:
    """Whether the record of a holding, all of whose work is completed, says so too."""
    state = course.holdings[holding.key]
    match holding.intent:
        case Intent.ADD:
            return state.standing is Standing.ACTIVE
        case Intent.CHANGE:
            return state.attempted
        case Intent.REMOVE:
            return state.standing is Standing.ENDED
        case Intent.KEEP:
            return True


def _tasks(course: Orchestration, holding: Holding) -> list[Task]:
    assert course.plan is not None
    return course.plan.tasks_of(holding.key)


def _parts(course: Orchestration, holding: Holding) -> list[str]:
    plan = course.plan
    assert plan is not None
    kept = [key for key in holding.parts if plan.holding(key).intent is not Intent.REMOVE]
    found = [course.holdings[key].subscription for key in kept]
    return [each for each in found if each is not None]


def _is_idle(course: Orchestration, holding: Holding) -> bool:
    """Whether nothing has to be deployed for a holding or its parts."""
    plan = course.plan
    assert plan is not None
    return not any(plan.tasks_of(each.key) for each in (holding, *plan.below(holding)))


def _fate(course: Orchestration, holding: Holding) -> Standing | None:
    """The end of a new subscription that will not be; None while it may."""
    plan = course.plan
    assert plan is not None
    own = plan.tasks_of(holding.key) or plan.together_with(holding)
    states = [course.tasks[each.id] for each in own]
    if any(each.undone or each.phase in _FAILED for each in states):
        return Standing.ABORTED
    return Standing.CANCELLED if any(each.phase is Phase.CANCELLED for each in states) else None


def _standing(course: Orchestration, holding: Holding, services: list[Service]) -> Standing:
    """Where a new subscription stands by what is deployed; nothing that will be taken back becomes active."""
    plan = course.plan
    assert plan is not None
    together = [course.tasks[each.id].phase for each in plan.together_with(holding)]
    if _SPOILT & set(together):
        return Standing.PENDING
    if holding.is_package and holding.parts:
        ready = all(settled(course, each) for each in plan.below(holding))
    elif tasks := _tasks(course, holding):
        customers = [each for each in tasks if each.facing is Facing.CUSTOMER]
        active = [each for each in services if each.deployment is Deployment.ACTIVE]
        done = all(course.tasks[each.id].phase is Phase.COMPLETED for each in tasks)
        ready = done and len(active) == len(customers)
    else:
        ready = all(each is Phase.COMPLETED for each in together)
    return Standing.ACTIVE if ready else Standing.PENDING


def _as_wanted(service: Service, holding: Holding, course: Orchestration) -> bool:
    if holding.standing is Standing.SUSPENDED and service.deployment is not Deployment.IDLE:
        return False
    if holding.standing is Standing.ACTIVE and service.deployment is not Deployment.ACTIVE:
        return False
    changes = {
        name: value
        for task in _tasks(course, holding)
        if task.verb is Verb.CHANGE and course.tasks[task.id].service == service.id
        for name, value in task.traits.items()
    }
    return all(str(service.traits.get(name)) == str(value) for name, value in changes.items())


def _parts_first(plan: Plan) -> list[Holding]:
    """Packages after what they consist of; a package of packages after its packages."""
    ordered: dict[str, Holding] = {}

    def visit(holding: Holding) -> None:
        for part in map(plan.holding, holding.parts):
            visit(part)
        ordered.setdefault(holding.key, holding)

    for each in plan.holdings:
        visit(each)
    return list(ordered.values())
