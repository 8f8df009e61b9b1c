"""What resources do by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from mock_bodies import create
from mock_waiting import eventually

from tmfrig.mockservers.coverage import Area, Coverage, Need, Requirement
from tmfrig.mockservers.dataset import Dataset
from tmfrig.mockservers.running import serving
from tmfrig.specs import canonical_state, standard_contract

Servers = Mapping[str, str]


def reaches(http: httpx2.Client, href: str, attribute: str, value: str) -> dict[str, Any]:
    """The resource, once an attribute has a value."""

    def probe() -> dict[str, Any] | None:
        body: dict[str, Any] = http.get(href).json()
        return body if body.get(attribute) == value else None

    return eventually(probe)


@pytest.mark.parametrize(("api", "name"), [("TMF622", "productOrder"), ("TMF641", "serviceOrder")])
def test_an_order_completes_by_itself_with_its_items(
    servers: Servers, http: httpx2.Client, api: str, name: str
) -> None:
    order = create(http, servers, api, name)
    assert (order["state"], order[f"{name}Item"][0]["state"]) == ("acknowledged", "acknowledged")
    done = reaches(http, order["href"], "state", "completed")
    assert done[f"{name}Item"][0]["state"] == "completed"
    assert done["completionDate"] >= done["orderDate"]
    assert standard_contract(api).resources[name].representation.problems(done) == []
    assert ("startDate" in done) == (api == "TMF641")


def test_an_order_on_hold_stays_there_until_it_is_resumed(http: httpx2.Client) -> None:
    with serving(["TMF622"], pace=0.3) as slow:
        order = create(http, slow, "TMF622", "productOrder")
        reaches(http, order["href"], "state", "inProgress")
        assert http.patch(order["href"], json={"state": "held"}).status_code == 200
        other = create(http, slow, "TMF622", "productOrder")
        reaches(http, other["href"], "state", "completed")
        assert http.get(order["href"]).json()["state"] == "held"
        http.patch(order["href"], json={"state": "inProgress"})
        reaches(http, order["href"], "state", "completed")


def test_an_order_that_is_deleted_on_its_way_is_forgotten(
    servers: Servers, http: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    gone = create(http, servers, "TMF622", "productOrder")
    http.delete(gone["href"])
    later = create(http, servers, "TMF622", "productOrder")
    reaches(http, later["href"], "state", "completed")
    assert http.get(gone["href"]).status_code == 404
    assert caplog.text == ""


CANCELS = [
    ("TMF622", "productOrder", "cancelProductOrder"),
    ("TMF641", "serviceOrder", "cancelServiceOrder"),
]


@pytest.mark.parametrize(("api", "order_name", "name"), CANCELS)
def test_a_cancel_task_unwinds_its_order(http: httpx2.Client, api: str, order_name: str, name: str) -> None:
    # both steps of an order take as long as a step of its cancellation: it is cancelled while in progress
    with serving([api], pace=0.2) as urls:
        order = create(http, urls, api, order_name)
        task = create(http, urls, api, name, cancellationReason="moved", **{order_name: {"id": order["id"]}})
        assert canonical_state(task["state"]) == "acknowledged"
        reaches(http, order["href"], "state", "assessingCancellation")
        reaches(http, order["href"], "state", "pendingCancellation")
        cancelled = reaches(http, order["href"], "state", "cancelled")
        assert cancelled[f"{order_name}Item"][0]["state"] == "cancelled"
        assert cancelled["cancellationReason"] == "moved"
        assert "cancellationDate" in cancelled
        done = reaches(http, task["href"], "state", "done")
        assert "effectiveCancellationDate" in done
        representation = standard_contract(api).resources[name].representation
        assert representation.problems(done) == []


@pytest.mark.parametrize(("api", "order_name", "name"), CANCELS)
def test_the_cancellation_of_a_finished_order_is_denied(
    servers: Servers, http: httpx2.Client, api: str, order_name: str, name: str
) -> None:
    order = create(http, servers, api, order_name)
    completed = reaches(http, order["href"], "state", "completed")
    task = create(http, servers, api, name, **{order_name: {"id": order["id"]}})
    done = reaches(http, task["href"], "state", "done")
    assert "effectiveCancellationDate" not in done
    assert http.get(order["href"]).json() == completed


@pytest.mark.parametrize(("api", "order_name", "name"), CANCELS)
def test_a_cancel_task_needs_an_order_that_exists(
    servers: Servers, http: httpx2.Client, api: str, order_name: str, name: str
) -> None:
    answer = http.post(f"{servers[api]}/{name}", json={order_name: {"id": "nobody's"}})
    assert answer.status_code == 400
    assert f"{order_name}.id" in answer.json()["message"]


@pytest.mark.parametrize(("api", "name"), [("TMF620", "importJob"), ("TMF633", "exportJob")])
def test_a_job_runs_to_its_end(servers: Servers, http: httpx2.Client, api: str, name: str) -> None:
    job = create(http, servers, api, name)
    assert job["status"] == "Not Started"
    assert "completionDate" in reaches(http, job["href"], "status", "Succeeded")


def offering(identifier: str, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "name": identifier.title(), "lifecycleStatus": "Active", **more}


FIBRE_TOWN = {"id": "fibre-town", "role": "installation"}
FAR_AWAY = {"id": "far-away", "role": "installation"}
NOWHERE = {"id": "nowhere", "role": "installation"}
DATASET = Dataset(
    {
        "TMF620": {
            "productOffering": [
                offering("fibre", category=[{"id": "internet"}]),
                offering("dsl", category=[{"id": "internet"}]),
                offering("box", isSellable=False),
                offering("old", lifecycleStatus="Retired"),
                offering("web-only", channel=[{"id": "web"}]),
            ]
        },
        "TMF633": {
            "serviceSpecification": [
                {"id": each, "name": each.title()} for each in ("fibre-access", "voice")
            ],
            "serviceCandidate": [
                {
                    "id": "c",
                    "name": "c",
                    "serviceSpecification": {"id": "voice"},
                    "category": [{"id": "telephony"}],
                }
            ],
        },
    },
    Coverage(
        areas=(
            Area("fibre-town", "1", "Fibre Town", "CH", {"fibre": 1000, "dsl": 100}),
            Area("far-away", "2", "Far Away", "CH", {"dsl": 50, "fibre": 100}),
        ),
        services={
            "fibre-access": Requirement((Need(("fibre",), 500),), ("voice",)),
        },
        offerings={
            "fibre": Requirement((Need(("fibre",), 500),), ("dsl",)),
            "dsl": Requirement((Need(("dsl",), 20),)),
        },
    ),
)


@pytest.fixture(scope="module")
def telco() -> Iterator[Servers]:
    """A small catalog and two places, one with fast fibre."""
    with serving(["TMF620", "TMF633", "TMF645", "TMF679"], dataset=DATASET, pace=0.05) as urls:
        yield urls


def check(http: httpx2.Client, urls: Servers, *services: dict[str, Any], **more: Any) -> httpx2.Response:
    items = [{"id": str(number), "service": each} for number, each in enumerate(services, 1)]
    body = {"serviceQualificationItem": items, "instantSyncQualification": True, **more}
    return http.post(urls["TMF645"] + "/checkServiceQualification", json=body)


def fibre_at(place: dict[str, str]) -> dict[str, Any]:
    return {"serviceSpecification": {"id": "fibre-access"}, "place": [place]}


def test_an_instant_check_is_answered_with_its_result(telco: Servers, http: httpx2.Client) -> None:
    answer = check(http, telco, fibre_at(FIBRE_TOWN))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["state"], body["qualificationResult"]) == ("done", "qualified")
    assert body["serviceQualificationItem"][0]["qualificationResult"] == "qualified"
    assert body["expirationDate"] > body["effectiveQualificationDate"]
    assert http.get(body["href"]).json() == body
    representation = standard_contract("TMF645").resources["checkServiceQualification"].representation
    assert representation.problems(body) == []


def test_a_check_without_hurry_is_a_task(telco: Servers, http: httpx2.Client) -> None:
    answer = check(http, telco, fibre_at(FIBRE_TOWN), instantSyncQualification=False)
    assert answer.status_code == 201
    task = answer.json()
    assert (task["state"], task["serviceQualificationItem"][0]["state"]) == ("accepted", "accepted")
    assert "qualificationResult" not in task
    done = reaches(http, task["href"], "state", "done")
    assert done["qualificationResult"] == "qualified"
    assert done["serviceQualificationItem"][0]["state"] == "done"


def test_an_unserviceable_address_is_explained_and_alternatives_proposed_on_request(
    telco: Servers, http: httpx2.Client
) -> None:
    silent = check(http, telco, fibre_at(FAR_AWAY)).json()["serviceQualificationItem"][0]
    assert silent["qualificationResult"] == "unqualified"
    assert not silent.keys() & {"alternateServiceProposal", "eligibilityUnavailabilityReason"}

    wordy = check(http, telco, fibre_at(FAR_AWAY), provideAlternative=True, provideUnavailabilityReason=True)
    item = wordy.json()["serviceQualificationItem"][0]
    assert (item["qualificationResult"], wordy.json()["qualificationResult"]) == ("alternate", "alternate")
    assert "100 Mbit/s" in item["eligibilityUnavailabilityReason"][0]["label"]
    slower, other = (each["alternateService"] for each in item["alternateServiceProposal"])
    assert slower["serviceCharacteristic"][0]["value"] == 100
    assert other["serviceSpecification"]["name"] == "Voice"


def test_a_requested_speed_decides(telco: Servers, http: httpx2.Client) -> None:
    speed = {"serviceCharacteristic": [{"name": "downstream", "value": "100"}]}
    assert check(http, telco, fibre_at(FAR_AWAY) | speed).json()["qualificationResult"] == "qualified"


def test_one_item_that_is_not_possible_spoils_the_whole(telco: Servers, http: httpx2.Client) -> None:
    body = check(http, telco, fibre_at(FIBRE_TOWN), fibre_at(NOWHERE)).json()
    results = [each["qualificationResult"] for each in body["serviceQualificationItem"]]
    assert (results, body["qualificationResult"]) == (["qualified", "unqualified"], "unqualified")


def test_an_unknown_specification_is_not_possible(telco: Servers, http: httpx2.Client) -> None:
    service = {"serviceSpecification": {"id": "teleport"}, "place": [FIBRE_TOWN]}
    item = check(http, telco, service, provideUnavailabilityReason=True).json()["serviceQualificationItem"][0]
    assert item["qualificationResult"] == "unqualified"
    assert "teleport" in item["eligibilityUnavailabilityReason"][0]["label"]


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({"service": {"place": [FIBRE_TOWN]}}, {"Fibre-Access", "Voice"}),
        ({"service": {"place": [FAR_AWAY]}}, {"Voice"}),
        ({"service": fibre_at(FIBRE_TOWN)}, {"Fibre-Access"}),
        ({"service": {"place": [FIBRE_TOWN]}, "category": {"id": "telephony"}}, {"Voice"}),
        ({}, {"Voice"}),
    ],
)
def test_a_query_lists_what_is_possible_at_the_address(
    telco: Servers, http: httpx2.Client, criteria: dict[str, Any], names: set[str]
) -> None:
    url = telco["TMF645"] + "/queryServiceQualification"
    body = http.post(url, json={"searchCriteria": criteria, "instantSyncQualification": True}).json()
    found = {each["service"]["serviceSpecification"]["name"] for each in body["serviceQualificationItem"]}
    assert found == names
    task = http.post(url, json={"searchCriteria": criteria}).json()
    assert task["serviceQualificationItem"] == []
    done = reaches(http, task["href"], "state", "done")
    assert done["serviceQualificationItem"] == body["serviceQualificationItem"]


def qualify(http: httpx2.Client, urls: Servers, *offerings: str, **more: Any) -> dict[str, Any]:
    items = [{"id": str(n), "productOffering": {"id": each}} for n, each in enumerate(offerings, 1)]
    asked = {"productOfferingQualificationItem": items} if items else {}
    body = {"instantSyncQualification": True, "provideUnavailabilityReason": True, **asked, **more}
    answer = http.post(urls["TMF679"] + "/productOfferingQualification", json=body)
    assert answer.status_code == 200, answer.text
    qualification: dict[str, Any] = answer.json()
    return qualification


def results(qualification: dict[str, Any]) -> list[str]:
    return [each["qualificationItemResult"] for each in qualification["productOfferingQualificationItem"]]


@pytest.mark.parametrize(
    ("identifier", "more", "result", "reason"),
    [
        ("fibre", {"place": [FIBRE_TOWN]}, "qualified", None),
        ("fibre", {}, "qualified", None),
        ("fibre", {"place": [FAR_AWAY]}, "unqualified", "Mbit/s"),
        ("fibre", {"place": [NOWHERE]}, "unqualified", "not known"),
        ("box", {}, "unqualified", "not sold by itself"),
        ("old", {}, "unqualified", "Retired"),
        ("web-only", {"channel": {"id": "web"}}, "qualified", None),
        ("web-only", {"channel": {"id": "shop"}}, "unqualified", "shop"),
        ("teleport", {}, "unqualified", "teleport"),
    ],
)
def test_an_offering_is_judged_by_catalog_and_coverage(
    telco: Servers,
    http: httpx2.Client,
    identifier: str,
    more: dict[str, Any],
    result: str,
    reason: str | None,
) -> None:
    qualification = qualify(http, telco, identifier, **more)
    item = qualification["productOfferingQualificationItem"][0]
    assert (item["qualificationItemResult"], qualification["qualificationResult"]) == (result, result)
    assert item["state"] == qualification["state"] == "done"
    reasons = item.get("eligibilityUnavailabilityReason", [])
    assert (reason is None) == (not reasons)
    assert reason is None or reason in reasons[0]["label"]
    representation = standard_contract("TMF679").resources["productOfferingQualification"].representation
    assert representation.problems(qualification) == []


def test_an_alternative_offering_is_proposed_on_request(telco: Servers, http: httpx2.Client) -> None:
    qualification = qualify(http, telco, "fibre", place=[FAR_AWAY], provideAlternative=True)
    proposal = qualification["productOfferingQualificationItem"][0]["alternateProductOfferingProposal"][0]
    assert qualification["qualificationResult"] == "alternate"
    assert proposal["alternateProductOffering"]["name"] == "Dsl"
    assert http.get(proposal["alternateProductOffering"]["href"]).status_code == 200


def test_only_what_is_available_is_listed_on_request(telco: Servers, http: httpx2.Client) -> None:
    qualification = qualify(http, telco, "fibre", "dsl", place=[FAR_AWAY], provideOnlyAvailable=True)
    assert results(qualification) == ["qualified"]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"place": [FIBRE_TOWN]}, {"Fibre", "Dsl", "Web-Only"}),
        ({"place": [FAR_AWAY]}, {"Dsl", "Web-Only"}),
        ({"place": [FAR_AWAY], "category": {"id": "internet"}}, {"Dsl"}),
    ],
)
def test_without_items_the_available_offerings_are_listed(
    telco: Servers, http: httpx2.Client, more: dict[str, Any], names: set[str]
) -> None:
    items = qualify(http, telco, **more)["productOfferingQualificationItem"]
    assert {each["productOffering"]["name"] for each in items} == names


def test_a_qualification_answers_without_the_catalog(http: httpx2.Client) -> None:
    with serving(["TMF679"], pace=0.05) as urls:
        assert results(qualify(http, urls, "anything")) == ["qualified"]


def test_a_qualification_task_is_evaluated_later(telco: Servers, http: httpx2.Client) -> None:
    items = [{"id": "1", "productOffering": {"id": "fibre"}}]
    body = {"productOfferingQualificationItem": items, "place": [FIBRE_TOWN]}
    answer = http.post(telco["TMF679"] + "/productOfferingQualification", json=body)
    assert (answer.status_code, answer.json()["state"]) == (201, "acknowledged")
    assert results(reaches(http, answer.json()["href"], "state", "done")) == ["qualified"]
