"""New resources: what a create body must carry, what the server adds (rules ID-01, ID-03, HTTP-13)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from tmfrig.mockservers.errors import invalid_body
from tmfrig.mockservers.events import now
from tmfrig.mockservers.foregone import is_foregone
from tmfrig.mockservers.identifiers import USABLE, in_a_path, is_usable, new_identifier
from tmfrig.mockservers.store import Body
from tmfrig.specs import Attribute, Problem, Resource, canonical_state

_BLANK = re.compile(r"\s*")
_PERHAPS_BLANK = re.compile(rb'"["\\ \xc2\xe1-\xe3]')
"""How a text without anything but blanks begins in JSON: with an escape, or a blank in UTF-8, if at all."""
_INITIAL_STATE = "requestedInitialState"
CATALOG_APIS = ("TMF620", "TMF633")


class Intake:
    """Checks and completes the create bodies of one resource type."""

    def __init__(self, api: str, resource: Resource) -> None:
        self._resource = resource
        self._created = resource.creation.attributes if resource.creation is not None else {}
        self._constants = dict(_constants(api, resource))
        self._moments = tuple(_creation_moments(resource))
        self.items = items_attribute(resource)
        self._item_state = _initial_item_state(resource, self.items)

    def check(self, body: Any, raw: bytes) -> Body:
        """The body without what only the server sets; ApiError (400) where it does not keep the contract.

        A mandatory attribute must be there, not null and not blank (conformance profiles; rule HTTP-13).
        """
        if isinstance(body, dict) and not self._resource.server_set.isdisjoint(body):
            for name in self._resource.server_set:
                body.pop(name, None)
        schema = self._resource.creation
        if schema is not None and not schema.accepts(body):
            raise invalid_body(schema.problems(body))
        if not isinstance(body, dict):
            raise invalid_body([Problem("", "should be an object", "type")])
        # walking a body costs more than all other checks: only where some text in it may be blank
        if _PERHAPS_BLANK.search(raw):
            refuse_blanks(body, self._created)
        return body

    def complete(self, body: Body, url: str) -> Body:
        """The new resource: its id, its href below `url`, and the attributes that the server sets.

        The body has passed `check`. ApiError (400) where a part that the create body does not declare breaks
        the representation.
        """
        own = self._own_id(body)
        identifier = new_identifier() if own is None else own
        resource = {"id": identifier, "href": f"{url}/{in_a_path(identifier)}", **body}
        if _INITIAL_STATE in body and _INITIAL_STATE in self._created:
            resource[self._resource.state_attribute or "state"] = body[_INITIAL_STATE]
        self._add_server_attributes(resource)
        if self._item_state is not None:
            set_item_states(resource.get(self.items), self.items, self._item_state)
        if not self._is_foregone and not self._resource.representation.accepts(resource):
            raise invalid_body(self._resource.representation.problems(resource))
        return resource

    @cached_property
    def _is_foregone(self) -> bool:
        """Whether what has passed the check keeps the representation, so that one validation is enough."""
        if type(self) is not Intake or _INITIAL_STATE in self._created:
            # who checks in another way proves nothing
            return False
        added = {"id": new_identifier(), **self._constants, **dict.fromkeys(self._moments, now())}
        return is_foregone(self._resource, added, self.items, self._item_state)

    def _own_id(self, body: Body) -> str | None:
        """The id that the client gives, where the contract lets it (most of version 5)."""
        identifier = body.get("id")
        if identifier is None:
            return None
        if not is_usable(identifier):
            raise invalid_body([Problem("id", f"is no id: {USABLE} is expected", "pattern")])
        return identifier

    def complete_seed(self, body: Body, url: str) -> Body:
        """A resource of a data set: it keeps its id and its states, and gets what it lacks."""
        resource = {"id": body["id"], "href": f"{url}/{in_a_path(body['id'])}", **body}
        self._add_server_attributes(resource)
        return resource

    def completed(self, resource: Body) -> Body:
        """A resource that another version of the API has completed, with what this one adds."""
        whole = dict(resource)
        self._add_server_attributes(whole)
        return whole

    def _add_server_attributes(self, resource: Body) -> None:
        for name, value in self._constants.items():
            resource.setdefault(name, value)
        if self._moments:
            moment = now()
            for name in self._moments:
                resource.setdefault(name, moment)


def refuse_blanks(body: Body, attributes: Mapping[str, Attribute]) -> None:
    """ApiError (400) that names every mandatory text which is blank."""
    problems = list(_blank_mandatories(body, attributes))
    if problems:
        raise invalid_body(problems)


def _blank_mandatories(body: Body, attributes: Mapping[str, Attribute], place: str = "") -> Iterator[Problem]:
    """Mandatory texts, anywhere in a body, that are there but say nothing."""
    for name, value in body.items():
        attribute = attributes.get(name)
        if attribute is None:
            continue
        path = f"{place}.{name}" if place else name
        if isinstance(value, str):
            if attribute.required and _BLANK.fullmatch(value):
                yield Problem(path, "is mandatory and blank", "required")
        elif isinstance(value, dict):
            yield from _blank_mandatories(value, attribute.of_type(value).attributes, path)
        elif isinstance(value, list):
            for index, each in enumerate(value):
                if isinstance(each, dict):
                    yield from _blank_mandatories(
                        each, attribute.of_type(each).attributes, f"{path}[{index}]"
                    )


def items_attribute(resource: Resource) -> str:
    """The list of an order's or a qualification's items; empty for a resource without one."""
    candidates = (f"{resource.name}Item", "serviceQualificationItem")
    return next((name for name in candidates if name in resource.attributes), "")


def set_item_states(items: Any, name: str, state: str) -> None:
    """Put items, and the items below them, into a state. They must not be part of a stored document."""
    for item in items or ():
        item["state"] = state
        if name in item:
            set_item_states(item[name], name, state)


def initial_state(resource: Resource) -> str | None:
    """The state of a new resource where the client does not choose it, in the contract's own spelling."""
    name = resource.state_attribute
    if name is None:
        return None
    allowed = resource.attributes[name].enum
    if name in resource.server_set:
        return spelled("acknowledged", allowed)
    if "Not Started" in allowed:
        return "Not Started"
    if name == "lifecycleStatus" and resource.lifecycle is not None:
        return next(iter(sorted(resource.lifecycle.initial)), None)
    return None


