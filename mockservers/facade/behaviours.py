"""The behaviours of the facade's APIs: service orders go to the desk, cancel tasks withdraw them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from tmfrig.mockservers.behaviours.behaviour import Behaviour, read_if_there
from tmfrig.mockservers.behaviours.cancelling import Cancellation
from tmfrig.mockservers.collection import Collection, Draft
from tmfrig.mockservers.errors import invalid_body
from tmfrig.mockservers.facade.order_view import every_item
from tmfrig.mockservers.facade.terminal import LegacyDownError
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.store import Document
from tmfrig.specs import Problem

if TYPE_CHECKING:
    from tmfrig.mockservers.facade.site import FacadeSite


class Fulfilment(Behaviour):
    """Brings every new service order to the desk, a pace after it was accepted."""

    site: FacadeSite
    resources: ClassVar[frozenset[str]] = frozenset({"serviceOrder"})

    async def admit(self, draft: Draft) -> None:
        """Refuse an order in which two items have one id: nobody could tell what became of which."""
        counted = Counter(item["id"] for item in every_item(draft.body))
        twice = [each for each, times in counted.items() if times > 1]
        if twice:
            raise invalid_body(
                Problem("serviceOrderItem.id", f"{each[:100]!r} is used twice", "unique") for each in twice
            )

    def settled(self, before: Document | None, after: Document) -> None:
        """Take a new order on."""
        if before is None:
            self.site.agenda.after(self.site.pace, self.site.desk.take, after.id)


class Withdrawal(Cancellation):
    """A cancellation that PROVEX has to grant: it lets go of everything, or the task is denied."""

    site: FacadeSite
    resources: ClassVar[frozenset[str]] = frozenset({"cancelServiceOrder"})

    def __init__(self, site: Site, collection: Collection) -> None:
        super().__init__(site, collection)
        self._before: dict[str, str] = {}
        """The states to which orders go back when their cancellation is denied."""

    async def _taken_up(self, order: str) -> bool:
        body = await read_if_there(self._orders, order) or {}
        is_assessed = await super()._taken_up(order)
        if is_assessed and body["state"] != "assessingCancellation":
            self._before[order] = body["state"]
        return is_assessed

    async def _grant(self, task: str, order: str) -> None:
        try:
            is_withdrawn = await self.site.desk.withdraw(order)
        except LegacyDownError:
            self.site.agenda.after(self.site.pace, self._grant, task, order)
            return
        before = self._before.pop(order, "inProgress")
        if is_withdrawn:
            await super()._grant(task, order)
        else:
            await self._move_order(order, before)
            await self._deny(task)

    async def _finish(self, task: str, order: str) -> None:
        await self.site.desk.undo(order)
        await super()._finish(task, order)
