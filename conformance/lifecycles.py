"""Lifecycles as a target has them: its own graph in place of a published one, and what is often seen beside
the published ones.

No published graph is normative: who has another says so in the target file, and is judged by that.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tmfrig.specs import Contract, Edge, Lifecycle, Resource, canonical_state

ORIGIN = "the target file"


class OwnLifecycle(BaseModel):
    """The states of a resource as the target has them; a state that leads nowhere is final."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    initial: list[str] = Field(min_length=1, description="States in which a new one may be")
    edges: dict[str, list[str]] = Field(description="From each state, the states that may follow it")

    @model_validator(mode="after")
    def _leads_somewhere(self) -> OwnLifecycle:
        strange = [state for state in self.initial if state not in self.states]
        if self.edges and strange:
            raise ValueError(f"initial: no edge leads from or to {', '.join(strange)}")
        return self

    @property
    def states(self) -> tuple[str, ...]:
        """Every state that the edges name."""
        named = (state for source, targets in self.edges.items() for state in (source, *targets))
        return tuple(dict.fromkeys(named))


def with_own_lifecycles(contract: Contract, own: Mapping[str, OwnLifecycle]) -> Contract:
    """The contract with the graphs that a target file has for its resources, by "TMF620.productOffering".

    ValueError, one line, where a key names no resource with a state or an edge a state that the contract does
    not list. Keys of other APIs are left alone.
    """
    resources = dict(contract.resources)
    for key, graph in own.items():
        api, _, name = key.partition(".")
        if api != contract.api:
            continue
        resource = resources.get(name)
        if resource is None or resource.state_attribute is None:
            raise ValueError(f"lifecycles: {key} names no resource of {contract.api} that has a state")
        resources[name] = replace(resource, lifecycle=_lifecycle(key, resource, graph))
    if resources == contract.resources:
        return contract
    # standard contracts are shared by all who load them
    changed = copy.copy(contract)
    changed.__dict__["resources"] = resources
    return changed


def _lifecycle(key: str, resource: Resource, graph: OwnLifecycle) -> Lifecycle:
    attribute = resource.state_attribute or ""
    listed = {canonical_state(each) for each in resource.attributes[attribute].enum}
    states = [canonical_state(each) for each in (*graph.initial, *graph.states)]
    unlisted = [each for each in dict.fromkeys(states) if listed and each not in listed]
    if unlisted:
        raise ValueError(f"lifecycles: {key}: the contract does not list {', '.join(unlisted)}")
    sources = {canonical_state(source) for source, targets in graph.edges.items() if targets}
    return Lifecycle(
        name=key,
        api=key.partition(".")[0],
        resources=(resource.name,),
        attribute=attribute,
        initial=frozenset(map(canonical_state, graph.initial)),
        terminal=frozenset(states) - sources,
        edges=tuple(
            Edge(canonical_state(source), canonical_state(target), "", "the target's own", ORIGIN)
            for source, targets in graph.edges.items()
            for target in targets
        ),
        enforced=True,
        source=ORIGIN,
    )


UNDER_CANCELLATION: Final = frozenset({"assessingCancellation", "pendingCancellation"})
"""States of orders whose cancellation somebody has asked for."""

# Transitions that no diagram has and many implementations do, so that they tell nothing about one that is
# judged by the published graph: orders that are rejected or cancelled before work on them has begun, things
# that are given up without a detour.
_OFTEN_SEEN: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "productOrder": {
        "acknowledged": ("rejected", "cancelled", "assessingCancellation", "held"),
        "pending": ("rejected",),
        "inProgress": ("cancelled",),
        "assessingCancellation": ("acknowledged", "cancelled"),
    },
    "serviceOrder": {
        "acknowledged": ("pending", "held"),
        "pending": ("rejected",),
        "assessingCancellation": ("cancelled",),
    },
    "product": {
        "created": ("cancelled", "aborted"),
        "suspended": ("terminated", "pendingTerminate"),
        "pendingTerminate": ("active",),
        "pendingActive": ("created",),
    },
    "service": {
        "feasibilityChecked": ("terminated",),
        "designed": ("terminated", "feasibilityChecked"),
        "reserved": ("terminated", "feasibilityChecked"),
        "inactive": ("terminated", "reserved", "designed"),
    },
}
_BY_TASKS: Final[Mapping[str, Sequence[str]]] = {
    "acknowledged": ("done", "terminatedWithError", "rejected", "cancelled")
}


def tolerated(lifecycle: Lifecycle, before: str) -> frozenset[str]:
    """The states that often follow a state although the published graph does not have them."""
    task = "terminatedWithError" in lifecycle.terminal and lifecycle.source != ORIGIN
    known = _BY_TASKS if task else _OFTEN_SEEN.get(lifecycle.name, {})
    return frozenset(known.get(canonical_state(before), ()))


def is_tolerated(lifecycle: Lifecycle, before: str, after: str) -> bool:
    """Whether a transition is published, or often seen although it is not."""
    return lifecycle.allows(before, after) or canonical_state(after) in tolerated(lifecycle, before)


def leads_to(
    lifecycle: Lifecycle, before: str, after: str, *, avoiding: frozenset[str] = frozenset()
) -> bool:
    """Whether one or more tolerated transitions lead from one state to another, staying counts; none of them
    leads on from a state to be avoided."""
    source, target = canonical_state(before), canonical_state(after)
    known, waiting = {source}, [source]
    while waiting:
        state = waiting.pop()
        if state in avoiding and state != source:
            continue
        for each in {*lifecycle.next_states(state), *tolerated(lifecycle, state)} - known:
            known.add(each)
            waiting.append(each)
    return target in known


def is_of(lifecycle: Lifecycle, state: str) -> bool:
    """Whether the graph knows a state: one that it does not know says nothing about it."""
    return canonical_state(state) in lifecycle.states
