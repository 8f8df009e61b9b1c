"""Systems that read the inventories, such as portals and assurance."""

from __future__ import annotations

from locust import task

from tmfrig.loadtests import queries
from tmfrig.loadtests.fulfilment import PRODUCTS, SERVICES
from tmfrig.loadtests.traffic import Traffic
from tmfrig.loadtests.user import TmfUser
from tmfrig.specs import Kind

INVENTORIES = (PRODUCTS, SERVICES)


class InventoryReader(TmfUser):
    """Reads products and services (TMF637, TMF638): by id, by status, page by page."""

    thinks = (0.1, 0.5)

    @classmethod
    def can_act(cls, traffic: Traffic) -> bool:
        """Whether there is an inventory to list, or something in it is known."""
        return any(
            traffic.ask(*place, Kind.LIST) is not None
            or (traffic.id_of(*place) is not None and traffic.ask(*place, Kind.RETRIEVE) is not None)
            for place in INVENTORIES
        )

    @task(6)
    def read(self) -> None:
        """Read something that a list has shown, or that the vendor's data name."""
        for api, resource in self._some():
            id = self.traffic.id_of(api, resource)
            if id is not None and self.retrieve(api, resource, id) is not None:
                return
        self.search()

    @task(2)
    def search(self) -> None:
        """List what is active."""
        for api, resource in self._some():
            ask = self.traffic.ask(api, resource, Kind.LIST)
            if ask is not None:
                self.list(api, resource, queries.in_state(ask, "active") | queries.page(ask, 0, 20))
                return

    @task(1)
    def leaf_through(self) -> None:
        """Go from page to page."""
        for api, resource in self._some():
            ask = self.traffic.ask(api, resource, Kind.LIST)
            if ask is not None:
                for number in range(5):
                    query = queries.page(ask, number, 10)
                    reply = self.list(api, resource, query)
                    self.think(*self.thinks)
                    if not query or reply is None or len(reply.resources) < 10:
                        return
                return

    def _some(self) -> list[tuple[str, str]]:
        """The inventories in any order."""
        return self.traffic.random.sample(INVENTORIES, len(INVENTORIES))
