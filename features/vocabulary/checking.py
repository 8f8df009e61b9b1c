"""Steps of qualifying services: what is technically possible at an address (TMF645)."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer, show
from tmfrig.features.cast import SERVICE_QUALIFICATION
from tmfrig.features.channel import Channel
from tmfrig.features.data import Entry
from tmfrig.features.qualifying import (
    QUALIFIED,
    Finding,
    ask_for_service,
    found,
)
from tmfrig.features.vocabulary.qualifying import judged


@given("the customer wants the service", target_fixture="service")
def _the_customer_wants_the_service(channel: Channel) -> Entry:
    """The service specification `services.single` of the data. Skipped when they name none."""
    return channel.data.service("single")


@when("the channel asks whether the service is possible there", target_fixture="asked")
def _the_channel_asks_for_the_service(channel: Channel, service: Entry, place: Entry) -> Exchange:
    """TMF645 (checkServiceQualification) for the customer's address, an answer at once."""
    return ask_for_service(channel, service, place)


@when("the channel asks for a check of the service to be worked out", target_fixture="asked")
def _the_channel_asks_for_the_service_later(channel: Channel, service: Entry, place: Entry) -> Exchange:
    """TMF645 as a task: the answer need not be there at once."""
    return ask_for_service(channel, service, place, at_once=False)


@when("the channel asks which services are possible there", target_fixture="asked")
def _the_channel_asks_which_services(channel: Channel, place: Entry) -> Exchange:
    """TMF645 (queryServiceQualification) for the customer's address."""
    api = channel.api(SERVICE_QUALIFICATION)
    resource = api.contract.resources["queryServiceQualification"]
    where = {"place": [{"role": "installationAddress", **channel.located(place)}]}
    body = {
        **api.payload(resource),
        "instantSyncQualification": True,
        "searchCriteria": {"service": where},
    }
    return api.create(resource, body, label="POST the question which services are possible")


@then(parsers.parse('the service is "{result}"'), target_fixture="finding")
def _the_service_is(channel: Channel, service: Entry, asked: Exchange, result: str) -> Finding:
    """The check gets done, and the result of its item is this: qualified, alternate, unqualified."""
    return judged(found(channel, asked, f"the service {service.id}"), result)


@then("less speed is proposed")
def _less_speed_is_proposed(finding: Finding, service: Entry) -> None:
    """An alternative is the same service with characteristics, of which one is lower than asked for."""
    wanted = [each for each in service.characteristics.values() if _is_number(each)]
    for each in finding.alternatives:
        values = [value for value in map(_number, each.characteristics.values()) if value is not None]
        if wanted and any(value < max(wanted) for value in values):
            return
    raise Violation(
        f"{finding.subject} is possible with less speed only, but no lower speed is proposed",
        expected=f"an alternative with less than {max(wanted, default=0)}",
        actual=show(finding.item),
        exchange=finding.exchange,
    )


@then("the proposed service is possible there")
def _the_proposed_service_is_possible(channel: Channel, finding: Finding, place: Entry) -> None:
    """Some proposed service that can be had now, checked at the same address, is qualified."""
    now = [each for each in finding.alternatives if each.id and each.available_from is None]
    results = []
    for each in now:
        service = Entry(id=str(each.id), characteristics=dict(each.characteristics))
        again = found(channel, ask_for_service(channel, service, place), f"the service {each.id}")
        if again.result == QUALIFIED:
            return
        results.append(f"{each.id} is {again.result}")
    raise Violation(
        f"what is proposed in place of {finding.subject} is not possible there either",
        expected="an alternative that is qualified",
        actual=", ".join(results) or "no alternative",
        exchange=finding.exchange,
    )


@then("the service is listed")
def _the_service_is_listed(service: Entry, asked: Exchange) -> None:
    """The answer lists the customer's service among what is possible."""
    if service.id not in _listed(asked):
        raise Violation(
            f"the service {service.id} is possible there, but is not listed among what is",
            expected=f"the service {service.id}",
            actual=show(_listed(asked)),
            exchange=asked,
        )


@then("the service is not listed")
def _the_service_is_not_listed(service: Entry, asked: Exchange) -> None:
    """The question is answered, and the customer's service is not among what is listed as possible."""
    if not asked.ok or service.id in _listed(asked):
        raise Violation(
            f"the service {service.id} is impossible there, but is listed among what is possible"
            if asked.ok
            else f"the question which services are possible was not answered: {describe_answer(asked)}",
            expected=f"a list without {service.id}",
            actual=show(_listed(asked)) if asked.ok else describe_answer(asked),
            exchange=asked,
        )


def _listed(answer: Exchange) -> list[str]:
    body = answer.json if answer.ok and answer.is_json and isinstance(answer.json, dict) else {}
    items = body.get("serviceQualificationItem") or []
    return [
        str(specification.get("id"))
        for each in items
        if isinstance(service := each.get("service"), dict)
        and isinstance(specification := service.get("serviceSpecification"), dict)
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
