"""Notifications that go wrong on purpose."""

from __future__ import annotations

from typing import Any

import httpx2
from mock_bodies import create
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.mockservers.activation import Script
from tmfrig.mockservers.disturbance import USUAL, Odds, as_asked, by_chance
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.store import Notification

SOME = Notification("TMF641 v4", "ServiceOrderCreateEvent", {})


def asking(*words: str) -> Any:
    return as_asked(lambda notification: frozenset(words), 3.0)


def test_what_nobody_asks_for_does_not_happen() -> None:
    deal = asking()
    assert [deal(SOME) for _ in range(3)] == [USUAL] * 3


def test_notifications_are_disturbed_as_asked() -> None:
    assert asking("drop", "duplicate")(SOME) == ()
    assert asking("duplicate")(SOME) == (0.0, 0.0)
    reordered = asking("reorder")
    assert [reordered(SOME) for _ in range(4)] == [(3.0,), (0.0,), (3.0,), (0.0,)]
    assert asking("reorder", "duplicate")(SOME) == (3.0, 3.0)


def test_lots_fall_as_often_as_the_odds_say_and_the_same_each_time() -> None:
    odds = Odds(duplicated=0.2, delayed=0.2, dropped=0.05, seed=1)
    first, second = by_chance(odds, 1.0), by_chance(odds, 1.0)
    deals = [first(SOME) for _ in range(5000)]
    assert deals == [second(SOME) for _ in range(5000)]
    assert 0.03 < deals.count(()) / len(deals) < 0.07
    assert 0.17 < sum(len(each) == 2 for each in deals) / len(deals) < 0.23
    late = [each[0] for each in deals if each and each[0]]
    assert 0.17 < len(late) / len(deals) < 0.23
    assert 0.2 <= min(late) <= max(late) <= 1.0
    assert deals != [by_chance(Odds(0.2, 0.2, 0.05, seed=2), 1.0)(SOME) for _ in range(5000)]


def heard(http: httpx2.Client, odds: Odds, expected: int) -> list[str]:
    """The numbers of created categories as a listener hears of them."""
    with serving(["TMF620"], pace=0.02, script=Script(notifications=odds)) as urls, listening() as listener:
        http.post(urls["TMF620"] + "/hub", json={"callback": listener.url})
        for number in range(10):
            create(http, urls, "TMF620", "category", name=str(number))
        eventually(lambda: len(listener.heard) == expected)
        return [each["event"]["category"]["name"] for each in listener.heard]


def test_every_notification_may_come_twice(http: httpx2.Client) -> None:
    assert heard(http, Odds(duplicated=1), 20) == [str(each) for each in range(10) for _ in range(2)]


def test_every_notification_may_be_lost(http: httpx2.Client) -> None:
    assert heard(http, Odds(dropped=1), 0) == []


def test_late_notifications_come_out_of_order_and_none_is_missing(http: httpx2.Client) -> None:
    numbers = heard(http, Odds(delayed=0.5, seed=3), 10)
    assert sorted(numbers) == [str(each) for each in range(10)]
    assert numbers != sorted(numbers)
