"""Service orders through the facade: what TMF641 and TMF638 tell of PROVEX's days and nights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from facade_stage import NEVER, Stage, add, on, relying_on, staged
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.mockservers.facade.copybook import LineRecord, LineState
from tmfrig.specs import standard_contract


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("provex")) as running:
        yield running


@pytest.fixture
def sleepless(tmp_path: Path) -> Iterator[Stage]:
    """A PROVEX whose night does not come: orders get as far as the exchange and stay there."""
    with staged(tmp_path, night=NEVER) as running:
        yield running


def states(heard: list[dict[str, Any]], kind: str) -> list[str]:
    return [each["event"][kind]["state"] for each in heard if "StateChange" in each["eventType"]]


def test_an_added_service_walks_the_published_lifecycle(tmp_path: Path) -> None:
    # days of several paces, so that the facade sees each of PROVEX's states
    with staged(tmp_path, day=0.15, night=0.5) as stage, listening() as listener:
        for api in ("TMF641", "TMF638"):
            stage.http.post(f"{stage.urls[api]}/hub", json={"callback": listener.url})
        order = stage.order(
            add("1.1", name="Access", category="RFS"),
            relatedParty=[
                {"id": "c", "role": "customer", "@type": "RelatedParty", "@referredType": "Customer"}
            ],
        )
        assert order["state"] == "acknowledged"
        done = stage.until(order, "completed")
        (item,) = done["serviceOrderItem"]
        assert (item["state"], item["service"]["state"]) == ("completed", "active")
        service = stage.http.get(item["service"]["href"]).json()
        eventually(lambda: states(listener.about(service["id"]), "service")[-1:] == ["active"])
        assert states(listener.about(service["id"]), "service") == [
            "designed", "reserved", "inactive", "active",
        ]  # fmt: skip
        eventually(lambda: states(listener.about(order["id"]), "serviceOrder")[-1:] == ["completed"])
        assert states(listener.about(order["id"]), "serviceOrder") == ["inProgress", "completed"]
    assert service["serviceOrderItem"][0]["serviceOrderId"] == order["id"]
    assert service["relatedParty"][0]["id"] == "c"
    assert (service["hasStarted"], service["isServiceEnabled"]) == (True, True)
    assert {"startDate", "completionDate"} <= done.keys()
    for api, name, body in (("TMF641", "serviceOrder", done), ("TMF638", "service", service)):
        assert standard_contract(api).resources[name].representation.problems(body) == []


def test_what_relies_on_something_comes_after_it_and_goes_before_it(stage: Stage) -> None:
    order = stage.order(relying_on(add("1.1", "broadband", name="Broadband"), "1.2"), add("1.2", name="Line"))
    halfway = stage.when(order, lambda body: body["serviceOrderItem"][1]["state"] == "inProgress")
    assert halfway["serviceOrderItem"][0]["state"] == "acknowledged"
    broadband, line = (each["service"] for each in stage.until(order, "completed")["serviceOrderItem"])
    created = stage.http.get(broadband["href"]).json()
    assert [each["id"] for each in created["supportingService"]] == [line["id"]]
    end = stage.order(relying_on(on(broadband, "delete", "1"), "2"), on(line, "delete", "2"))
    stage.until(end, "completed")
    ends = [stage.http.get(each["href"]).json() for each in (broadband, line)]
    assert [each["state"] for each in ends] == ["terminated", "terminated"]
    assert ends[0]["endDate"] < ends[1]["endDate"]


def test_a_service_is_changed_suspended_resumed_and_terminated(stage: Stage) -> None:
    speed = {"name": "downstreamSpeed", "value": 100}
    colour = {"name": "colour", "value": "blue"}
    service = stage.installed(serviceCharacteristic=[speed, colour])
    faster = speed | {"value": 250}
    changed = stage.order(on(service, "modify", serviceCharacteristic=[faster]))
    stage.until(changed, "completed")
    body = stage.http.get(service["href"]).json()
    assert body["serviceCharacteristic"] == [faster, colour]
    for wanted in ("inactive", "active"):
        done = stage.until(stage.order(on(service, "modify", state=wanted)), "completed")
        assert done["serviceOrderItem"][0]["service"]["state"] == wanted
        assert stage.http.get(service["href"]).json()["isServiceEnabled"] is (wanted == "active")
    stage.until(stage.order(on(service, "modify", state="inactive")), "completed")
    done = stage.until(stage.order(on(service, "delete")), "completed")
    assert done["serviceOrderItem"][0]["service"]["state"] == "terminated"
    assert "endDate" in stage.http.get(service["href"]).json()


def test_two_orders_about_one_line_are_carried_out_one_after_the_other(stage: Stage) -> None:
    service = stage.installed()
    orders = [
        stage.order(on(service, "modify", serviceCharacteristic=[{"name": "speed", "value": each}]))
        for each in (10, 20)
    ]
    for order in orders:
        stage.until(order, "completed")
    assert stage.http.get(service["href"]).json()["serviceCharacteristic"][0]["value"] == 20


def test_nothing_is_ordered_for_an_item_that_changes_nothing(stage: Stage) -> None:
    service = stage.installed()
    known = len(stage.provex.archive)
    stage.until(stage.order(on(service, "noChange")), "completed")
    assert len(stage.provex.archive) == known


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (add("1", None), "110"),
        (add("1", serviceCharacteristic=[{"name": "speed", "value": 9000}]), "130"),
        (add("1", serviceCharacteristic=[{"name": "speed", "value": 10000}]), "untranslatable"),
        (on({"id": "nobody's"}, "delete"), "202"),
        ({"id": "1", "action": "modify", "service": {}}, "202"),
        (relying_on(add("1"), "1"), "dependency"),
    ],
)
def test_a_refusal_is_a_failed_item_with_a_reason(stage: Stage, item: dict[str, Any], code: str) -> None:
    order = stage.until(stage.order(item), "failed")
    (failed,) = order["serviceOrderItem"]
    assert failed["state"] == "failed"
    (message,) = failed["errorMessage"]
    assert message["code"] == code
    assert message["reason"]
    assert "id" not in failed["service"] or item["action"] != "add"


def test_an_order_of_which_a_part_fails_is_partial(stage: Stage) -> None:
    items = (add("1"), add("2", None), relying_on(add("3"), "2"))
    order = stage.until(stage.order(*items), "partial")
    assert [each["state"] for each in order["serviceOrderItem"]] == ["completed", "failed", "failed"]
    reason = order["serviceOrderItem"][2]["errorMessage"][0]["reason"]
    assert reason == "depends on item 2, which failed"


def test_a_later_refusal_takes_the_service_back(tmp_path: Path) -> None:
    with staged(tmp_path, ports=0) as stage:
        order = stage.until(stage.order(add("1")), "failed")
        (message,) = order["serviceOrderItem"][0]["errorMessage"]
        assert (message["code"], message["reason"]) == ("301", "NO PORT FREE AT EXCHANGE")
        assert stage.services() == []


def test_items_below_an_item_are_ordered_too(stage: Stage) -> None:
    whole = add("1", name="whole") | {"serviceOrderItem": [add("1a", name="part")]}
    order = stage.until(stage.order(whole), "completed")
    (item,) = order["serviceOrderItem"]
    assert item["service"]["id"] != item["serviceOrderItem"][0]["service"]["id"]


def test_items_need_ids_of_their_own(stage: Stage) -> None:
    body = {"serviceOrderItem": [add("1"), add("1")]}
    answer = stage.http.post(f"{stage.urls['TMF641']}/serviceOrder", json=body)
    assert answer.status_code == 400
    assert "'1' is used twice" in answer.json()["message"]


def test_a_cancelled_order_leaves_nothing_behind(sleepless: Stage) -> None:
    order = sleepless.order(add("1"), relying_on(add("2"), "1"))
    service = sleepless.when(order, lambda body: body["serviceOrderItem"][0]["service"].get("id"))[
        "serviceOrderItem"
    ][0]["service"]
    with listening() as listener:
        sleepless.http.post(f"{sleepless.urls['TMF641']}/hub", json={"callback": listener.url})
        task = sleepless.until(sleepless.cancel(order, cancellationReason="moved"), "done")
        eventually(lambda: states(listener.about(order["id"]), "serviceOrder")[-1:] == ["cancelled"])
        walked = states(listener.about(order["id"]), "serviceOrder")
    assert walked == ["assessingCancellation", "pendingCancellation", "cancelled"]
    assert "effectiveCancellationDate" in task
    cancelled = sleepless.until(order, "cancelled")
    assert [each["state"] for each in cancelled["serviceOrderItem"]] == ["cancelled", "cancelled"]
    assert (cancelled["cancellationReason"], "cancellationDate" in cancelled) == ("moved", True)
    assert sleepless.provex.lines == {}
    found = sleepless.http.get(service["href"])
    assert found.status_code == 404 or found.json()["state"] == "terminated"


def test_a_service_that_was_built_already_is_terminated(sleepless: Stage) -> None:
    order = sleepless.order(add("1"))
    sleepless.when(order, lambda body: body["serviceOrderItem"][0]["service"].get("state") == "inactive")
    sleepless.until(sleepless.cancel(order), "done")
    (service,) = sleepless.services()
    assert service["state"] == "terminated"


def test_a_cancellation_is_denied_once_an_item_is_completed(stage: Stage) -> None:
    order = stage.order(add("1"), relying_on(add("2"), "1"))
    stage.when(order, lambda body: body["serviceOrderItem"][0]["state"] == "completed")
    task = stage.until(stage.cancel(order), "done")
    assert "effectiveCancellationDate" not in task
    assert task["completionMessage"].startswith("denied")
    stage.until(order, "completed")
    assert len([each for each in stage.services() if _ordered_by(each, order)]) == 2


def test_what_was_withdrawn_in_vain_is_ordered_again(sleepless: Stage) -> None:
    order = sleepless.order(add("1"), add("2"))
    sleepless.when(
        order,
        lambda body: {each["service"].get("state") for each in body["serviceOrderItem"]} == {"inactive"},
    )
    # the night has carried out the second of them, and nobody has read about it yet
    number = max(sleepless.provex.orders)
    sleepless.provex.archive.add(number)
    line = sleepless.provex.orders.pop(number).line
    sleepless.provex.lines[line] = replace(
        sleepless.provex.lines[line], order=number, state=LineState.IN_SERVICE
    )
    task = sleepless.until(sleepless.cancel(order), "done")
    assert "effectiveCancellationDate" not in task
    assert sleepless.http.get(order["href"]).json()["state"] == "inProgress"
    eventually(lambda: "30" in {each.state for each in sleepless.provex.orders.values()})
    sleepless.room.night_run()
    sleepless.until(order, "completed")
    assert [each["state"] for each in sleepless.services()] == ["active", "active"]


def test_all_who_ask_for_a_cancellation_are_answered(sleepless: Stage) -> None:
    order = sleepless.order(add("1"))
    sleepless.until(order, "inProgress")
    tasks = [sleepless.cancel(order) for _ in range(3)]
    for each in tasks:
        assert "effectiveCancellationDate" in sleepless.until(each, "done")
    sleepless.until(order, "cancelled")


def test_an_order_that_its_client_gives_up_is_withdrawn(sleepless: Stage) -> None:
    orders = [sleepless.order(add("1")), sleepless.order(add("1"))]
    eventually(lambda: len(sleepless.provex.lines) == 2)
    sleepless.http.delete(orders[0]["href"])
    assert sleepless.http.patch(orders[1]["href"], json={"state": "cancelled"}).status_code == 200
    eventually(lambda: sleepless.provex.lines == {})


def test_an_order_on_hold_goes_on_when_its_client_wants(sleepless: Stage) -> None:
    order = sleepless.order(add("1"))
    sleepless.until(order, "inProgress")
    sleepless.http.patch(order["href"], json={"state": "held"})
    eventually(lambda: sleepless.services()[0]["state"] == "inactive")
    sleepless.room.night_run()
    eventually(lambda: sleepless.services()[0]["state"] == "active")
    assert sleepless.http.get(order["href"]).json()["state"] == "held"
    sleepless.http.patch(order["href"], json={"state": "inProgress"})
    sleepless.until(order, "completed")


def test_orders_wait_while_provex_is_down(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        before = stage.order(add("1"))
        stage.until(before, "inProgress")
        stage.switch_off()
        during = stage.order(add("1"))
        cancelled = stage.order(add("1"))
        task = stage.cancel(cancelled)
        stage.until(task, "inProgress")
        assert stage.http.get(during["href"]).json()["state"] == "acknowledged"
        stage.switch_on()
        for each in (before, during):
            stage.until(each, "completed")
        assert stage.until(task, "done")["effectiveCancellationDate"]
        assert len(stage.services(state="active")) == 2
        assert len(stage.provex.lines) == 2


def test_a_provex_that_has_lost_an_order_gets_it_again(sleepless: Stage) -> None:
    order = sleepless.order(add("1"))
    sleepless.until(order, "inProgress")
    sleepless.provex.orders.clear()
    sleepless.provex.lines.clear()
    eventually(lambda: sleepless.provex.orders)
    assert len(sleepless.services()) == 1


def test_the_night_file_corrects_the_inventory(stage: Stage) -> None:
    known = set(stage.provex.lines)
    service = stage.installed()
    (line,) = (each for number, each in stage.provex.lines.items() if number not in known)
    stage.provex.lines[line.line] = replace(line, state=LineState.BARRED, order="GS000001")
    stage.until(service, "inactive")
    stage.provex.lines[line.line] = replace(line, state=LineState.CEASED, order="GS000002")
    assert "endDate" in stage.until(service, "terminated")


def test_a_line_that_was_ordered_elsewhere_becomes_a_service(stage: Stage) -> None:
    stage.provex.lines[7] = LineRecord(
        line=7, order="GS000009", product="TELEX", state=LineState.IN_SERVICE, rate=1
    )
    (service,) = eventually(lambda: stage.services(name="Line 7"))
    assert (service["state"], service["serviceType"]) == ("active", "TELEX")
    stage.until(stage.order(on(service, "delete")), "completed")
    assert stage.http.get(service["href"]).json()["state"] == "terminated"


def test_services_of_clients_are_just_entries(stage: Stage) -> None:
    body = {"name": "theirs", "state": "active", "serviceSpecification": {"id": "voice"}}
    answer = stage.http.post(f"{stage.urls['TMF638']}/service", json=body)
    assert answer.status_code == 201, answer.text
    order = stage.until(stage.order(on(answer.json(), "delete")), "failed")
    assert order["serviceOrderItem"][0]["errorMessage"][0]["code"] == "202"
    assert stage.http.get(answer.json()["href"]).json() == answer.json()


def _ordered_by(service: dict[str, Any], order: dict[str, Any]) -> bool:
    return any(each["serviceOrderId"] == order["id"] for each in service.get("serviceOrderItem", ()))
