"""What listeners hear: which events, about what, in which order, and what happens when they do not listen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx2
import pytest
from mock_bodies import IDS, RESOURCES, create
from mock_listening import Listener, listening
from mock_waiting import eventually

from tmfrig.mockservers.delivery import Deliveries, DeliveryPolicy
from tmfrig.mockservers.hub import Hub
from tmfrig.mockservers.outbox import Parcel
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.store import StoreError
from tmfrig.mockservers.stores.memory import MemoryOutbox, MemoryStore
from tmfrig.mockservers.wire import Wire
from tmfrig.specs import Kind, Resource, standard_contract

Servers = Mapping[str, str]


@contextmanager
def registered(http: httpx2.Client, base: str, listener: Listener, query: str | None = None) -> Iterator[str]:
    """A listener that is registered while the context lasts; the URL of the registration."""
    body = {"callback": listener.url} | ({} if query is None else {"query": query})
    answer = http.post(f"{base}/hub", json=body)
    assert answer.status_code == 201, answer.text
    try:
        yield answer.headers["location"]
    finally:
        http.delete(answer.headers["location"])


@pytest.mark.parametrize(("api", "resource"), RESOURCES, ids=IDS)
def test_every_change_is_announced_as_the_contract_declares_it(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    contract, declared = standard_contract(api), resource.events
    with listening() as listener, registered(http, still_servers[api], listener):
        created = create(http, still_servers, api, resource.name)
        expected = ["Create"]
        if Kind.PATCH in resource.operations:
            http.patch(created["href"], json={"description": "new"})
            expected.append("AttributeValueChange" if "Change" not in declared else "Change")
        if Kind.DELETE in resource.operations:
            http.delete(created["href"])
            expected.append("Delete")
        names = [declared[change].name for change in expected if change in declared]
        eventually(lambda: len(listener.about(created["id"])) >= len(names))
        heard = listener.about(created["id"])
        assert [each["eventType"] for each in heard] == names
        for envelope in heard:
            event = contract.events[envelope["eventType"]]
            assert event.schema.problems(envelope) == []
            assert list(envelope["event"]) == [event.payload_key]
            assert datetime.fromisoformat(envelope["eventTime"]).tzinfo is not None
            assert envelope["timeOcurred"] == envelope["eventTime"]
            assert envelope.keys() <= event.schema.attributes.keys()
        assert len({each["eventId"] for each in heard}) == len(heard)
        if names:
            assert heard[0]["event"][contract.events[names[0]].payload_key] == created
            assert {path for path, _ in listener.requests} == {"/callback"}
            assert listener.requests[0][1]["Content-Type"] == "application/json;charset=utf-8"


def test_states_and_other_attributes_are_told_apart(still_servers: Servers, http: httpx2.Client) -> None:
    with listening() as listener, registered(http, still_servers["TMF622"], listener):
        order = create(http, still_servers, "TMF622", "productOrder")
        http.patch(order["href"], json={"state": "inProgress"})
        http.patch(order["href"], json={"state": "held", "description": "both"})
        http.patch(order["href"], json={"state": "held", "description": "both"})
        http.patch(order["href"], json={"description": "last"})
        eventually(lambda: len(listener.about(order["id"])) >= 5)
        assert [each["eventType"] for each in listener.about(order["id"])] == [
            "ProductOrderCreateEvent",
            "ProductOrderStateChangeEvent",
            "ProductOrderStateChangeEvent",
            "ProductOrderAttributeValueChangeEvent",
            "ProductOrderAttributeValueChangeEvent",
        ]


def test_a_refused_request_is_no_news(still_servers: Servers, http: httpx2.Client) -> None:
    with listening() as listener, registered(http, still_servers["TMF622"], listener):
        order = create(http, still_servers, "TMF622", "productOrder")
        assert http.patch(order["href"], json={"state": "completed"}).status_code == 409
        assert http.post(still_servers["TMF622"] + "/productOrder", json={}).status_code == 400
        http.patch(order["href"], json={"description": "end"})
        listener.wait_for("ProductOrderAttributeValueChangeEvent")
        assert len(listener.about(order["id"])) == 2


def test_what_is_announced_can_be_read(servers: Servers, http: httpx2.Client) -> None:
    with listening() as listener, registered(http, servers["TMF622"], listener):
        order = create(http, servers, "TMF622", "productOrder")
        listener.wait_for("ProductOrderCreateEvent", "ProductOrderStateChangeEvent")
        eventually(lambda: listener.heard[-1]["event"]["productOrder"]["state"] == "completed")
        assert http.get(order["href"]).json() == listener.heard[-1]["event"]["productOrder"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("eventType=ProductOrderCreateEvent", 2),
        ("eventType=productordercreateevent", 2),
        ("eventType=ProductOrderCreateEvent,ProductOrderStateChangeEvent", 3),
        ("eventType=CancelProductOrderCreateEvent", 0),
        ("event.productOrder.category=mobile", 1),
        ("productOrder.category=mobile", 1),
        ("category=mobile", 1),
        ("?category=mobile", 1),
        ("category.regex=^f&eventType=ProductOrderStateChangeEvent", 1),
        ("state=inProgress", 2),
        ("event.productOrder.productOrderItem.action=add&category.ne=mobile", 3),
    ],
)
def test_a_query_filters_what_is_heard(
    still_servers: Servers, http: httpx2.Client, query: str, count: int
) -> None:
    base = still_servers["TMF622"]
    with (
        listening() as all_ears,
        listening() as listener,
        registered(http, base, all_ears),
        registered(http, base, listener, query),
    ):
        fibre = create(http, still_servers, "TMF622", "productOrder", category="fibre")
        mobile = create(http, still_servers, "TMF622", "productOrder", category="mobile")
        http.patch(fibre["href"], json={"state": "inProgress"})
        http.delete(fibre["href"])
        last = create(http, still_servers, "TMF622", "productOrder", category="end")
        eventually(lambda: all_ears.about(last["id"]))
        ours = (fibre["id"], mobile["id"])
        heard = lambda: [each for id_ in ours for each in listener.about(id_)]  # noqa: E731
        eventually(lambda: len(heard()) >= count)
        assert len(heard()) == count


def test_a_query_may_narrow_the_payload(still_servers: Servers, http: httpx2.Client) -> None:
    with (
        listening() as listener,
        registered(http, still_servers["TMF622"], listener, "eventType=ProductOrderCreateEvent&fields=state"),
    ):
        create(http, still_servers, "TMF622", "productOrder")
        payload = listener.wait_for("ProductOrderCreateEvent")[0]["event"]["productOrder"]
        assert payload.keys() == {"id", "href", "state"}


def test_nothing_is_delivered_after_the_registration_ends(
    still_servers: Servers, http: httpx2.Client
) -> None:
    base = still_servers["TMF622"]
    with listening() as gone, listening() as stays, registered(http, base, stays):
        with registered(http, base, gone):
            first = create(http, still_servers, "TMF622", "productOrder")
            eventually(lambda: gone.about(first["id"]))
        second = create(http, still_servers, "TMF622", "productOrder")
        eventually(lambda: stays.about(second["id"]))
        assert not gone.about(second["id"])


def test_a_listener_of_one_api_hears_nothing_of_another(still_servers: Servers, http: httpx2.Client) -> None:
    with (
        listening() as orders,
        listening() as offers,
        registered(http, still_servers["TMF622"], orders),
        registered(http, still_servers["TMF620"], offers),
    ):
        create(http, still_servers, "TMF622", "productOrder")
        create(http, still_servers, "TMF620", "category")
        assert {event["eventType"] for event in orders.wait_for("ProductOrderCreateEvent")} == {
            "ProductOrderCreateEvent"
        }
        offers.wait_for("CategoryCreateEvent")
        assert "ProductOrderCreateEvent" not in offers.types()


IMPATIENT = DeliveryPolicy(tries=3, first_pause=0.02, pause_factor=1.0, timeout=0.5, queue_length=20)


@pytest.fixture(scope="module")
def impatient() -> Iterator[Servers]:
    """Servers that give up on a listener quickly."""
    with serving(["TMF622"], pace=3600, delivery=IMPATIENT) as urls:
        yield urls


def test_a_failing_delivery_is_tried_again_with_the_same_event(
    impatient: Servers, http: httpx2.Client
) -> None:
    with listening(500, 503) as listener, registered(http, impatient["TMF622"], listener):
        order = create(http, impatient, "TMF622", "productOrder")
        http.patch(order["href"], json={"description": "second"})
        listener.wait_for("ProductOrderCreateEvent", "ProductOrderAttributeValueChangeEvent")
        assert listener.types() == ["ProductOrderCreateEvent", "ProductOrderAttributeValueChangeEvent"]
        assert len(listener.requests) == 4


def test_a_listener_that_recovers_hears_what_comes_then(impatient: Servers, http: httpx2.Client) -> None:
    with listening(*[500] * 3) as listener, registered(http, impatient["TMF622"], listener):
        lost = create(http, impatient, "TMF622", "productOrder")
        eventually(lambda: len(listener.requests) == 3)
        heard = create(http, impatient, "TMF622", "productOrder")
        eventually(lambda: listener.about(heard["id"]))
        assert not listener.about(lost["id"])


def test_listeners_that_hang_or_are_dead_delay_nobody(impatient: Servers, http: httpx2.Client) -> None:
    base = impatient["TMF622"]
    dead = Listener("http://127.0.0.1:9/dead")
    with (
        listening() as hanging,
        listening() as healthy,
        registered(http, base, hanging),
        registered(http, base, dead),
        registered(http, base, healthy),
    ):
        hanging.hold.clear()
        orders = [create(http, impatient, "TMF622", "productOrder")["id"] for _ in range(10)]
        eventually(lambda: all(healthy.about(each) for each in orders))
        assert hanging.heard == []
        ours = [each["event"]["productOrder"]["id"] for each in healthy.heard]
        assert ours == orders


def test_a_queue_is_bounded(
    impatient: Servers, http: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with listening() as listener, registered(http, impatient["TMF622"], listener):
        listener.hold.clear()
        orders = [create(http, impatient, "TMF622", "productOrder")["id"] for _ in range(60)]
        eventually(lambda: "new ones are dead letters" in caplog.text)
        listener.hold.set()
        eventually(lambda: listener.about(orders[5]))
        assert not listener.about(orders[-1])


def test_what_another_process_adds_to_a_queue_is_counted_too() -> None:
    async def act() -> tuple[int, int]:
        store, hub = MemoryStore(), Hub(standard_contract("TMF620"), MemoryStore())
        deliveries = Deliveries([hub], Wire(), store.outbox, IMPATIENT)
        listener = (await hub.register({"callback": "http://127.0.0.1:9/x"})).id
        await store.outbox.add([Parcel(listener, str(n), "E", b"{}", "", 1e12) for n in range(30)])
        await deliveries.open()
        async with asyncio.timeout(10):
            while True:
                if (await store.outbox.counts())[1]:
                    break
                await asyncio.sleep(0.01)
        await deliveries.close()
        return await store.outbox.counts()

    assert asyncio.run(act()) == (IMPATIENT.queue_length, 30 - IMPATIENT.queue_length)


def test_a_courier_ends_also_when_it_cannot_note_what_has_arrived(caplog: pytest.LogCaptureFixture) -> None:
    class Forgetful(MemoryOutbox):
        async def delivered(self, numbers: Sequence[int]) -> None:
            raise StoreError("the disk is gone")

    async def act() -> None:
        outbox, wire, second = Forgetful(), Wire(), asyncio.Event()

        async def listen(scope: Any, receive: Any, send: Any) -> None:
            if (await receive())["body"] == b"2":
                second.set()
                await asyncio.Event().wait()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        wire.mount("http://listener.test", listen)
        hub = Hub(standard_contract("TMF620"), MemoryStore())
        deliveries = Deliveries([hub], wire, outbox, DeliveryPolicy(timeout=60))
        listener = (await hub.register({"callback": "http://listener.test/x"})).id
        await outbox.add([Parcel(listener, each, "E", each.encode(), "", 0.0) for each in "12"])
        await deliveries.open()
        async with asyncio.timeout(10):
            await second.wait()
            await deliveries.close()

    asyncio.run(act())
    assert "will be told again what it has just taken: the disk is gone" in caplog.text


def test_what_was_forgotten_elsewhere_meanwhile_is_not_delivered() -> None:
    async def act() -> list[bytes]:
        outbox, wire, heard, third = MemoryOutbox(), Wire(), [], asyncio.Event()
        hub = Hub(standard_contract("TMF620"), MemoryStore())
        listener = (await hub.register({"callback": "http://listener.test/x"})).id

        async def listen(scope: Any, receive: Any, send: Any) -> None:
            heard.append((await receive())["body"])
            if heard == [b"1"]:
                # what another process does that ends the registration; that more comes is for the test
                await outbox.forget(listener)
                await outbox.add([Parcel(listener, "3", "E", b"3", "", 0.0)])
            else:
                third.set()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        wire.mount("http://listener.test", listen)
        deliveries = Deliveries([hub], wire, outbox, DeliveryPolicy(timeout=60))
        await outbox.add([Parcel(listener, each, "E", each.encode(), "", 0.0) for each in "12"])
        await deliveries.open()
        async with asyncio.timeout(10):
            while not third.is_set():
                deliveries.look()
                await asyncio.sleep(0.01)
        await deliveries.close()
        return heard

    assert asyncio.run(act()) == [b"1", b"3"]


def test_the_log_does_not_say_how_to_log_in_at_a_listener(
    impatient: Servers, http: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    listener = Listener("http://bob:S3cr3t@127.0.0.1:9/x?token=T0k3n&kind=a")
    with registered(http, impatient["TMF622"], listener):
        create(http, impatient, "TMF622", "productOrder")
        eventually(lambda: "http://***@127.0.0.1:9/x?token=***&kind=a does not take" in caplog.text)
    assert "S3cr3t" not in caplog.text
    assert "T0k3n" not in caplog.text


@pytest.mark.parametrize("query", ["fields=" + "a." * 1000 + "b", "a." * 1000 + "b=1"])
def test_a_listener_with_an_odd_query_is_nobody_elses_trouble(
    servers: Servers, http: httpx2.Client, query: str
) -> None:
    base = servers["TMF620"]
    answer = http.post(f"{base}/hub", json={"callback": "http://127.0.0.1:9/x", "query": query})
    assert answer.status_code == 201
    create(http, servers, "TMF620", "category")
    assert http.get(f"{base}/category", params=dict([query.split("=")])).status_code == 200
    http.delete(f"{base}/hub/{answer.json()['id']}")


def test_notifications_of_one_listener_keep_their_order(servers: Servers, http: httpx2.Client) -> None:
    with listening() as listener, registered(http, servers["TMF620"], listener):
        category = create(http, servers, "TMF620", "category")
        for number in range(50):
            http.patch(category["href"], json={"description": str(number)})
        eventually(lambda: len(listener.about(category["id"])) >= 51)
        told = [each["event"]["category"].get("description") for each in listener.about(category["id"])]
        assert told == [None, *map(str, range(50))]
