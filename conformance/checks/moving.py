"""Moving: what a client may do to the state of a resource by PATCH.

The published graphs are not normative, hence the level; a target file may bring a graph of its own.
"""

from __future__ import annotations

from dataclasses import replace

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import PUBLISHED, Suite, Violation, check, skip
from tmfrig.conformance.checks.courses import is_final
from tmfrig.conformance.checks.exploring import Effect, Explorer, Step, shortest_way
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.checks.transitions import PUBLISHED_GRAPHS, ways_on
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.lifecycles import is_of, is_tolerated
from tmfrig.specs import Kind, Lifecycle, Resource

_RIGHTS = frozenset({401, 402, 403})
ENOUGH = 3
"""So many illegal steps that were taken are enough to tell."""


def _is_moved_by_clients(resource: Resource) -> bool:
    lifecycle, state = resource.lifecycle, resource.state_attribute
    movable = lifecycle is not None and lifecycle.enforced and Kind.CREATE in resource.operations
    return movable and state is not None and state not in resource.non_patchable


@check(
    "state.illegal-step",
    PUBLISHED,
    "A new resource cannot be moved into a state that does not follow its own, and stays as it is then.",
    source=PUBLISHED_GRAPHS,
    on=Kind.PATCH,
    when=_is_moved_by_clients,
)
def an_illegal_step_is_refused(api: Api, resource: Resource) -> str | None:
    explorer = Explorer(api, resource)
    explorer.begin()
    state = explorer.state
    if state is None or not is_of(explorer.lifecycle, state):
        skip(f"a new {resource.name} is {state}, of which the published lifecycle says nothing")
    wanted = illegal_from(explorer, state)
    if not wanted:
        skip(f"every state may follow {state}")
    # the last one leads furthest away from what may follow
    return _judged([confirmed(explorer, explorer.step(wanted[-1]))])


@check(
    "state.final",
    PUBLISHED,
    "A final state cannot be left by PATCH.",
    source=PUBLISHED_GRAPHS,
    on=Kind.PATCH,
    when=lambda resource: _is_moved_by_clients(resource) and bool(_lifecycle(resource).terminal),
)
def a_final_state_cannot_be_left(api: Api, resource: Resource) -> str | None:
    explorer = Explorer(api, resource)
    if not _ends(explorer):
        skip(f"no {resource.name} could be brought to a final state")
    final = explorer.state or ""
    onward = [each for each in explorer.lifecycle.initial if each != final]
    wanted = illegal_from(explorer, final)
    if not wanted:
        skip(f"every state may follow {final}")
    step = explorer.step(next((each for each in onward if each in wanted), wanted[0]))
    return _judged([step])


def _ends(explorer: Explorer) -> bool:
    """Bring an instance to a final state the shortest way, or see it go there by itself."""
    explorer.begin()
    lifecycle, listed = explorer.lifecycle, explorer.states()

    def following(state: str) -> list[str]:
        return [each for each in lifecycle.next_states(state) if each in listed]

    for each in shortest_way(explorer.state or "", lifecycle.ends_in, following) or ():
        if explorer.state is None or explorer.step(each).effect not in (Effect.TAKEN, Effect.UNKNOWN):
            break
    return explorer.state is not None and is_final(explorer.resource, explorer.state)


@check(
    "state.edges",
    PUBLISHED,
    "Every transition of the published lifecycle that a client can make is accepted.",
    source=PUBLISHED_GRAPHS,
    on=Kind.PATCH,
    when=_is_moved_by_clients,
    suite=Suite.full,
)
def published_steps_are_accepted(api: Api, resource: Resource) -> str:
    explorer, steps = _explored(api, resource)
    refused = [each for each in steps if each.effect is Effect.REFUSED]
    taken = [each for each in steps if each.effect is Effect.TAKEN]
    if not taken:
        why = f": {describe_answer(refused[0].answer)}" if refused else ""
        skip(f"a client cannot change the {resource.state_attribute}{why}")
    blamed = [each for each in refused if _is_blamed(explorer, each, taken)]
    if blamed:
        first = blamed[0]
        raise Violation(
            f"{first.answer.label}: refused with {first.answer.status}, as a transition that does not exist "
            f"is; the published lifecycle has it{_and_others(blamed)}",
            expected=ways_on(explorer.lifecycle, first.before),
            actual=describe_answer(first.answer),
            exchange=first.answer,
        )
    told = f"{len(taken)} transitions were accepted"
    others = [f"{each.before} to {each.wanted}" for each in steps if each.effect is not Effect.TAKEN]
    return f"{told}; not {', '.join(others)}" if others else told


