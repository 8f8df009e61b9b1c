"""Steps of qualifying offers: what can be sold to the customer, and what instead (TMF679)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_bdd import given, parsers, then, when

from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer, show
from tmfrig.features.cast import CATALOG, OFFERING_QUALIFICATION
from tmfrig.features.channel import Channel
from tmfrig.features.data import Entry
from tmfrig.features.outage import out_of_order
from tmfrig.features.qualifying import (
    ALTERNATE,
    QUALIFIED,
    UNQUALIFIED,
    Finding,
    ask_for_offering,
    found,
)
from tmfrig.features.wishes import Offering


@given(parsers.parse("the customer lives where {reach}"), target_fixture="place")
def _the_customer_lives(channel: Channel, reach: str) -> Entry:
    """An address of the data (`places`).

    "everything is possible" (full), "only less speed is possible" (limited), "something else is possible"
    (alternative), "nothing is possible" (none).
    """
    purposes = {
        "everything is possible": "full",
        "only less speed is possible": "limited",
        "something else is possible": "alternative",
        "nothing is possible": "none",
    }
    return channel.data.place(_known(purposes, reach))


@given("the customer has heard of an offering that nobody knows", target_fixture="offering")
def _an_offering_that_nobody_knows(channel: Channel) -> Offering:
    """An offering with an id that the catalog does not have."""
    return Offering(channel.api(OFFERING_QUALIFICATION).unknown_id(), "Rumoured offering")


@given("the product catalog is down")
def _the_product_catalog_is_down(channel: Channel) -> Iterator[None]:
    """The rig puts its own catalog out of order until the scenario is over.

    A catalog that somebody else plays and that is not among the targets is taken to be down already. Skipped
    where neither is so.
    """
    rig = channel.cast.rig
    if CATALOG in rig.external and not channel.offers(CATALOG):
        yield
        return
    with out_of_order(rig, CATALOG):
        yield


@when("the channel asks whether the offering can be sold", target_fixture="asked")
def _the_channel_asks_for_the_offering(channel: Channel, offering: Offering) -> Exchange:
    """TMF679, no address, an answer at once. The answer is judged by the steps that follow."""
    return ask_for_offering(channel, offering)


@when("the channel asks whether the offering can be sold there", target_fixture="asked")
def _the_channel_asks_for_the_offering_there(channel: Channel, offering: Offering, place: Entry) -> Exchange:
    """TMF679, for the customer's address, an answer at once."""
    return ask_for_offering(channel, offering, place)


@when("the channel asks for a qualification of the offering to be worked out", target_fixture="asked")
def _the_channel_asks_for_the_offering_later(channel: Channel, offering: Offering, place: Entry) -> Exchange:
    """TMF679 as a task: the answer need not be there at once."""
    return ask_for_offering(channel, offering, place, at_once=False)


@then(parsers.parse('the offering is "{result}"'), target_fixture="finding")
def _the_offering_is(channel: Channel, offering: Offering, asked: Exchange, result: str) -> Finding:
    """The qualification gets done, and the result of its item is this: qualified, alternate, unqualified."""
    return judged(found(channel, asked, f"the offering {offering.id}"), result)


@then("the offering cannot be had there as it is", target_fixture="finding")
def _the_offering_cannot_be_had(channel: Channel, offering: Offering, asked: Exchange) -> Finding:
    """The qualification gets done, and its item is alternate or unqualified."""
    return judged(found(channel, asked, f"the offering {offering.id}"), ALTERNATE, UNQUALIFIED)


@then("the result of the whole agrees with its only item")
def _the_whole_agrees(finding: Finding) -> None:
    """The result of the whole, where it is told, is that of the only item."""
    if finding.whole is not None and finding.whole != finding.result:
        raise Violation(
            f"{finding.subject} is {finding.result}, but the qualification as a whole says {finding.whole}",
            expected=finding.result,
            actual=finding.whole,
            exchange=finding.exchange,
        )


@then("the customer is told why")
def _the_customer_is_told_why(finding: Finding) -> None:
    """The item gives at least one reason, with a code or a label."""
    if not finding.reasons:
        raise Violation(
            f"{finding.subject} is {finding.result}, but nobody says why, though reasons were asked for",
            expected="a reason",
            actual=show(finding.item),
            exchange=finding.exchange,
        )


@then("an alternative is proposed")
def _an_alternative_is_proposed(finding: Finding) -> None:
    """The item has at least one alternative proposal."""
    if not finding.alternatives:
        raise Violation(
            f"{finding.subject} is {finding.result}, but no alternative is proposed",
            expected="an alternative proposal",
            actual=show(finding.item),
            exchange=finding.exchange,
        )


@then("no alternative is proposed")
def _no_alternative_is_proposed(finding: Finding) -> None:
    """The item has no alternative proposal that could be had now."""
    now = [each for each in finding.alternatives if each.available_from is None]
    if now:
        raise Violation(
            f"where nothing is possible, {now[0].id} is proposed in place of {finding.subject}",
            expected="no alternative",
            actual=show(finding.item),
            exchange=finding.exchange,
        )


@then("the proposed offering can be sold there")
def _the_proposed_offering_can_be_sold(channel: Channel, finding: Finding, place: Entry) -> None:
    """The first proposed offering, asked for at the same address, is qualified."""
    first = next((each for each in finding.alternatives if each.id), None)
    if first is None:
        raise Violation(
            f"in place of {finding.subject} no offering is proposed that could be asked for",
            expected="an alternateProductOffering with an id",
            actual=show(finding.item),
            exchange=finding.exchange,
        )
    again = found(
        channel, ask_for_offering(channel, Offering(str(first.id)), place), f"the offering {first.id}"
    )
    if again.result != QUALIFIED:
        raise Violation(
            f"the offering {first.id} is proposed in place of {finding.subject}, "
            f"but is {again.result} there itself",
            expected=QUALIFIED,
            actual=again.result,
            exchange=again.exchange,
        )


@then("the channel is answered all the same")
def _the_channel_is_answered(asked: Exchange) -> None:
    """A verdict, or a refusal that says what is wrong; never an error of the server."""
    if asked.status >= 500:
        raise Violation(
            "offering qualification does not answer a question that it cannot look up: "
            f"{describe_answer(asked)}",
            expected="a qualification, or a 4xx that says why not",
            actual=describe_answer(asked),
            exchange=asked,
        )


@then("the offering cannot be sold")
def _the_offering_cannot_be_sold(channel: Channel, offering: Offering, asked: Exchange) -> None:
    """The question was refused (4xx), or its item is not qualified."""
    if 400 <= asked.status < 500:
        return
    judged(found(channel, asked, f"the offering {offering.id}"), UNQUALIFIED, ALTERNATE)


def _known(meanings: dict[str, str], words: str) -> str:
    if words not in meanings:
        raise LookupError(f"{words!r} is none of {', '.join(map(repr, meanings))}")
    return meanings[words]


def judged(finding: Finding, *results: str) -> Finding:
    """The finding, if its result is one of these; a Violation else."""
    if finding.result not in results:
        because = f" ({'; '.join(finding.reasons)})" if finding.reasons else ""
        raise Violation(
            f"{finding.subject} is {finding.result}{because}, not {' or '.join(results)}",
            expected=" or ".join(results),
            actual=finding.result,
            exchange=finding.exchange,
        )
    return finding
