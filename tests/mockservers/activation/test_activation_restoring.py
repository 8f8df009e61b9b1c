"""Orders whose world is put back to an earlier moment: they go on from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from activation_stage import item
from mock_waiting import eventually

from tmfrig.mockservers.running import serving

Urls = Mapping[str, str]


@pytest.fixture
def urls() -> Iterator[Urls]:
    """Activation and its inventory in one process, slow enough to be caught on the way."""
    with serving(["TMF638", "TMF641"], admin=True, pace=0.2) as served:
        yield served


def placed(http: httpx2.Client, urls: Urls, name: str) -> str:
    body = {"externalId": name, "serviceOrderItem": [item("1")]}
    return str(http.post(urls["TMF641"] + "/serviceOrder", json=body).json()["href"])


def service_states(http: httpx2.Client, urls: Urls) -> list[str]:
    return [each["state"] for each in http.get(urls["TMF638"] + "/service").json()]


def snapshot(http: httpx2.Client, urls: Urls) -> str:
    taken: dict[str, Any] = http.post(urls["admin"] + "/snapshot").json()
    return str(taken["id"])


def restore(http: httpx2.Client, urls: Urls, taken: str) -> None:
    assert http.post(f"{urls['admin']}/snapshot/{taken}/restore").status_code == 204


def test_an_order_goes_on_from_where_it_stood(http: httpx2.Client, urls: Urls) -> None:
    order = placed(http, urls, "shop-1")
    eventually(lambda: service_states(http, urls) == ["designed"])
    taken = snapshot(http, urls)
    for _ in range(2):
        eventually(lambda: http.get(order).json()["state"] == "completed")
        assert service_states(http, urls) == ["active"]
        restore(http, urls, taken)
        assert http.get(order).json()["state"] == "inProgress"
    eventually(lambda: http.get(order).json()["state"] == "completed")
    assert service_states(http, urls) == ["active"]


@pytest.mark.parametrize("state", ["assessingCancellation", "pendingCancellation"])
def test_a_cancellation_goes_on_from_where_it_stood(http: httpx2.Client, urls: Urls, state: str) -> None:
    order = placed(http, urls, "shop-1~hang@reserved")
    eventually(lambda: service_states(http, urls) == ["designed"])
    body = {"serviceOrder": {"id": order.rpartition("/")[2]}}
    task = http.post(urls["TMF641"] + "/cancelServiceOrder", json=body).json()["href"]
    eventually(lambda: http.get(order).json()["state"] == state)
    taken = snapshot(http, urls)
    for _ in range(2):
        eventually(lambda: http.get(task).json().get("effectiveCancellationDate"))
        assert http.get(order).json()["state"] == "cancelled"
        assert service_states(http, urls) == []
        restore(http, urls, taken)
    assert service_states(http, urls) == ["designed"]
