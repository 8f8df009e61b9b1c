"""Roles that are out of order: what they answer, and how qualification gets on without the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from mock_waiting import eventually

from tmfrig.mockservers.running import serving

QUALIFICATION = "productOfferingQualification"


@pytest.fixture(scope="module")
def rig() -> Iterator[Mapping[str, str]]:
    with serving(lines=(4, 5), dataset="telco", com=True, admin=True, pace=0.02) as urls:
        yield urls


@pytest.fixture(autouse=True)
def in_order(http: httpx2.Client, rig: Mapping[str, str]) -> Iterator[None]:
    yield
    for each in http.get(rig["admin"] + "/outage").json():
        http.delete(each["href"])


def out_of_order(http: httpx2.Client, rig: Mapping[str, str], api: str) -> dict[str, Any]:
    answer = http.post(rig["admin"] + "/outage", json={"api": api})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == answer.json()["href"]
    return dict(answer.json())


def qualified(http: httpx2.Client, base: str, offering: str) -> dict[str, Any]:
    item = {"id": "1", "productOffering": {"id": offering}}
    body = {
        "instantSyncQualification": True,
        "provideUnavailabilityReason": True,
        f"{QUALIFICATION}Item": [item],
    }
    answer = http.post(f"{base}/{QUALIFICATION}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def reasons(qualification: dict[str, Any]) -> list[str]:
    return [
        each["code"]
        for item in qualification[f"{QUALIFICATION}Item"]
        for each in item.get("eligibilityUnavailabilityReason", ())
    ]


def test_a_role_that_is_out_of_order_answers_503_in_all_its_versions_and_the_others_go_on(
    http: httpx2.Client, rig: Mapping[str, str]
) -> None:
    outage = out_of_order(http, rig, "TMF620")
    for key in ("TMF620", "TMF620.v5"):
        answer = http.get(rig[key] + "/productOffering")
        assert (answer.status_code, answer.json()["code"]) == (503, "outOfOrder")
        assert answer.headers["retry-after"] == "1"
    assert http.get(rig["TMF622"] + "/productOrder").status_code == 200
    assert [each["api"] for each in http.get(rig["admin"] + "/outage").json()] == ["TMF620"]
    assert http.get(outage["href"]).json() == outage
    assert http.delete(outage["href"]).status_code == 204
    assert http.get(rig["TMF620"] + "/productOffering").status_code == 200
    assert http.delete(outage["href"]).status_code == 404


def test_an_outage_that_is_begun_twice_is_one(http: httpx2.Client, rig: Mapping[str, str]) -> None:
    assert out_of_order(http, rig, "TMF645") == out_of_order(http, rig, "TMF645")
    assert len(http.get(rig["admin"] + "/outage").json()) == 1


@pytest.mark.parametrize("body", [{"api": "TMF999"}, {"api": 7}, {}, [], "TMF620"])
def test_only_roles_that_are_here_can_be_put_out_of_order(
    http: httpx2.Client, rig: Mapping[str, str], body: Any
) -> None:
    answer = http.post(rig["admin"] + "/outage", json=body)
    assert answer.status_code == 400
    assert "TMF620" in answer.json()["message"]


def test_a_reset_puts_everything_in_order(http: httpx2.Client, rig: Mapping[str, str]) -> None:
    out_of_order(http, rig, "TMF633")
    assert http.post(rig["admin"] + "/reset").status_code == 204
    assert http.get(rig["admin"] + "/outage").json() == []


def test_a_qualification_answers_without_the_catalog_as_far_as_it_can(
    http: httpx2.Client, rig: Mapping[str, str]
) -> None:
    with_catalog = qualified(http, rig["TMF679"], "dsl-50")
    assert (with_catalog["qualificationResult"], reasons(with_catalog)) == ("unqualified", ["notSellable"])
    out_of_order(http, rig, "TMF620")
    without = qualified(http, rig["TMF679"], "dsl-50")
    assert (without["qualificationResult"], reasons(without)) == ("qualified", [])


def test_an_order_waits_for_the_catalog_and_goes_on_when_it_is_back(
    http: httpx2.Client, rig: Mapping[str, str]
) -> None:
    outage = out_of_order(http, rig, "TMF620")
    item = {"id": "1", "action": "add", "productOffering": {"id": "fibre-100"}}
    placed = http.post(rig["TMF622"] + "/productOrder", json={"productOrderItem": [item]}).json()

    def begun() -> bool:
        """The COM has begun with the order, and tried the catalog."""
        tried = http.get(rig["admin"] + "/journal", params={"caller": "COM", "callee": "TMF620"}).json()
        return any(each["status"] == 503 for each in tried)

    def completed() -> bool:
        """The order is completed."""
        return bool(http.get(placed["href"]).json()["state"] == "completed")

    eventually(begun)
    assert http.get(placed["href"]).json()["state"] in ("acknowledged", "inProgress")
    assert http.delete(outage["href"]).status_code == 204
    eventually(completed)


def test_a_qualification_asks_the_catalog_that_somebody_else_plays(http: httpx2.Client) -> None:
    offering = {"name": "Elsewhere", "lifecycleStatus": "Retired"}
    with serving(["TMF620"]) as theirs:
        made = http.post(theirs["TMF620"] + "/productOffering", json=offering).json()
        with serving(["TMF679"], externals={"TMF620": theirs["TMF620"]}, dataset="telco") as ours:
            assert reasons(qualified(http, ours["TMF679"], made["id"])) == ["notOnSale"]
            assert reasons(qualified(http, ours["TMF679"], "fibre-500")) == ["unknownOffering"]
