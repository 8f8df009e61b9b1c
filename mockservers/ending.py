"""Ending what runs by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN = 35.0
"""Seconds after which a task that has not ended is told again: stores give up whatever takes 30."""


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and return when all have ended, however they do.

    What fails on a task's way out, or comes at the same moment, may take the place of its cancellation. A
    loop would go on then, and whoever waits for it would do so without end.
    """
    running = set(tasks)
    while running:
        for each in running:
            each.cancel()
        ended, running = await asyncio.wait(running, timeout=AGAIN)
        for each in ended:
            if not each.cancelled():
                # whoever had to know of it would have waited for the task
                each.exception()
