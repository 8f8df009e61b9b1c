"""The words in which a neighbour is spoken to.

The roles here speak one version of each API, the first that is in the house. A neighbour may speak another:
then what it is told is translated into its version, and what it says into ours, so that nobody else has to
know. Of what both cannot say, nothing is invented and nothing is lost: a change leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tmfrig.mockservers.patching import merged
from tmfrig.mockservers.store import Body
from tmfrig.mockservers.translation import Translation, carried_over, without_refused
from tmfrig.specs import Attribute, Contract, lines_of, standard_contract

_NAMES_IN_VALUES = ("fields", "sort")
_TYPE = "@type"


class Words:
    """How the resources of an API are said to a neighbour of a contract; get it with `words_of`."""

    def __init__(self, contract: Contract) -> None:
        ours = standard_contract(contract.api, lines_of(contract.api)[0])
        self._pairs = {pair.ours: pair for pair in _pairs(ours, contract)}
        declared = contract.register.request if contract.register is not None else None
        typed = declared is not None and _TYPE in declared.attributes and declared.attributes[_TYPE].required
        self._hub: Body = {_TYPE: "Hub"} if typed else {}
        self._ours_by_theirs = {pair.theirs: pair.ours for pair in self._pairs.values()}

    def are_ours(self, resource: str) -> bool:
        """Whether a resource is said as we say it; if not, a change can only be said of what is there."""
        return resource not in self._pairs

    def name(self, resource: str) -> str:
        """What a resource is called in paths."""
        return self._pairs[resource].theirs if resource in self._pairs else resource

    def query(self, resource: str, query: Mapping[str, str]) -> Mapping[str, str]:
        """A query: attributes by their names and places there."""
        pair = self._pairs.get(resource)
        if pair is None:
            return query
        return {
            pair.path(name): pair.listed(value) if name in _NAMES_IN_VALUES else value
            for name, value in query.items()
        }

    def said(self, resource: str, body: Body) -> Body:
        """The body of a POST. What a create body does not have, or cannot have like that, is left out."""
        pair = self._pairs.get(resource)
        return body if pair is None else pair.said(body)

    def changes(self, resource: str, present: Body, changes: Body) -> Body:
        """The merge patch that makes our changes to a resource that is `present` there; empty for none."""
        pair = self._pairs.get(resource)
        return changes if pair is None else pair.changes(present, changes)

    def heard(self, resource: str, body: Body) -> Body:
        """A representation, or a part of one."""
        pair = self._pairs.get(resource)
        return body if pair is None else pair.heard(body)

    def registration(self, callback: str, query: str | None = None) -> Body:
        """The body that registers a callback at the hub."""
        return {**self._hub, "callback": callback, **({"query": query} if query else {})}

    def told(self, event: Body) -> Body | None:
        """The resource that the `event` of a notification is about; None where it is about nothing."""
        objects = {name: value for name, value in event.items() if isinstance(value, dict)}
        # beside the resource, an event of version 5 may hold what else there is to say
        known = [name for name in objects if name in self._ours_by_theirs]
        name = next(iter([*known, *objects]), None)
        return None if name is None else self.heard(self._ours_by_theirs.get(name, name), objects[name])


@cache
def words_of(contract: Contract) -> Words:
    """The words for neighbours of a contract."""
    return Words(contract)


def _pairs(ours: Contract, theirs: Contract) -> Iterator[_Pair]:
    for name in ours.resources:
        there = Translation.between(ours, theirs, name)
        back = Translation.between(theirs, ours, there.target.name) if there is not None else None
        if there is not None and back is not None:
            yield _Pair(there, back)


class _Pair:
    """One resource, translated to what is spoken `there` and `back`."""

    def __init__(self, there: Translation, back: Translation) -> None:
        self._there = there
        self._back = back
        self._resource = there.target
        self.ours = there.source.name
        self.theirs = there.target.name
        self._type = self.theirs[:1].upper() + self.theirs[1:]
        self._kept = ("href", _TYPE, there.target.state_attribute or "state")

    def path(self, name: str) -> str:
        return self._there.path(name)

    def listed(self, names: str) -> str:
        signs_and_names = (
            (each[:1], each[1:]) if each[:1] in "+-" else ("", each) for each in names.split(",")
        )
        return ",".join(sign + self.path(name) for sign, name in signs_and_names)

    def said(self, body: Body) -> Body:
        counterpart = self._there.counterpart(body)
        creation = self._resource.creation
        if creation is None:
            return counterpart
        created = _creatable(counterpart, creation.attributes, self._resource.attributes)
        # where something mandatory is missing, the neighbour says so better than we could
        without_refused(created, creation)
        return created

    def heard(self, body: Body) -> Body:
        # links lead where they lead, and a state or a type that only the neighbour has is not one of ours
        kept = {name: body[name] for name in self._kept if name in body and body.get(name) != self._type}
        return self._back.counterpart(body) | kept

    def changes(self, present: Body, changes: Body) -> Body:
        before = self.heard(present)
        said, wanted = (self._there.counterpart(each) for each in (before, merged(before, changes)))
        after = carried_over(present, said, wanted)
        patch = {
            name: _replacing(present.get(name), after.get(name))
            for name in present.keys() | after.keys()
            if present.get(name) != after.get(name) and name not in self._resource.non_patchable
        }
        return self._typed(patch, present) if patch else {}

    def _typed(self, patch: Body, present: Body) -> Body:
        """A patch that names the type of what it changes, where the contract asks for types (PATCH-06)."""
        declared = self._resource.attributes.get(_TYPE)
        if declared is None or not declared.required:
            return patch
        return {_TYPE: present.get(_TYPE, self._type), **patch}


def _replacing(before: Any, after: Any) -> Any:
    """What a merge patch says to make one value another: null takes away."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    gone: Body = dict.fromkeys(before.keys() - after.keys())
    return gone | {name: _replacing(before.get(name), each) for name, each in after.items()}


def _creatable(body: Body, created: Mapping[str, Attribute], shown: Mapping[str, Attribute]) -> Body:
    """What a create body has of an object, and extensions, of which no contract knows."""
    return {
        name: _creatable_part(each, created.get(name), shown.get(name))
        for name, each in body.items()
        if name in created or name not in shown
    }


def _creatable_part(value: Any, created: Attribute | None, shown: Attribute | None) -> Any:
    if created is None or shown is None:
        return value
    if isinstance(value, list):
        return [_creatable_part(each, created.items, shown.items) for each in value]
    if isinstance(value, dict) and (known := created.of_type(value).attributes):
        return _creatable(value, known, shown.of_type(value).attributes)
    return value
