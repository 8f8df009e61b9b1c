"""Lifecycle: the states that resources are in."""

from __future__ import annotations

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import (
    MUST,
    PUBLISHED,
    CannotJudge,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.exploring import CHOSEN_STATE
from tmfrig.conformance.checks.patching import patched
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import Value, describe_answer, expect, show
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Kind, Lifecycle, Resource, canonical_state

_DRAFT = "draft"


def _has_servers_state(resource: Resource) -> bool:
    return resource.lifecycle is not None and resource.state_attribute in resource.server_set


@observing(
    "state.on-create",
    MUST,
    "The server gives a new resource a state.",
    source="the API's OpenAPI document, the state is absent from POST; conformance profiles; rule STATE-01",
    on=Kind.CREATE,
    when=_has_servers_state,
)
def a_new_resource_has_a_state(exchange: Exchange) -> None:
    """Which of the listed states it is, is the matter of a diagram that is not normative (state.initial)."""
    body, name, _ = _new(exchange)
    state = body.get(name)
    if not isinstance(state, str) or not state.strip():
        Value(exchange, body, "the new resource").violated(
            f"no {name}",
            f"{name}, set by the server",
            "a client cannot set it",
            actual=f"{name}: {show(state)}",
        )


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
    if not isinstance(state, str) or not state.strip() or not _is_listed(exchange, name, state):
        not_applicable()  # the finding of state.on-create or of representation.enumerations
    if not lifecycle.starts_in(state):
        raise _not_initial(exchange, name, state, lifecycle)


@check(
    "state.client-choice",
    MUST,
    "The state of a new resource is the server's: one that a client sends along is not taken.",
    source="the API's OpenAPI document, the state is absent from POST; conformance profiles; rule STATE-01",
    on=Kind.CREATE,
    when=lambda resource: _has_servers_state(resource) and bool(_far_state(resource)),
)
def a_client_does_not_choose_the_state(api: Api, resource: Resource) -> str | None:
    name, wanted = resource.state_attribute or "", _far_state(resource)
    label = f"POST {resource.path} with {name} {wanted}"
    answer = api.create(resource, api.payload(resource) | {name: wanted}, label=label, intent=Intent.OPEN)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    if answer.is_error:
        return f"refused with {answer.status}, which is as right as ignoring it"
    mine = created_by(answer, resource)
    body = mine.body if mine else next(iter(answer.representations), None)
    if body is None:
        raise CannotJudge("the answer shows nothing of what was created")
    if body.get(name) == wanted and not _comes_to_it_anyway(api, resource, wanted):
        raise Violation(
            f"{label}: the new {resource.name} is {wanted}, as the client said",
            expected=f"{name} {', '.join(sorted(_lifecycle(resource).initial))}, or a 4xx status",
            actual=f"{name} {body[name]}",
            exchange=answer,
        )
    return None


def _comes_to_it_anyway(api: Api, resource: Resource, state: str) -> bool:
    """Whether a new resource is in that state at once, although nobody asked for it."""
    plain = api.create(resource, intent=Intent.OPEN, label=f"POST {resource.path} without a state")
    return any(body.get(resource.state_attribute or "") == state for body in plain.representations)


def _far_state(resource: Resource) -> str:
    """A listed state, in the contract's spelling, in which nothing begins or is after a first step."""
    lifecycle = _lifecycle(resource)
    listed = resource.attributes[resource.state_attribute or ""].enum
    beginning = {*lifecycle.initial, *_begun(lifecycle)}
    far = [each for each in listed if lifecycle.ends_in(each) and canonical_state(each) not in beginning]
    return next((each for each in _UNLIKELY if each in far), far[0] if far else "")


# Final states that a good order or question does not reach by itself, however quick a server is.
_UNLIKELY = ("cancelled", "terminatedWithError", "failed")


def _lifecycle(resource: Resource) -> Lifecycle:
    assert resource.lifecycle is not None
    return resource.lifecycle


@check(
    "state.draft",
    PUBLISHED,
    "An order that begins as a draft is a draft, and can be changed freely.",
    source="published state diagrams, initial states that a client may choose; rule STATE-01",
    on=Kind.CREATE,
    when=lambda resource: _may_be_draft(resource),
)
def a_draft_can_be_changed(api: Api, resource: Resource) -> None:
    label = f"POST {resource.path} with {CHOSEN_STATE} {_DRAFT}"
    answer = api.create(
        resource, api.payload(resource) | {CHOSEN_STATE: _DRAFT}, label=label, intent=Intent.OPEN
    )
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
    return CHOSEN_STATE in created and _DRAFT in created[CHOSEN_STATE].enum


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
