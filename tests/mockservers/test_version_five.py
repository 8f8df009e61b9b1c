"""What the reference servers do in version 5 alone: types, sub-types, drafts, split qualifications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.mockservers.running import serving
from tmfrig.specs import standard_apis, standard_contract

Servers = Mapping[str, str]
HOME = "zurich-bahnhofstrasse-12"
ITEM = {"@type": "ProductOrderItem", "id": "1", "action": "add"}


@pytest.fixture(scope="module")
def v5() -> Iterator[Servers]:
    """Base URLs by API of servers that serve nothing but version 5."""
    with serving(lines=(5,), dataset="telco", pace=0.05) as urls:
        yield urls


def post(http: httpx2.Client, url: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = http.post(url, json=body)
    assert answer.status_code == status, answer.text
    created: dict[str, Any] = answer.json()
    return created


def product(at: str = HOME) -> dict[str, Any]:
    place = {"@type": "PlaceRef", "id": at, "@referredType": "GeographicAddress"}
    where = {"@type": "RelatedPlaceRefOrValue", "role": "installation", "place": place}
    return {"@type": "Product", "place": [where]}


@pytest.mark.parametrize("api", standard_apis(5))
def test_everything_of_the_data_set_keeps_the_contract(v5: Servers, http: httpx2.Client, api: str) -> None:
    for resource in standard_contract(api, 5).resources.values():
        for body in http.get(v5[api] + resource.path, params={"limit": 100}).json():
            assert resource.representation.problems(body) == []


def test_a_body_without_its_type_is_refused_with_a_typed_error(v5: Servers, http: httpx2.Client) -> None:
    error = post(http, v5["TMF637"] + "/product", {"name": "Line"}, status=400)
    assert error["@type"] == "Error"
    assert "@type is mandatory and missing" in error["message"]


def test_a_sub_type_is_judged_by_its_own_schema(v5: Servers, http: httpx2.Client) -> None:
    slow = {"@type": "IntegerCharacteristic", "name": "speed", "value": "slow"}
    body = {"@type": "Product", "productCharacteristic": [slow]}
    error = post(http, v5["TMF637"] + "/product", body, status=400)
    assert "productCharacteristic[0].value should be an integer" in error["message"]


def test_an_unknown_sub_type_is_an_extension(v5: Servers, http: httpx2.Client) -> None:
    line = {
        "@type": "MobileLine",
        "@baseType": "Product",
        "@schemaLocation": "https://example.com/line",
        "msisdn": "1",
    }
    created = post(http, v5["TMF637"] + "/product", line)
    assert created.items() >= line.items()


def test_an_extension_is_still_judged_by_its_base(v5: Servers, http: httpx2.Client) -> None:
    line = {"@type": "MobileLine", "@baseType": "Product", "isBundle": "perhaps"}
    assert (
        "isBundle should be a boolean" in post(http, v5["TMF637"] + "/product", line, status=400)["message"]
    )


def test_a_blank_id_deep_in_a_choice_is_refused(v5: Servers, http: httpx2.Client) -> None:
    nobody = {"@type": "PartyRef", "id": " "}
    party = {"@type": "RelatedPartyOrPartyRole", "role": "customer", "partyOrPartyRole": nobody}
    error = post(http, v5["TMF637"] + "/product", {"@type": "Product", "relatedParty": [party]}, status=400)
    assert "relatedParty[0].partyOrPartyRole.id is mandatory and blank" in error["message"]


def test_a_draft_stays_a_draft_until_it_is_submitted(v5: Servers, http: httpx2.Client) -> None:
    body = {"@type": "ProductOrder", "requestedInitialState": "draft", "productOrderItem": [ITEM]}
    draft = post(http, v5["TMF622"] + "/productOrder", body)
    assert draft["state"] == "draft"
    second = {"@type": "ProductOrder", "productOrderItem": [ITEM, ITEM | {"id": "2"}]}
    assert len(http.patch(draft["href"], json=second).json()["productOrderItem"]) == 2
    submitted = http.patch(draft["href"], json={"@type": "ProductOrder", "state": "acknowledged"})
    assert submitted.status_code == 200, submitted.text
    eventually(lambda: http.get(draft["href"]).json()["state"] == "completed")


def test_a_client_cannot_choose_any_other_first_state(v5: Servers, http: httpx2.Client) -> None:
    body = {"@type": "ProductOrder", "requestedInitialState": "completed", "productOrderItem": [ITEM]}
    post(http, v5["TMF622"] + "/productOrder", body, status=400)


def test_notifications_are_typed_and_name_the_event(v5: Servers, http: httpx2.Client) -> None:
    with listening(204, 204, 204) as listener:
        hub = post(http, v5["TMF622"] + "/hub", {"@type": "Hub", "callback": listener.url})
        assert hub["@type"] == "Hub"
        post(http, v5["TMF622"] + "/productOrder", {"@type": "ProductOrder", "productOrderItem": [ITEM]})
        heard = eventually(lambda: len(listener.requests) >= 3)
        assert heard
        http.delete(f"{v5['TMF622']}/hub/{hub['id']}")
    for event in listener.heard:
        declared = standard_contract("TMF622", 5).events[event["eventType"]]
        assert event["@type"] == event["eventType"]
        assert declared.schema.problems(event) == []


def test_a_check_says_why_and_what_instead(v5: Servers, http: httpx2.Client) -> None:
    offering = {"@type": "ProductOfferingRef", "id": "fibre-500"}
    item = {
        "@type": "CheckProductOfferingQualificationItem",
        "id": "1",
        "productOffering": offering,
        "product": product(at="nowhere"),
    }
    body = {
        "@type": "CheckProductOfferingQualification",
        "instantSyncQualification": True,
        "provideAlternative": True,
        "provideResultReason": True,
        "checkProductOfferingQualificationItem": [item],
    }
    check = post(http, v5["TMF679"] + "/checkProductOfferingQualification", body, status=200)
    resource = standard_contract("TMF679", 5).resources["checkProductOfferingQualification"]
    assert resource.representation.problems(check) == []
    assert check["qualificationResult"] == "unqualified"
    judged = check["checkProductOfferingQualificationItem"][0]
    assert judged["product"] == item["product"]
    assert judged["eligibilityResultReason"][0]["label"]


def test_a_check_that_is_no_hurry_is_a_task(v5: Servers, http: httpx2.Client) -> None:
    item = {"@type": "CheckProductOfferingQualificationItem", "id": "1", "product": product()}
    body = {"@type": "CheckProductOfferingQualification", "checkProductOfferingQualificationItem": [item]}
    task = post(http, v5["TMF679"] + "/checkProductOfferingQualification", body)
    assert task["state"] == "acknowledged"
    eventually(lambda: http.get(task["href"]).json()["state"] == "done")


def test_a_query_lists_what_is_possible_at_a_place(v5: Servers, http: httpx2.Client) -> None:
    criteria = {
        "@type": "QueryProductOfferingQualificationItem",
        "id": "1",
        "category": {"@type": "CategoryRef", "id": "fibre"},
        "product": product(),
    }
    body = {
        "@type": "QueryProductOfferingQualification",
        "instantSyncQualification": True,
        "searchCriteria": criteria,
    }
    query = post(http, v5["TMF679"] + "/queryProductOfferingQualification", body, status=200)
    resource = standard_contract("TMF679", 5).resources["queryProductOfferingQualification"]
    assert resource.representation.problems(query) == []
    found = {each["productOffering"]["id"] for each in query["qualifiedProductOfferingItem"]}
    assert {"fibre-100", "fibre-500"} <= found <= {"fibre-100", "fibre-500", "fibre-1000", "fibre-10000"}


def test_a_query_without_criteria_lists_every_offering_on_sale(v5: Servers, http: httpx2.Client) -> None:
    body = {"@type": "QueryProductOfferingQualification", "instantSyncQualification": True}
    query = post(http, v5["TMF679"] + "/queryProductOfferingQualification", body, status=200)
    assert len(query["qualifiedProductOfferingItem"]) > 5


def test_a_registration_can_be_read_where_the_contract_says_so(v5: Servers, http: httpx2.Client) -> None:
    hub = post(http, v5["TMF679"] + "/hub", {"@type": "Hub", "callback": "http://127.0.0.1:9/x"})
    url = f"{v5['TMF679']}/hub/{hub['id']}"
    assert http.get(url).json() == hub
    assert http.delete(url).status_code == 204
    assert http.get(url).status_code == 404
    elsewhere = post(http, v5["TMF622"] + "/hub", {"@type": "Hub", "callback": "http://127.0.0.1:9/x"})
    assert http.get(f"{v5['TMF622']}/hub/{elsewhere['id']}").status_code == 405
