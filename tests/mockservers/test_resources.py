"""Create, read, list and delete: every resource of every API, as a faultless version 4 server answers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from mock_bodies import IDS, RESOURCES, creatable, create

from tmfrig.specs import API_IDS, Kind, Resource, canonical_state, standard_contract

Servers = Mapping[str, str]
every_resource = pytest.mark.parametrize(("api", "resource"), RESOURCES, ids=IDS)


@every_resource
def test_a_create_answers_the_stored_resource_and_where_it_is(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    body = creatable(http, still_servers, api, resource)
    answer = http.post(still_servers[api] + resource.path, json=body)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    created = answer.json()
    assert (
        created["href"]
        == answer.headers["location"]
        == f"{still_servers[api]}{resource.path}/{created['id']}"
    )
    assert resource.representation.problems(created) == []
    uuid.UUID(created["id"])
    read = http.get(created["href"])
    assert (read.status_code, read.content) == (200, answer.content)


@every_resource
def test_only_the_server_decides_what_it_sets(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    body = creatable(http, still_servers, api, resource)
    forged = dict.fromkeys(resource.server_set, "2001-01-01T00:00:00Z")
    plain = http.post(still_servers[api] + resource.path, json=body).json()
    created = http.post(still_servers[api] + resource.path, json=body | forged)
    assert created.status_code == 201
    assert all(created.json().get(name) != value for name, value in forged.items())
    assert created.json().keys() == plain.keys()


@every_resource
def test_the_first_state_is_one_in_which_a_lifecycle_begins(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    created = create(http, still_servers, api, resource.name)
    if resource.lifecycle is not None and resource.state_attribute not in resource.mandatory:
        state = created[resource.state_attribute]
        assert canonical_state(state) in resource.lifecycle.initial
        allowed = resource.attributes[resource.state_attribute].enum
        assert not allowed or state in allowed


@every_resource
def test_a_list_has_every_resource_and_counts_them(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    ids = {create(http, still_servers, api, resource.name)["id"] for _ in range(3)}
    url = still_servers[api] + resource.path
    answer = http.get(url)
    listed = answer.json()
    assert answer.status_code == 200
    assert ids <= {each["id"] for each in listed}
    assert answer.headers["x-total-count"] == answer.headers["x-result-count"] == str(len(listed))
    assert all(http.get(each["href"]).json() == each for each in listed[-3:])

    walked, offset = [], 0
    while page := http.get(url, params={"offset": offset, "limit": 2}).json():
        walked += page
        offset += 2
    assert walked == listed


@every_resource
def test_a_deleted_resource_is_gone(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    href = create(http, still_servers, api, resource.name)["href"]
    answer = http.delete(href)
    if Kind.DELETE not in resource.operations:
        assert answer.status_code == 405
        assert "DELETE" not in answer.headers["allow"]
        assert http.get(href).status_code == 200
        return
    assert (answer.status_code, answer.content) == (204, b"")
    assert http.get(href).status_code == 404
    assert http.delete(href).status_code == 404


@every_resource
def test_every_mandatory_attribute_must_say_something(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    url = still_servers[api] + resource.path
    for name in resource.mandatory:
        body = creatable(http, still_servers, api, resource)
        missing = {each: value for each, value in body.items() if each != name}
        for wrong in (missing, body | {name: None}, body | {name: ""}, body | {name: "  "}):
            answer = http.post(url, json=wrong)
            assert answer.status_code == 400
            assert name in answer.json()["message"]


@pytest.mark.parametrize("blank", ["", "   ", "\t", "\n ", "\u00a0\u3000"])
def test_a_nested_mandatory_text_must_not_be_blank(
    still_servers: Servers, http: httpx2.Client, blank: str
) -> None:
    party = {"id": blank, "@referredType": "Individual"}
    body = {"productOrderItem": [{"id": "1", "action": "add"}], "relatedParty": [party]}
    answer = http.post(still_servers["TMF622"] + "/productOrder", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "relatedParty[0].id is mandatory and blank"


def test_optional_texts_may_be_blank(still_servers: Servers, http: httpx2.Client) -> None:
    created = create(http, still_servers, "TMF622", "productOrder", description="", notificationContact=" ")
    assert (created["description"], created["notificationContact"]) == ("", " ")


def test_an_illegal_enumeration_value_is_named(still_servers: Servers, http: httpx2.Client) -> None:
    url = still_servers["TMF622"] + "/productOrder"
    answer = http.post(url, json={"productOrderItem": [{"id": "1", "action": "destroy"}]})
    assert answer.status_code == 400
    assert "productOrderItem[0].action" in answer.json()["message"]
    assert "destroy" in answer.json()["message"]


def test_attributes_beyond_the_contract_are_kept(still_servers: Servers, http: httpx2.Client) -> None:
    created = create(http, still_servers, "TMF622", "productOrder", **{"x-ours": {"a": [1, None]}})
    assert http.get(created["href"]).json()["x-ours"] == {"a": [1, None]}


@every_resource
def test_what_official_kits_look_for_is_there(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    expected = {
        "productSpecification": {"lastUpdate", "lifecycleStatus", "isBundle"},
        "productOffering": {"lastUpdate", "lifecycleStatus", "isBundle"},
        "productOfferingPrice": {"lastUpdate", "lifecycleStatus"},
        "productOrder": {"orderDate", "state"},
        "serviceOrder": {"orderDate", "state"},
        "serviceSpecification": {"@type", "isBundle", "lastUpdate", "lifecycleStatus"},
        "service": {"serviceDate"},
        "checkServiceQualification": {"checkServiceQualificationDate", "state"},
        "queryServiceQualification": {"queryServiceQualificationDate", "serviceQualificationItem", "state"},
        "productOfferingQualification": {"productOfferingQualificationDate", "state"},
        "importJob": {"creationDate", "status"},
    }
    created = create(http, still_servers, api, resource.name)
    assert expected.get(resource.name, set()) <= created.keys()


def test_items_of_an_order_start_acknowledged_whatever_the_client_says(
    still_servers: Servers, http: httpx2.Client
) -> None:
    nested = {"id": "2", "action": "add", "state": "completed"}
    items = [{"id": "1", "action": "add", "state": "held", "productOrderItem": [nested]}]
    created = create(http, still_servers, "TMF622", "productOrder", productOrderItem=items)
    item = created["productOrderItem"][0]
    assert (item["state"], item["productOrderItem"][0]["state"]) == ("acknowledged", "acknowledged")


def test_hrefs_are_those_of_the_host_that_the_client_named(
    still_servers: Servers, http: httpx2.Client
) -> None:
    url = still_servers["TMF622"] + "/productOrder"
    body = {"productOrderItem": [{"id": "1", "action": "add"}]}
    path = "/tmf-api/productOrderingManagement/v4/productOrder/"
    for host, origin in (("orders.example:81", "http://orders.example:81"), ('a"><script>', "")):
        answer = http.post(url, json=body, headers={"Host": host})
        assert answer.json()["href"] == answer.headers["location"] == f"{origin}{path}{answer.json()['id']}"


@pytest.fixture(scope="module")
def offerings(still_servers: Servers, http: httpx2.Client) -> tuple[str, str]:
    """A name that only these offerings share, and the URL of the collection."""
    tag = uuid.uuid4().hex
    for number, (status, bundle) in enumerate([("Active", False), ("Active", True), ("Retired", False)]):
        create(
            http,
            still_servers,
            "TMF620",
            "productOffering",
            name=f"Offer {number}",
            description=tag,
            lifecycleStatus=status,
            isBundle=bundle,
            category=[{"id": f"c{number}", "name": "Fibre"}],
        )
    return tag, still_servers["TMF620"] + "/productOffering"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Offer 0", "Offer 1", "Offer 2"]),
        ("&lifecycleStatus=Active", ["Offer 0", "Offer 1"]),
        ("&lifecycleStatus=Active&isBundle=true", ["Offer 1"]),
        ("&lifecycleStatus=Active,Retired&sort=-name", ["Offer 2", "Offer 1", "Offer 0"]),
        ("&category.id=c1", ["Offer 1"]),
        ("&category.id=c1;lifecycleStatus=Retired", ["Offer 1", "Offer 2"]),
        ("&name.regex=%5B12%5D%24&limit=1", ["Offer 1"]),
        ("&nonsense=1", []),
        ("&offset=7", []),
    ],
)
def test_lists_are_filtered_ordered_and_paged(
    offerings: tuple[str, str], http: httpx2.Client, query: str, names: list[str]
) -> None:
    tag, url = offerings
    answer = http.get(f"{url}?description={tag}{query}")
    assert answer.status_code == 200
    assert [each["name"] for each in answer.json()] == names
    assert answer.headers["x-result-count"] == str(len(names))


def test_the_total_counts_what_matches_not_what_is_shown(
    offerings: tuple[str, str], http: httpx2.Client
) -> None:
    tag, url = offerings
    seen, answer = [], http.get(f"{url}?description={tag}&limit=1")
    while True:
        assert answer.headers["x-total-count"] == "3"
        seen += [each["name"] for each in answer.json()]
        if "next" not in answer.links:
            break
        answer = http.get(answer.links["next"]["url"])
    assert seen == ["Offer 0", "Offer 1", "Offer 2"]


@pytest.mark.parametrize(
    ("length", "links"), [(1000, {"self", "first", "next", "last"}), (5000, {"next"}), (9000, set())]
)
def test_links_that_clients_could_not_read_are_left_out(
    offerings: tuple[str, str], http: httpx2.Client, length: int, links: set[str]
) -> None:
    tag, url = offerings
    answer = http.get(f"{url}?description={tag},{'x' * length}&limit=1")
    assert (answer.status_code, answer.headers["x-total-count"]) == (200, "3")
    assert answer.links.keys() == links


@pytest.mark.parametrize("target", ["list", "item"])
def test_fields_select_on_lists_and_by_id(
    offerings: tuple[str, str], http: httpx2.Client, target: str
) -> None:
    tag, url = offerings

    def keys(fields: str) -> set[str]:
        query = f"?description={tag}&name=Offer%201"
        if target == "list":
            body: Any = http.get(f"{url}{query}&fields={fields}").json()[0]
        else:
            body = http.get(http.get(url + query).json()[0]["href"] + f"?fields={fields}").json()
        return set(body)

    assert keys("name,lifecycleStatus") == {"id", "href", "name", "lifecycleStatus"}
    assert keys("none") == {"id", "href"}
    assert keys("nonsense") == {"id", "href"}
    assert keys("category.name") == {"id", "href", "category"}


def test_fields_narrow_the_answers_to_writes_too(still_servers: Servers, http: httpx2.Client) -> None:
    url = still_servers["TMF620"] + "/category?fields=name"
    answer = http.post(url, json={"name": "Fibre"})
    assert set(answer.json()) == {"id", "href", "name"}
    patched = http.patch(answer.json()["href"] + "?fields=description", json={"description": "x"})
    assert set(patched.json()) == {"id", "href", "description"}


def test_an_unasked_limit_keeps_a_list_bounded_and_leads_on(
    still_servers: Servers, http: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tmfrig.mockservers.engine.DEFAULT_LIMIT", 2)
    monkeypatch.setattr("tmfrig.mockservers.paging.DEFAULT_LIMIT", 2)
    for _ in range(3):
        create(http, still_servers, "TMF633", "serviceCategory")
    answer = http.get(still_servers["TMF633"] + "/serviceCategory")
    assert len(answer.json()) == 2
    assert int(answer.headers["x-total-count"]) >= 3
    assert "offset=2&limit=2" in answer.links["next"]["url"]


def test_every_api_is_served_below_its_official_path(still_servers: Servers) -> None:
    for api in API_IDS:
        assert still_servers[api].endswith(standard_contract(api).base_path)
