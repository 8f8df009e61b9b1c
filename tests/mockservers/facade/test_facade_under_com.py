"""The facade in the place of the reference service activation: the COM does not notice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from facade_stage import PACE, staged

from tmfrig.mockservers.running import serving

CUSTOMER = {"id": "keller-anna", "role": "customer", "@type": "RelatedParty", "@referredType": "Individual"}


def test_a_product_is_sold_suspended_and_terminated(tmp_path: Path) -> None:
    apis = ("TMF620", "TMF622", "TMF633", "TMF637")
    with (
        staged(tmp_path) as stage,
        serving(apis, dataset="telco", com=True, externals=stage.urls, pace=PACE) as rig,
    ):

        def ordered(action: str, **wanted: Any) -> dict[str, Any]:
            item = {"id": "1", "action": action, **wanted}
            body = {"productOrderItem": [item], "relatedParty": [CUSTOMER]}
            answer = stage.http.post(f"{rig['TMF622']}/productOrder", json=body)
            assert answer.status_code == 201, answer.text
            return stage.until(answer.json(), "completed")

        order = ordered("add", productOffering={"id": "fibre-500"})
        assert {each["state"] for each in stage.services()} == {"active"}
        query = {"productOrderItem.productOrderId": order["id"]}
        (product,) = stage.http.get(f"{rig['TMF637']}/product", params=query).json()
        stage.when(product, lambda body: body["status"] == "active")
        ordered("modify", product={"id": product["id"], "status": "suspended"})
        stage.when(product, lambda body: body["status"] == "suspended")
        assert "inactive" in {each["state"] for each in stage.services()}
        ordered("delete", product={"id": product["id"]})
        stage.when(product, lambda body: body["status"] == "terminated")
        assert {each["state"] for each in stage.services()} == {"terminated"}
