"""The walls of the domain: what comes in is understood if it can be, what goes out keeps the contract."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from com_fakes import order
from com_peers import PARTY, PLACE, PRODUCT_ORDER, Json, StrictPeer, peer

from tmfrig.mockservers.com.boundaries import fulfilment
from tmfrig.mockservers.com.boundaries.catalog import Catalogs
from tmfrig.mockservers.com.boundaries.deployed import read_service
from tmfrig.mockservers.com.boundaries.fulfilment import ServiceOrdering, order_of, read_status
from tmfrig.mockservers.com.boundaries.ordering import ProductOrdering, read_order
from tmfrig.mockservers.com.boundaries.subscriptions import ProductInventory
from tmfrig.mockservers.com.catalog import Offer, Part, TraitRule
from tmfrig.mockservers.com.inventory import Deployment
from tmfrig.mockservers.com.orders import Intent, Phase, Standing
from tmfrig.mockservers.com.plan import Facing, Holding, Task, Verb
from tmfrig.mockservers.com.ports import Report, Work
from tmfrig.mockservers.neighbours import NeighbourError

# ── TMF622 ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_is_read_in_our_words() -> None:
    read = read_order(PRODUCT_ORDER, "17")
    assert (read.number, read.phase, read.reference) == ("17", Phase.NEW, "shop-17")
    assert (read.parties, read.account) == ([PARTY], {"id": "account-1"})
    first, second, third = read.lines
    assert (first.intent, first.offer, first.blueprint, first.quantity) == (Intent.ADD, "home", "package", 2)
    assert (first.traits, first.sites) == ({"speed": 500}, [PLACE])
    assert [(each.number, each.intent, each.holding) for each in first.parts] == [("1.1", Intent.KEEP, "p-7")]
    assert (second.intent, second.holding, second.standing) == (Intent.CHANGE, "p-8", Standing.SUSPENDED)
    assert (second.needs, third.intent) == (["1"], Intent.REMOVE)


# a draft is not ours yet, and what we refuse fails
@pytest.mark.parametrize("phase", [each for each in Phase if each not in (Phase.DRAFT, Phase.REFUSED)])
def test_every_report_keeps_the_contract(phase: Phase) -> None:
    before = {Phase.CANCELLED: "pendingCancellation", Phase.CANCELLING: "assessingCancellation"}
    state = before.get(phase, "inProgress")
    if phase is Phase.NEW:
        state = "acknowledged"
    present = PRODUCT_ORDER | {"state": state}
    there = StrictPeer("TMF622", productOrder=[present])
    of_lines = Phase.COMPLETED if phase is Phase.PARTIAL else phase
    lines = dict.fromkeys(("1", "1.1", "2", "3"), of_lines)
    report = Report(phase, lines, "It is so.")
    asyncio.run(ProductOrdering(peer(there)).report(read_order(present, "17"), report))
    (body,) = there.bodies["productOrder"]
    items = body["productOrderItem"]
    states = [
        items[0]["state"],
        items[0]["productOrderItem"][0]["state"],
        items[1]["state"],
        items[2]["state"],
    ]
    assert set(states) == {"completed" if phase is Phase.PARTIAL else body["state"]}
    assert body["note"][-1]["text"] == "It is so."
    assert ("completionDate" in body) == (phase in (Phase.COMPLETED, Phase.PARTIAL))
    assert ("cancellationDate" in body) == (phase is Phase.CANCELLED)


def test_an_order_that_was_moved_meanwhile_is_not_moved_back() -> None:
    there = StrictPeer("TMF622", productOrder=[PRODUCT_ORDER | {"state": "assessingCancellation"}])
    believed = read_order(PRODUCT_ORDER | {"state": "inProgress"}, "17")
    with pytest.raises(NeighbourError, match="the order was changed meanwhile"):
        asyncio.run(ProductOrdering(peer(there)).report(believed, Report(Phase.WORKING, {})))
    assert [each["state"] for each in there.bodies["productOrder"]] == ["assessingCancellation"]


def test_a_report_leaves_what_it_does_not_know() -> None:
    note = {"author": "anna", "date": "2026-01-02T03:04:05Z", "text": "Please ring twice."}
    there = StrictPeer("TMF622", productOrder=[PRODUCT_ORDER | {"note": [note]}])
    report = Report(Phase.WORKING, {"1": Phase.WORKING, "nobody": Phase.FAILED})
    asyncio.run(ProductOrdering(peer(there)).report(read_order(PRODUCT_ORDER, "17"), report))
    (body,) = there.bodies["productOrder"]
    assert body["note"] == [note]
    assert [each.get("state") for each in body["productOrderItem"]] == ["inProgress", None, None]
    assert body["productOrderItem"][0]["product"] == PRODUCT_ORDER["productOrderItem"][0]["product"]


def test_an_order_that_is_gone_is_told_nothing() -> None:
    there = StrictPeer("TMF622")
    asyncio.run(
        ProductOrdering(peer(there)).report(read_order(PRODUCT_ORDER, "17"), Report(Phase.FAILED, {}))
    )
    assert there.patches == []


@pytest.mark.parametrize("begun", [True, False])
def test_unfinished_orders_are_chosen_by_us_where_the_server_does_not(begun: bool) -> None:
    states = ["draft", "acknowledged", "inProgress", "held", "completed", "assessingCancellation"]
    bodies = [{"id": each, "state": each} for each in states]
    ordering = ProductOrdering(peer(StrictPeer("TMF622", productOrder=[*bodies, {"state": "held"}])))

    async def run() -> set[str]:
        return {each async for each in ordering.unfinished(begun=begun)}

    known = {"acknowledged", "inProgress", "held", "assessingCancellation"}
    assert asyncio.run(run()) == (known if begun else {"acknowledged"})


# ── TMF641 ──────────────────────────────────────────────────────────────────────────────────────────────────


def task(identifier: str, verb: Verb = Verb.CREATE, **more: Any) -> Task:
    known = {"line": "1", "holding": "1", "blueprint": "broadband", "name": "Broadband", **more}
    return Task(id=identifier, verb=verb, **known)


def placed(*tasks: Task, **more: Any) -> Json:
    there = StrictPeer("TMF641")
    work = Work("17/1", "shop-17", "Fulfil: order shop-17", tasks, order(**more))
    assert asyncio.run(ServiceOrdering(peer(there)).place(work)) == "new-1"
    (body,) = there.bodies["serviceOrder"]
    return body


def test_work_is_ordered_as_agreed() -> None:
    body = placed(
        task("1.1", relies_on=["1.2", "elsewhere"], traits={"speed": 500}, sites=[PLACE]),
        task("1.2", blueprint="line", name="Line", facing=Facing.RESOURCE),
        parties=[PARTY, {"role": "nameless"}],
    )
    assert body["externalId"] == "17/1"
    assert body["externalReference"] == [{"name": "shop-17", "externalReferenceType": "customerOrder"}]
    assert [each["id"] for each in body["relatedParty"]] == ["anna"]
    first, second = body["serviceOrderItem"]
    assert first["service"] == {
        "name": "Broadband",
        "category": "CFS",
        "serviceType": "broadband",
        "serviceSpecification": {"id": "broadband", "name": "Broadband"},
        "serviceCharacteristic": [{"name": "speed", "value": 500}],
        "place": [PLACE],
    }
    assert first["serviceOrderItemRelationship"] == [
        {"relationshipType": "reliesOn", "orderItem": {"id": "1.2", "itemId": "1.2"}}
    ]
    assert second["service"]["category"] == "RFS"
    assert "serviceOrderItemRelationship" not in second
    assert order_of(body) == "17"


@pytest.mark.parametrize(
    ("work", "action", "state"),
    [
        (task("1.1", Verb.CHANGE, service="s-1", standing=Standing.SUSPENDED), "modify", "inactive"),
        (task("1.1", Verb.CHANGE, service="s-1", standing=Standing.ACTIVE), "modify", "active"),
        (task("1.1", Verb.CHANGE, service="s-1", traits={"speed": None}), "modify", None),
        (task("1.1", Verb.END, service="s-1", name="Anna's broadband"), "delete", None),
        (task("1.1", Verb.KEEP, service="s-1", blueprint="", name=""), "noChange", None),
    ],
)
def test_work_on_what_is_there_is_ordered_as_agreed(work: Task, action: str, state: str | None) -> None:
    (item,) = placed(work)["serviceOrderItem"]
    assert (item["action"], item["service"]["id"], item["service"].get("state")) == (action, "s-1", state)
    if work.blueprint:
        # the name is that of the service, not of what it is specified by
        assert item["service"]["serviceSpecification"] == {"id": "broadband"}


def test_progress_is_read_in_our_words() -> None:
    status = read_status(
        {
            "id": "so-1",
            "state": "pending",
            "serviceOrderItem": [
                {
                    "id": "1.1",
                    "state": "pending",
                    "service": {"id": "s-1", "state": "reserved"},
                    "errorMessage": [
                        {"code": "informationRequired", "reason": "socket and phoneNumber is needed"},
                        {"message": "floor, door are missing"},
                    ],
                },
                {
                    "id": "1.2",
                    "state": "failed",
                    "errorMessage": [{"code": "x", "reason": "speed is needed"}],
                },
            ],
        }
    )
    assert status.phase is Phase.WAITING
    assert status.tasks["1.1"].missing == ("socket", "phoneNumber", "floor", "door")
    assert (status.tasks["1.1"].service, status.tasks["1.2"].phase) == ("s-1", Phase.FAILED)
    # what has failed waits for nothing
    assert (status.tasks["1.2"].missing, status.tasks["1.2"].message) == ((), "speed is needed")


def test_work_is_found_by_its_reference_only() -> None:
    there = StrictPeer(
        "TMF641",
        serviceOrder=[
            {"id": "a", "externalId": "17/10"},
            {"id": "b", "externalId": "17/1"},
            {"externalId": 7},
        ],
    )
    ordering = ServiceOrdering(peer(there))
    assert asyncio.run(ordering.find("17/1")) == "b"
    assert asyncio.run(ordering.find("17/2")) is None


def test_an_answer_without_an_id_is_trouble_that_is_tried_again() -> None:
    work = Work("17/1", "17", "Fulfil", [task("1.1")], order())
    with pytest.raises(NeighbourError, match="no id") as trouble:
        asyncio.run(ServiceOrdering(peer(StrictPeer("TMF641", mute=True))).place(work))
    assert trouble.value.temporary


def test_what_was_missing_is_put_into_the_items_that_wait() -> None:
    items = [
        {"id": "1.1", "state": "pending", "service": {"serviceCharacteristic": [{"name": "a", "value": 1}]}},
        {"id": "1.2", "state": "completed", "service": {}},
        {"id": "1.3", "state": "held", "service": "odd"},
    ]
    there = StrictPeer("TMF641", serviceOrder=[{"id": "so-1", "state": "pending", "serviceOrderItem": items}])
    supplied = [fulfilment._supplied(each, {"1.1": {"a": 2, "socket": "B"}}) for each in items]
    assert [each["state"] for each in supplied] == ["inProgress", "completed", "inProgress"]
    assert supplied[0]["service"]["serviceCharacteristic"] == [
        {"name": "a", "value": 2},
        {"name": "socket", "value": "B"},
    ]
    assert there.patches == []


@pytest.mark.parametrize(
    ("tasks", "denied"),
    [
        ([], False),
        ([{"state": "acknowledged"}], False),
        ([{"state": "done"}], True),
        ([{"state": "done", "effectiveCancellationDate": "2026-01-01T00:00:00Z"}], False),
        ([{"state": "done"}, {"state": "inProgress"}], False),
        ([{"state": "terminatedWithError"}], True),
    ],
)
def test_a_cancellation_is_denied_when_every_task_is_over_without_one(
    tasks: list[Json], denied: bool
) -> None:
    about = [each | {"id": str(number), "serviceOrder": {"id": "so-1"}} for number, each in enumerate(tasks)]
    others = [{"id": "x", "state": "done", "serviceOrder": {"id": "so-2"}}, {"serviceOrder": None}]
    there = StrictPeer("TMF641", cancelServiceOrder=[*about, *others])
    assert asyncio.run(ServiceOrdering(peer(there)).denied("so-1")) is denied


def test_cancellation_is_asked_for_once_at_a_time() -> None:
    there = StrictPeer("TMF641", cancelServiceOrder=[])
    ordering = ServiceOrdering(peer(there))
    for _ in range(2):
        asyncio.run(ordering.cancel("so-1", "no longer wanted"))
    # what its contract sets is not there yet: the first one may well be over
    there.bodies["cancelServiceOrder"] = [
        each | {"state": "acknowledged"} for each in there.bodies["cancelServiceOrder"][:1]
    ]
    asyncio.run(ordering.cancel("so-1", "no longer wanted"))
    (one,) = there.bodies["cancelServiceOrder"]
    assert (one["serviceOrder"]["id"], one["cancellationReason"]) == ("so-1", "no longer wanted")


# ── TMF638 and TMF637 ───────────────────────────────────────────────────────────────────────────────────────


def test_a_service_is_read_in_our_words() -> None:
    service = read_service(
        {
            "id": "s-1",
            "name": "Broadband",
            "state": "suspended",
            "category": "RFS",
            "serviceSpecification": {"id": "line"},
            "serviceCharacteristic": [
                {"name": "speed", "value": 500},
                {"value": 1},
                {"name": "", "value": 2},
            ],
            "supportingService": [{"id": "s-2"}, {}, "s-3", {"id": ""}],
            "serviceOrderItem": [
                {"serviceOrderId": "so-2", "itemId": "9", "itemAction": "modify"},
                {"serviceOrderId": "so-1", "itemId": "1.1", "itemAction": "add"},
            ],
        }
    )
    assert (service.deployment, service.told, service.facing) == (
        Deployment.IDLE,
        "suspended",
        Facing.RESOURCE,
    )
    assert (service.traits, service.supports) == ({"speed": 500}, ["s-2"])
    assert service.work == ("so-1", "1.1")


@pytest.mark.parametrize("state", ["feasibilityChecked", "designed", "reserved", "", "unheard of", None, 7])
def test_what_is_not_known_to_work_is_being_built(state: Any) -> None:
    assert read_service({"id": "s-1", "state": state}).deployment is Deployment.BUILDING


HOLDING = Holding(
    key="1",
    line="1",
    root="1",
    intent=Intent.ADD,
    name="Fibre",
    offer="fibre",
    blueprint="access",
    traits={"speed": 500},
    sites=[PLACE],
)


def test_a_product_is_recorded_as_agreed() -> None:
    there = StrictPeer("TMF637")
    inventory = ProductInventory(peer(there))
    wanted = order(placed="2026-01-02T03:04:05Z", parties=[PARTY], account={"id": "account-1"})
    made = asyncio.run(inventory.open(wanted, HOLDING, ["s-1"], []))
    (body,) = there.bodies["product"]
    assert body["status"] == "pendingActive"
    assert (body["productOffering"], body["productSpecification"]) == (
        {"id": "fibre", "name": "Fibre"},
        {"id": "access"},
    )
    assert body["realizingService"] == [{"id": "s-1", "@referredType": "Service"}]
    assert body["productOrderItem"] == [
        {"productOrderId": "17", "orderItemId": "1", "orderItemAction": "add", "role": "creation"}
    ]
    (found,) = asyncio.run(inventory.of_line("17", "1"))
    assert (found.id, found.origin, found.services) == (made, ("17", "1"), ["s-1"])
    assert asyncio.run(inventory.of_line("17", "2")) == []


def test_the_least_that_can_be_known_makes_a_product() -> None:
    bare = Holding(key="1", line="1", root="1", intent=Intent.ADD, is_package=True)
    there = StrictPeer("TMF637")
    asyncio.run(ProductInventory(peer(there)).open(order(account={"name": "no id"}), bare, [], ["p-1"]))
    (body,) = there.bodies["product"]
    assert body["productRelationship"] == [{"relationshipType": "bundles", "product": {"id": "p-1"}}]
    assert "billingAccount" not in body


@pytest.mark.parametrize(
    ("status", "standing", "statuses"),
    [
        ("pendingActive", Standing.ACTIVE, ["active"]),
        ("pendingActive", Standing.ABORTED, ["aborted "]),
        ("pendingActive", Standing.CANCELLED, ["cancelled"]),
        ("active", Standing.SUSPENDED, ["suspended"]),
        ("suspended", Standing.ACTIVE, ["active"]),
        ("active", Standing.ENDED, ["pendingTerminate", "terminated"]),
        ("suspended", Standing.ENDING, ["active", "pendingTerminate"]),
        ("suspended", Standing.ENDED, ["active", "pendingTerminate", "terminated"]),
        ("created", Standing.ABORTED, ["pendingActive", "aborted "]),
        ("active", Standing.ACTIVE, []),
        ("aborted ", Standing.ABORTED, []),
    ],
)
def test_a_product_moves_by_published_steps(status: str, standing: Standing, statuses: list[str]) -> None:
    there = StrictPeer("TMF637", product=[{"id": "p-1", "status": status, "@type": "Product"}])
    asyncio.run(ProductInventory(peer(there)).update("p-1", standing=standing))
    assert [each["status"] for each in there.patches] == statuses
    (body,) = there.bodies["product"]
    assert ("terminationDate" in body) == (standing is Standing.ENDED)


def test_a_product_that_somebody_leads_elsewhere_is_not_led_back() -> None:
    there = StrictPeer("TMF637", product=[{"id": "p-1", "status": "suspended", "@type": "Product"}])
    inventory = ProductInventory(peer(there))
    get = there.get

    async def terminated_after(resource: str, identifier: str) -> Any:
        found = await get(resource, identifier)
        there.bodies["product"] = [{"id": "p-1", "status": "terminated", "@type": "Product"}]
        return found

    there.get = terminated_after  # type: ignore[method-assign]
    asyncio.run(inventory.update("p-1", standing=Standing.ENDED))
    assert there.patches == []


def test_only_what_differs_is_written() -> None:
    relationship = [
        {"relationshipType": "reliesOn", "product": {"id": "p-9"}},
        {"relationshipType": "bundles", "product": {"id": "p-2"}},
    ]
    body = {
        "id": "p-1",
        "status": "active",
        "@type": "Product",
        "productOffering": {"id": "fibre"},
        "productCharacteristic": [{"name": "speed", "value": 500, "valueType": "number"}],
        "realizingService": [{"id": "s-1"}],
        "productRelationship": relationship,
    }
    there = StrictPeer("TMF637", product=[body])
    inventory = ProductInventory(peer(there))
    same = {"traits": {"speed": 500}, "services": ["s-1"], "parts": ["p-2"], "offer": "fibre"}
    asyncio.run(inventory.update("p-1", standing=Standing.ACTIVE, **same))
    assert there.patches == []
    asyncio.run(
        inventory.update("p-1", traits={"speed": 1, "new": True}, parts=["p-2", "p-3"], offer="fibre-2")
    )
    (changes,) = there.patches
    assert changes["productCharacteristic"] == [
        {"name": "speed", "value": 1, "valueType": "number"},
        {"name": "new", "value": True},
    ]
    assert [each["product"]["id"] for each in changes["productRelationship"]] == ["p-9", "p-2", "p-3"]
    assert changes["productOffering"] == {"id": "fibre-2"}
    assert "realizingService" not in changes


def test_a_product_that_is_not_there_is_not_changed() -> None:
    there = StrictPeer("TMF637")
    asyncio.run(ProductInventory(peer(there)).update("p-1", standing=Standing.ACTIVE))
    assert there.patches == []


# ── TMF620 and TMF633 ───────────────────────────────────────────────────────────────────────────────────────


def offer(**body: Any) -> Offer:
    there = StrictPeer("TMF620", productOffering=[{"id": "fibre", "name": "Fibre", **body}])
    found = asyncio.run(Catalogs(peer(there), peer(StrictPeer("TMF633"))).offer("fibre"))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("body", "on_sale", "why_not"),
    [
        ({}, True, ""),
        ({"lifecycleStatus": "Active"}, True, ""),
        ({"lifecycleStatus": "launched "}, True, ""),
        ({"lifecycleStatus": "Retired"}, False, "its lifecycle status is Retired"),
        ({"isSellable": False}, False, "it is not sold by itself"),
        ({"lifecycleStatus": "In Test", "isSellable": False}, False, "its lifecycle status is In Test"),
    ],
)
def test_what_is_on_sale(body: Json, on_sale: bool, why_not: str) -> None:
    found = offer(**body)
    assert found.on_sale is on_sale
    if not on_sale:
        assert found.why_not == why_not
    assert found.only_in_packages == ("by itself" in why_not)


def test_what_an_offer_fixes_suggests_and_leaves_open() -> None:
    def use(name: str, *values: Json) -> Json:
        return {"name": name, "productSpecCharacteristicValue": list(values)}

    found = offer(
        prodSpecCharValueUse=[
            use("speed", {"value": 100}),
            use("colour", {"value": "red"}, {"value": "blue", "isDefault": True}),
            use("days", {"valueFrom": 1, "valueTo": 30}),
            use("open", {"value": 1}, {"value": 2}),
            use("silent"),
            {"productSpecCharacteristicValue": [{"value": 1}]},
        ]
    )
    assert found.traits == {"speed": 100, "colour": "blue"}
    assert found.choices == {"speed": [100], "colour": ["red", "blue"], "open": [1, 2]}


def test_what_a_package_contains() -> None:
    found = offer(
        isBundle=True,
        bundledProductOffering=[
            {"id": "tv"},
            {
                "id": "voice",
                "bundledProductOfferingOption": {
                    "numberRelOfferDefault": 0,
                    "numberRelOfferLowerLimit": 0,
                    "numberRelOfferUpperLimit": 4,
                },
            },
            {"name": "without an id"},
        ],
    )
    assert found.is_package
    assert found.parts == [Part(offer="tv"), Part(offer="voice", usual=0, least=0, most=4)]


def test_the_rules_of_a_specification() -> None:
    def rule(**body: Any) -> TraitRule:
        characteristic = {"name": "trait", **body}
        there = StrictPeer(
            "TMF620",
            productSpecification=[
                {"id": "access", "productSpecCharacteristic": [characteristic, {"id": "x"}]}
            ],
        )
        found = asyncio.run(Catalogs(peer(there), peer(StrictPeer("TMF633"))).blueprint("access"))
        assert found is not None
        (only,) = found.rules
        return only

    def values(*given: Json) -> Json:
        return {"productSpecCharacteristicValue": list(given)}

    assert rule() == TraitRule(name="trait")
    assert rule(**values({"value": 1}, {"value": 2, "isDefault": True})) == TraitRule(
        name="trait", allowed=[1, 2], default=2
    )
    assert rule(**values({"value": "only"})).default == "only"
    assert rule(**values({"value": 1}), extensible=True).allowed == []
    ranged = rule(**values({"valueFrom": 1, "valueTo": 5, "value": 2, "isDefault": True}), regex="^x$")
    assert (ranged.least, ranged.most, ranged.allowed, ranged.pattern) == (1, 5, [], "^x$")
    assert rule(**values({"valueFrom": 1}, {"valueFrom": 9})).least is None
    assert rule(**values({"valueFrom": 0})).least == 0
