"""What the facade serves: TMF641 and TMF638 of the generic engine, with the desk behind them."""

from __future__ import annotations

from pathlib import Path

from tmfrig.mockservers.facade.behaviours import Fulfilment, Withdrawal
from tmfrig.mockservers.facade.desk import Desk
from tmfrig.mockservers.facade.inventory import Inventory
from tmfrig.mockservers.facade.terminal import Terminal
from tmfrig.mockservers.site import DEFAULT_PACE, Site
from tmfrig.specs import standard_contract

LEAST_PACE = 0.01


class FacadeSite(Site):
    """A site whose orders a PROVEX carries out, reached by a terminal and read from its night file."""

    def __init__(
        self, terminal: Terminal, night: Path, *, pace: float = DEFAULT_PACE, origin: str = ""
    ) -> None:
        ordering, inventory = standard_contract("TMF641"), standard_contract("TMF638")
        super().__init__((ordering, inventory), pace=pace, origin=origin, behaviours=(Fulfilment, Withdrawal))
        self._terminal = terminal
        self.desk = Desk(
            self.collection(ordering, "serviceOrder"),
            Inventory(self.collection(inventory, "service"), origin),
            terminal,
            night,
        )

    async def start(self) -> None:
        """Open the desk."""
        await super().start()
        await self._work()

    async def stop(self) -> None:
        """Close it and hang up."""
        await super().stop()
        self._terminal.close()

    async def _work(self) -> None:
        try:
            await self.desk.work()
        finally:
            self.agenda.after(max(self.pace, LEAST_PACE), self._work)
