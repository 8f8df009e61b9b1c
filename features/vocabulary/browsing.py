"""Steps of browsing: what the channel finds in the product catalog."""

from __future__ import annotations

from typing import Any

from pytest_bdd import given, parsers, then, when

from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import show
from tmfrig.features.bodies import objects
from tmfrig.features.cast import CATALOG
from tmfrig.features.channel import Channel, is_for_sale
from tmfrig.features.following import eventually
from tmfrig.features.steward import Steward
from tmfrig.features.wishes import Offering


@given("the customer has chosen an offering in the product catalog", target_fixture="offering")
def _the_customer_has_chosen(channel: Channel, steward: Steward) -> Offering:
    """The channel opens in TMF620 what the data name as `offerings.single`, else browses for one on sale.

    An empty catalog is given an offering. Without a catalog among the targets the channel takes an id of its
    own. Fails when the catalog cannot be browsed.
    """
    known = channel.data.offerings.single
    if known is not None:
        return channel.chosen(known)
    if not channel.offers(CATALOG):
        # The scenario asks product ordering for its handling of an order; whether an order for an unknown
        # offering is refused, is that product's own business rule.
        return Offering(channel.ordering.unknown_id())
    single = [each for each in channel.for_sale() if not each.get("isBundle")]
    if not single:
        return steward.publish()
    return Offering(str(single[0]["id"]), single[0].get("name"))


@given(parsers.parse('the customer has chosen the "{purpose}" offering'), target_fixture="offering")
def _the_customer_has_chosen_the(channel: Channel, purpose: str) -> Offering:
    """The offering that the data name for a purpose: single, another, bundle, add_on, unavailable.

    Skipped when they name none. Fails when the catalog, where there is one, does not have it.
    """
    return channel.chosen(channel.data.offering(purpose))


@given("the steward has published a new offering", target_fixture="offering")
@when("the steward publishes a new offering", target_fixture="offering")
def _the_steward_publishes(steward: Steward) -> Offering:
    """A new offering with a price, a specification, and a service specification behind it.

    Skipped when the target lets nobody publish.
    """
    return steward.publish()


@when("the steward takes the offering off the market")
def _the_steward_takes_it_off_the_market(steward: Steward, offering: Offering) -> None:
    """The chosen offering is retired in TMF620. Skipped when the target lets nobody change offerings."""
    steward.change(offering, lifecycleStatus="Retired", isSellable=False)


@when("the channel browses what is for sale", target_fixture="browsed")
def _the_channel_browses(channel: Channel) -> Exchange:
    """The channel lists the offerings whose lifecycle status is Active. Fails when there is no list."""
    return channel.browse({"lifecycleStatus": "Active", "limit": 100})


@when("the channel opens the offering", target_fixture="opened")
def _the_channel_opens(channel: Channel, offering: Offering) -> Exchange:
    """The channel retrieves the chosen offering. Fails when the catalog does not have it."""
    return channel.opened("productOffering", offering.id, "the offering")


@then("the offering is among them")
def _the_offering_is_among_them(channel: Channel, offering: Offering, browsed: Exchange) -> None:
    """The chosen offering is in the list that was browsed, or is found there by its name."""
    if offering.id in _ids(browsed):
        return
    catalog = channel.api(CATALOG)
    resource = catalog.contract.resources["productOffering"]
    named = catalog.list(resource, {"name": offering.name or ""}, label="GET the offerings of that name")
    if offering.id not in _ids(named):
        raise Violation(
            f"the product catalog has the offering {offering.id}, but does not show it to who browses",
            expected=f"the offering {offering.id} in the list",
            actual=show(_ids(browsed)),
            exchange=browsed,
        )


@then("the offering is not among them")
def _the_offering_is_not_among_them(offering: Offering, browsed: Exchange) -> None:
    """The chosen offering is not in the list that was browsed."""
    if offering.id in _ids(browsed):
        raise Violation(
            f"the product catalog shows the offering {offering.id} among what is for sale, though it is not",
            expected=f"no offering {offering.id}",
            actual=show(_ids(browsed)),
            exchange=browsed,
        )


@then("every offering that is shown is for sale")
def _every_offering_is_for_sale(browsed: Exchange) -> None:
    """No offering in the list that was browsed has another lifecycle status than Active (or Launched)."""
    for each in browsed.representations:
        status = each.get("lifecycleStatus")
        if status is not None and not is_for_sale({"lifecycleStatus": status}):
            raise Violation(
                f"asked for active offerings, the product catalog shows {each.get('id')}, which is {status}",
                expected="lifecycleStatus Active",
                actual=f"lifecycleStatus {status}",
                exchange=browsed,
            )


