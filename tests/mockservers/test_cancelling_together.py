"""Several cancel tasks about one order: it is cancelled once, and all who asked are told since when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from mock_bodies import create
from mock_waiting import eventually


@pytest.mark.parametrize(
    ("api", "order_name", "name"),
    [("TMF622", "productOrder", "cancelProductOrder"), ("TMF641", "serviceOrder", "cancelServiceOrder")],
)
def test_an_order_is_cancelled_once_whoever_asks(
    servers: Mapping[str, str], http: httpx2.Client, api: str, order_name: str, name: str
) -> None:
    order = create(http, servers, api, order_name)
    tasks = [create(http, servers, api, name, **{order_name: {"id": order["id"]}}) for _ in range(3)]

    def all_done() -> list[dict[str, Any]] | None:
        shown = [http.get(each["href"]).json() for each in tasks]
        return shown if all(each["state"] == "done" for each in shown) else None

    done = eventually(all_done)
    cancelled = http.get(order["href"]).json()
    dates = {each["effectiveCancellationDate"] for each in done if "effectiveCancellationDate" in each}
    assert cancelled["state"] in ("cancelled", "completed")
    assert dates == ({cancelled["cancellationDate"]} if cancelled["state"] == "cancelled" else set())
