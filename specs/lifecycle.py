"""Published lifecycles: state machines as data, with source and confidence of every edge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Edge:
    """One published transition, what brings it about, where it is published and how sure that is."""

    source: str
    target: str
    label: str
    confidence: str
    origin: str


@dataclass(frozen=True)
class Lifecycle:
    """The states of one resource's state attribute and the transitions between them.

    `enforced` is false where the contract leaves the attribute as free text or nothing but the list of
    states is published: such a graph informs, it never refuses.
    """

    name: str
    api: str
    resources: tuple[str, ...]
    attribute: str
    initial: frozenset[str]
    terminal: frozenset[str]
    edges: tuple[Edge, ...]
    enforced: bool
    source: str

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Every state that the graph knows, in the order in which edges name them."""
        named = (state for edge in self.edges for state in (edge.source, edge.target))
        return tuple(dict.fromkeys((*named, *sorted(self.initial), *sorted(self.terminal))))

    @cached_property
    def _targets(self) -> Mapping[str, tuple[str, ...]]:
        return {
            state: tuple(edge.target for edge in self.edges if edge.source == state) for state in self.states
        }

    def allows(self, before: str, after: str) -> bool:
        """Whether the graph has this transition; staying in a state always counts as allowed."""
        source, target = canonical_state(before), canonical_state(after)
        return source == target or target in self._targets.get(source, ())

    def starts_in(self, state: str) -> bool:
        """Whether a new resource may be in this state."""
        return canonical_state(state) in self.initial

    def ends_in(self, state: str) -> bool:
        """Whether no transition leaves this state."""
        return canonical_state(state) in self.terminal

    def next_states(self, state: str) -> tuple[str, ...]:
        """The states that the graph allows after this one; empty for an unknown state."""
        return self._targets.get(canonical_state(state), ())


def canonical_state(state: str) -> str:
    """The spelling that lifecycles use for a state which the standard spells in several ways."""
    return _canonical().get(state, state)


def right_spellings(values: Iterable[Any]) -> Mapping[str, str]:
    """For each value that an enumeration spells in an odd way: how lifecycles spell it, unless it has both.

    TMF641's `accepted` gives `acknowledged`; an enumeration that is right gives nothing.
    """
    given = list(values)
    spelled = {each: canonical_state(each) for each in given if isinstance(each, str)}
    return {odd: right for odd, right in spelled.items() if right not in given}


def spelt_with_blanks(value: Any) -> tuple[str, ...]:
    """The spellings of a state that official files have with blanks around it."""
    groups = (group for group in _data()["variants"] if value in group)
    return tuple(each for group in groups for each in group if each != value and each.strip() == value)


def lifecycle_of(api: str, resource: str, line: int = 4) -> Lifecycle | None:
    """The published lifecycle of a resource in a major version, or None."""
    return next((each for each in lifecycles(line) if each.api == api and resource in each.resources), None)


@cache
def lifecycles(line: int = 4) -> tuple[Lifecycle, ...]:
    """Every lifecycle that the data file describes, as it is in a major version."""
    return tuple(_lifecycle(name, data, line) for name, data in _data()["lifecycles"].items())


@cache
def _canonical() -> Mapping[str, str]:
    return {spelling: group[0] for group in _data()["variants"] for spelling in group}


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load((files(__package__) / "lifecycles.yaml").read_text("utf-8"))
    return data


def _lifecycle(name: str, data: Mapping[str, Any], line: int) -> Lifecycle:
    added = data.get(f"v{line}", {})
    return Lifecycle(
        name=name,
        api=data["api"],
        resources=tuple(data["resources"]),
        attribute=data["attribute"],
        initial=frozenset([*data["initial"], *added.get("initial", ())]),
        terminal=frozenset([*data["terminal"], *added.get("terminal", ())]),
        edges=(*_edges(data), *_edges(added)),
        enforced=data["enforced"],
        source=data["source"],
    )


def _edges(data: Mapping[str, Any]) -> tuple[Edge, ...]:
    return tuple(
        Edge(source, target, label, data["confidence"], data["source"])
        for source, targets in data.get("edges", {}).items()
        for target, label in targets.items()
    )