def _is_blamed(explorer: Explorer, step: Step, taken: list[Step]) -> bool:
    """Whether a refusal is about the transition itself, rather than about rights or the business.

    A refusal counts where the target refuses what no lifecycle has in the same words. What a target decides
    by itself (an order's way) a client need not decide: there it has to be seen first that a client may
    bring about that state, and leave this one.
    """
    if step.answer.status in _RIGHTS or not 400 <= step.answer.status < 500:
        return False
    resource = explorer.resource
    if resource.state_attribute in resource.server_set:
        enters = any(each.wanted == step.wanted for each in taken)
        leaves = any(each.before == step.before for each in taken)
        if not (enters and leaves):
            return False
    wanted = illegal_from(explorer, step.before)
    if not wanted or not explorer.go(lambda state: state == step.before):
        return False
    illegal = explorer.step(wanted[-1])
    return illegal.effect is Effect.TAKEN or _reason(illegal.answer) == _reason(step.answer)


def _reason(answer: Exchange) -> tuple[int, object]:
    said = answer.json if answer.is_json and isinstance(answer.json, dict) else {}
    return answer.status, said.get("code")


def _and_others(blamed: list[Step]) -> str:
    rest = [f"{each.before} to {each.wanted}" for each in blamed[1:]]
    return f"; so are {', '.join(rest)}" if rest else ""


@check(
    "state.illegal-edges",
    PUBLISHED,
    "No state can be followed by one that the published lifecycle does not have after it.",
    source=PUBLISHED_GRAPHS,
    on=Kind.PATCH,
    when=_is_moved_by_clients,
    suite=Suite.full,
)
def illegal_steps_are_refused(api: Api, resource: Resource) -> str | None:
    known, _ = _explored(api, resource)
    explorer = Explorer(api, resource, taken={state: [*each] for state, each in known.taken.items()})
    published = explorer.taken
    steps: list[Step] = []
    for step in explorer.try_all(lambda state: illegal_from(explorer, state)):
        if step.effect is Effect.TAKEN:
            # a way that should not be is no way to go on
            published[step.before].remove(step.wanted)
        steps.append(confirmed(explorer, step))
        if sum(each.effect is Effect.TAKEN for each in steps) >= ENOUGH:
            break
    return _judged(steps)


def confirmed(explorer: Explorer, step: Step) -> Step:
    """A step that was taken, if it is taken again: the resource may have moved by itself just before it."""
    ended = is_final(explorer.resource, step.before)
    if step.effect is not Effect.TAKEN or ended or explorer.is_taken_again(step):
        return step
    return replace(step, effect=Effect.UNKNOWN)


@once_per_api
def _explored(api: Api, resource: Resource) -> tuple[Explorer, list[Step]]:
    """Who has tried every published step of a resource once, and these steps."""
    explorer = Explorer(api, resource)
    states = frozenset(explorer.states())

    def published(state: str) -> list[str]:
        return [each for each in explorer.lifecycle.next_states(state) if each in states and each != state]

    return explorer, list(explorer.try_all(published))


def illegal_from(explorer: Explorer, state: str) -> list[str]:
    """The listed states that may not follow a state, neither by the graph nor by what is often seen."""
    if not is_of(explorer.lifecycle, state):
        return []
    return [each for each in explorer.states() if not is_tolerated(explorer.lifecycle, state, each)]


def _judged(steps: list[Step]) -> str | None:
    taken = [each for each in steps if each.effect is Effect.TAKEN]
    if taken:
        first = taken[0]
        lifecycle = _lifecycle(first.answer.resource)
        following = ways_on(lifecycle, first.before)
        rest = [f"{each.before} to {each.wanted}" for each in taken[1:]]
        raise Violation(
            f"{first.answer.label}: accepted with {first.answer.status}, although the published lifecycle "
            f"has no such transition{'; so are ' + ', '.join(rest) if rest else ''}",
            expected=f"a 4xx status, as {following}",
            actual=describe_answer(first.answer),
            exchange=first.answer,
        )
    ignored = sum(each.effect is Effect.IGNORED for each in steps)
    if not steps:
        skip("no state could be reached from which a step would be illegal")
    return f"{ignored} of {len(steps)} were answered 2xx without effect" if ignored else None


def _lifecycle(resource: Resource | None) -> Lifecycle:
    assert resource is not None
    assert resource.lifecycle is not None
    return resource.lifecycle
