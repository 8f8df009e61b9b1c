"""Sample instances: a few resources that differ in one text and agree in another.

With values that nobody else has, they are told apart from thousands of other people's resources, and a target
that ignores a filter, an order or a page is seen at once. They are made once per API and shared. Where a
client may set a date, they differ in that as well.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tmfrig.conformance.api import Api, Instance, identity
from tmfrig.conformance.check import CannotJudge, skip
from tmfrig.conformance.checks.patience import in_time
from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.specs import Attribute, Kind, Resource

# Texts that a business hardly ever interprets come first; the rest follow in the contract's order.
_TELLING = ("name", "externalId", "description", "cancellationReason")
_COMMON = ("description", "externalId", "notificationContact")
_INTERPRETED = frozenset({"id", "href", "url", "version", "priority", "category"})
# Neither in the order of their creation nor sorted, so that no accident looks like an answer to `sort`.
_LETTERS = ("m", "t", "b")
_DAYS = (90, 60, 120)
# What a server says of itself, and ends that a business would act upon.
_NOT_OURS = frozenset({"lastUpdate", "creationDate", "orderDate", "completionDate", "cancellationDate"})
_ENDS = frozenset({"endDate", "terminationDate"})


@dataclass(frozen=True)
class Samples:
    """Three instances that differ in the attribute `telling`; `values` is what it holds in each.

    `selection` is a filter that selects `selected` and nothing else: all three by a second text that they
    have in common, or, where the resource has but one text, two more that share a value of it.
    """

    resource: Resource
    instances: Sequence[Instance]
    telling: str
    values: Sequence[str]
    selection: dict[str, str]
    selected: Sequence[str]
    dated: str | None = None
    """A date in which they differ as well, None where there is none; `moments` is what it holds in each."""
    moments: Sequence[str] = ()

    @property
    def ids(self) -> list[str]:
        """The ids of the three."""
        return [instance.id for instance in self.instances]

    @property
    def are_selected(self) -> bool:
        """Whether `selection` selects the three, by another attribute than the one that tells them apart."""
        return self.telling not in self.selection


def can_be_filled(resource: Resource) -> bool:
    """Whether there are samples of a resource: a client may create it."""
    return Kind.CREATE in resource.operations


def texts(resource: Resource, preferred: Sequence[str] = _TELLING) -> list[str]:
    """Optional or mandatory first-level texts of the client's choice, the preferred ones first."""
    found = [name for name, each in _created(resource).items() if _is_free_text(resource, each)]
    return sorted(found, key=lambda name: preferred.index(name) if name in preferred else len(preferred))


def patchable_texts(resource: Resource) -> list[str]:
    """Those of the texts that a PATCH may change too."""
    patchable = resource.patching.attributes if resource.patching else {}
    return [name for name in texts(resource) if name in patchable]


def _created(resource: Resource) -> dict[str, Attribute]:
    created = resource.creation.attributes if resource.creation else {}
    return {name: each for name, each in created.items() if name in resource.attributes}


def _is_free_text(resource: Resource, attribute: Attribute) -> bool:
    spoken_for = attribute.name in _INTERPRETED or attribute.name == resource.state_attribute
    formless = attribute.type == "string" and not attribute.format and not attribute.enum
    return formless and not spoken_for and not attribute.name.startswith("@")


@once_per_api
def samples_of(api: Api, resource: Resource) -> Samples:
    """The resource's samples."""
    free = texts(resource)
    if not free:
        skip(f"{resource.name} has no text of the client's choice by which its instances could be told apart")
    telling = free[0]
    common = next((name for name in texts(resource, _COMMON) if name != telling), None)
    token = f"rig-{uuid.uuid4().hex[:8]}"
    shared = {common: token} if common else {}
    bodies = [{telling: f"{token}-{letter}"} | shared for letter in _LETTERS]
    instances, dated = _made_of(api, resource, bodies)
    values = [_kept(instance, telling) for instance in instances]
    moments = [str(instance.body[dated]) for instance in instances] if dated else []
    if common and all(instance.body.get(common) == token for instance in instances):
        ids = [instance.id for instance in instances]
        return Samples(resource, instances, telling, values, {common: token}, ids, dated, moments)
    twins = [api.fresh(resource, api.payload(resource) | {telling: token}).id for _ in range(2)]
    return Samples(resource, instances, telling, values, {telling: token}, twins, dated, moments)


