"""Orders that are carried out among neighbours of which one, or all, speak version 5."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from mock_waiting import eventually

from tmfrig.mockservers.com import companion
from tmfrig.mockservers.running import serving
from tmfrig.specs import standard_contract

Json = dict[str, Any]
PACE = 0.02
HAVING_VERSION_5 = ("TMF620", "TMF622", "TMF637", "TMF638")
ELSEWHERE = [*((api,) for api in HAVING_VERSION_5), HAVING_VERSION_5]
FINAL = {"completed", "failed", "partial", "cancelled", "rejected"}
TYPES = {bool: "BooleanCharacteristic", int: "IntegerCharacteristic", str: "StringCharacteristic"}
FIBRE = {"downstreamSpeed": 500, "upstreamSpeed": 100, "ipVersion": "dual-stack"}


@dataclass(frozen=True)
class Rig:
    """A COM, activation and what else is here, with some APIs elsewhere; all resources by version 5."""

    http: httpx2.Client
    urls: Mapping[str, str]

    def order(self, *items: Json, external_id: str = "shop-1") -> str:
        """Place an order: its URL."""
        party = {"@type": "PartyRef", "id": "keller-anna", "name": "Anna", "@referredType": "Individual"}
        related = {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "customer",
            "partyOrPartyRole": party,
        }
        body = {
            "@type": "ProductOrder",
            "externalId": [{"@type": "ExternalIdentifier", "id": external_id, "owner": "shop"}],
            "productOrderItem": list(items),
            "relatedParty": [related],
        }
        answer = self.http.post(self.urls["TMF622"] + "/productOrder", json=body)
        assert answer.status_code in (201, 202), answer.text
        return str(answer.headers["location"])

    def shown(self, href: str) -> Json:
        """A resource, where it is there."""
        answer = self.http.get(href)
        body: Json = answer.json() if answer.status_code == 200 else {}
        return body

    def ended(self, href: str) -> Json:
        """An order, once it is at an end."""
        return eventually(lambda: shown if (shown := self.shown(href)).get("state") in FINAL else None)  # type: ignore[return-value]

    def completed(self, *items: Json) -> Json:
        """An order that was carried out."""
        order = self.ended(self.order(*items))
        assert order["state"] == "completed", order
        assert {each["state"] for each in order["productOrderItem"]} == {"completed"}
        assert order["completionDate"]
        self.keeps_the_contract("TMF622", "productOrder", order)
        return order

    def every(self, api: str, resource: str) -> list[Json]:
        """All resources of a type."""
        found: list[Json] = self.http.get(f"{self.urls[api]}/{resource}", params={"limit": "1000"}).json()
        return found

    def products_of(self, order: Json) -> list[Json]:
        """What an order brought."""
        found = [
            each
            for each in self.every("TMF637", "product")
            if any(item.get("orderId") == order["id"] for item in each.get("productOrderItem", ()))
        ]
        for each in found:
            self.keeps_the_contract("TMF637", "product", each)
        return found

    def services_behind(self, products: list[Json]) -> list[Json]:
        """The services that realise products, and those on which they rely."""
        services = {each["id"]: each for each in self.every("TMF638", "service")}
        facing = [services[ref["id"]] for each in products for ref in each.get("realizingService", ())]
        below = [services[ref["id"]] for each in facing for ref in each.get("supportingService", ())]
        for each in [*facing, *below]:
            self.keeps_the_contract("TMF638", "service", each)
        return [*facing, *below]

    def product(self, identifier: str) -> Json:
        """A product."""
        return self.shown(f"{self.urls['TMF637']}/product/{identifier}")

    def keeps_the_contract(self, api: str, resource: str, body: Json) -> None:
        """Whether it is what version 5 asks for."""
        assert standard_contract(api, 5).resources[resource].representation.problems(body) == []


@contextmanager
def rig(http: httpx2.Client, elsewhere: tuple[str, ...], **options: Any) -> Iterator[Rig]:
    """A COM and activation here, and some APIs, in version 5 only, on another port."""
    here = [api for api in (*HAVING_VERSION_5, "TMF633", "TMF641") if api not in elsewhere]
    with serving(elsewhere, lines=(5,), dataset="telco", com="none", pace=PACE, **options) as theirs:
        externals = {api: theirs[api] for api in elsewhere}
        with serving(here, lines=(4, 5), dataset="telco", com=True, externals=externals, pace=PACE) as ours:
            urls = {api: ours.get(f"{api}.v5") or theirs[api] for api in HAVING_VERSION_5}
            urls["COM"] = ours["COM"]
            yield Rig(http, urls)


@pytest.fixture(scope="module", params=ELSEWHERE, ids="+".join)
def among(request: pytest.FixtureRequest, http: httpx2.Client) -> Iterator[Rig]:
    with rig(http, request.param) as found:
        yield found


def characteristics(values: Mapping[str, Any]) -> list[Json]:
    return [{"@type": TYPES[type(value)], "name": name, "value": value} for name, value in values.items()]


def item(action: str, number: str = "1", /, offering: str = "", **product: Any) -> Json:
    body: Json = {"@type": "ProductOrderItem", "id": number, "action": action}
    if offering:
        body["productOffering"] = {"@type": "ProductOfferingRef", "id": offering}
    return body | {"product": {"@type": "Product", **product}}


def fibre() -> Json:
    return item("add", offering="fibre-500", productCharacteristic=characteristics(FIBRE))


def value_of(product: Json, name: str) -> Any:
    return next(each["value"] for each in product["productCharacteristic"] if each["name"] == name)


def test_a_single_offering_is_delivered(among: Rig) -> None:
    order = among.completed(fibre())
    assert order["externalId"] == [{"@type": "ExternalIdentifier", "id": "shop-1", "owner": "shop"}]
    (product,) = among.products_of(order)
    assert (product["name"], product["status"]) == ("Fibre 500", "active")
    assert value_of(product, "downstreamSpeed") == 500
    assert product["relatedParty"][0]["partyOrPartyRole"]["id"] == "keller-anna"
    services = among.services_behind([product])
    assert {(each["name"], each["state"]) for each in services} == {
        ("Fibre broadband", "active"),
        ("Fibre access line", "active"),
    }


def test_a_bundle_is_delivered_with_its_parts(among: Rig) -> None:
    order = among.completed(item("add", offering="home-bundle"))
    products = among.products_of(order)
    assert {each["status"] for each in products} == {"active"}
    (whole,) = (each for each in products if each["isBundle"])
    parts = {each["id"]: each["name"] for each in products if not each["isBundle"]}
    assert {each["id"] for each in whole["productRelationship"]} == parts.keys()
    assert sorted(parts.values()) == ["Fibre 500", "Home voice", "TV"]
    assert {each["state"] for each in among.services_behind(products)} == {"active"}


def test_a_product_is_changed_suspended_resumed_and_terminated(among: Rig) -> None:
    product = among.products_of(among.completed(fibre()))[0]["id"]
    among.completed(item("modify", id=product, productCharacteristic=characteristics({"ipVersion": "IPv6"})))
    assert value_of(among.product(product), "ipVersion") == "IPv6"
    assert value_of(among.product(product), "downstreamSpeed") == 500
    among.completed(item("modify", id=product, status="suspended"))
    assert among.product(product)["status"] == "suspended"
    among.completed(item("modify", id=product, status="active"))
    assert among.product(product)["status"] == "active"
    among.completed(item("delete", id=product))
    ended = among.product(product)
    assert ended["status"] == "terminated"
    assert ended["terminationDate"]
    assert "terminated" in {each["state"] for each in among.services_behind([ended])}


def test_an_order_is_cancelled_while_it_is_carried_out(among: Rig) -> None:
    href = among.order(fibre(), external_id="shop-2~slow:30")
    eventually(lambda: among.shown(href).get("state") == "inProgress")
    body = {
        "@type": "CancelProductOrder",
        "productOrder": {"@type": "ProductOrderRef", "id": among.shown(href)["id"]},
    }
    answer = among.http.post(among.urls["TMF622"] + "/cancelProductOrder", json=body)
    assert answer.status_code == 201, answer.text
    order = among.ended(href)
    assert order["state"] == "cancelled"
    task = answer.headers["location"]
    eventually(lambda: among.shown(task)["state"] == "done")
    assert among.shown(task)["effectiveCancellationDate"]
    assert {each["status"] for each in among.products_of(order)} <= {"cancelled"}
    assert "active" not in {each["state"] for each in among.services_behind(among.products_of(order))}


def test_an_order_that_cannot_be_carried_out_fails(among: Rig) -> None:
    href = among.order(fibre(), external_id="shop-3~fail@reserved")
    order = among.ended(href)
    assert order["state"] == "failed"
    assert order["note"][-1]["text"]
    assert {each["status"] for each in among.products_of(order)} <= {"aborted"}


def test_a_draft_waits_for_its_customer(http: httpx2.Client) -> None:
    with rig(http, ("TMF622",)) as found:
        draft = http.post(
            found.urls["TMF622"] + "/productOrder",
            json={"@type": "ProductOrder", "requestedInitialState": "draft", "productOrderItem": [fibre()]},
        ).json()
        # what was ordered later is done, and the draft is still one
        found.completed(fibre())
        assert found.shown(draft["href"])["state"] == "draft"


def test_neighbours_may_promise_what_they_do_later(http: httpx2.Client) -> None:
    with rig(http, HAVING_VERSION_5, answers="async") as found:
        order = found.completed(fibre())
        (product,) = found.products_of(order)
        assert product["status"] == "active"
        found.completed(item("delete", id=product["id"]))
        assert found.product(product["id"])["status"] == "terminated"


def test_what_neighbours_notify_of_is_understood(
    http: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # who does not look round now and then has nothing but what is heard
    monkeypatch.setattr(companion, "LEAST_BETWEEN_SWEEPS", 3600.0)
    with rig(http, HAVING_VERSION_5) as found:
        products = found.products_of(found.completed(fibre()))
        service = found.services_behind(products)[0]
        answer = http.patch(service["href"], json={"@type": "Service", "state": "terminated"})
        assert answer.status_code == 200, answer.text
        findings = found.urls["COM"] + "/reconciliationFinding"
        finding = eventually(lambda: next(iter(http.get(findings).json()), None))
        assert finding["service"]["id"] == service["id"]
        assert finding["product"]["id"] == products[0]["id"]
