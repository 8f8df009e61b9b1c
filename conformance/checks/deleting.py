"""Deleting: DELETE of one resource by its id."""

from __future__ import annotations

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import MUST, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.checks.retrieving import SETTLING
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Kind, Resource

# Not for this client, or not in this state of affairs: an order on its way may not be deleted.
_REFUSED = frozenset({400, 401, 403, 409, 422})


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
    if answer.status in NOT_OFFERED:
        skip(f"DELETE {resource.path}/{{id}} is not offered (answered {answer.status})")
    if answer.status in _REFUSED:
        skip(f"the deletion was refused: {describe_answer(answer)}")
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
