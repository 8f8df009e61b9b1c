"""What is explored: one resource of a target, with bodies that it takes and ids that exist there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.conformance.checks.refusing import put_away
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.properties.document import DEPTH
from tmfrig.conformance.properties.exploring import Explorer
from tmfrig.conformance.typed import plain
from tmfrig.specs import Attribute, Resource

_MOST_NAMED = 5


def explorer_of(api: Api, resource: Resource, body: Mapping[str, Attribute]) -> Explorer:
    """An explorer of a resource whose references lead to what the target has."""
    return Explorer(
        api.contract, resource, api.seed, lambda: api.payload(resource), known_ids(api, resource, body)
    )


def known_ids(api: Api, resource: Resource, body: Mapping[str, Attribute]) -> dict[str, list[str]]:
    """Ids of what a body may refer to in the same API, by the name of the resource in lower case.

    What has a lifecycle is made for this alone: to refer to it may move it on.
    """
    referred = {plain(each).removesuffix("Ref").lower() for each in _references(body, DEPTH)}
    found: dict[str, list[str]] = {}
    for name, other in api.contract.resources.items():
        if name.lower() not in referred or name == resource.name:
            continue
        try:
            instances = [api.fresh(other)] if other.lifecycle else api.instances(other, 1)
        except (CannotJudge, Skipped):
            continue
        found[name.lower()] = [instance.id for instance in instances]
    return found


def sent_to_create(api: Api, resource: Resource, body: Any, label: str, intent: Intent) -> Exchange:
    """POST a body, and delete what came of it: exploring leaves nothing behind."""
    if isinstance(body, dict):
        answer = api.create(resource, body, label=label, intent=intent)
    else:
        answer = api.request("POST", resource.path, json=body, label=label, intent=intent)
    put_away(api, resource, answer)
    return answer


def naming(names: Sequence[str]) -> str:
    """A few attributes in words: "note, channel and 3 more"."""
    shown = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _references(attributes: Mapping[str, Attribute], depth: int) -> Iterator[str]:
    for attribute in attributes.values():
        element = attribute.items or attribute
        for each in (element, *element.subtypes.values()):
            if each.type_name and plain(each.type_name).endswith("Ref"):
                yield each.type_name
            if depth > 1:
                yield from _references(each.attributes, depth - 1)
