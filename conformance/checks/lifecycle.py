"""Lifecycle: the states that resources are in."""

from __future__ import annotations

from tmfrig.conformance.check import MUST, PUBLISHED, Violation, not_applicable, observing
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import Value, show
from tmfrig.specs import Kind, Lifecycle, Resource


def _has_servers_state(resource: Resource) -> bool:
    return resource.lifecycle is not None and resource.state_attribute in resource.server_set


@observing(
    "state.on-create",
    MUST,
    "The server gives a new resource a state with which a lifecycle can begin.",
    source="the API's OpenAPI document, the state is absent from POST; conformance profiles; rule STATE-01",
    on=Kind.CREATE,
    when=_has_servers_state,
)
def a_new_resource_has_a_state(exchange: Exchange) -> None:
    """A state one published step on is tolerated: a quick server may be at work before it answers."""
    body, name, lifecycle = _new(exchange)
    state = body.get(name)
    if not isinstance(state, str) or not state.strip():
        Value(exchange, body, "the new resource").violated(
            f"no {name}",
            f"{name}, set by the server",
            "a client cannot set it",
            actual=f"{name}: {show(state)}",
        )
    begun = {
        following
        for first in lifecycle.initial
        for following in lifecycle.next_states(first)
        if following not in lifecycle.terminal
    }
    if not lifecycle.starts_in(str(state)) and state not in begun:
        raise _not_initial(exchange, name, str(state), lifecycle)


@observing(
    "state.initial",
    PUBLISHED,
    "A new resource is in an initial state of the published lifecycle.",
    source="published state diagrams, which are not normative; rule STATE-01",
    on=Kind.CREATE,
    when=_has_servers_state,
)
def a_new_resource_is_in_an_initial_state(exchange: Exchange) -> None:
    body, name, lifecycle = _new(exchange)
    state = body.get(name)
    if isinstance(state, str) and state.strip() and not lifecycle.starts_in(state):
        raise _not_initial(exchange, name, state, lifecycle)


def _new(exchange: Exchange) -> tuple[dict[str, object], str, Lifecycle]:
    resource = exchange.resource
    created = exchange.status == 201 and exchange.intent is not Intent.INVALID and exchange.representations
    if not created or exchange.asked("fields"):
        not_applicable()
    assert resource is not None
    assert resource.lifecycle is not None
    assert resource.state_attribute is not None
    return exchange.representations[0], resource.state_attribute, resource.lifecycle


def _not_initial(exchange: Exchange, name: str, state: str, lifecycle: Lifecycle) -> Violation:
    initial = ", ".join(sorted(lifecycle.initial))
    return Violation(
        f"{exchange.label}: the new resource is {state} from the start",
        expected=f"{name} {initial}",
        actual=f"{name} {state}",
        exchange=exchange,
    )