def _made_of(
    api: Api, resource: Resource, bodies: Sequence[dict[str, str]]
) -> tuple[list[Instance], str | None]:
    """The three, and the date in which they differ; without one where a date of ours is refused or lost."""
    dated = date_of_choice(resource)
    moments = [in_days(days) for days in _DAYS]
    dates = [{dated: moment} if dated else {} for moment in moments]
    try:
        first = api.fresh(resource, api.payload(resource) | bodies[0] | dates[0])
    except CannotJudge:
        if dated is None:
            raise
        dated, dates = None, [{}, {}, {}]
        first = api.fresh(resource, api.payload(resource) | bodies[0])
    others = [
        api.fresh(resource, api.payload(resource) | body | date)
        for body, date in zip(bodies[1:], dates[1:], strict=True)
    ]
    made = [first, *others]
    if dated is None or [instant(each.body.get(dated)) for each in made] != [*map(instant, moments)]:
        return made, None
    return made, dated


def in_days(days: int) -> str:
    """A moment that lies so many days ahead, at nine o'clock."""
    today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def date_of_choice(resource: Resource) -> str | None:
    """A date that is the client's to set and harmless, such as when something is wanted."""
    mandatory = resource.mandatory
    dates = [
        name
        for name, each in _created(resource).items()
        if each.format == "date-time" and name not in _NOT_OURS | _ENDS | mandatory
    ]
    return min(dates, key=lambda name: not name.startswith(("requested", "expected", "start")), default=None)


def _kept(instance: Instance, name: str) -> str:
    value = instance.body.get(name)
    if not isinstance(value, str):
        skip(f"{name} was sent, but {instance.resource.name} {instance.id} shows no {name} to select by")
    return value


def ids_in(answer: Exchange) -> list[str]:
    """The ids of a list, in its order; CannotJudge when a successful answer is no list of things with ids."""
    if not answer.ok:
        return []
    if not answer.is_json or not isinstance(answer.json, list):
        raise CannotJudge(f"{answer.label} brought no list (a finding of list.array)")
    found = [id for body in answer.representations if (id := identity(body)) is not None]
    if len(found) < len(answer.json):
        raise CannotJudge(
            f"{answer.label} brought resources without id (a finding of representation.identity)"
        )
    return found


def is_there(api: Api, resource: Resource, id: str) -> bool:
    """Whether a resource can be retrieved; if not, its absence from lists proves nothing about lists."""
    return api.retrieve(resource, id, intent=Intent.OPEN).ok


def selected(
    api: Api,
    resource: Resource,
    query: Mapping[str, str],
    wanted: Sequence[str],
    label: str = "",
    tags: Sequence[str] = (),
) -> Exchange:
    """The list that a query selects, asked again for a while as long as it lacks one of the `wanted` ids.

    A page that is not the whole is taken as it is: what is wanted may stand on another one.
    """

    def ask() -> Exchange:
        return api.request("GET", resource.path, query=query, label=label, intent=Intent.OPEN, tags=tags)

    return in_time(api, ask, lambda answer: is_settled(answer, wanted)) or ask()


def is_settled(answer: Exchange, wanted: Sequence[str]) -> bool:
    """Whether asking again for a list would not bring one of the `wanted` ids that it lacks."""
    elsewhere = bool(answer.representations) and not is_complete(answer)
    return not answer.ok or elsewhere or set(wanted) <= set(ids_in(answer))


def is_complete(answer: Exchange) -> bool:
    """Whether a list, read from its start, holds all that its query selects, as far as the answer tells."""
    total = answer.total_count
    more = re.search(r'rel="?next', answer.headers.get("link", "")) is not None
    whole = total is None or total <= len(answer.representations)
    return answer.status == 200 and whole and not more
