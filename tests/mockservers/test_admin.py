"""The admin API: reading the journal, and putting the servers into a state, also while requests run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.mockservers.running import serving
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.stores import store_at
from tmfrig.specs import rig_contract, standard_contract

ORDER = {"productOrderItem": [{"id": "1", "action": "add"}]}
CATEGORY = {"TMF620": {"category": [{"id": "tv", "name": "Television"}]}}


@pytest.fixture
def rig() -> Iterator[Mapping[str, str]]:
    """Ordering and catalog with the telco data set, in both versions; orders stay as they are."""
    with serving(["TMF620", "TMF622"], lines=(4, 5), dataset="telco", admin=True, pace=3600) as urls:
        yield urls


def asked(
    http: httpx2.Client, urls: Mapping[str, str], method: str, path: str, status: int, **more: Any
) -> Any:
    answer = http.request(method, urls["admin"] + path, **more)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.json()["status"] == str(status)
    return answer.json() if answer.content else None


def ordered(http: httpx2.Client, urls: Mapping[str, str], key: str = "TMF622") -> str:
    body = (
        ORDER
        if key != "TMF622.v5"
        else {
            "@type": "ProductOrder",
            "productOrderItem": [{"@type": "ProductOrderItem", "id": "1", "action": "add"}],
        }
    )
    answer = http.post(urls[key] + "/productOrder", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def orders(http: httpx2.Client, urls: Mapping[str, str], key: str = "TMF622") -> set[str]:
    return {each["id"] for each in http.get(urls[key] + "/productOrder").json()}


def test_the_journal_is_filtered_and_counted(http: httpx2.Client, rig: Mapping[str, str]) -> None:
    ordered(http, rig)
    http.get(rig["TMF620"] + "/category", headers={"X-Client-Id": "channel"})
    http.get(rig["TMF620"] + "/category/none", headers={"X-Client-Id": "channel"})

    def numbers(**query: str) -> list[int]:
        return [each["number"] for each in asked(http, rig, "GET", "/journal", 200, params=query)]

    assert numbers() == [1, 2, 3]
    assert numbers(caller="channel") == [2, 3]
    assert numbers(callee="TMF622") == [1]
    assert numbers(method="POST") == [1]
    assert numbers(path="*/category/*") == [3]
    assert numbers(after="1", caller="channel", limit="1") == [2]
    assert numbers(trace="0" * 32) == []
    answer = http.get(rig["admin"] + "/journal?limit=1&after=1")
    assert (answer.headers["x-total-count"], answer.headers["x-dropped-count"]) == ("2", "0")
    asked(http, rig, "DELETE", "/journal", 204)
    assert numbers() == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limit=x", "limit should be a number"),
        ("after=-1", "after should be a number"),
        ("limit=10001", "limit is at most 10000"),
        ("status=200", "not filtered by 'status'"),
        ("caller=a&caller=b", "caller is given twice"),
    ],
)
def test_a_wrong_query_is_told(http: httpx2.Client, rig: Mapping[str, str], query: str, told: str) -> None:
    assert told in asked(http, rig, "GET", f"/journal?{query}", 400)["message"]


def test_the_admin_api_is_described_like_every_other(http: httpx2.Client, rig: Mapping[str, str]) -> None:
    assert http.get(rig["admin"] + "/openapi.json").json() == rig_contract("admin").document
    rig_contract("admin").check()
    assert http.put(rig["admin"] + "/journal").status_code == 405
    assert "GET" in http.request("OPTIONS", rig["admin"] + "/journal").headers["allow"]
    assert http.get(rig["admin"] + "/nothing").status_code == 404


def test_what_it_answers_keeps_its_contract(http: httpx2.Client, rig: Mapping[str, str]) -> None:
    def answers(method: str, path: str, body: Any, status: str = "200") -> bool:
        operation = rig_contract("admin").operation_for(method, path)
        assert operation is not None
        schema = operation.responses[status].schema
        assert schema is not None
        return schema.accepts(body)

    ordered(http, rig)
    taken = asked(http, rig, "POST", "/snapshot", 201)
    assert answers("GET", "/journal", asked(http, rig, "GET", "/journal", 200))
    assert answers("POST", "/snapshot", taken, "201")
    assert answers("GET", "/snapshot", asked(http, rig, "GET", "/snapshot", 200))
    assert answers("POST", "/seed", asked(http, rig, "POST", "/seed", 200, json=CATEGORY))


def test_reset_goes_back_to_the_data_set(http: httpx2.Client, rig: Mapping[str, str]) -> None:
    categories = http.get(rig["TMF620"] + "/category").json()
    with listening() as listener:
        registered = http.post(rig["TMF622"] + "/hub", json={"callback": listener.url}).json()["id"]
        ordered(http, rig)
        http.delete(f"{rig['TMF620']}/category/{categories[0]['id']}")
        listener.wait_for("ProductOrderCreateEvent")
        asked(http, rig, "POST", "/reset", 204)
        assert orders(http, rig) == orders(http, rig, "TMF622.v5") == set()
        assert http.get(rig["TMF620"] + "/category").json() == categories
        assert http.delete(f"{rig['TMF622']}/hub/{registered}").status_code == 404
        heard = len(listener.heard)
        assert orders(http, rig) | {ordered(http, rig)} == orders(http, rig)
        assert len(listener.heard) == heard
    assert asked(http, rig, "GET", "/journal", 200), "the journal stays"


def test_a_snapshot_is_put_back_with_registrations(http: httpx2.Client, rig: Mapping[str, str]) -> None:
    with listening() as listener:
        http.post(rig["TMF622"] + "/hub", json={"callback": listener.url})
        kept = ordered(http, rig)
        taken = asked(http, rig, "POST", "/snapshot", 201)
        ordered(http, rig, "TMF622.v5")
        asked(http, rig, "POST", "/reset", 204)
        assert asked(http, rig, "GET", "/snapshot", 200) == [taken]
        assert http.get(taken["href"]).json() == taken
        asked(http, rig, "POST", f"/snapshot/{taken['id']}/restore", 204)
        assert orders(http, rig) == orders(http, rig, "TMF622.v5") == {kept}
        later = ordered(http, rig)
        eventually(lambda: listener.about(later))
    asked(http, rig, "DELETE", f"/snapshot/{taken['id']}", 204)
    for method, path in (("DELETE", ""), ("GET", ""), ("POST", "/restore")):
        asked(http, rig, method, f"/snapshot/{taken['id']}{path}", 404)


def test_snapshots_in_a_file_outlive_the_servers(http: httpx2.Client, tmp_path: Path) -> None:
    def again() -> AbstractContextManager[Mapping[str, str]]:
        store = store_at(f"sqlite:///{tmp_path / 'rig.db'}")
        return serving(["TMF622"], admin=True, pace=3600, store=store)

    with again() as urls:
        began = datetime.now(UTC) - timedelta(milliseconds=1)
        first = asked(http, urls, "POST", "/snapshot", 201)
        kept = ordered(http, urls)
        second = asked(http, urls, "POST", "/snapshot", 201)
    with again() as urls:
        ordered(http, urls)
        third = asked(http, urls, "POST", "/snapshot", 201)
        listed = asked(http, urls, "GET", "/snapshot", 200)
        assert [each["id"] for each in listed] == [each["id"] for each in (first, second, third)]
        assert [each["documents"] - first["documents"] for each in listed] == [0, 1, 2]
        moments = [
            began,
            *(datetime.fromisoformat(each["creationDate"]) for each in listed),
            datetime.now(UTC),
        ]
        assert moments == sorted(moments)
        asked(http, urls, "POST", f"/snapshot/{second['id']}/restore", 204)
        assert orders(http, urls) == {kept}
        asked(http, urls, "DELETE", f"/snapshot/{second['id']}", 204)
    with again() as urls:
        listed = asked(http, urls, "GET", "/snapshot", 200)
        assert [each["id"] for each in listed] == [first["id"], third["id"]]
        asked(http, urls, "POST", f"/snapshot/{second['id']}/restore", 404)
        asked(http, urls, "POST", "/snapshot/initial/restore", 404)
        asked(http, urls, "DELETE", "/snapshot/initial", 404)
        assert orders(http, urls) == {kept}
        asked(http, urls, "POST", "/reset", 204)
        assert orders(http, urls) == set()


def test_there_are_not_too_many_snapshots(http: httpx2.Client, rig: Mapping[str, str]) -> None:
    for _ in range(100):
        asked(http, rig, "POST", "/snapshot", 201)
    assert "delete some" in asked(http, rig, "POST", "/snapshot", 409)["message"]


def test_a_restore_that_fails_leaves_the_site_at_work() -> None:
    async def act() -> bool:
        site = Site([standard_contract("TMF620")])
        await site.start()
        await site.begin()
        with pytest.raises(KeyError):
            async with site.at_rest():
                await site.store.put_back("nothing")
        held = site.office.held
        await site.stop()
        return held

    assert asyncio.run(act())


def test_what_was_under_way_goes_on_after_a_restore(http: httpx2.Client) -> None:
    with serving(["TMF622"], admin=True, pace=0.3) as urls:
        order = ordered(http, urls)
        held = http.post(urls["TMF622"] + "/productOrder", json=ORDER).json()["href"]
        taken = asked(http, urls, "POST", "/snapshot", 201)["id"]
        href = f"{urls['TMF622']}/productOrder/{order}"
        eventually(lambda: http.get(href).json()["state"] == "completed")
        http.delete(held)
        asked(http, urls, "POST", f"/snapshot/{taken}/restore", 204)
        assert http.get(href).json()["state"] == "acknowledged"
        eventually(lambda: http.get(href).json()["state"] == "completed")
        eventually(lambda: http.get(held).json()["state"] == "completed")


def test_a_cancellation_under_way_goes_on_after_a_restore(http: httpx2.Client) -> None:
    with serving(["TMF622"], admin=True, pace=0.3) as urls:
        order = ordered(http, urls)
        body = {"productOrder": {"id": order}, "cancellationReason": "moved"}
        href = f"{urls['TMF622']}/productOrder/{order}"
        task = http.post(urls["TMF622"] + "/cancelProductOrder", json=body).json()["href"]
        for state in ("assessingCancellation", "pendingCancellation"):
            eventually(lambda state=state: http.get(href).json()["state"] == state)
            taken = asked(http, urls, "POST", "/snapshot", 201)["id"]
            eventually(lambda: http.get(task).json()["state"] == "done")
            asked(http, urls, "POST", f"/snapshot/{taken}/restore", 204)
            assert http.get(href).json()["state"] == state
        eventually(lambda: http.get(task).json().get("effectiveCancellationDate"))
        assert http.get(href).json()["state"] == "cancelled"


def test_seeds_are_put_in_place_and_may_refer_to_what_is_there(
    http: httpx2.Client, rig: Mapping[str, str]
) -> None:
    offering = http.get(rig["TMF620"] + "/productOffering").json()[0]
    created = http.post(rig["TMF620"] + "/category", json={"name": "Ours"}).json()["id"]
    seeds = {
        "TMF620": {
            "category": [{"id": "tv", "name": "Television", "parentId": created}],
            "productOffering": [{"id": "tv-1", "name": "TV", "category": ["tv", created]}],
        }
    }
    assert asked(http, rig, "POST", "/seed", 200, json=seeds) == {
        "seeded": {"TMF620": {"category": 1, "productOffering": 1}}
    }
    shown = http.get(rig["TMF620"] + "/productOffering/tv-1").json()
    assert [each["id"] for each in shown["category"]] == ["tv", created]
    assert http.get(rig["TMF620.v5"] + "/productOffering/tv-1").status_code == 200
    again = {"TMF620": {"productOffering": [{"id": offering["id"], "name": "Renamed"}]}}
    asked(http, rig, "POST", "/seed", 200, json=again)
    for key in ("TMF620", "TMF620.v5"):
        assert http.get(f"{rig[key]}/productOffering/{offering['id']}").json()["name"] == "Renamed"
    asked(http, rig, "POST", "/reset", 204)
    assert http.get(rig["TMF620"] + "/category/tv").status_code == 404
    shown = http.get(f"{rig['TMF620']}/productOffering/{offering['id']}").json()
    assert shown["name"] == offering["name"]


@pytest.mark.parametrize(
    ("seeds", "told"),
    [
        ([], "should be an object"),
        ({"TMF666": {}}, "body: 'TMF666' is no API of the rig"),
        ({"TMF620": {"category": [{"name": "no id"}]}}, "has no id"),
        ({"TMF620": {"category": [{"id": "x"}]}}, "body: TMF620.category[x].name is mandatory"),
        (
            {"TMF620": {"category": [{"id": "x", "name": "X", "parentId": "nowhere"}]}},
            "refers to 'nowhere', which TMF620.category does not have",
        ),
    ],
)
def test_a_wrong_seed_is_told_and_changes_nothing(
    http: httpx2.Client, rig: Mapping[str, str], seeds: Any, told: str
) -> None:
    assert told in asked(http, rig, "POST", "/seed", 400, json=seeds)["message"]
    assert http.get(rig["TMF620"] + "/category/x").status_code == 404


def test_seeds_are_json(http: httpx2.Client, rig: Mapping[str, str]) -> None:
    asked(http, rig, "POST", "/seed", 415, content=b"TMF620: {}", headers={"Content-Type": "text/yaml"})
    asked(http, rig, "POST", "/seed", 400, content=b"{", headers={"Content-Type": "application/json"})


def test_seeds_may_hold_coverage(http: httpx2.Client) -> None:
    with serving(["TMF645"], dataset="telco", admin=True, pace=0) as urls:
        seeds = {
            "coverage": [{"id": "new-house", "postcode": "9000", "city": "X", "country": "CH", "reach": {}}]
        }
        asked(http, urls, "POST", "/seed", 200, json=seeds)


@contextmanager
def pouring(urls: Mapping[str, str]) -> Iterator[list[int]]:
    """Orders that come in without a pause from several clients; their statuses."""
    statuses: list[int] = []
    over = threading.Event()

    def pour() -> None:
        with httpx2.Client(trust_env=False) as client:
            while not over.is_set():
                answer = client.post(urls["TMF622"] + "/productOrder", json=ORDER)
                statuses.append(answer.status_code)
                found = client.patch(answer.json()["href"], json={"description": "changed"})
                statuses.append(found.status_code)

    threads = [threading.Thread(target=pour) for _ in range(4)]
    for each in threads:
        each.start()
    try:
        yield statuses
    finally:
        over.set()
        for each in threads:
            each.join()


def test_states_are_put_back_while_requests_run(http: httpx2.Client) -> None:
    with serving(["TMF622"], lines=(4, 5), admin=True, pace=0.01) as urls:
        kept = ordered(http, urls)
        href = f"{urls['TMF622']}/productOrder/{kept}"
        eventually(lambda: http.get(href).json()["state"] == "completed")
        taken = asked(http, urls, "POST", "/snapshot", 201)["id"]
        with pouring(urls) as statuses:
            rounds = 0
            # as many requests as it takes to have some in between, however busy the machine is
            while rounds < 15 or len(statuses) <= 50:
                asked(http, urls, "POST", "/reset", 204)
                asked(http, urls, "POST", f"/snapshot/{taken}/restore", 204)
                assert http.get(href).json()["state"] == "completed"
                rounds += 1
                assert rounds < 5000, f"only {len(statuses)} requests were answered"
        assert set(statuses) <= {200, 201, 404}
        asked(http, urls, "POST", f"/snapshot/{taken}/restore", 204)
        assert orders(http, urls) == orders(http, urls, "TMF622.v5") == {kept}


def test_the_com_begins_anew_after_a_reset_and_goes_on_after_a_restore(http: httpx2.Client) -> None:
    def placed() -> str:
        item = {"id": "1", "action": "add", "productOffering": {"id": "fibre-500"}}
        return str(
            http.post(urls["TMF622"] + "/productOrder", json={"productOrderItem": [item]}).json()["href"]
        )

    def completed(href: str) -> bool:
        return bool(http.get(href).json().get("state") == "completed")

    def orchestrations() -> int:
        return len(http.get(urls["COM"] + "/orchestration").json())

    with serving(dataset="telco", com=True, admin=True, pace=0.05) as urls:
        held = placed()
        eventually(lambda: http.get(held).json()["state"] == "inProgress")
        taken = asked(http, urls, "POST", "/snapshot", 201)["id"]
        eventually(lambda: completed(held))
        asked(http, urls, "POST", "/reset", 204)
        assert (http.get(held).status_code, orchestrations()) == (404, 0)
        fresh = placed()
        eventually(lambda: completed(fresh))
        asked(http, urls, "POST", f"/snapshot/{taken}/restore", 204)
        assert http.get(fresh).status_code == 404
        eventually(lambda: completed(held))
        assert orchestrations() == 1
        products = http.get(urls["TMF637"] + "/product", params={"limit": "100"}).json()
        order = held.rpartition("/")[2]
        ours = [each for each in products if order in str(each.get("productOrderItem"))]
        assert [each["status"] for each in ours] == ["active"]
        asked(http, urls, "DELETE", "/journal", 204)
        third = placed()
        eventually(lambda: completed(third))
        told = http.get(urls["admin"] + "/journal", params={"callee": "COM", "caller": "TMF622"}).json()
        bodies = [each["requestBody"] for each in told]
        assert len(bodies) == len(set(bodies)), "the COM is told everything once"
