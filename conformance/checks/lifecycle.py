"""Lifecycle: the states that resources are in."""

from __future__ import annotations

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, PUBLISHED, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.checks.patching import patched
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import Value, describe_answer, expect, show
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Kind, Lifecycle, Resource, canonical_state

_INITIAL, _DRAFT = "requestedInitialState", "draft"


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


@check(
    "state.draft",
    PUBLISHED,
    "An order that begins as a draft is a draft, and can be changed freely.",
    source="published state diagrams, initial states that a client may choose; rule STATE-01",
    on=Kind.CREATE,
    when=lambda resource: _may_be_draft(resource),
)
def a_draft_can_be_changed(api: Api, resource: Resource) -> None:
    label = f"POST {resource.path} with {_INITIAL} {_DRAFT}"
    answer = api.create(resource, api.payload(resource) | {_INITIAL: _DRAFT}, label=label, intent=Intent.OPEN)
    draft = created_by(answer, resource)
    if draft is None:
        skip(f"drafts are not offered: {describe_answer(answer)}")
    state = draft.body.get(resource.state_attribute or "")
    if state != _DRAFT:
        raise Violation(
            f"{label}: the new {resource.name} is {show(state)}",
            expected=f"{resource.state_attribute} {_DRAFT}",
            actual=f"{resource.state_attribute} {show(state)}",
            exchange=answer,
        )
    if Kind.PATCH in resource.operations:
        changed = patched(api, draft, api.change(draft), label="PATCH of the draft", intent=Intent.OPEN)
        expect(changed).success("a draft is its client's own")


def _may_be_draft(resource: Resource) -> bool:
    created = resource.creation.attributes if resource.creation else {}
    return _INITIAL in created and _DRAFT in created[_INITIAL].enum


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
