"""Reconciliation jobs, and findings on events: drift is found, explained, corrected and audited."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from com_stage import Json, Stage, add, bundle, odd_service, on, staged, told
from mock_waiting import eventually


@pytest.fixture
def fresh() -> Iterator[Stage]:
    """A stage on which nothing has drifted yet: a job sees everything."""
    with staged() as own:
        yield own


def about(service: Json) -> Json:
    """The scope of a job that looks at one service and what it realises."""
    return {"service": {"id": service["id"]}}


def held(stage: Stage, offering: str = "mobile-s") -> tuple[Json, Json]:
    """A product that a customer has, and the service behind it."""
    order = stage.order(add("1", offering))
    stage.ended(order, "completed")
    (product,) = stage.products(order)
    return product, stage.service(product["realizingService"][0]["id"])


def audit(finding: Json) -> list[str]:
    return [each["what"] for each in finding["audit"]]


def test_where_all_agrees_nothing_is_found(fresh: Stage) -> None:
    held(fresh)
    fresh.ended(fresh.order(bundle(), script="~fail:television"), "failed")
    for policy in ("report", "correct"):
        job, findings = fresh.reconcile(policy)
        assert (job["state"], job["findings"], job["corrected"], findings) == ("done", 0, 0, [])
        assert job["completionDate"] >= job["creationDate"]


def test_what_an_order_is_changing_is_not_judged(fresh: Stage) -> None:
    orders = [
        fresh.order(bundle(), script="~hang@active:fibre-broadband"),
        fresh.order(add("1", "mobile-s"), script="~hang@active:mobile-line"),
    ]
    eventually(lambda: all(fresh.products(each) for each in orders))
    change = fresh.order(on("1", "modify", "keller-tv", status="suspended"), script="~hang")
    eventually(lambda: fresh.service_orders(change))
    fresh.patch(fresh.service("keller-television"), state="inactive")
    job, findings = fresh.reconcile("correct")
    assert (job["findings"], findings) == (0, [])


def test_a_state_that_differs_is_reported_and_nothing_is_changed(stage: Stage) -> None:
    product, service = held(stage)
    stage.patch(service, state="inactive")
    job, (finding,) = stage.reconcile("report", **about(service))
    assert (job["findings"], job["corrected"]) == (1, 0)
    assert finding["kind"] == "stateDrift"
    assert (finding["service"]["id"], finding["product"]["id"]) == (service["id"], product["id"])
    assert finding["explanation"] == (
        f"The product Mobile S ({product['id']}) is active, but its service {service['id']} is inactive."
    )
    assert finding["correction"] == {"state": "proposed", "what": "record the product as suspended"}
    assert stage.product(product["id"])["status"] == "active"
    assert audit(finding)[-1] in ("found", "seen again")


def test_a_state_that_differs_is_corrected_and_audited(stage: Stage) -> None:
    product, service = held(stage)
    stage.patch(service, state="inactive")
    job, (finding,) = stage.reconcile("correct", **about(service))
    assert (job["findings"], job["corrected"]) == (1, 1)
    assert finding["correction"]["state"] == "done"
    assert stage.product(product["id"])["status"] == "suspended"
    assert audit(finding)[-1] == "corrected: record the product as suspended"
    assert all(each["by"] == "COM" and each["time"] for each in finding["audit"])
    stage.patch(service, state="active")
    stage.patch(service, state="terminated")
    stage.reconcile("correct", **about(service))
    assert stage.product(product["id"])["status"] == "terminated"
    assert stage.reconcile(**about(service))[0]["findings"] == 0


def test_a_characteristic_that_differs(stage: Stage) -> None:
    product, service = held(stage)
    changed = [
        each | {"value": 100} if each["name"] == "dataVolume" else each
        for each in service["serviceCharacteristic"]
    ]
    stage.patch(service, serviceCharacteristic=changed)
    _, (finding,) = stage.reconcile("report", **about(service))
    assert (finding["kind"], finding["expected"], finding["actual"]) == (
        "characteristicDrift",
        "dataVolume 100",
        "dataVolume 5",
    )
    stage.reconcile("correct", **about(service))
    recorded = told(stage.product(product["id"]))
    assert (recorded["dataVolume"], recorded["simType"]) == (100, "eSIM")


def test_a_product_that_is_missing_is_recorded_once(stage: Stage) -> None:
    product, service = held(stage)
    stage.delete(product)
    _, (finding,) = stage.reconcile("report", **about(service))
    assert (finding["kind"], finding["service"]["id"]) == ("missingProduct", service["id"])
    assert finding["order"]["id"] == product["productOrderItem"][0]["productOrderId"]
    for _ in range(2):
        stage.reconcile("correct", **about(service))
    (again,) = stage.products({"id": finding["order"]["id"]})
    assert again["status"] == "active"
    assert [each["id"] for each in again["realizingService"]] == [service["id"]]
    assert again["relatedParty"] == product["relatedParty"]


def test_a_product_whose_order_is_gone_cannot_be_recorded(stage: Stage) -> None:
    product, service = held(stage)
    order = {"id": product["productOrderItem"][0]["productOrderId"]}
    stage.delete({"href": f"{stage.urls['TMF622']}/productOrder/{order['id']}"})
    stage.delete(product)
    job, (finding,) = stage.reconcile("correct", **about(service))
    assert (job["findings"], job["corrected"]) == (1, 0)
    assert finding["correction"]["state"] == "failed"
    assert audit(finding)[-1] == f"not corrected: the order {order['id']} is not there any more"


def test_a_service_that_nobody_explains_is_taken_down_by_an_order(stage: Stage) -> None:
    below = stage.create("TMF638", "service", odd_service(category="RFS"))
    orphan = stage.create(
        "TMF638",
        "service",
        odd_service(supportingService=[{"id": below["id"]}]),
    )
    job, (finding,) = stage.reconcile("correct", **about(orphan))
    assert (finding["kind"], finding["service"]["id"]) == ("orphanService", orphan["id"])
    assert (job["findings"], job["corrected"]) == (1, 1)
    # service inventory is not ours to write: activation has done that
    ordered = stage.one("TMF641", "serviceOrder", finding["correction"]["serviceOrder"]["id"])
    assert ordered["state"] == "completed"
    assert ordered["externalId"] == f"reconciliation-{finding['id']}"
    assert [stage.service(each["id"])["state"] for each in (orphan, below)] == ["terminated", "terminated"]
    assert stage.reconcile(**about(orphan))[0]["findings"] == 0


def test_a_job_looks_at_what_it_is_about_only(stage: Stage) -> None:
    pairs = [held(stage), held(stage)]
    for _, service in pairs:
        stage.patch(service, state="inactive")
    (first, first_service), (second, second_service) = pairs
    job, (finding,) = stage.reconcile(product={"id": first["id"]})
    assert (job["findings"], finding["product"]["id"]) == (1, first["id"])
    job, (finding,) = stage.reconcile(service={"id": second_service["id"]})
    assert (job["findings"], finding["product"]["id"]) == (1, second["id"])
    job, findings = stage.reconcile(
        "correct", product={"id": first["id"]}, service={"id": first_service["id"]}
    )
    assert (job["corrected"], len(findings)) == (1, 1)
    assert [stage.product(each["id"])["status"] for each in (first, second)] == ["suspended", "active"]
    assert stage.reconcile(product={"id": "nobody"})[0]["findings"] == 0


def test_the_same_difference_is_one_finding(stage: Stage) -> None:
    _, service = held(stage)
    stage.patch(service, state="inactive")
    found = [stage.reconcile(**about(service))[1][0] for _ in range(3)]
    assert len({each["id"] for each in found}) == 1
    assert audit(found[-1]).count("seen again") >= 2
    assert len(stage.find("COM", "reconciliationFinding", **{"service.id": service["id"]})) == 1


def test_what_contradicts_the_record_is_found_on_the_event(stage: Stage) -> None:
    product, service = held(stage)
    stage.patch(service, state="inactive")
    query = {"service.id": service["id"]}
    (finding,) = eventually(lambda: stage.find("COM", "reconciliationFinding", **query))
    assert (finding["kind"], finding["product"]["id"]) == ("stateDrift", product["id"])
    assert audit(finding)[0] == "found on an event"
    assert finding["correction"]["state"] == "proposed"
    assert stage.product(product["id"])["status"] == "active"
    # the next job takes it up
    job, (again,) = stage.reconcile("correct", **about(service))
    assert (again["id"], again["job"]["id"], again["correction"]["state"]) == (
        finding["id"],
        job["id"],
        "done",
    )


def test_a_job_that_cannot_see_says_so() -> None:
    with staged(externals={"TMF638": "http://127.0.0.1:9/serviceInventory/v4"}, patience=5) as stage:
        job, findings = stage.reconcile()
        assert (job["state"], findings) == ("failed", [])
        assert "TMF638 did not answer" in job["message"]


def test_a_correction_that_is_refused_says_so(stage: Stage) -> None:
    orphan = stage.create("TMF638", "service", odd_service())
    job = stage.create("COM", "reconciliationJob", {"policy": "correct", **about(orphan)})
    # somebody else was faster
    stage.delete(orphan)
    done = stage.when(job, lambda body: body["state"] in ("done", "failed"))
    assert done["state"] == "done"
    for each in stage.find("COM", "reconciliationFinding", **{"job.id": job["id"]}):
        assert each["correction"]["state"] in ("failed", "done")