def spelled(state: str, allowed: tuple[Any, ...]) -> str:
    """A state as the contract writes it: version 4 of TMF641 and TMF645 say accepted for acknowledged."""
    return next((each for each in allowed if canonical_state(each) == state), state)


def _initial_item_state(resource: Resource, items: str) -> str | None:
    attribute = resource.attributes[items].attributes.get("state") if items else None
    if attribute is None or resource.state_attribute not in resource.server_set:
        return None
    # a 645 item has free text for a state; it follows the qualification
    allowed = attribute.enum or resource.attributes["state"].enum
    return spelled("acknowledged", allowed)


def _constants(api: str, resource: Resource) -> Iterator[tuple[str, Any]]:
    """What official kits expect in every answer, where the contract has it (rule ID-04)."""
    state = initial_state(resource)
    if state is not None and resource.state_attribute is not None:
        yield resource.state_attribute, state
    if api in CATALOG_APIS and "isBundle" in resource.attributes:
        yield "isBundle", False
    if "@type" in resource.attributes:
        yield "@type", resource.name[0].upper() + resource.name[1:]


def _creation_moments(resource: Resource) -> Iterator[str]:
    own = f"{resource.name}Date"
    for name in ("lastUpdate", "creationDate", "serviceDate", own):
        if name in resource.attributes:
            yield name
    if "orderDate" in resource.server_set:
        yield "orderDate"
