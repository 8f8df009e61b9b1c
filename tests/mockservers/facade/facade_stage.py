"""PROVEX and the facade on free ports of this machine, with the levers that a test wants to pull."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from mock_waiting import eventually

from tmfrig.mockservers.app import Application
from tmfrig.mockservers.facade.machine_room import HOST, MachineRoom
from tmfrig.mockservers.facade.provex import Provex
from tmfrig.mockservers.facade.site import FacadeSite
from tmfrig.mockservers.facade.terminal import Terminal
from tmfrig.mockservers.running import Server, bind

PACE = 0.03
NEVER = 3600.0
Json = dict[str, Any]


@dataclass
class Stage:
    """A running facade, and the PROVEX behind it."""

    http: httpx2.Client
    provex: Provex
    room: MachineRoom
    port: int
    urls: dict[str, str] = field(default_factory=dict)
    _power: ExitStack = field(default_factory=ExitStack)

    def switch_on(self) -> None:
        """PROVEX comes up, on the port where its terminals look for it."""
        self.port = self._power.enter_context(self.room.operating(self.port))

    def switch_off(self) -> None:
        """PROVEX goes down: no reply, no day, no night."""
        self._power.close()

    def order(self, *items: Json, **more: Any) -> Json:
        """Place a service order."""
        answer = self.http.post(
            f"{self.urls['TMF641']}/serviceOrder", json={"serviceOrderItem": list(items), **more}
        )
        assert answer.status_code == 201, answer.text
        created: Json = answer.json()
        return created

    def cancel(self, order: Json, **more: Any) -> Json:
        """Ask for the cancellation of an order."""
        answer = self.http.post(
            f"{self.urls['TMF641']}/cancelServiceOrder", json={"serviceOrder": {"id": order["id"]}, **more}
        )
        assert answer.status_code == 201, answer.text
        created: Json = answer.json()
        return created

    def when(self, resource: Json, condition: Callable[[Json], Any]) -> Json:
        """A resource, once a condition holds."""

        def probe() -> Json | None:
            body: Json = self.http.get(resource["href"]).json()
            return body if condition(body) else None

        return eventually(probe)

    def until(self, resource: Json, state: str) -> Json:
        """A resource, once it is in a state."""
        return self.when(resource, lambda body: body.get("state") == state)

    def services(self, **query: str) -> list[Json]:
        """What TMF638 holds."""
        found: list[Json] = self.http.get(f"{self.urls['TMF638']}/service", params=query).json()
        return found

    def installed(self, specification: str = "fibre-access-line", **more: Any) -> Json:
        """A service that is in service."""
        order = self.order(add("1", specification, **more))
        item = self.until(order, "completed")["serviceOrderItem"][0]
        found: Json = self.http.get(item["service"]["href"]).json()
        return found


@contextmanager
def staged(folder: Path, *, ports: int = 9999, day: float = PACE, night: float = 2 * PACE) -> Iterator[Stage]:
    """A facade and its PROVEX, as long as the context lasts."""
    provex = Provex(ports)
    room = MachineRoom(provex, folder / "PROVEX.LINES", day=day, night=night)
    with httpx2.Client(trust_env=False, timeout=20) as http, bind(HOST, 0) as listener:
        stage = Stage(http, provex, room, 0)
        stage.switch_on()
        origin = f"http://{HOST}:{listener.getsockname()[1]}"
        terminal = Terminal(HOST, stage.port, timeout=2)
        site = FacadeSite(terminal, room.path, pace=PACE, origin=origin)
        stage.urls = {each.api: origin + each.base_path for each in site.contracts}
        server = Server(Application(site))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            assert server.ready.wait(20)
            yield stage
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            stage.switch_off()


def add(identifier: str, specification: str | None = "fibre-access-line", **service: Any) -> Json:
    """An item that adds a service."""
    if specification is not None:
        service["serviceSpecification"] = {"id": specification, "name": specification.title()}
    return {"id": identifier, "action": "add", "service": service}


def relying_on(item: Json, *others: str) -> Json:
    """The item, which relies on others."""
    return item | {
        "serviceOrderItemRelationship": [
            {"relationshipType": "reliesOn", "orderItem": {"itemId": each}} for each in others
        ]
    }


def on(service: Json, action: str, identifier: str = "1", **changes: Any) -> Json:
    """An item that changes or ends a service."""
    return {"id": identifier, "action": action, "service": {"id": service["id"], **changes}}
