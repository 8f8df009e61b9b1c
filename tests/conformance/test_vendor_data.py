"""What a vendor says about their own system, and what the judge makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from raw_server import Request, response
from shelf import shelf

from tmfrig.conformance.api import Api
from tmfrig.conformance.client import Client, Connection
from tmfrig.conformance.data import DataError, VendorData, read_vendor_data
from tmfrig.conformance.mounting import MountedApi, mount
from tmfrig.conformance.recorder import Recorder
from tmfrig.conformance.runner import Order, judge
from tmfrig.conformance.sink import Sink
from tmfrig.conformance.target import validated
from tmfrig.reports.result import Outcome, Result
from tmfrig.specs import Contract, standard_contract

ORDER = {"externalId": "A-1", "productOrderItem": [{"id": "7", "action": "add", "quantity": 2}]}
KIT = {
    "url": "http://127.0.0.1:1/orders/",
    "headers": {"Accept": "text/plain", "Authorization": "Bearer kit-s3cr3t", "X-Tenant": 7},
    "payloads": {
        "ProductOrder": {
            "POST": {"payload": ORDER},
            "PATCH": {"payload": {"state": "held", "description": "patched"}},
        }
    },
}


def read(folder: Path, content: Any, name: str = "data.json") -> VendorData:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return read_vendor_data(path)


@pytest.mark.parametrize(
    "kit",
    [
        KIT,
        {"config": KIT},
        {**KIT, "payloads": {"ProductOrder": {"post": ORDER, "patch": {"description": "patched"}}}},
        {**KIT, "payloads": {"productOrder": {"POST": {"payload": json.dumps(ORDER)}, "PATCH": {}}}},
    ],
    ids=["as published", "wrapped", "without payload", "as text"],
)
def test_the_configuration_of_a_kit_is_read_as_it_is(kit: Any, tmp_path: Path) -> None:
    data = read(tmp_path, kit, "config.json")
    assert data.url == KIT["url"]
    # what requests say for themselves is theirs
    assert data.headers == {"Authorization": "Bearer kit-s3cr3t", "X-Tenant": "7"}
    assert data.for_api(standard_contract("TMF622")).create("productOrder") == ORDER


def test_what_is_said_of_a_version_counts_before_what_is_said_of_all(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        """
        resources: {productOrder: {ids: [1, 2], create: {requestedStartDate: 2031-01-05T10:00:00Z}}}
        apis: {TMF622.v5: {productOrder: {ids: [5]}}, TMF622: {cancelProductOrder: {ids: [c]}}}
        """,
        "data.yaml",
    )
    four, five = (data.for_api(standard_contract("TMF622", line)) for line in (4, 5))
    assert four.ids("productOrder") == ["1", "2"]
    assert four.create("productOrder") == {"requestedStartDate": "2031-01-05T10:00:00Z"}
    assert five.ids("productOrder") == ["5"]
    assert five.ids("cancelProductOrder") == ["c"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[1]", "holds no data document"),
        ("{", "is not JSON"),
        ({"orders": {}}, "orders: there is no such key; there are offerings, places"),
        (
            {"resources": {"productOrder": {"post": {}}}},
            "resources.productOrder.post: there is no such key; there are create, patch, ids, charact",
        ),
        ({"resources": {"productOrder": {"create": [1]}}}, "resources.productOrder.create: input should be"),
        ({"resources": {"productOrder": {"ids": [""]}}}, "productOrder.ids.0: string should have"),
        ({"payloads": {"ProductOrder": 1}}, "payloads.ProductOrder: write it as"),
        (
            {"payloads": {"ProductOrder": {"POST": {"payload": "{"}}}},
            "payloads.ProductOrder.POST.payload: this text is no JSON",
        ),
        (
            {"payloads": {"ProductOrder": {"POST": {"payload": [1]}}}},
            "payloads.ProductOrder.POST.payload: a payload is an object",
        ),
        ({"payloads": {}, "url": 1}, "url: it is a text"),
        ({"payloads": {}, "headers": ["x"]}, "headers: write them as"),
        ({"payloads": {}, "headers": {"A": None}}, "headers.A: write the value as text"),
        ({"payloads": {}, "headers": {"A": True}}, "headers.A: write the value as text"),
        ({"payloads": {}, "headers": {"A b": "x"}}, "headers: 'A b' is no header name"),
        ({"payloads": {}, "headers": {"A": "x\ny"}}, "headers: the value of A has characters that no header"),
        ({"payloads": {}, "headers": {"A": "Zoë"}}, "headers: the value of A has characters that no header"),
        ({"url": "http://x"}, "payloads: the configuration of a conformance kit has them as"),
        ({"payloads": []}, "payloads: the configuration of a conformance kit has them as"),
        ({"offerings": ["x"]}, "offerings: input should be an object, {key: value}"),
        ('{"resources": {"product": {"create": {"a": [0, NaN]}}}}', "product.create.a.1: JSON, in which"),
        ('{"resources": {"product": {"create": {"a": "\\ud800"}}}}', "product.create.a: the text has half a"),
    ],
)
def test_a_mistake_is_told_in_one_line(content: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as mistake:
        read(tmp_path, content)
    assert told in str(mistake.value)
    assert str(tmp_path / "data.json") in str(mistake.value)
    assert "\n" not in str(mistake.value)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"resources": {"prodctOrder": {}}}, "resources.prodctOrder: there is no such resource"),
        ({"apis": {"TMF666": {}}}, "apis.TMF666: there is no such API"),
        ({"apis": {"TMF622.v9": {}}}, "apis.TMF622.v9: there is no such API"),
        ({"apis": {"TMF622": {"order": {}}}}, "apis.TMF622.order: there is no such resource"),
        ({"apis": {"TMF622": {"product": {}}}}, "apis.TMF622.product: there is no such resource"),
        ({"payloads": {"ProdctOrder": {}}}, "payloads.prodctOrder: there is no such resource"),
        ({"resources": {"service": {}}}, None),
        ({"apis": {"TMF638": {"service": {}}}}, None),
    ],
)
def test_resources_that_do_not_exist_are_told(said: dict[str, Any], told: str | None, tmp_path: Path) -> None:
    data = read(tmp_path, said)
    if told is None:
        data.check([standard_contract("TMF622")])
        return
    with pytest.raises(DataError, match=told):
        data.check([standard_contract("TMF622")])


def mounted(folder: Path, url: str, said: Any, api: str = "TMF622") -> MountedApi:
    read(folder, said)
    entry = {"api": api, "version": 4, "url": url}
    return mount(validated({"apis": [entry], "data": "data.json"}, "", folder))[0]


def test_headers_of_a_kit_log_in_and_are_secret(tmp_path: Path) -> None:
    api = mounted(tmp_path, "http://127.0.0.1:1/x", KIT)
    assert api.connection.headers["Authorization"] == "Bearer kit-s3cr3t"
    assert "Accept" not in api.connection.headers
    assert {"Bearer kit-s3cr3t", "kit-s3cr3t"} <= api.secrets


def test_headers_of_a_kit_are_sent_to_its_own_host_alone(tmp_path: Path) -> None:
    read(tmp_path, KIT)
    entries = [
        {"api": "TMF622", "url": "http://127.0.0.1:2/x"},
        {"api": "TMF620", "url": "http://elsewhere.example/y"},
    ]
    own, foreign = mount(validated({"apis": entries, "data": "data.json"}, "", tmp_path))
    assert "Authorization" in own.connection.headers
    assert "Authorization" not in foreign.connection.headers


@pytest.fixture
def talk(tmp_path: Path, contract: Contract) -> Iterator[Any]:
    """An `Api` of a vendor who has said something: `talk(said, api="TMF622")`."""
    made: list[Client] = []

    def make(said: Any, api: str = "TMF622") -> Api:
        mount = mounted(tmp_path, "http://127.0.0.1:1/x", said, api)
        recorder = Recorder()
        made.append(Client(mount.contract, Connection("http://127.0.0.1:1/x"), recorder))
        talking = Api(made[-1], Sink(recorder, "127.0.0.1"))
        talking.data = mount.data
        return talking

    yield make
    for client in made:
        client.close()


def test_the_vendors_payload_is_sent_where_any_body_will_do(talk: Any, contract: Contract) -> None:
    api: Api = talk({"resources": {"productOrder": {"create": ORDER, "patch": {"description": "new"}}}})
    order = contract.resources["productOrder"]
    assert api.payload(order) == ORDER
    api.payload(order)["productOrderItem"].clear()
    assert api.payload(order) == ORDER, "each body is a new one"
    assert api.minimal_payload(order) == {"productOrderItem": ORDER["productOrderItem"]}
    assert api.full_payload(order)["productOrderItem"] == ORDER["productOrderItem"]


def test_bodies_refer_to_what_the_vendor_says_exists(talk: Any) -> None:
    api: Api = talk(
        {
            "offerings": {"single": {"id": "fibre-500", "name": "Fibre"}},
            "customer": {"id": "anna", "@referredType": "Individual"},
            "resources": {
                "productOrder": {"ids": ["mine"], "characteristics": {"speed": 500, "colour": "red"}}
            },
        }
    )
    resources = api.contract.resources
    item = api.payload(resources["productOrder"])["productOrderItem"][0]
    assert item["productOffering"]["id"] == "fibre-500"
    full = api.full_payload(resources["productOrder"])
    assert full["relatedParty"][0] | {"id": "anna", "@referredType": "Individual"} == full["relatedParty"][0]
    product = full["productOrderItem"][0]["product"]
    named = [(each["name"], each["value"]) for each in product["productCharacteristic"]]
    assert named == [("speed", 500), ("colour", "red")]


def results(mount: MountedApi, *only: str) -> list[Result]:
    return judge(Order([mount], only=only)).results


def choosy(request: Request) -> Any:
    """A vendor who takes orders of known offerings only, and says so with 400."""
    if request.method != "POST" or not request.path.endswith("/productOrder"):
        return "as usual"
    items = (request.json or {}).get("productOrderItem") if isinstance(request.json, dict) else None
    known = isinstance(items, list) and bool(items)
    known = known and all(
        isinstance(each, dict) and each.get("productOffering", {}).get("id") == "fibre-500"
        for each in items or ()
    )
    return "as usual" if known else response(400, {"code": "1", "reason": "no such product offering"})


def test_a_vendor_who_knows_their_offerings_is_judged_fairly(tmp_path: Path) -> None:
    item = {"id": "1", "action": "add", "productOffering": {"id": "fibre-500"}}
    said = {"resources": {"productOrder": {"create": {"productOrderItem": [item]}}}}
    with shelf(choosy) as (orders, _):
        without = results(mounted(tmp_path, orders.url, {}), "retrieve.created")
        assert any(each.outcome is not Outcome.passed for each in without)
        judged = results(
            mounted(tmp_path, orders.url, said),
            "retrieve.created",
            "create.mandatory-suffices",
        )
    orders_alone = [each for each in judged if each.resource == "productOrder"]
    assert {each.outcome for each in orders_alone} <= {Outcome.passed, Outcome.skipped}
    assert Outcome.passed in {each.outcome for each in orders_alone if each.check == "retrieve.created"}


def test_what_exists_is_looked_at_where_nothing_can_be_created(tmp_path: Path) -> None:
    def closed(request: Request) -> Any:
        if request.method == "POST":
            return response(403, {"code": "1", "reason": "not here"})
        if request.path.endswith("/productOrder/known-1"):
            return response(200, {"id": "known-1", "href": request.path, "state": "completed"})
        return response(404, {"code": "1", "reason": "unknown"})

    said = {"resources": {"productOrder": {"ids": ["known-1"]}}}
    with shelf(closed) as (orders, server):
        found = results(mounted(tmp_path, orders.url, said), "retrieve.created")
        assert [each.outcome for each in found if each.resource == "productOrder"] == [Outcome.passed]
        assert any(request.path.endswith("known-1") for request in server.requests)
        gone = {"resources": {"productOrder": {"ids": ["known-2"]}}}
        found = results(mounted(tmp_path, orders.url, gone), "retrieve.created")
    order = next(each for each in found if each.resource == "productOrder")
    assert order.outcome is Outcome.error
    assert "the data name productOrder known-2" in order.message
