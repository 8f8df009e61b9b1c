"""Two versions side by side over one store: what is created, changed or removed in one shows in the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.mockservers.running import serving

Servers = Mapping[str, str]

ITEM = {"@type": "ProductOrderItem", "id": "1", "action": "add"}


@pytest.fixture(scope="module")
def both() -> Iterator[Servers]:
    """Base URLs by contract, "TMF622.v5"; orders stay as they are placed."""
    with serving(lines=(4, 5), dataset="telco", pace=3600) as urls:
        yield urls


@pytest.fixture
def order(both: Servers, http: httpx2.Client) -> dict[str, Any]:
    """A product order that was placed through version 5, with what version 4 cannot say."""
    milestone = {"@type": "ProductOrderMilestone", "name": "surveyed"}
    body = {
        "@type": "ProductOrder",
        "productOrderItem": [ITEM],
        "externalId": [{"@type": "ExternalIdentifier", "id": "a", "owner": "crm"}],
    }
    created = http.post(both["TMF622.v5"] + "/productOrder", json=body)
    assert created.status_code == 201, created.text
    url = created.headers["location"]
    patched = http.patch(url, json={"@type": "ProductOrder", "productOrderMilestone": [milestone]})
    assert patched.status_code == 200, patched.text
    found: dict[str, Any] = patched.json()
    return found


def read(http: httpx2.Client, both: Servers, key: str, name: str, identifier: str) -> dict[str, Any]:
    answer = http.get(f"{both[key]}/{name}/{identifier}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_order_of_version_5_is_read_through_version_4(
    both: Servers, http: httpx2.Client, order: dict[str, Any]
) -> None:
    older = read(http, both, "TMF622.v4", "productOrder", order["id"])
    assert older["href"] == f"{both['TMF622.v4']}/productOrder/{order['id']}"
    assert older["externalId"] == "a"
    assert older["orderDate"] == order["creationDate"]
    assert "productOrderMilestone" not in older


def test_a_product_of_version_4_is_read_through_version_5(both: Servers, http: httpx2.Client) -> None:
    body = {"status": "active", "name": "Line", "productCharacteristic": [{"name": "speed", "value": 5}]}
    created = http.post(both["TMF637.v4"] + "/product", json=body).json()
    newer = read(http, both, "TMF637.v5", "product", created["id"])
    assert newer["@type"] == "Product"
    assert newer["productCharacteristic"] == [{"@type": "IntegerCharacteristic", "name": "speed", "value": 5}]


def test_what_the_older_version_cannot_say_survives_its_patches(
    both: Servers, http: httpx2.Client, order: dict[str, Any]
) -> None:
    older = f"{both['TMF622.v4']}/productOrder/{order['id']}"
    assert http.patch(older, json={"description": "changed", "externalId": "b"}).status_code == 200
    newer = read(http, both, "TMF622.v5", "productOrder", order["id"])
    assert newer["description"] == "changed"
    assert newer["productOrderMilestone"] == order["productOrderMilestone"]
    assert [each["id"] for each in newer["externalId"]] == ["b"]


def test_what_the_newer_version_cannot_say_survives_its_patches(both: Servers, http: httpx2.Client) -> None:
    body = {"name": "Monthly", "constraint": [{"id": "c", "name": "Only once"}]}
    created = http.post(both["TMF620.v4"] + "/productOfferingPrice", json=body).json()
    newer = f"{both['TMF620.v5']}/productOfferingPrice/{created['id']}"
    assert "constraint" not in http.get(newer).json()
    changed = http.patch(newer, json={"@type": "ProductOfferingPrice", "name": "Per month"})
    assert changed.status_code == 200, changed.text
    older = read(http, both, "TMF620.v4", "productOfferingPrice", created["id"])
    assert (older["name"], older["constraint"]) == ("Per month", [{"id": "c", "name": "Only once"}])


def test_a_removed_attribute_is_removed_in_both(
    both: Servers, http: httpx2.Client, order: dict[str, Any]
) -> None:
    older = f"{both['TMF622.v4']}/productOrder/{order['id']}"
    http.patch(older, json={"description": "soon gone"})
    http.patch(older, json={"description": None})
    assert "description" not in read(http, both, "TMF622.v5", "productOrder", order["id"])


def test_what_is_deleted_in_one_is_gone_in_both(
    both: Servers, http: httpx2.Client, order: dict[str, Any]
) -> None:
    assert http.delete(f"{both['TMF622.v4']}/productOrder/{order['id']}").status_code == 204
    assert http.get(f"{both['TMF622.v5']}/productOrder/{order['id']}").status_code == 404


def test_each_version_filters_by_its_own_words(
    both: Servers, http: httpx2.Client, order: dict[str, Any]
) -> None:
    newer = http.get(
        both["TMF622.v5"] + "/productOrder", params={"externalId.owner": "crm", "id": order["id"]}
    )
    assert [each["id"] for each in newer.json()] == [order["id"]]
    older = http.get(both["TMF622.v4"] + "/productOrder", params={"externalId": "a", "id": order["id"]})
    assert [each["id"] for each in older.json()] == [order["id"]]


def test_listeners_of_both_versions_hear_of_a_change(both: Servers, http: httpx2.Client) -> None:
    with listening() as sink:
        hubs = [
            http.post(both["TMF637.v4"] + "/hub", json={"callback": sink.url}),
            http.post(both["TMF637.v5"] + "/hub", json={"@type": "Hub", "callback": sink.url}),
        ]
        assert [each.status_code for each in hubs] == [201, 201]
        created = http.post(both["TMF637.v4"] + "/product", json={"status": "active"}).json()
        eventually(lambda: len(sink.heard) >= 2)
        hrefs = {each["event"]["product"]["href"] for each in sink.heard}
        assert hrefs == {f"{both[key]}/product/{created['id']}" for key in ("TMF637.v4", "TMF637.v5")}
        assert [each.get("@type") for each in sink.heard if "@type" in each] == ["ProductCreateEvent"]
        for hub in hubs:
            http.delete(hub.headers["location"])


def test_the_data_set_is_there_in_both_versions(both: Servers, http: httpx2.Client) -> None:
    for key, name in (("TMF620.v4", "catalog"), ("TMF620.v5", "productCatalog")):
        assert {each["id"] for each in http.get(f"{both[key]}/{name}").json()} >= {"consumer", "archive"}


def test_the_data_set_is_there_where_only_version_5_is_served(http: httpx2.Client) -> None:
    with serving(lines=(5,), dataset="telco") as urls:
        offering = http.get(urls["TMF620.v5"] + "/productOffering/fibre-500").json()
        assert (offering["@type"], offering["name"]) == ("ProductOffering", "Fibre 500")


def test_an_order_that_one_version_placed_is_cancelled_through_the_other(http: httpx2.Client) -> None:
    with serving(["TMF622"], lines=(4, 5), pace=0.02) as urls:
        body = {"@type": "ProductOrder", "requestedInitialState": "draft", "productOrderItem": [ITEM]}
        placed = http.post(urls["TMF622.v5"] + "/productOrder", json=body).json()
        assert placed["state"] == "draft"
        submit = {"@type": "ProductOrder", "state": "acknowledged"}
        assert http.patch(placed["href"], json=submit).status_code == 200
        task = http.post(
            urls["TMF622.v4"] + "/cancelProductOrder", json={"productOrder": {"id": placed["id"]}}
        )
        assert task.status_code == 201
        seen = f"{urls['TMF622.v5']}/cancelProductOrder/{task.json()['id']}"
        eventually(lambda: http.get(seen).json()["state"] == "done")
        states = {
            read(http, urls, key, "productOrder", placed["id"])["state"] for key in ("TMF622.v4", "TMF622.v5")
        }
        assert len(states) == 1


def test_an_id_that_is_taken_is_refused(both: Servers, http: httpx2.Client) -> None:
    body = {"@type": "Product", "id": "my-own"}
    first = http.post(both["TMF637.v5"] + "/product", json=body)
    assert (first.status_code, first.json()["id"]) == (201, "my-own")
    second = http.post(both["TMF637.v5"] + "/product", json=body)
    assert (second.status_code, second.json()["@type"]) == (409, "Error")


@pytest.mark.parametrize("odd", ["a/b", "with blank", "", "q?x", 7])
def test_an_id_that_no_url_could_hold_is_refused(both: Servers, http: httpx2.Client, odd: Any) -> None:
    answer = http.post(both["TMF637.v5"] + "/product", json={"@type": "Product", "id": odd})
    assert answer.status_code == 400


@pytest.fixture
def draft(both: Servers, http: httpx2.Client) -> dict[str, Any]:
    body = {"@type": "ProductOrder", "requestedInitialState": "draft", "productOrderItem": [ITEM]}
    created: dict[str, Any] = http.post(both["TMF622.v5"] + "/productOrder", json=body).json()
    return created


def test_a_draft_makes_no_step_in_one_version_that_the_other_forbids(
    both: Servers, http: httpx2.Client, draft: dict[str, Any]
) -> None:
    older = f"{both['TMF622.v4']}/productOrder/{draft['id']}"
    refused = http.patch(older, json={"state": "inProgress"})
    assert (refused.status_code, refused.json()["code"]) == (409, "illegalTransition")
    assert http.get(draft["href"]).json()["state"] == "draft"


def test_a_draft_is_cancelled_without_assessment(http: httpx2.Client) -> None:
    with serving(["TMF622"], lines=(4, 5), pace=0.02) as urls:
        body = {"@type": "ProductOrder", "requestedInitialState": "draft", "productOrderItem": [ITEM]}
        draft = http.post(urls["TMF622.v5"] + "/productOrder", json=body).json()
        order = {"@type": "ProductOrderRef", "id": draft["id"]}
        task = {"@type": "CancelProductOrder", "productOrder": order}
        created = http.post(urls["TMF622.v5"] + "/cancelProductOrder", json=task).json()
        eventually(lambda: http.get(created["href"]).json()["state"] == "done")
        states = [
            read(http, urls, key, "productOrder", draft["id"])["state"] for key in ("TMF622.v4", "TMF622.v5")
        ]
        assert states == ["cancelled", "cancelled"]


def test_the_same_thing_in_two_roles_stays_two_in_both(both: Servers, http: httpx2.Client) -> None:
    party = {"@type": "PartyRef", "id": "anna"}
    parties = [
        {"@type": "RelatedPartyOrPartyRole", "role": role, "partyOrPartyRole": party}
        for role in ("customer", "payer")
    ]
    created = http.post(
        both["TMF637.v5"] + "/product", json={"@type": "Product", "relatedParty": parties}
    ).json()
    third = [*parties, parties[0] | {"role": "user"}]
    http.patch(created["href"], json={"@type": "Product", "relatedParty": third})
    older = read(http, both, "TMF637.v4", "product", created["id"])
    assert [each["role"] for each in older["relatedParty"]] == ["customer", "payer", "user"]
    http.patch(older["href"], json={"relatedParty": older["relatedParty"][1:]})
    newer = read(http, both, "TMF637.v5", "product", created["id"])
    assert [each["role"] for each in newer["relatedParty"]] == ["payer", "user"]
