"""Lifecycle: the states that resources are in."""

from __future__ import annotations

from tmfrig.conformance.check import MUST, PUBLISHED, Violation, not_applicable, observing
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import Value, show
from tmfrig.specs import Kind, Lifecycle, Resource, canonical_state


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
    if not _is_listed(exchange, name, str(state)):
        not_applicable()  # the finding of representation.enumerations
    if not lifecycle.starts_in(str(state)) and canonical_state(str(state)) not in _begun(lifecycle):
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
    if not isinstance(state, str) or not (
        lifecycle.starts_in(state) or canonical_state(state) in _begun(lifecycle)
    ):
        not_applicable()  # the finding of state.on-create
    if not lifecycle.starts_in(state):
        raise _not_initial(exchange, name, state, lifecycle)


def _begun(lifecycle: Lifecycle) -> frozenset[str]:
    """States one published step after an initial one, from which more is to come."""
    steps = (state for first in lifecycle.initial for state in lifecycle.next_states(first))
    return frozenset(state for state in steps if not lifecycle.ends_in(state))


def _is_listed(exchange: Exchange, name: str, state: str) -> bool:
    listed = exchange.resource.attributes[name].enum if exchange.resource else ()
    return not listed or canonical_state(state) in {canonical_state(each) for each in listed}


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
