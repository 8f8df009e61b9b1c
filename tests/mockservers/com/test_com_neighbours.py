"""Neighbours that are away for a while, or refuse; and a COM that is away itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
from com_stage import PACE, Json, Stage, add, bundle, item_states, notes, on, staged, traits
from com_switches import Switch, switched
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.mockservers.com import attention
from tmfrig.mockservers.running import serving

Moment = Callable[[Stage, Json], Any]


@pytest.fixture(autouse=True)
def short_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried again soon."""
    monkeypatch.setattr(attention, "LONGEST_PAUSE", 0.5)


# ── the COM is away ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def apart() -> Iterator[tuple[Stage, Switch]]:
    """All the others in one server, and a COM in another."""
    with (
        httpx2.Client(trust_env=False, timeout=20) as http,
        listening() as order_events,
        listening() as product_events,
        serving(dataset="telco", pace=PACE, com="none", externals={}) as others,
        switched((), others_of(others), com=True, patience=10) as com,
    ):
        for api, listener in (("TMF622", order_events), ("TMF637", product_events)):
            http.post(f"{others[api]}/hub", json={"callback": listener.url})
        stage = Stage(http, {**others, **com.urls}, order_events, product_events)
        yield stage, com
        stage.check()


def others_of(urls: Any) -> dict[str, str]:
    return {api: urls[api] for api in ("TMF620", "TMF622", "TMF633", "TMF637", "TMF638", "TMF641")}


def placed(stage: Stage, order: Json) -> Any:
    return stage.service_orders(order)


def built(stage: Stage, order: Json) -> Any:
    return stage.services(order)


def recorded(stage: Stage, order: Json) -> Any:
    return stage.products(order)


@pytest.mark.parametrize("moment", [placed, built, recorded])
def test_a_com_goes_on_where_it_was(
    apart: tuple[Stage, Switch], moment: Callable[[Stage, Json], Any]
) -> None:
    stage, com = apart
    orders = [stage.order(add("1", "fibre-500"), script="~slow:3"), stage.order(bundle(), script="~slow:3")]
    eventually(lambda: all(moment(stage, each) for each in orders))
    com.off()
    missed = stage.order(add("1", "mobile-s"))
    com.on()
    for each in (*orders, missed):
        stage.ended(each, "completed")
        stage.check_counts(each)
        assert {product["status"] for product in stage.products(each)} == {"active"}


def test_what_ended_while_the_com_was_away_is_noticed(apart: tuple[Stage, Switch]) -> None:
    stage, com = apart
    good = stage.order(add("1", "fibre-500"), script="~slow:3")
    bad = stage.order(bundle(), script="~slow:3~fail@active:television")
    eventually(lambda: stage.services(good) and stage.services(bad))
    com.off()
    eventually(
        lambda: all(
            stage.service_orders(each)[0]["state"] in ("completed", "partial") for each in (good, bad)
        )
    )
    com.on()
    stage.ended(good, "completed")
    stage.ended(bad, "failed")
    assert all(each["state"] == "terminated" for each in stage.services(bad))


def test_what_customers_did_while_the_com_was_away_is_noticed(apart: tuple[Stage, Switch]) -> None:
    stage, com = apart
    asked = stage.order(add("1", "fibre-500"), script="~information:socket")
    cancelled = stage.order(add("1", "fibre-500"), script="~hang")
    held = stage.order(add("1", "fibre-500"), script="~hold@designed")
    item = stage.reaches(asked, "pending")["productOrderItem"][0]
    stage.reaches(held, "held")
    eventually(lambda: stage.services(cancelled))
    com.off()
    stage.patch(asked, productOrderItem=[item | {"product": traits(socket="B.1")}])
    stage.patch(held, state="inProgress")
    task = stage.cancel(cancelled)
    stage.reaches(cancelled, "assessingCancellation")
    com.on()
    stage.ended(asked, "completed")
    stage.ended(held, "completed")
    stage.ended(cancelled, "cancelled")
    assert "effectiveCancellationDate" in stage.reaches(task, "done")


