"""Deleting: DELETE of one resource by its id."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tmfrig.conformance.api import NOT_OFFERED, Api, Instance
from tmfrig.conformance.check import (
    MUST,
    SHOULD,
    CannotJudge,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.courses import moves_by_itself
from tmfrig.conformance.checks.retrieving import SETTLING, of_the_same_form
from tmfrig.conformance.checks.samples import ids_in, selected
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Kind, Resource

# Not for this client, or not in this state of affairs: an order on its way may not be deleted.
_REFUSED = frozenset({400, 401, 403, 409, 422})
_TIMERS = 1.2
"""Seconds in which what went on by itself would have come to a deleted resource."""


@observing(
    "delete.status",
    MUST,
    "A successful DELETE is answered 204, or another success that the contract declares for it.",
    source="the API's OpenAPI document, DELETE; conformance profiles; rule HTTP-09",
    on=Kind.DELETE,
)
def a_delete_is_answered_204(exchange: Exchange) -> None:
    assert exchange.operation is not None
    if exchange.is_error and (exchange.intent is not Intent.VALID or exchange.status < 500):
        not_applicable()
    declared = [int(status) for status in sorted(exchange.operation.statuses) if status.startswith("2")]
    expect(exchange).status(*(declared or [204]))


def _is_gone(shown: Exchange) -> bool:
    # 404 it should be; what else is said of ids that nothing has is the finding of retrieve.unknown-id.
    return 400 <= shown.status < 500


@check(
    "delete.gone",
    MUST,
    "What was deleted is not found any more.",
    source="conformance profiles, DELETE; rule HTTP-09",
    on=Kind.DELETE,
    when=lambda resource: {Kind.CREATE, Kind.RETRIEVE} <= resource.operations.keys(),
)
def what_was_deleted_is_gone(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    answer = api.delete(resource, mine.id)
    _skip_refused(answer, resource)
    expect(answer).success()

    def retrieve() -> Exchange:
        label = f"GET {resource.path}/{{id}} after its deletion"
        return api.retrieve(resource, mine.id, label=label, intent=Intent.UNKNOWN_ID)

    if api.wait_until(retrieve, _is_gone, within=SETTLING) is None:
        shown = retrieve()
        raise Violation(
            f"{shown.label} (answered {answer.status}): answered {shown.status}",
            expected="404 Not Found",
            actual=describe_answer(shown),
            exchange=shown,
        )


@dataclass(frozen=True)
class _Deletion:
    """One of three that were created one after the other was deleted, and is gone; the others were there."""

    others: list[Instance]
    gone: Instance
    since: float


@once_per_api
def _deletion(api: Api, resource: Resource) -> _Deletion:
    before, mine, after = (api.fresh(resource) for _ in range(3))
    others = [each for each in (before, after) if api.retrieve(resource, each.id, intent=Intent.OPEN).ok]
    deleted(api, mine)
    if api.wait_until(lambda: _looked_for(api, mine), _is_gone, within=SETTLING) is None:
        skip(f"{resource.name} {mine.id} is there still (a finding of delete.gone)")
    return _Deletion(others, mine, time.monotonic())


def _looked_for(api: Api, mine: Instance) -> Exchange:
    label = f"GET {mine.resource.path}/{{id}} some time after its deletion"
    return api.retrieve(mine.resource, mine.id, label=label, intent=Intent.UNKNOWN_ID)


@check(
    "delete.others",
    MUST,
    "A DELETE takes away one resource, and no other one of its kind.",
    source="the API's OpenAPI document, DELETE; RFC 9110, section 9.3.5; rule HTTP-09",
    on=Kind.DELETE,
    when=lambda resource: {Kind.CREATE, Kind.RETRIEVE} <= resource.operations.keys(),
)
def the_others_are_left_alone(api: Api, resource: Resource) -> None:
    deletion = _deletion(api, resource)
    for other in deletion.others:
        label = f"GET {resource.path}/{{id}} after the deletion of another one"
        shown = api.retrieve(resource, other.id, label=label, intent=Intent.OPEN)
        if shown.status in (404, 410):
            raise Violation(
                f"{shown.label}: answered {shown.status}; the DELETE was about {deletion.gone.id}",
                expected=f"{resource.name} {other.id}, which nobody has deleted",
                actual=describe_answer(shown),
                exchange=shown,
            )


@check(
    "state.deleted",
    MUST,
    "What was deleted does not come back when its work would have gone on.",
    source="conformance profiles, DELETE; rule HTTP-09",
    on=Kind.DELETE,
    when=lambda resource: moves_by_itself(resource) and Kind.RETRIEVE in resource.operations,
)
def what_was_deleted_stays_away(api: Api, resource: Resource) -> None:
    deletion = _deletion(api, resource)

    def look() -> Exchange:
        return _looked_for(api, deletion.gone)

    left = max(0.0, deletion.since + _TIMERS - time.monotonic())
    shown = api.wait_until(look, lambda each: each.ok, within=left)
    # one of several parts of a target may be the last to know
    if shown is not None and api.wait_until(look, _is_gone, within=SETTLING) is None:
        raise Violation(
            f"{shown.label}: answered {shown.status}, although it was gone before",
            expected="404 Not Found",
            actual=describe_answer(shown),
            exchange=shown,
        )


@check(
    "delete.unlisted",
    MUST,
    "What was deleted is not listed any more.",
    source="conformance profiles, DELETE; rule HTTP-09",
    on=Kind.DELETE,
    when=lambda resource: {Kind.CREATE, Kind.LIST} <= resource.operations.keys(),
)
def what_was_deleted_is_not_listed(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    listed = selected(api, resource, {"id": mine.id}, [mine.id], f"GET {resource.path} filtered by its id")
    if mine.id not in ids_in(listed):
        skip(f"lists do not show {resource.name} {mine.id} when they are filtered by its id")
    answer = deleted(api, mine)

    def look() -> Exchange:
        label = f"GET {resource.path} filtered by the id of what was deleted"
        return api.list(resource, {"id": mine.id}, label=label, intent=Intent.OPEN)

    # Lists are often made from an index that learns of a deletion a little later.
    if api.wait_until(look, lambda shown: mine.id not in ids_in(shown), within=SETTLING) is None:
        shown = look()
        raise Violation(
            f"{shown.label} (answered {answer.status}): {mine.id} is listed still",
            expected="an empty list",
            actual=describe_answer(shown),
            exchange=shown,
        )


@check(
    "delete.unknown-id",
    SHOULD,
    "A DELETE of an id that nothing has is answered 404.",
    source="the API's OpenAPI document, DELETE, 404; rule HTTP-09",
    on=Kind.DELETE,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def a_delete_of_nothing_is_answered_404(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    deleted(api, mine)  # or else a 404 might mean that DELETE is not offered

    def ask(id: str) -> Exchange:
        label = f"DELETE {resource.path}/{{id}} by an id that nothing has"
        return api.delete(resource, id, label=label, intent=Intent.UNKNOWN_ID)

    answer = ask(api.unknown_id(resource))
    if answer.status == 400 and (alike := of_the_same_form(mine.id)) != mine.id:
        answer = ask(alike)
    expect(answer).status(404, 410, because="nothing has this id")


@check(
    "delete.again",
    SHOULD,
    "A DELETE that is sent again does no harm: it finds nothing, or says once more that it is done.",
    source="RFC 9110, section 9.2.2, idempotent methods; rules IDEM-01, HTTP-09",
    on=Kind.DELETE,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def a_second_delete_does_no_harm(api: Api, resource: Resource) -> str:
    mine = api.fresh(resource)
    deleted(api, mine)
    label = f"DELETE {resource.path}/{{id}} for the second time"
    answer = api.delete(resource, mine.id, label=label, intent=Intent.UNKNOWN_ID)
    expect(answer).not_a_server_error("the resource is gone, as the client wanted it")
    return f"answered {answer.status}"


def deleted(api: Api, mine: Instance) -> Exchange:
    """The answer to a DELETE that went well; skips where it is not offered or refused."""
    answer = api.delete(mine.resource, mine.id)
    _skip_refused(answer, mine.resource)
    if not answer.ok:
        raise CannotJudge(f"{answer.label} was answered {describe_answer(answer)}")
    return answer


def _skip_refused(answer: Exchange, resource: Resource) -> None:
    if answer.status in NOT_OFFERED:
        skip(f"DELETE {resource.path}/{{id}} is not offered (answered {answer.status})")
    if answer.status in _REFUSED:
        skip(f"the deletion was refused: {describe_answer(answer)}")
