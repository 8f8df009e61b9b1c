"""The office of a site: whether this process acts for all that are over its store, and what it knows.

One process at a time carries out orders, runs the companions and delivers notifications; every process
answers requests. Who holds the office renews it, and when its holder is gone another one takes up its work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

acting: ContextVar[bool] = ContextVar("acting", default=False)
"""Whether what is done now is done by who acts for all, and not because somebody has asked for it."""


async def _nothing_to_do() -> None:
    return


@dataclass(slots=True)
class Office:
    """What this process knows of the others; `refresh` brings it up to date."""

    held: bool = False
    is_ours: bool = True
    """Whether nobody else acted for all when this was brought up to date; that gives a new epoch."""
    in_doubt: bool = False
    """Whether something that was to be acted on may have been missed, because the store was out of order."""
    epoch: int = 0
    era: int = 0
    refresh: Callable[[], Awaitable[None]] = field(default=_nothing_to_do)

    @property
    def is_over(self) -> bool:
        """Whether something is being done for all though this process may no longer: it has hung, say.

        Another one may have gone on with the same work meanwhile.
        """
        return not self.is_ours and acting.get()