def test_a_reconciliation_that_was_not_done_is_done(apart: tuple[Stage, Switch]) -> None:
    stage, com = apart
    stage.reconcile()
    job = stage.create("COM", "reconciliationJob", {"policy": "report"})
    com.off()
    com.on()
    assert stage.reaches(job, "done")["findings"] == 0


# ── others are away ─────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def without(api: str, patience: float) -> Iterator[tuple[Stage, Switch]]:
    """A stage on which one API can be switched off."""
    with (
        switched((api,), dataset="telco") as switch,
        staged(externals={api: switch.urls[api]}, patience=patience) as stage,
    ):
        stage.urls = {**stage.urls, **switch.urls}
        yield stage, switch


def test_an_order_is_held_when_a_neighbour_stays_away_and_goes_on_when_it_is_back() -> None:
    with without("TMF637", patience=0.3) as (stage, inventory):
        order = stage.order(add("1", "fibre-500"), script="~hold@active:fibre-broadband")
        stage.reaches(order, "held")
        eventually(lambda: stage.products(order))
        inventory.off()
        stage.patch(order, state="inProgress")
        held = stage.reaches(order, "held")
        assert item_states(held) == {"1": "held"}
        assert "TMF637 did not answer" in notes(held)[-1]
        inventory.on()
        stage.ended(order, "completed")
        assert [each["status"] for each in stage.products(order)] == ["active"]


def test_orders_wait_for_a_service_inventory_that_is_away() -> None:
    with without("TMF638", patience=20) as (stage, inventory):
        order = stage.order(bundle(), script="~slow:2")
        eventually(lambda: stage.services(order))
        inventory.off()
        # nothing can be known: nothing is claimed
        assert stage.get(order)["state"] == "inProgress"
        inventory.on()
        stage.ended(order, "completed")
        stage.check_counts(order)


def test_orders_wait_for_a_catalog_that_is_away() -> None:
    with without("TMF620", patience=0.3) as (stage, catalog):
        catalog.off()
        order = stage.order(add("1", "fibre-500"))
        held = stage.reaches(order, "held")
        assert "TMF620 did not answer" in notes(held)[-1]
        assert stage.service_orders(order) == []
        catalog.on()
        stage.ended(order, "completed")


# ── somebody refuses ────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def refusing(status: int) -> Iterator[str]:
    """A TMF641 that takes no orders."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, [])

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.endswith("/hub"):
                self._answer(201, {"id": "1", "callback": "x"})
            else:
                self._answer(status, {"code": "no", "reason": "we are full", "message": "come back in May"})

        def _answer(self, code: int, body: Any) -> None:
            raw = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/serviceOrdering/v4"
    finally:
        server.shutdown()
        server.server_close()


def test_work_that_is_refused_fails_the_order_with_the_reason() -> None:
    with refusing(400) as url, staged(externals={"TMF641": url}, patience=5) as stage:
        order = stage.order(add("1", "fibre-500"))
        failed = stage.ended(order, "failed")
        assert notes(failed) == ["TMF641 answered 400 to POST serviceOrder: we are full: come back in May"]
        assert stage.products(order) == []
        kept = stage.order(on("1", "noChange", "keller-tv"), add("2", "mobile-s"))
        assert item_states(stage.ended(kept, "partial")) == {"1": "completed", "2": "failed"}


def test_work_that_is_not_taken_now_is_held() -> None:
    with refusing(503) as url, staged(externals={"TMF641": url}, patience=0.3) as stage:
        order = stage.order(add("1", "fibre-500"))
        held = stage.reaches(order, "held")
        assert "TMF641 answered 503" in notes(held)[-1]
        task = stage.cancel(order)
        stage.ended(order, "cancelled")
        assert "effectiveCancellationDate" in stage.reaches(task, "done")
