"""Who plays which role: what is served, what is elsewhere, and how orders get on in each case."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import orjson
import pytest
from mock_bodies import create
from mock_waiting import eventually

from tmfrig.mockservers.app import Application
from tmfrig.mockservers.exchange import Handler
from tmfrig.mockservers.neighbours import NeighbourError
from tmfrig.mockservers.reaching import Address
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.topology import Topology, TopologyError, missing_for_com
from tmfrig.mockservers.wire import Answer, Wire
from tmfrig.specs import API_IDS, RoleError, external_role, external_roles, lines_of, standard_contract

HERE = Address("127.0.0.1", 8620)
FINAL = {"cancelled", "completed", "failed", "partial", "rejected"}


def contracts(*apis: str, lines: tuple[int, ...] = (4,)) -> tuple[Any, ...]:
    return tuple(standard_contract(api, line) for line in lines for api in apis if line in lines_of(api))


def order_of(
    http: httpx2.Client, urls: Mapping[str, str], key: str = "TMF622", **extra: Any
) -> dict[str, Any]:
    item = {"@type": "ProductOrderItem", "id": "1", "action": "add"}
    body = {"@type": "ProductOrder", "productOrderItem": [item], **extra}
    answer = http.post(urls[key] + "/productOrder", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def cancel(http: httpx2.Client, urls: Mapping[str, str], order: str, key: str = "TMF622") -> str:
    reference = {"@type": "ProductOrderRef", "id": order}
    body = {"@type": "CancelProductOrder", "productOrder": reference, "cancellationReason": "moved"}
    answer = http.post(urls[key] + "/cancelProductOrder", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["href"])


def moved(http: httpx2.Client, href: str, state: str) -> None:
    answer = http.patch(href, json={"state": state})
    assert answer.status_code == 200, answer.text


def reaches(http: httpx2.Client, href: str, state: str) -> dict[str, Any]:
    def there() -> dict[str, Any] | None:
        found: dict[str, Any] = http.get(href).json()
        return found if found["state"] == state else None

    return eventually(there)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "role", "url", "line"),
    [
        ("TMF641=https://so.acme.example/v4/", "TMF641", "https://so.acme.example/v4", 4),
        ("tmf622 = http://h:1/x/v5", "TMF622", "http://h:1/x/v5", 5),
        ("TMF622=http://h:1/x/v5.0.0", "TMF622", "http://h:1/x/v5.0.0", 5),
        ("TMF638=http://h", "TMF638", "http://h", 4),
        ("COM=http://h/com/v2", "COM", "http://h/com/v2", 2),
        ("COM=http://h/com", "COM", "http://h/com", 1),
        ("COM=none", "COM", "none", 1),
    ],
)
def test_an_external_role_is_a_name_and_a_url(text: str, role: str, url: str, line: int) -> None:
    found = external_role(text)
    assert (found.role, found.url, found.line) == (role, url, line)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["TMF641"], "write it as ROLE=URL"),
        (["TMF641="], "write it as ROLE=URL"),
        (["TMF666=http://h"], "there is no role 'TMF666'; the roles are TMF620, "),
        (["TMF641=h:1/v4"], "the URL of TMF641 is none"),
        (["TMF641=none"], "the URL of TMF641 is none"),
        (["TMF641=http://h:x/v4"], "the URL of TMF641 is none"),
        (["TMF641=http://h:99999/v4"], "the URL of TMF641 is none"),
        (["TMF641=http://h/ v4"], "the URL of TMF641 is none"),
        (["TMF641=http://me:pass@h/v4"], "log in by a header instead"),
        (["TMF641=http://h/v4?x=1"], "has a query or fragment"),
        (["TMF641=http://h/v5"], "TMF641 has no version 5 here; the URL ends in /v4"),
        (["TMF622=http://h/v3"], "TMF622 has no version 3 here; the URL ends in /v4 or /v5"),
        (["TMF641=http://h/v4", "TMF641=http://i/v4"], "TMF641 is external twice"),
    ],
)
def test_what_is_no_external_role_is_told_in_one_line(texts: list[str], told: str) -> None:
    with pytest.raises(RoleError) as raised:
        external_roles(texts)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "pass" not in str(raised.value)


def test_a_role_is_here_or_elsewhere() -> None:
    with pytest.raises(TopologyError, match="TMF641 is both served here and external"):
        Topology(contracts("TMF641"), external_roles(["TMF641=http://h/v4"]))


def test_the_com_needs_its_neighbours() -> None:
    with pytest.raises(TopologyError, match="without TMF633, TMF641; serve it here"):
        Topology(contracts("TMF620", "TMF622", "TMF637", "TMF638"), com_here=True)


def test_somebody_has_to_be_here() -> None:
    with pytest.raises(TopologyError, match="nothing is left to serve"):
        Topology((), external_roles(["TMF641=http://h/v4"]))


def test_a_com_can_be_completed_by_externals() -> None:
    served = contracts(*API_IDS, lines=(5,))
    assert missing_for_com(served, {}) == ["TMF633", "TMF641"]
    assert missing_for_com(served, external_roles(["TMF633=http://h/v4", "TMF641=http://h/v4"])) == []


def test_neighbours_are_reached_where_they_are_and_reach_us() -> None:
    topology = Topology(
        contracts("TMF622", "TMF637", lines=(5, 4)),
        external_roles(["TMF641=http://127.0.0.9:7/v4", "COM=none"]),
        headers={"TMF641": {"Authorization": "Bearer t0p-s3cr3t"}},
    )
    found = topology.neighbours(Wire(), HERE)
    assert found["TMF622"].contract.line == 4
    assert found["TMF622"].url == HERE.url + "/tmf-api/productOrderingManagement/v4"
    assert found["TMF641"].url == "http://127.0.0.9:7/v4"
    assert found["TMF641"].headers == {"Authorization": "Bearer t0p-s3cr3t"}
    assert (found["TMF622"].reaches_us_at, found["TMF641"].reaches_us_at) == (HERE.url, HERE.url)
    assert "TMF638" not in found
    assert "COM" not in found
    assert "t0p-s3cr3t" not in repr(found["TMF641"]) + repr(topology)


def test_external_roles_are_told_how_they_reach_us() -> None:
    topology = Topology(contracts("TMF622"), external_roles(["TMF641=http://127.0.0.9:7/v4"]))
    everywhere = topology.neighbours(Wire(), Address("0.0.0.0", 8620))
    assert everywhere["TMF641"].reaches_us_at == "http://127.0.0.1:8620"
    tunnelled = topology.neighbours(Wire(), HERE, "https://rig.acme.example/tunnel/")
    assert tunnelled["TMF641"].reaches_us_at == "https://rig.acme.example/tunnel"
    assert tunnelled["TMF622"].reaches_us_at == HERE.url


def test_only_version_5_of_an_api_is_a_neighbour_too() -> None:
    assert Topology(contracts("TMF622", lines=(5,))).neighbours(Wire(), HERE)["TMF622"].contract.line == 5


@pytest.mark.parametrize("wired", [False, True])
def test_without_a_com_orders_progress_by_themselves(http: httpx2.Client, wired: bool) -> None:
    with serving(["TMF622"], pace=0.02, wired=wired) as urls:
        reaches(http, order_of(http, urls)["href"], "completed")


def test_with_a_com_orders_wait_for_it(http: httpx2.Client) -> None:
    with serving(["TMF622", "TMF637"], pace=0, com="none") as urls:
        order = order_of(http, urls)
        job = create(http, urls, "TMF622", "productOrder")
        assert http.get(order["href"]).json()["state"] == "acknowledged"
        moved(http, job["href"], "inProgress")
        reaches(http, job["href"], "inProgress")
        assert http.get(order["href"]).json()["state"] == "acknowledged"


@pytest.mark.parametrize("key", ["TMF622.v4", "TMF622.v5"])
def test_a_cancellation_is_done_when_who_carries_the_order_out_has_cancelled_it(
    http: httpx2.Client, key: str
) -> None:
    with serving(["TMF622"], lines=(4, 5), pace=0.01, com="none") as urls:
        order = order_of(http, urls, key)["id"]
        task = cancel(http, urls, order, key)
        href = urls["TMF622.v4"] + f"/productOrder/{order}"
        reaches(http, href, "assessingCancellation")
        assert http.get(task).json()["state"] == "inProgress"
        moved(http, href, "pendingCancellation")
        again = cancel(http, urls, order, key)
        reaches(http, again, "inProgress")
        assert http.get(task).json()["state"] == "inProgress"
        moved(http, href, "cancelled")
        assert "effectiveCancellationDate" in reaches(http, task, "done")
        assert "effectiveCancellationDate" in reaches(http, again, "done")
        cancelled = http.get(href).json()
        assert cancelled["cancellationReason"] == "moved"
        assert "cancellationDate" in cancelled


@pytest.mark.parametrize("outcome", ["inProgress", "held", "pending"])
def test_a_cancellation_is_denied_when_the_order_goes_back_to_work(http: httpx2.Client, outcome: str) -> None:
    with serving(["TMF622"], pace=0.01, com="none") as urls:
        order = order_of(http, urls)
        task = cancel(http, urls, order["id"])
        reaches(http, order["href"], "assessingCancellation")
        moved(http, order["href"], outcome)
        assert "effectiveCancellationDate" not in reaches(http, task, "done")
        assert http.get(order["href"]).json()["state"] == outcome


def test_the_cancellation_of_a_finished_order_is_denied_at_once(http: httpx2.Client) -> None:
    with serving(["TMF622"], pace=0.01, com="none") as urls:
        order = order_of(http, urls)
        moved(http, order["href"], "inProgress")
        moved(http, order["href"], "completed")
        assert "effectiveCancellationDate" not in reaches(http, cancel(http, urls, order["id"]), "done")


def test_a_draft_is_cancelled_directly(http: httpx2.Client) -> None:
    with serving(["TMF622"], lines=(5,), pace=0.01, com="none") as urls:
        order = order_of(http, urls, requestedInitialState="draft")
        assert "effectiveCancellationDate" in reaches(http, cancel(http, urls, order["id"]), "done")
        reaches(http, order["href"], "cancelled")


def test_a_com_here_orders_from_external_roles_and_hears_them(http: httpx2.Client) -> None:
    fulfilment = ["TMF638", "TMF641"]
    with serving(fulfilment, wired=True, pace=0.02) as theirs:
        externals = {api: theirs[api] for api in fulfilment}
        with serving(com=True, externals=externals, dataset="telco", admin=True, pace=0.02) as urls:
            assert not set(fulfilment) & urls.keys()
            item = {"id": "1", "action": "add", "productOffering": {"id": "fibre-500"}}
            order = http.post(urls["TMF622"] + "/productOrder", json={"productOrderItem": [item]}).json()
            reaches(http, order["href"], "completed")
            services = http.get(theirs["TMF638"] + "/service").json()
            asked = {"callee": "COM", "limit": "10000"}
            told = http.get(urls["admin"] + "/journal", params=asked).json()
    assert {each["state"] for each in services} == {"active"}
    assert {each["caller"] for each in told if each["kind"] == "notification"} == {"TMF622", *fulfilment}


def test_external_roles_are_logged_in_at(http: httpx2.Client) -> None:
    topology = Topology(
        contracts("TMF641"),
        external_roles(["TMF638=http://127.0.0.1:1/v4"]),
        headers={"TMF638": {"X-Key": "k"}},
    )
    peer = topology.neighbours(Wire(), HERE).peer("TMF638", "activation")
    assert peer.neighbour.headers == {"X-Key": "k"}


def test_what_a_neighbour_repeats_of_our_credentials_is_not_shown() -> None:
    class Echo(Wire):
        async def request(self, method: str, url: str, **more: Any) -> Answer:
            return Answer(401, {}, orjson.dumps({"reason": f"not {more['headers']['Authorization']}"}))

    headers = {"TMF638": {"Authorization": "Bearer t0p-s3cr3t"}}
    topology = Topology(contracts("TMF641"), external_roles(["TMF638=http://h/v4"]), headers=headers)
    peer = topology.neighbours(Echo(), HERE).peer("TMF638", "activation")
    with pytest.raises(NeighbourError) as raised:
        asyncio.run(peer.get("service", "1"))
    assert "401" in str(raised.value)
    assert "t0p-s3cr3t" not in str(raised.value)


class Dancer:
    """A companion that only notes what happens to it."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.handlers: Mapping[str, Handler] = {}

    async def start(self) -> None:
        self.steps.append("start")

    async def stop(self) -> None:
        self.steps.append("stop")


def test_companions_start_last_and_stop_first() -> None:
    async def live() -> None:
        site = Site(contracts("TMF622"))
        dancer = Dancer()
        site.companions = [dancer]
        application = Application(site)
        await application.start()
        assert dancer.steps == ["start"]
        await application.stop()
        assert dancer.steps == ["start", "stop"]

    asyncio.run(live())
