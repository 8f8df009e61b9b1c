"""Asking for qualifications, commercial (TMF679) and technical (TMF645), and reading what they found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import created_by
from tmfrig.features.bodies import characteristics, fitted, objects
from tmfrig.features.cast import OFFERING_QUALIFICATION, SERVICE_QUALIFICATION
from tmfrig.features.channel import Channel
from tmfrig.features.data import Entry
from tmfrig.features.orders import Qualification
from tmfrig.features.wishes import Offering
from tmfrig.specs import Resource

QUALIFIED, ALTERNATE, UNQUALIFIED = "qualified", "alternate", "unqualified"

_ITEM_RESULTS = ("qualificationItemResult", "qualificationResult")
_REASONS = ("eligibilityUnavailabilityReason", "eligibilityResultReason", "qualificationItemReason")
_ASKING_FOR_REASONS = ("provideUnavailabilityReason", "provideResultReason")
_PROPOSALS = ("alternateProductOfferingProposal", "alternateServiceProposal")


@dataclass(frozen=True)
class Alternative:
    """What is possible in place of what was asked for. `id`: of another offering or service specification."""

    id: str | None = None
    characteristics: Mapping[str, Any] = field(default_factory=dict)
    available_from: str | None = None


@dataclass(frozen=True)
class Finding:
    """What a qualification found about the first item that it was asked about."""

    subject: str
    result: str
    whole: str | None
    item: dict[str, Any]
    exchange: Exchange

    @property
    def reasons(self) -> list[str]:
        """Why it is not possible, in words."""
        told = [each for name in _REASONS for each in objects(self.item.get(name))]
        return [str(each.get("label") or each.get("code")) for each in told]

    @property
    def alternatives(self) -> list[Alternative]:
        """What is proposed in its place."""
        return [_alternative(each) for name in _PROPOSALS for each in objects(self.item.get(name))]


def ask_for_offering(
    channel: Channel, offering: Offering, place: Entry | None = None, *, at_once: bool = True
) -> Exchange:
    """Ask whether an offering can be sold (at a place); the answer is not judged here."""
    api = channel.api(OFFERING_QUALIFICATION)
    resource = _commercial(api)
    product = {"place": [{"role": "installationAddress", **channel.located(place)}]} if place else {}
    item = {"id": "1", "action": "add", "productOffering": offering.reference, "product": product}
    if not product:
        del item["product"]
    return _ask(api, resource, item, at_once, "POST the question whether the offering can be sold")


def ask_for_service(
    channel: Channel, service: Entry, place: Entry | None, *, at_once: bool = True
) -> Exchange:
    """Ask whether a service is possible at a place; the answer is not judged here."""
    api = channel.api(SERVICE_QUALIFICATION)
    resource = api.contract.resources["checkServiceQualification"]
    asked: dict[str, Any] = {"serviceSpecification": service.reference}
    if service.characteristics:
        asked["serviceCharacteristic"] = characteristics(service.characteristics)
    if place:
        asked["place"] = [{"role": "installationAddress", **channel.located(place)}]
    item = {"id": "1", "service": asked}
    return _ask(api, resource, item, at_once, "POST the question whether the service is possible here")


def found(channel: Channel, answer: Exchange, subject: str) -> Finding:
    """What a qualification says, once it is done; `subject` is what was asked about, in words.

    Violation when it was refused, never gets done, or says nothing about the item.
    """
    resource = answer.resource
    if not answer.ok or resource is None:
        raise Violation(
            f"the question whether {subject} is possible was not answered: {describe_answer(answer)}",
            expected="200 or 201 with the qualification",
            actual=describe_answer(answer),
            exchange=answer,
        )
    body = answer.json if answer.is_json and isinstance(answer.json, dict) else {}
    state = body.get("state")
    if not (state == "done" or (answer.status == 200 and _result(body, resource) is not None)):
        answer, body = _followed(channel, answer, resource)
    item = next(iter(objects(body.get(f"{_of(resource)}Item"))), None)
    result = _result(body, resource)
    if item is None or result is None:
        raise Violation(
            f"the qualification is done, but does not say whether {subject} is possible",
            expected="an item with its result",
            actual=describe_answer(answer),
            exchange=answer,
        )
    whole = body.get("qualificationResult")
    return Finding(subject, result, whole if isinstance(whole, str) else None, item, answer)


def _followed(channel: Channel, answer: Exchange, resource: Resource) -> tuple[Exchange, dict[str, Any]]:
    made = created_by(answer, resource)
    if made is None:
        raise Violation(
            "the qualification has neither a result nor an id, so nobody can follow it",
            expected="a qualification that is done, or an id",
            actual=describe_answer(answer),
            exchange=answer,
        )
    name = next(
        each for each in (OFFERING_QUALIFICATION, SERVICE_QUALIFICATION) if each == answer.contract.api
    )
    task = Qualification(channel.api(name), resource, made.id, answer, channel.story.patience)
    task.reach("done")
    return task.latest.exchange, task.latest.body


def _ask(api: Api, resource: Resource, item: dict[str, Any], at_once: bool, label: str) -> Exchange:
    body = {
        f"{_of(resource)}Item": [item],
        "instantSyncQualification": at_once,
        "provideAlternative": True,
        **dict.fromkeys(_ASKING_FOR_REASONS, True),
    }
    return api.create(resource, fitted(body, resource), label=label)


def _commercial(api: Api) -> Resource:
    names = ("productOfferingQualification", "checkProductOfferingQualification")
    return next(api.contract.resources[each] for each in names if each in api.contract.resources)


def _of(resource: Resource) -> str:
    """What the items of a qualification are named after."""
    return "serviceQualification" if resource.name == "checkServiceQualification" else resource.name


def _result(body: Mapping[str, Any], resource: Resource) -> str | None:
    for item in objects(body.get(f"{_of(resource)}Item")):
        told = next((item[each] for each in _ITEM_RESULTS if isinstance(item.get(each), str)), None)
        if told is not None:
            return str(told)
    return None


def _alternative(proposal: Mapping[str, Any]) -> Alternative:
    offering = proposal.get("alternateProductOffering")
    service = proposal.get("alternateService")
    inner = offering if isinstance(offering, dict) else service if isinstance(service, dict) else {}
    specification = inner.get("serviceSpecification")
    told = specification if isinstance(specification, dict) else inner
    date = proposal.get("alternateServiceAvailabilityDate")
    return Alternative(
        id=told.get("id") if isinstance(told.get("id"), str) else None,
        characteristics={
            str(each.get("name")): each.get("value") for each in objects(inner.get("serviceCharacteristic"))
        },
        available_from=date if isinstance(date, str) else None,
    )
