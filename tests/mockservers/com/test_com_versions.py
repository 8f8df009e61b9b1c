"""Orders of another version of the API than the one that the COM speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from com_stage import CUSTOMER, Json, Stage, add, staged
from mock_waiting import eventually

from tmfrig.specs import standard_contract


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Both versions side by side: the COM speaks the older one."""
    with staged(lines=(4, 5)) as shared:
        yield shared
        shared.check()


def v5(urls: Mapping[str, str], api: str) -> str:
    return next(url for key, url in urls.items() if key.startswith(f"{api}.v5"))


def ordered(stage: Stage, *items: Json, **more: Any) -> Json:
    """An order of version 5."""
    body = {
        "@type": "ProductOrder",
        "productOrderItem": [{"@type": "ProductOrderItem", **each} for each in items],
        "relatedParty": [
            {
                "@type": "RelatedPartyRefOrPartyRoleRef",
                "role": "customer",
                "partyOrPartyRole": {"@type": "PartyRef", **CUSTOMER},
            }
        ],
        **more,
    }
    answer = stage.http.post(f"{v5(stage.urls, 'TMF622')}/productOrder", json=body)
    assert answer.status_code == 201, answer.text
    created: Json = answer.json()
    return created


def offering(name: str) -> Json:
    return {"@type": "ProductOfferingRef", "id": name}


def products(stage: Stage, order: Json) -> list[Json]:
    """The products of an order in version 5."""
    query = {"productOrderItem.orderId": order["id"], "limit": "500"}
    found: list[Json] = stage.http.get(f"{v5(stage.urls, 'TMF637')}/product", params=query).json()
    return found


def test_an_order_of_version_5_is_carried_out(stage: Stage) -> None:
    order = ordered(stage, {"id": "1", "action": "add", "productOffering": offering("fibre-500")})
    done = stage.reaches(order, "completed")
    contract = standard_contract("TMF622", 5).resources["productOrder"]
    assert contract.representation.problems(done) == []
    assert [each["state"] for each in done["productOrderItem"]] == ["completed"]
    (product,) = products(stage, order)
    assert product["status"] == "active"
    assert standard_contract("TMF637", 5).resources["product"].representation.problems(product) == []
    assert product["realizingService"]


def test_a_draft_is_left_alone_until_it_is_submitted(stage: Stage) -> None:
    item = {"id": "1", "action": "add", "productOffering": offering("mobile-s")}
    draft = ordered(stage, item, requestedInitialState="draft")
    assert draft["state"] == "draft"
    # another order goes all its way meanwhile
    other = ordered(stage, item)
    stage.reaches(other, "completed")
    assert stage.get(draft) == draft
    assert stage.find("COM", "orchestration", **{"order.id": draft["id"]}) == []
    answer = stage.http.patch(draft["href"], json={"@type": "ProductOrder", "state": "acknowledged"})
    assert answer.status_code == 200, answer.text
    stage.reaches(draft, "completed")


def test_an_order_of_version_5_is_cancelled(stage: Stage) -> None:
    items = [add("1", "fibre-100"), add("2", "mobile-l")]
    order = stage.order(*items, script="~hang")
    newer = f"{v5(stage.urls, 'TMF622')}/productOrder/{order['id']}"
    eventually(lambda: stage.services(order))
    task = stage.http.post(
        f"{v5(stage.urls, 'TMF622')}/cancelProductOrder",
        json={
            "@type": "CancelProductOrder",
            "productOrder": {"@type": "ProductOrderRef", "id": order["id"]},
            "cancellationReason": "changed my mind",
        },
    )
    assert task.status_code == 201, task.text
    done = stage.when(task.json(), lambda body: body["state"] == "done")
    assert "effectiveCancellationDate" in done
    assert stage.get({"href": newer})["state"] == stage.get(order)["state"] == "cancelled"


def test_an_order_of_version_5_that_cannot_be_carried_out(stage: Stage) -> None:
    order = ordered(stage, {"id": "1", "action": "add", "productOffering": offering("dsl-50")})
    failed = stage.reaches(order, "failed")
    assert [each["text"] for each in failed["note"]] == [
        "Line 1: DSL 50 is not on sale: its lifecycle status is Retired."
    ]
    assert standard_contract("TMF622", 5).resources["productOrder"].representation.problems(failed) == []


def test_an_existing_product_is_suspended_through_version_5(stage: Stage) -> None:
    product = {"@type": "Product", "id": "favre-mobile-1", "status": "suspended"}
    order = ordered(stage, {"id": "1", "action": "modify", "product": product})
    stage.reaches(order, "completed")
    found = stage.http.get(f"{v5(stage.urls, 'TMF637')}/product/favre-mobile-1").json()
    assert found["status"] == "suspended"
