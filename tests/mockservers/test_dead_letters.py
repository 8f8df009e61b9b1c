"""What could not be delivered, as the admin API shows it: it can be sent again, or dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mock_listening import Listener, listening
from mock_waiting import eventually

from tmfrig.mockservers.delivery import DeliveryPolicy
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.stores import store_at

IMPATIENT = DeliveryPolicy(tries=2, first_pause=0.01, timeout=2.0)
NEVER = 1_000_000
Urls = Mapping[str, str]


@contextmanager
def rig(store: str = "memory", delivery: DeliveryPolicy = IMPATIENT) -> Iterator[Urls]:
    with serving(
        ["TMF622"], admin=True, pace=3600, delivery=delivery, store=store_at(store), dataset="empty"
    ) as urls:
        yield urls


@contextmanager
def refusing() -> Iterator[Listener]:
    """A listener that takes nothing until its `statuses` are cleared."""
    with listening(*[500] * NEVER) as listener:
        yield listener


@pytest.fixture
def urls() -> Iterator[Urls]:
    with rig() as urls:
        yield urls


def _register(http: httpx2.Client, urls: Urls, listener: Listener) -> str:
    answer = http.post(f"{urls['TMF622']}/hub", json={"callback": listener.url})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _order(http: httpx2.Client, urls: Urls) -> str:
    body = {"productOrderItem": [{"id": "1", "action": "add"}]}
    answer = http.post(f"{urls['TMF622']}/productOrder", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _letters(http: httpx2.Client, urls: Urls, count: int) -> list[dict[str, Any]]:
    """Dead letters, once there are so many."""

    def found() -> Any:
        letters = http.get(f"{urls['admin']}/deadLetter").json()
        return letters if len(letters) == count else None

    letters: list[dict[str, Any]] = eventually(found)
    return letters


def _outbox(http: httpx2.Client, urls: Urls) -> Any:
    return http.get(f"{urls['admin']}/outbox").json()


def test_a_notification_that_nobody_takes_is_a_dead_letter(http: httpx2.Client, urls: Urls) -> None:
    with refusing() as listener:
        registration = _register(http, urls, listener)
        order = _order(http, urls)
        (letter,) = _letters(http, urls, 1)
        assert letter["listener"] == registration
        assert letter["eventType"] == "ProductOrderCreateEvent"
        assert letter["reason"] == "it answers 500"
        assert letter["notification"]["event"]["productOrder"]["id"] == order
        assert letter["notification"]["eventId"] == letter["eventId"]
        assert http.get(letter["href"]).json() == letter
        assert _outbox(http, urls) == {"waiting": 0, "dead": 1}
        assert len(listener.requests) == IMPATIENT.tries


def test_it_is_sent_again_with_the_eventid_that_it_had(http: httpx2.Client, urls: Urls) -> None:
    with refusing() as listener:
        _register(http, urls, listener)
        _order(http, urls)
        (letter,) = _letters(http, urls, 1)
        listener.statuses.clear()
        assert http.post(f"{letter['href']}/resend").status_code == 204
        assert listener.wait_for("ProductOrderCreateEvent") == [letter["notification"]]
        eventually(lambda: _outbox(http, urls) == {"waiting": 0, "dead": 0})
        assert http.get(letter["href"]).status_code == 404
        assert http.post(f"{letter['href']}/resend").status_code == 404


def test_what_is_refused_again_is_a_dead_letter_again(http: httpx2.Client, urls: Urls) -> None:
    with refusing() as listener:
        _register(http, urls, listener)
        _order(http, urls)
        (letter,) = _letters(http, urls, 1)
        before = len(listener.requests)
        http.post(f"{letter['href']}/resend")
        eventually(lambda: len(listener.requests) > before and _outbox(http, urls)["dead"] == 1)
        (again,) = _letters(http, urls, 1)
        assert again["eventId"] == letter["eventId"]
        assert again["notification"] == letter["notification"]


def test_all_are_sent_again_in_their_order(http: httpx2.Client, urls: Urls) -> None:
    with refusing() as listener:
        _register(http, urls, listener)
        orders = [_order(http, urls) for _ in range(5)]
        _letters(http, urls, 5)
        listener.statuses.clear()
        assert http.post(f"{urls['admin']}/resend").json() == {"resent": 5}
        eventually(lambda: len(listener.heard) == 5)
        assert [each["event"]["productOrder"]["id"] for each in listener.heard] == orders
        assert http.post(f"{urls['admin']}/resend").json() == {"resent": 0}


def test_what_a_listener_does_not_want_is_tried_less_often_than_what_it_cannot_take(
    http: httpx2.Client,
) -> None:
    policy = DeliveryPolicy(tries=4, refusals=2, first_pause=0.01, pause_factor=1)
    with rig(delivery=policy) as urls, listening(500, 400, 429, 400, *[500] * 4) as listener:
        _register(http, urls, listener)
        _order(http, urls)
        _letters(http, urls, 1)
        assert len(listener.requests) == 4
        listener.statuses.clear()


def test_what_comes_for_a_listener_that_is_away_waits_but_for_few_single_tries(http: httpx2.Client) -> None:
    patient = DeliveryPolicy(tries=2, first_pause=0.01, pause_factor=1e6, jitter=0, longest_wait=NEVER)
    with rig(delivery=patient) as urls, refusing() as listener:
        _register(http, urls, listener)
        for _ in range(5):
            _order(http, urls)
        # the first one after two tries, the second one after a try, and the third one has a long time to go
        eventually(lambda: _outbox(http, urls) == {"waiting": 3, "dead": 2})
        assert len(listener.requests) == 3


def test_they_are_listed_page_by_page_and_counted(http: httpx2.Client, urls: Urls) -> None:
    with refusing() as listener:
        _register(http, urls, listener)
        for _ in range(5):
            _order(http, urls)
        letters = _letters(http, urls, 5)
        list_url = f"{urls['admin']}/deadLetter"
        first = http.get(list_url, params={"limit": 2})
        assert (first.json(), first.headers["x-total-count"]) == (letters[:2], "5")
        rest = http.get(list_url, params={"limit": 9, "after": letters[1]["id"]})
        assert rest.json() == letters[2:]
        for wrong in ({"limit": "-1"}, {"limit": "x"}, {"after": "x"}, {"before": "1"}):
            assert http.get(list_url, params=wrong).status_code == 400


def test_one_or_all_can_be_dropped(http: httpx2.Client, urls: Urls) -> None:
    with refusing() as listener:
        _register(http, urls, listener)
        for _ in range(3):
            _order(http, urls)
        first, *others = _letters(http, urls, 3)
        assert http.delete(first["href"]).status_code == 204
        assert http.delete(first["href"]).status_code == 404
        assert _letters(http, urls, 2) == others
        assert http.delete(f"{urls['admin']}/deadLetter").status_code == 204
        assert _outbox(http, urls) == {"waiting": 0, "dead": 0}
        assert http.delete(f"{urls['admin']}/deadLetter").status_code == 204


@pytest.mark.parametrize("identifier", ["0", "7", "-1", "x", "1.0", "9" * 40, "٣"])
def test_there_is_no_dead_letter_of_that_name(http: httpx2.Client, urls: Urls, identifier: str) -> None:
    url = f"{urls['admin']}/deadLetter/{identifier}"
    assert http.get(url).status_code == 404
    assert http.delete(url).status_code == 404
    assert http.post(f"{url}/resend").status_code == 404


def test_a_listener_that_has_gone_leaves_no_dead_letters(http: httpx2.Client, urls: Urls) -> None:
    with refusing() as listener:
        registration = _register(http, urls, listener)
        _order(http, urls)
        _letters(http, urls, 1)
        assert http.delete(f"{urls['TMF622']}/hub/{registration}").status_code == 204
        assert _outbox(http, urls) == {"waiting": 0, "dead": 0}


def test_a_listener_that_refuses_keeps_nobody_else_waiting(http: httpx2.Client, urls: Urls) -> None:
    with refusing() as refuser, listening() as listener:
        _register(http, urls, refuser)
        _register(http, urls, listener)
        orders = [_order(http, urls) for _ in range(3)]
        eventually(lambda: len(listener.heard) == 3)
        assert [each["event"]["productOrder"]["id"] for each in listener.heard] == orders
        letters = _letters(http, urls, 3)
        assert [each["eventId"] for each in letters] == [each["eventId"] for each in listener.heard]


def test_they_outlive_the_servers_and_can_be_sent_then(http: httpx2.Client, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'rig.db'}"
    with refusing() as listener:
        with rig(store) as urls:
            _register(http, urls, listener)
            _order(http, urls)
            (letter,) = _letters(http, urls, 1)
        with rig(store) as urls:
            (same,) = _letters(http, urls, 1)
            assert {**same, "href": letter["href"]} == letter
            listener.statuses.clear()
            assert http.post(f"{urls['admin']}/deadLetter/{same['id']}/resend").status_code == 204
            assert listener.wait_for("ProductOrderCreateEvent") == [letter["notification"]]
            eventually(lambda: _outbox(http, urls) == {"waiting": 0, "dead": 0})
