"""PATCH on every resource that has it: what changes, what must not, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from mock_bodies import PATCHABLE, PATCHABLE_IDS, create

from tmfrig.specs import Resource

Servers = Mapping[str, str]
every_patchable = pytest.mark.parametrize(("api", "resource"), PATCHABLE, ids=PATCHABLE_IDS)
MERGES = ["application/json", "application/json;charset=utf-8", "application/merge-patch+json", None]


@every_patchable
@pytest.mark.parametrize("media_type", MERGES)
def test_a_merge_patch_changes_replaces_and_removes(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource, media_type: str | None
) -> None:
    created = create(
        http, still_servers, api, resource.name, description="old", **{"x-gone": 1, "x-list": [1, 2]}
    )
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = http.patch(
        created["href"], content=b'{"description":"new","x-gone":null,"x-list":[3]}', headers=headers
    )
    assert answer.status_code == 200, answer.text
    patched = answer.json()
    assert (patched["description"], patched["x-list"]) == ("new", [3])
    assert "x-gone" not in patched
    untouched = created.keys() - {"description", "x-gone", "x-list", "lastUpdate"}
    assert {name: patched[name] for name in untouched} == {name: created[name] for name in untouched}
    assert http.get(created["href"]).content == answer.content
    assert resource.representation.problems(patched) == []


@every_patchable
def test_what_is_not_patchable_keeps_its_value(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    created = create(http, still_servers, api, resource.name)
    for name in resource.non_patchable:
        for value in ("2001-01-01T00:00:00Z", None):
            if created.get(name) == value:
                continue
            answer = http.patch(created["href"], json={name: value, "description": "smuggled"})
            assert answer.status_code == 400
            assert name in answer.json()["message"]
    assert http.get(created["href"]).json() == created


@every_patchable
def test_a_whole_resource_may_be_sent_back(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    created = create(http, still_servers, api, resource.name)
    answer = http.patch(created["href"], json=created | {"description": "new"})
    assert answer.status_code == 200
    assert answer.json()["description"] == "new"


@every_patchable
def test_a_mandatory_attribute_cannot_be_taken_away(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    created = create(http, still_servers, api, resource.name)
    for name in resource.mandatory:
        for value in (None, "", []):
            answer = http.patch(created["href"], json={name: value})
            assert answer.status_code == 400
            assert name in answer.json()["message"]
    assert http.get(created["href"]).json() == created


@every_patchable
def test_a_patch_of_nothing_changes_nothing(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    created = create(http, still_servers, api, resource.name)
    answer = http.patch(created["href"], json={})
    assert (answer.status_code, answer.json()) == (200, created)


def test_json_patch_is_all_or_nothing(still_servers: Servers, http: httpx2.Client) -> None:
    created = create(http, still_servers, "TMF622", "productOrder", description="old")

    def patch(*operations: dict[str, Any]) -> httpx2.Response:
        headers = {"Content-Type": "application/json-patch+json"}
        return http.patch(
            created["href"],
            content=httpx2.Request("POST", "http://h", json=operations).content,
            headers=headers,
        )

    failed = patch(
        {"op": "replace", "path": "/description", "value": "new"},
        {"op": "test", "path": "/state", "value": "completed"},
    )
    assert failed.status_code == 409
    assert http.get(created["href"]).json() == created
    smuggled = patch({"op": "replace", "path": "/id", "value": "1"})
    assert (smuggled.status_code, http.get(created["href"]).json()) == (400, created)
    done = patch(
        {"op": "test", "path": "/state", "value": "acknowledged"},
        {"op": "replace", "path": "/description", "value": "new"},
    )
    assert (done.status_code, done.json()["description"]) == (200, "new")


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"state": "flying"}, "state"),
        ({"state": 7}, "state"),
        ({"state": None}, "state"),
        ({"requestedStartDate": "tomorrow"}, "requestedStartDate"),
        ({"productOrderItem": [{"id": "1"}]}, "productOrderItem[0].action"),
        ({"relatedParty": [{"id": " ", "@referredType": "x"}]}, "relatedParty[0].id"),
        ([], "the body"),
        ("text", "the body"),
    ],
)
def test_a_result_outside_the_contract_is_refused(
    still_servers: Servers, http: httpx2.Client, patch: Any, path: str
) -> None:
    created = create(http, still_servers, "TMF622", "productOrder")
    answer = http.patch(created["href"], json=patch)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(path)
    assert http.get(created["href"]).json() == created


@pytest.mark.parametrize(
    ("api", "name", "states"),
    [
        ("TMF622", "productOrder", ["inProgress", "held", "inProgress", "completed"]),
        ("TMF641", "serviceOrder", ["inProgress", "pending", "assessingCancellation", "held", "cancelled"]),
        ("TMF645", "checkServiceQualification", ["inProgress", "done"]),
        ("TMF679", "productOfferingQualification", ["inProgress", "terminatedWithError"]),
        ("TMF637", "product", ["pendingActive", "active", "suspended", "active", "terminated"]),
    ],
)
def test_published_transitions_are_open(
    still_servers: Servers, http: httpx2.Client, api: str, name: str, states: list[str]
) -> None:
    created = create(http, still_servers, api, name)
    attribute = "status" if name == "product" else "state"
    for state in states:
        answer = http.patch(created["href"], json={attribute: state})
        assert (answer.status_code, answer.json()[attribute]) == (200, state)


@pytest.mark.parametrize(
    ("api", "name", "attribute", "state"),
    [
        ("TMF622", "productOrder", "state", "completed"),
        ("TMF641", "serviceOrder", "state", "completed"),
        ("TMF645", "queryServiceQualification", "state", "done"),
        ("TMF679", "productOfferingQualification", "state", "done"),
        ("TMF637", "product", "status", "terminated"),
        ("TMF638", "service", "state", "terminated"),
    ],
)
def test_other_transitions_are_a_conflict(
    still_servers: Servers, http: httpx2.Client, api: str, name: str, attribute: str, state: str
) -> None:
    created = create(http, still_servers, api, name)
    answer = http.patch(created["href"], json={attribute: state})
    assert answer.status_code == 409
    assert created[attribute] in answer.json()["reason"]
    assert http.get(created["href"]).json() == created


def test_catalog_statuses_are_free(still_servers: Servers, http: httpx2.Client) -> None:
    created = create(http, still_servers, "TMF620", "productOffering")
    answer = http.patch(created["href"], json={"lifecycleStatus": "Anything"})
    assert answer.json()["lifecycleStatus"] == "Anything"


def test_a_change_moves_the_date_of_the_last_update(still_servers: Servers, http: httpx2.Client) -> None:
    created = create(http, still_servers, "TMF620", "category", lastUpdate="2001-01-01T00:00:00Z")
    patched = http.patch(created["href"], json={"description": "new"}).json()
    assert patched["lastUpdate"] > created["lastUpdate"]
