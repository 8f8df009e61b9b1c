"""Concurrency: several clients at once, each of whom gets what it asked for.

Whether it goes wrong is a matter of chance, so one occurrence is the proof.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MUST, Violation, check, skip
from tmfrig.conformance.checks.patching import JSON, MERGE_PATCH, patched
from tmfrig.conformance.checks.retrieving import settled
from tmfrig.conformance.checks.samples import is_there, texts
from tmfrig.conformance.checks.several import Change, changes
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect, show
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Kind, Resource

_AT_ONCE = 6
_ROUNDS = 3


@check(
    "concurrency.creates",
    MUST,
    "Creates at the same time bring a resource each, with an id and the content of its own.",
    source="expected of any API; rules CONC-01, HTTP-04",
    on=Kind.CREATE,
    when=lambda resource: Kind.RETRIEVE in resource.operations,
    repeats=False,
)
def creates_at_once_bring_one_each(api: Api, resource: Resource) -> str:
    telling = next(iter(texts(resource)), None)
    token = f"rig-{uuid.uuid4().hex[:8]}"
    bodies = [
        api.payload(resource) | ({telling: f"{token}-{number}"} if telling else {})
        for number in range(_AT_ONCE)
    ]
    if not _can_be_created(api, resource, bodies[0]):
        skip(f"no {resource.name} can be created, or nothing is kept")
    answers = api.in_parallel([_creating(api, resource, body) for body in bodies])
    for answer in answers:
        expect(answer).not_a_server_error("the same create is carried out when it comes alone")
    made = [
        (body, answer, instance)
        for body, answer in zip(bodies, answers, strict=True)
        if (instance := created_by(answer, resource)) is not None
    ]
    seen: set[str] = set()
    for _, answer, instance in made:
        if instance.id in seen:
            raise Violation(
                f"{answer.label}: two of them were given the id {instance.id}",
                expected=f"{len(made)} different ids",
                actual=", ".join(each.id for _, _, each in made),
                exchange=answer,
            )
        seen.add(instance.id)
    for body, answer, instance in made:
        _is_there_with(api, instance, answer, telling, body.get(telling or ""))
    refused = len(answers) - len(made)
    return f"{len(made)} at once" + (f", {refused} were refused" if refused else "")


def _can_be_created(api: Api, resource: Resource, body: dict[str, Any]) -> bool:
    # one that is lost says nothing of the next
    for _ in range(2):
        alone = created_by(api.create(resource, body, intent=Intent.OPEN), resource)
        if alone is None or is_there(api, resource, alone.id):
            return alone is not None
    return False


def _creating(api: Api, resource: Resource, body: dict[str, Any]) -> Callable[[], Exchange]:
    label = f"POST {resource.path}, one of {_AT_ONCE} at the same time"
    return lambda: api.create(resource, body, label=label, intent=Intent.OPEN)


def _is_there_with(api: Api, instance: Instance, answer: Exchange, name: str | None, sent: Any) -> None:
    """Violation where the resource cannot be read, or holds what another one was sent with."""
    shown = settled(api, instance, lambda each: each.ok)
    shown = shown or api.retrieve(instance.resource, instance.id, intent=Intent.OPEN)
    if not shown.ok:
        raise Violation(
            f"{answer.label}: answered {answer.status} with id {instance.id}, which GET does not find",
            expected="200 OK",
            actual=describe_answer(shown),
            exchange=shown,
        )
    kept = shown.representations[0].get(name) if shown.representations and name else None
    if isinstance(kept, str) and isinstance(sent, str) and kept != sent and kept[:-1] == sent[:-1]:
        raise Violation(
            f"{answer.label}: {instance.id} was sent with {name} {show(sent)} and holds that of another",
            expected=f"{name} {show(sent)}",
            actual=f"{name} {show(kept)}",
            exchange=shown,
        )


@check(
    "concurrency.patches",
    MUST,
    "Patches of different attributes at the same time lose nothing of each other.",
    source="RFC 5789, section 2, changes are applied atomically; rules CONC-02, PATCH-01",
    on=Kind.PATCH,
    repeats=False,
)
def patches_at_once_lose_nothing(api: Api, resource: Resource) -> str:
    before = changes(api, resource, 0, _AT_ONCE)
    if len(before) < 2:
        skip(f"{resource.name} has but {len(before)} attributes that could harmlessly be changed")
    mine = api.fresh(resource)
    first = patched(api, mine, {each.name: each.value for each in before}, intent=Intent.OPEN)
    if not first.ok:
        skip(f"a change of {', '.join(each.name for each in before)} is refused: {describe_answer(first)}")
    media_type = first.request_headers.get("content-type", JSON)
    _needs_one_after_the_other(api, mine, before, media_type)
    for number in range(1, _ROUNDS + 1):
        several = changes(api, resource, number, _AT_ONCE)
        answers = api.in_parallel([_patching(api, mine, each, media_type) for each in several])
        _nothing_is_lost(api, mine, list(zip(several, answers, strict=True)))
    return f"{len(before)} at once, {_ROUNDS} times"


def _needs_one_after_the_other(api: Api, mine: Instance, before: Sequence[Change], media_type: str) -> None:
    """Skips where a patch loses others, or itself, although it comes alone."""
    _patching(api, mine, before[0], media_type)()
    if settled(api, mine, partial(_shows_all, before)) is None:
        skip(
            "patches are lost one after the other as well (a finding of patch.changes or patch.keeps-others)"
        )


def _shows_all(changes: Sequence[Change], shown: Exchange) -> bool:
    return bool(shown.representations) and all(each.holds(shown.representations[0]) for each in changes)


def _patching(api: Api, mine: Instance, change: Change, media_type: str) -> Callable[[], Exchange]:
    label = f"PATCH {mine.resource.path}/{{id}} with {change.name}, and with others at the same time"
    media_type = MERGE_PATCH if MERGE_PATCH in media_type else JSON
    body = {change.name: change.value}
    return lambda: api.patch(
        mine.resource, mine.id, body, media_type=media_type, label=label, intent=Intent.OPEN
    )


def _nothing_is_lost(api: Api, mine: Instance, asked: list[tuple[Change, Exchange]]) -> None:
    for _, answer in asked:
        expect(answer).not_a_server_error("the same change is carried out when it comes alone")
    # a change that was refused, because somebody else was faster, is not lost: its sender knows
    told = [(change, answer) for change, answer in asked if answer.status == 200]
    label = f"GET {mine.resource.path}/{{id}} after patches at the same time"
    if settled(api, mine, partial(_shows_all, [change for change, _ in told]), label) is None:
        shown = api.retrieve(mine.resource, mine.id, label=label, intent=Intent.OPEN)
        now = shown.representations[0] if shown.representations else {}
        lost = [(change, answer) for change, answer in told if not change.holds(now)]
        if lost:
            names = [change.name for change, _ in lost]
            raise Violation(
                f"{lost[0][1].label}: answered 200, yet {' and '.join(names)} is as it was before",
                expected=show({change.name: change.value for change, _ in lost}),
                actual=show({name: now.get(name) for name in names}),
                exchange=shown,
            )