@then("the offering tells its price")
def _the_offering_tells_its_price(channel: Channel, opened: Exchange) -> None:
    """The offering refers to a price at least, and each can be opened and tells an amount or a percentage."""
    refs = [each for each in objects(opened.json.get("productOfferingPrice")) if each.get("id")]
    if not refs:
        raise Violation(
            f"the offering {opened.json.get('id')} tells no price",
            expected="a productOfferingPrice",
            actual="none",
            exchange=opened,
        )
    for each in refs:
        answer = channel.opened("productOfferingPrice", str(each["id"]), "the price")
        price = answer.json
        if not any(
            price.get(name) for name in ("price", "percentage", "bundledPopRelationship", "priceType")
        ):
            raise Violation(
                f"the price {each['id']} of the offering {opened.json.get('id')} tells no amount",
                expected="a price with its amount",
                actual=show(price),
                exchange=answer,
            )


@then("the offering leads to a specification with what can be configured")
def _the_offering_leads_to_its_specification(channel: Channel, opened: Exchange) -> None:
    """The offering's product specification can be opened and tells its characteristics with their values."""
    answer = _specification(channel, opened)
    told = objects(answer.json.get("productSpecCharacteristic"))
    if not any(each.get("name") for each in told):
        raise Violation(
            f"the product specification {answer.json.get('id')} tells no characteristic, so that nobody can "
            f"configure the offering {opened.json.get('id')}",
            expected="a productSpecCharacteristic",
            actual="none",
            exchange=answer,
        )


@then("the offering leads to its specification")
def _the_offering_leads_to_a_specification(channel: Channel, opened: Exchange) -> None:
    """The offering's product specification can be opened. Fails when it names none or it is not there."""
    _specification(channel, opened)


@then("the bundle names its parts, and each of them can be opened")
def _the_bundle_names_its_parts(channel: Channel, opened: Exchange) -> None:
    """A bundle says so (isBundle) and refers to offerings that are in the catalog."""
    parts = [each for each in objects(opened.json.get("bundledProductOffering")) if each.get("id")]
    if opened.json.get("isBundle") is not True or not parts:
        raise Violation(
            f"the bundle {opened.json.get('id')} does not name its parts",
            expected="isBundle true and bundledProductOffering",
            actual=f"isBundle {show(opened.json.get('isBundle'))}, {len(parts)} parts",
            exchange=opened,
        )
    for each in parts:
        channel.opened("productOffering", str(each["id"]), "the part of the bundle")


@then("the offering names what it needs, and that can be opened")
def _the_offering_names_what_it_needs(channel: Channel, opened: Exchange) -> None:
    """An add-on refers to the offerings that it can be added to (productOfferingRelationship)."""
    related = [each for each in objects(opened.json.get("productOfferingRelationship")) if each.get("id")]
    if not related:
        raise Violation(
            f"the add-on {opened.json.get('id')} does not say to which offerings it can be added",
            expected="a productOfferingRelationship",
            actual="none",
            exchange=opened,
        )
    for each in related:
        channel.opened("productOffering", str(each["id"]), "the offering that it needs")


@then("the channel finds the offering when it browses what is for sale")
def _the_channel_finds(channel: Channel, offering: Offering) -> None:
    """Sooner or later (while patience lasts) the offering is found by who browses."""

    def is_found() -> None:
        answer = channel.browse({"name": offering.name or "", "lifecycleStatus": "Active"})
        if offering.id not in _ids(answer):
            raise Violation(
                f"the offering {offering.id} was published, but who browses does not find it",
                expected=f"the offering {offering.id}",
                actual=show(_ids(answer)),
                exchange=answer,
            )

    eventually(is_found, channel.story.patience)


def _specification(channel: Channel, opened: Exchange) -> Exchange:
    reference: Any = opened.json.get("productSpecification")
    if not isinstance(reference, dict) or not reference.get("id"):
        raise Violation(
            f"the offering {opened.json.get('id')} names no product specification",
            expected="a productSpecification",
            actual=show(reference),
            exchange=opened,
        )
    return channel.opened("productSpecification", str(reference["id"]), "the product specification")


def _ids(answer: Exchange) -> list[str]:
    return [str(each.get("id")) for each in answer.representations]
