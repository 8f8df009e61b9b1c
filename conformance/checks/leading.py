"""Leading: whether references lead to what they name, in this API and in others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from tmfrig.conformance.api import Api, id_in_url, identity
from tmfrig.conformance.check import (
    SHOULD,
    CannotJudge,
    Violation,
    check,
    skip,
)
from tmfrig.conformance.checks.referring import (
    Reference,
    destination,
    references,
)
from tmfrig.conformance.client import NoAnswer
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import show
from tmfrig.specs import Kind, Resource

_NO_ACCIDENT = 2
_SAMPLED = 8
"""References that are followed at most, of different attributes first."""
_LOOKED_AT = 10
"""Bodies of a list in which they are looked for."""
_MADE_UP = re.compile(r"[0-9a-f]{12}")
"""Ids that our own payloads make up for what they cannot know."""


@dataclass
class _Trail:
    """What became of the references that were followed."""

    there: list[Reference] = field(default_factory=list)
    gone: list[tuple[Reference, Exchange]] = field(default_factory=list)
    elsewhere: int = 0

    def told(self) -> str:
        """How many lead where."""
        parts = [f"{len(self.there)} lead to what they name"]
        if self.gone:
            parts.append(f"{len(self.gone)} to what is not there")
        if self.elsewhere:
            parts.append(f"{self.elsewhere} to other hosts, where we do not look")
        return ", ".join(parts)

    def judge(self, where: Callable[[Reference], str]) -> str:
        """What one reference names may have been deleted by somebody; where several of a kind lead to
        nothing, and half of the kind at least, that is no accident."""
        for reference, answer in self.gone:
            alike = [each for each, _ in self.gone if each.about == reference.about]
            there = [each for each in self.there if each.about == reference.about]
            if len(alike) < max(_NO_ACCIDENT, len(there)):
                continue
            raise Violation(
                f"{reference.name} names {reference.id} {where(reference)}, which is not there; so are "
                f"{len(alike)} of {len(alike) + len(there)} references to a {reference.about}",
                expected="references to what exists",
                actual=f"{show(dict(reference.value))}, answered {answer.status}",
                exchange=answer,
            )
        return self.told()


@check(
    "reference.href",
    SHOULD,
    "The href of a reference leads to what the reference names.",
    source="TMF630 part 1, references by id and href; rule REF-01",
    on=(Kind.LIST, Kind.RETRIEVE),
)
def an_href_leads_to_what_is_named(api: Api, resource: Resource) -> str:
    trail = _Trail()
    told = [each for each in _sample(api, resource) if each.href and each.id]
    for reference in _varied(told):
        home = _home(api, reference.href or "")
        if home is None:
            trail.elsewhere += 1
            continue
        answer = _get(home, reference)
        if answer is None:
            continue
        body = answer.representations[0] if answer.representations else None
        if body is not None and identity(body) not in (None, reference.id):
            raise _misled(reference, answer, f"leads to {identity(body)}")
        if answer.status in (404, 410):
            if _is_there(api, reference):
                raise _misled(reference, answer, "leads nowhere, although there is one of that id")
            trail.gone.append((reference, answer))
        elif answer.ok:
            trail.there.append(reference)
    if not (trail.there or trail.gone):
        skip(
            f"{trail.elsewhere} references lead to other hosts, where we do not look"
            if trail.elsewhere
            else "no reference with id and href was seen"
        )
    return trail.judge(lambda reference: f"at {reference.href}")


def _home(api: Api, href: str) -> Api | None:
    """The API of the target below whose base URL an href lies; None for other hosts."""
    for each in (api, *api.others.values()):
        base = each.base_url.rstrip("/") + "/"
        if urljoin(base, href).startswith(base):
            return each
    return None


def _get(api: Api, reference: Reference) -> Exchange | None:
    label = f"GET of {reference.name}.href"
    try:
        return api.follow(urljoin(api.base_url.rstrip("/") + "/", reference.href or ""), label=label)
    except (CannotJudge, NoAnswer):
        return None


def _is_there(api: Api, reference: Reference) -> bool:
    found = destination(api, reference)
    if found is None or reference.id is None or Kind.RETRIEVE not in found[1].operations:
        return False
    return found[0].retrieve(found[1], reference.id, intent=Intent.OPEN).ok


def _misled(reference: Reference, answer: Exchange, where: str) -> Violation:
    return Violation(
        f"{reference.name} names {reference.id}, and its href {where}",
        expected=f"an href that leads to {reference.id}",
        actual=show(dict(reference.value)),
        exchange=answer,
    )


@check(
    "reference.other-api",
    SHOULD,
    "What is referred to in another API of the target is there.",
    source="the APIs' OpenAPI documents, references between APIs; rule REF-02",
    on=(Kind.LIST, Kind.RETRIEVE),
)
def what_is_referred_to_is_there(api: Api, resource: Resource) -> str:
    if not api.others:
        skip("the target has no other API that was to be judged")
    trail = _Trail()
    foreign = [each for each in _sample(api, resource) if each.id and _is_foreign(api, each)]
    if not foreign:
        skip("no reference to another API of the target was seen")
    for reference in _varied(foreign):
        found = destination(api, reference)
        assert found is not None
        assert reference.id is not None
        other, referred = found
        label = f"GET {referred.path}/{{id}} of {other.contract.api}, which {reference.name} names"
        answer = other.retrieve(referred, reference.id, label=label, intent=Intent.OPEN)
        if answer.ok:
            trail.there.append(reference)
        elif answer.status in (404, 410):
            trail.gone.append((reference, answer))
    return trail.judge(lambda reference: f"in {_destined(api, reference)}")


def _destined(api: Api, reference: Reference) -> str:
    found = destination(api, reference)
    return found[0].contract.api if found else "another API"


def _is_foreign(api: Api, reference: Reference) -> bool:
    found = destination(api, reference)
    made_up = reference.id is not None and _MADE_UP.fullmatch(reference.id) is not None
    return found is not None and found[0] is not api and Kind.RETRIEVE in found[1].operations and not made_up


def _sample(api: Api, resource: Resource) -> list[Reference]:
    """References in what the target holds, without what we have created ourselves."""
    bodies: list[dict[str, Any]] = []
    ours = {id_in_url(url) for url in api.left_behind()}
    if Kind.LIST in resource.operations:
        label = f"GET {resource.path}, to look for references"
        page = api.list(resource, {"limit": _LOOKED_AT}, label=label, intent=Intent.OPEN)
        bodies = [each for each in page.representations if identity(each) not in ours][:_LOOKED_AT]
    return [reference for body in bodies for reference in references(resource.attributes, body)]


def _varied(told: Iterable[Reference]) -> list[Reference]:
    """A few references, of as many attributes as possible."""
    by_attribute: dict[tuple[str, ...], list[Reference]] = {}
    seen: set[tuple[object, object]] = set()
    for each in told:
        key = tuple(str(part) for part in each.place if isinstance(part, str))
        if (key, each.id) not in seen:
            seen.add((key, each.id))
            by_attribute.setdefault(key, []).append(each)
    rounds = max((len(each) for each in by_attribute.values()), default=0)
    mixed = [each[number] for number in range(rounds) for each in by_attribute.values() if number < len(each)]
    return mixed[:_SAMPLED]
