"""Items: the lines of an order, which stay what the client said and go the way of their order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api, Instance
from tmfrig.conformance.check import MUST, SHOULD, Violation, check, skip
from tmfrig.conformance.checks.courses import course_of, described
from tmfrig.conformance.checks.places import is_empty, objects_in
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import Exchange, Intent, Notification
from tmfrig.conformance.expect import describe_answer, same_json, show
from tmfrig.conformance.instance import created_by
from tmfrig.conformance.typed import TYPE, asks_for_type, plain
from tmfrig.specs import Attribute, Kind, Resource

_IDS = ("30", "10", "20")
"""Neither in order nor counted from one, so that numbering anew is seen."""
_ANOTHER_ACTION = "noChange"
_INNER = "40"
_QUANTITY = "quantity"
_SUBJECTS = ("productOffering", "product", "service", "serviceSpecification")
_OPEN = frozenset(
    {"acknowledged", "pending", "held", "inProgress", "assessingCancellation", "pendingCancellation"}
)
# What no item may be while its order is in a final state. A mix of completed and failed is partial in one
# place of the standard and failed in another, and an order may be completed without an item that was
# given up.
_IMPOSSIBLE: Mapping[str, frozenset[str]] = {
    "completed": _OPEN | {"failed"},
    "failed": _OPEN,
    "cancelled": _OPEN,
    "rejected": _OPEN | {"completed", "failed"},
    "acknowledged": frozenset({"completed"}),
}


def items_of(resource: Resource) -> Attribute | None:
    """The list of the lines of an order, None for what has none."""
    created = resource.creation.attributes if resource.creation else {}
    found = created.get(f"{resource.name}Item")
    return found if found is not None and {"id", "action"} <= found.attributes.keys() else None


def _is_order(resource: Resource) -> bool:
    return items_of(resource) is not None and resource.name.endswith("Order")


@once_per_api
def _ordered(api: Api, resource: Resource) -> tuple[Exchange, Exchange]:
    """The create of an order of three items, and what GET shows of it then.

    Items in items, another action than the usual one, quantities of more than one, and offerings that nobody
    knows, are a target's to refuse.
    """
    name = f"{resource.name}Item"
    known = resource.attributes[name].attributes.keys()
    tries = [
        {"quantity", "productOffering", "action", _related(name), name} & known,
        {"quantity", "productOffering"} & known,
        {"quantity"} & known,
        set[str](),
    ]
    for added in [each for number, each in enumerate(tries) if each not in tries[:number]]:
        answer = _of_three(api, resource, added)
        if not answer.is_error:
            break
    mine = created_by(answer, resource)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    if mine is None:
        skip(f"an order of three items was refused: {describe_answer(answer)}")
    return answer, _shown(api, mine)


def _of_three(api: Api, resource: Resource, added: Collection[str]) -> Exchange:
    body, name = api.payload(resource), f"{resource.name}Item"
    first = body[name][0]
    if "productOffering" in added and not any(each in first for each in _SUBJECTS):
        full = (api.full_payload(resource).get(name) or [{}])[0]
        first = {key: full[key] for key in ("productOffering",) if key in full} | first
    items = [
        first | {"id": id} | ({"quantity": number} if "quantity" in added else {})
        for number, id in enumerate(_IDS, 2)
    ]
    if "action" in added:
        items[1] |= {"action": _ANOTHER_ACTION}
    if _related(name) in added:
        items[2] |= {_related(name): [_relationship(resource, _IDS[0])]}
    if name in added:
        items[0] |= {name: [first | {"id": _INNER}]}
    label = f"POST {resource.path} with items {', '.join(_IDS)}"
    return api.create(resource, body | {name: items}, label=label, intent=Intent.OPEN)


def _related(items: str) -> str:
    return f"{items}Relationship"


def _relationship(resource: Resource, other: str) -> dict[str, Any]:
    """That an item relies on another one of its order."""
    name = f"{resource.name}Item"
    declared = resource.attributes[name].attributes[_related(name)]
    declared = declared.items or declared
    attributes = declared.attributes
    typed = {TYPE: plain(declared.type_name or "")} if asks_for_type(attributes) else {}
    one = {"id": other} if "id" in attributes else {"orderItem": {"itemId": other}}
    return {"relationshipType": "reliesOn"} | one | typed


def _shown(api: Api, order: Instance) -> Exchange:
    label = f"GET {order.resource.path}/{{id}} of an order with items {', '.join(_IDS)}"
    return api.retrieve(order.resource, order.id, label=label, intent=Intent.OPEN)


@check(
    "items.kept",
    MUST,
    "An order has the items that the client sent, with the ids, actions, subjects and quantities that it "
    "gave them.",
    source="the API's OpenAPI document, mandatory attributes of items; conformance profiles; rule ITEM-01",
    on=Kind.CREATE,
    when=_is_order,
)
def the_items_are_kept(api: Api, resource: Resource) -> None:
    create, shown = _ordered(api, resource)
    name = f"{resource.name}Item"
    for answer in (create, shown):
        for body in answer.representations:
            kept = objects_in(body.get(name))
            if not kept:
                skip(f"the {resource.name} shows no items (a finding of create.keeps-mandatory)")
            sent = create.sent[name]
            _same_ids(answer, name, sent, kept)
            by_id = {str(each.get("id")): each for each in kept}
            for item in sent:
                _same_item(answer, name, item, by_id[item["id"]])


def _same_ids(answer: Exchange, name: str, sent: list[Any], kept: list[Any]) -> None:
    ids = [str(each.get("id")) for each in kept]
    if sorted(ids) != sorted(each["id"] for each in sent):
        raise Violation(
            f"{answer.label}: the {name} are other ones than the client sent",
            expected=f"{len(sent)} items with the ids {', '.join(each['id'] for each in sent)}",
            actual=f"{len(kept)} items with the ids {', '.join(ids)}",
            exchange=answer,
        )


def _same_item(answer: Exchange, name: str, sent: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    there = _told(kept, name)
    for place, value in _told(sent, name).items():
        shown = there[place]
        # what is no longer there at all, of what a client need not say, is the matter of items.details
        if is_empty(value) or (is_empty(shown) and place in (_QUANTITY, _related(name))):
            continue
        if not same_json(shown, value):
            raise Violation(
                f"{answer.label}: {place} of the item {sent['id']} is another one than the client sent",
                expected=f"{name}.{place} {show(value)}",
                actual=show(shown),
                exchange=answer,
            )


def _told(item: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What is not to become something else in an item, by its place."""
    subjects = {f"{each}.id": _id_of(item.get(each)) for each in _SUBJECTS}
    others = [_other(each) for each in objects_in(item.get(_related(name)))]
    plain_ones = {each: item.get(each) for each in ("action", _QUANTITY)}
    return {**plain_ones, **subjects, _related(name): sorted(map(str, others))}


