"""The event sink: takes what targets really send, keeps subscriptions apart, and waits without polling."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tmfrig.conformance.check import Violation
from tmfrig.conformance.client import TargetGone
from tmfrig.conformance.exchange import Notification
from tmfrig.conformance.recorder import Recorder
from tmfrig.conformance.sink import Sink, SinkError, Subscription
from tmfrig.conformance.subscription import Patience
from tmfrig.specs import Contract, standard_contract


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def sink(recorder: Recorder) -> Iterator[Sink]:
    running = Sink(recorder, "127.0.0.1")
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(("line", "status"), [(4, 201), (5, 204)])
def test_a_listener_answers_as_its_contract_has_it(sink: Sink, line: int, status: int) -> None:
    taken = sink.open(standard_contract("TMF622", line), lambda: None)
    answer = httpx2.post(taken.callback, json=event())
    (got,) = taken.received
    assert (answer.status_code, got.answered) == (status, status)
    assert bool(answer.content) is (status == 201)


@pytest.fixture
def subscription(sink: Sink, contract: Contract) -> Subscription:
    return sink.open(contract, lambda: None)


def event(id: str = "7", type: str = "ProductOrderCreateEvent") -> dict[str, Any]:
    return {
        "eventId": f"event of {id}",
        "eventTime": "2026-11-23T10:00:00Z",
        "eventType": type,
        "event": {"productOrder": {"id": id, "state": "acknowledged"}},
    }


def about(id: str) -> Callable[[Notification], bool]:
    return lambda notification: notification.about(id)


@pytest.mark.parametrize("below", ["", "/", "/listener/productOrderCreateEvent", "/deep/er?x=1"])
def test_any_path_below_the_callback_is_right(subscription: Subscription, below: str) -> None:
    answer = httpx2.post(subscription.callback + below, json=event())
    got = subscription.wait_for(about("7"))
    assert answer.status_code == 201
    assert got.path == below.partition("?")[0]
    assert got.declared is not None
    assert (got.declared.change, got.resource and got.resource.name) == ("Create", "productOrder")
    assert got.payload == {"id": "7", "state": "acknowledged"}


def test_the_callback_may_be_looked_at_without_being_notified(subscription: Subscription) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        assert httpx2.request(method, subscription.callback).status_code == 200
    assert subscription.received == ()


def test_subscriptions_do_not_see_each_other(sink: Sink, contract: Contract) -> None:
    one, other = (sink.open(contract, lambda: None) for _ in range(2))
    httpx2.post(one.callback, json=event("1"))
    httpx2.post(other.callback, json=event("2"))
    assert [each.payload for each in one.received] == [event("1")["event"]["productOrder"]]
    assert other.find(about("1"), within=0) is None


def test_arrivals_are_counted_in_order(sink: Sink, contract: Contract) -> None:
    one, other = (sink.open(contract, lambda: None) for _ in range(2))
    for subscription in (one, other, one):
        httpx2.post(subscription.callback, json=event())
    assert [each.order for each in one.received] == [1, 3]
    assert [each.order for each in other.received] == [2]


def test_waiting_ends_when_the_notification_comes(subscription: Subscription) -> None:
    found: list[Notification] = []
    waiter = threading.Thread(target=lambda: found.append(subscription.wait_for(about("9"), within=30)))
    waiter.start()
    httpx2.post(subscription.callback, json=event("8"))
    httpx2.post(subscription.callback, json=event("9"))
    waiter.join(timeout=10)
    assert [each.payload and each.payload["id"] for each in found] == ["9"]


def test_what_does_not_come_is_told_with_what_came(subscription: Subscription) -> None:
    httpx2.post(subscription.callback, json=event("8"))
    with pytest.raises(Violation) as finding:
        subscription.wait_for(about("9"), "a ProductOrderCreateEvent about 9", within=0.05)
    assert finding.value.message.startswith(
        "a ProductOrderCreateEvent about 9 did not reach http://127.0.0.1:"
    )
    assert finding.value.actual == "1 other: ProductOrderCreateEvent"


def test_silence_of_a_dead_target_is_no_finding(sink: Sink, contract: Contract) -> None:
    def gone() -> None:
        raise TargetGone("http://x", "connection refused")

    subscription = sink.open(contract, gone)
    with pytest.raises(TargetGone):
        subscription.wait_for(about("9"), within=0.05)


def test_as_long_as_nothing_came_at_all_patience_shrinks(sink: Sink, contract: Contract) -> None:
    patience = sink.patience(contract)
    patience.most = 0.6
    subscription = sink.open(contract, lambda: None)
    with pytest.raises(Violation, match="nothing at all has come there so far"):
        subscription.wait_for(about("9"), within=0.02)
    assert patience.within(10) == pytest.approx(0.2)


def test_patience_with_one_api_is_no_matter_of_another(sink: Sink, contract: Contract) -> None:
    sink.patience(contract).lose()
    assert sink.patience(standard_contract("TMF637")).within(10) == 10


def test_patience_with_one_kind_of_change_is_no_matter_of_another(
    sink: Sink, subscription: Subscription, contract: Contract
) -> None:
    assert subscription.find(about("9"), within=0.01, change="Delete") is None
    assert sink.patience(contract, "Delete").within(10) < sink.patience(contract, "Create").within(10)


def test_what_took_long_is_waited_for_again_after_something_was_lost() -> None:
    patience = Patience()
    patience.heard = True
    patience.rewarded(0.5)
    for _ in range(3):
        patience.lose()
    assert patience.within(60) == 5.0


def test_what_is_lost_time_and_again_is_hardly_waited_for_until_something_comes() -> None:
    patience = Patience()
    patience.heard = True
    for _ in range(12):
        patience.lose()
    assert patience.within(60) == pytest.approx(0.2)
    patience.rewarded(0.1)
    assert patience.within(60) == 2.0


def test_what_need_not_come_costs_no_patience(sink: Sink, subscription: Subscription) -> None:
    assert subscription.glimpse(about("9"), within=0.01) is None
    assert sink.patience(subscription.contract).within(60) == 10.0


def test_a_notification_can_be_answered_in_another_way(subscription: Subscription) -> None:
    subscription.answers.append(500)
    subscription.usual = 204
    assert [httpx2.post(subscription.callback, json=event()).status_code for _ in range(3)] == [500, 204, 204]
    assert [each.answered for each in subscription.received] == [500, 204, 204]


def test_a_notification_is_kept_with_the_address_to_which_it_came(subscription: Subscription) -> None:
    httpx2.post(f"{subscription.callback}/a%20b?key=x%2Fy&z", json=event())
    (got,) = subscription.received
    assert (got.path, got.url) == ("/a b", f"{subscription.callback}/a%20b?key=x%2Fy&z")


def test_the_declared_types_that_came_are_known(sink: Sink, subscription: Subscription) -> None:
    for type in ("ProductOrderCreateEvent", "productOrderCreateEvent", "SomethingEvent"):
        httpx2.post(subscription.callback, json=event(type=type))
    assert sink.event_types(subscription.contract) == {"ProductOrderCreateEvent"}


def test_a_notification_beside_the_callback_is_named(sink: Sink, subscription: Subscription) -> None:
    answer = httpx2.post(f"{sink.url}/listener/productOrderCreateEvent", json=event())
    assert answer.status_code == 404
    with pytest.raises(Violation, match="something came to /listener/productOrderCreateEvent instead"):
        subscription.wait_for(about("7"), within=0.05)


def test_after_closing_nothing_is_taken(subscription: Subscription) -> None:
    subscription.close()
    assert httpx2.post(subscription.callback, json=event()).status_code == 404
    assert subscription.received == ()


def test_wait_counts_any_notification(subscription: Subscription) -> None:
    assert subscription.wait(beyond=0, within=0.02) is False
    httpx2.post(subscription.callback, json=event())
    assert subscription.wait(beyond=0, within=30) is True


def test_chunked_notifications_come_whole(subscription: Subscription) -> None:
    text = json.dumps(event("11")).encode()

    def pieces() -> Iterator[bytes]:
        yield text[:10]
        yield text[10:]

    httpx2.post(subscription.callback, content=pieces())
    assert subscription.wait_for(about("11")).json == event("11")


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"', b'{"event": 5, "eventType": 6}', b"\xff\xfe"])
def test_nonsense_is_kept_as_a_notification_without_meaning(subscription: Subscription, body: bytes) -> None:
    assert httpx2.post(subscription.callback, content=body).status_code == 201
    (got,) = subscription.received
    assert (got.event_type, got.declared, got.resource, got.payload) == (None, None, None, None)


def test_an_endless_notification_is_refused(subscription: Subscription) -> None:
    answer = httpx2.post(subscription.callback, content=b" " * (9 * 2**20))
    assert answer.status_code == 413
    assert subscription.received == ()


def test_notifications_reach_the_recorder_in_the_thread_that_asks(
    recorder: Recorder, subscription: Subscription
) -> None:
    seen: list[tuple[Notification, threading.Thread]] = []
    recorder.listen(
        lambda exchange: None, lambda notification: seen.append((notification, threading.current_thread()))
    )
    httpx2.post(subscription.callback, json=event())
    assert seen == []
    recorder.deliver()
    assert [thread for _, thread in seen] == [threading.current_thread()]


def test_a_public_url_is_what_targets_are_told(recorder: Recorder, contract: Contract) -> None:
    sink = Sink(recorder, "127.0.0.1", public_url="https://tunnel.example/rig/")
    sink.start()
    try:
        subscription = sink.open(contract, lambda: None)
        assert subscription.callback == f"https://tunnel.example/rig/{subscription.id}"
        local = f"http://127.0.0.1:{sink.port}"
        for path in (f"/rig/{subscription.id}", f"/{subscription.id}/listener/x"):
            assert httpx2.post(local + path, json=event()).status_code == 201
    finally:
        sink.stop()


def test_a_taken_port_is_told_in_one_line(recorder: Recorder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SinkError, match=f"cannot listen for notifications on 127.0.0.1:{port}: "):
            Sink(recorder, "127.0.0.1", port)