def _other(relationship: Mapping[str, Any]) -> Any:
    """The item that a relationship leads to."""
    inner = relationship.get("orderItem")
    return inner.get("itemId") if isinstance(inner, dict) else relationship.get("id")


def _id_of(reference: Any) -> Any:
    return reference.get("id") if isinstance(reference, dict) else None


@check(
    "items.details",
    SHOULD,
    "The items of an order keep the order in which the client sent them, their quantities, their "
    "relationships and the items inside them.",
    source="JSON, arrays are ordered; the API's OpenAPI document, items; rule ITEM-01",
    on=Kind.CREATE,
    when=_is_order,
)
def the_items_keep_order_and_quantity(api: Api, resource: Resource) -> None:
    create, shown = _ordered(api, resource)
    name = f"{resource.name}Item"
    for answer in (create, shown):
        for body in answer.representations:
            _same_details(answer, name, create.sent[name], objects_in(body.get(name)))
    _nothing_is_made_up(api, resource)


def _same_details(answer: Exchange, name: str, sent: list[Any], kept: list[Any]) -> None:
    ids, wanted = [str(each.get("id")) for each in kept], [each["id"] for each in sent]
    if sorted(ids) != sorted(wanted):
        skip("the items are other ones than were sent (a finding of items.kept)")
    if ids != wanted:
        raise Violation(
            f"{answer.label}: the {name} come in another order than they were sent",
            expected=", ".join(wanted),
            actual=", ".join(ids),
            exchange=answer,
        )
    for before, after in zip(sent, kept, strict=True):
        lost = [
            each for each in (_QUANTITY, _related(name), name) if each in before and is_empty(after.get(each))
        ]
        if lost:
            raise Violation(
                f"{answer.label}: the item {before['id']} came back without its {' and '.join(lost)}",
                expected=show({each: before[each] for each in lost}),
                actual=f"no {' and no '.join(lost)}",
                exchange=answer,
            )


def _nothing_is_made_up(api: Api, resource: Resource) -> None:
    """A quantity that nobody sent may become one, but not none."""
    mine, name = api.an_instance(resource), f"{resource.name}Item"
    sent = mine.exchange.sent if mine.created and isinstance(mine.exchange.sent, dict) else {}
    unsaid = {str(each.get("id")) for each in objects_in(sent.get(name)) if _QUANTITY not in each}
    for item in objects_in(mine.body.get(name)):
        if str(item.get("id")) in unsaid and item.get(_QUANTITY) == 0:
            raise Violation(
                f"{mine.exchange.label}: the item {item['id']}, sent without a quantity, has the quantity 0",
                expected="no quantity, or a default of at least one",
                actual=f"quantity {item[_QUANTITY]}",
                exchange=mine.exchange,
            )


@check(
    "state.items",
    SHOULD,
    "The states of an order and of its items agree: what is completed holds nothing that failed or goes on.",
    source="published state diagrams and user guides, order and item; rule LIFE-01",
    on=Kind.RETRIEVE,
    when=lambda resource: _is_order(resource) and resource.state_attribute in resource.server_set,
)
def items_and_order_agree(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    for sight in course.sights:
        _agrees(sight.state, sight.body, resource, sight.exchange)
    for each in course.told:
        payload = each.payload or {}
        _agrees(payload.get(resource.state_attribute or ""), payload, resource, each)
    return described(course)


def _agrees(
    state: object, body: Mapping[str, Any], resource: Resource, witness: Exchange | Notification
) -> None:
    impossible = _IMPOSSIBLE.get(str(state), frozenset())
    for item in _flat(body, f"{resource.name}Item"):
        # what is not to be changed has no work that would have to end
        if str(item.get("state")) in impossible and item.get("action") != "noChange":
            raise Violation(
                f"{resource.name} {body.get('id')} is {state}, and its item {item.get('id')} is "
                f"{item['state']}{_as_told(witness)}",
                expected=f"no item that is {' or '.join(sorted(impossible))}",
                actual=f"item {item.get('id')} {item['state']}",
                exchange=witness,
            )


def _as_told(witness: Exchange | Notification) -> str:
    return f", as {witness.event_type} has it" if isinstance(witness, Notification) else ""


def _flat(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The items of an order, those inside items included."""
    items = objects_in(body.get(name))
    return [*items, *(inner for each in items for inner in _flat(each, name))]
