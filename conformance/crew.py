"""Several hands at work: the probes of a run dealt out to threads, each of which keeps to its own order.

Who does what depends on the probes and the number of hands alone, so that the same seed sends the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace

from tmfrig.conformance.outcome import Case
from tmfrig.conformance.plugin import Task
from tmfrig.reports.result import Result


class Crew:
    """Works on tasks in threads. `prepared` is called in each thread with its number before the first."""

    def __init__(self, tasks: Sequence[Task], hands: int, prepared: Callable[[int], None]) -> None:
        self._waiting: dict[Case, Future[Result]] = {task.case: Future() for task in tasks}
        self._prepared = prepared
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(number, share), name=f"hand {number}", daemon=True)
            for number, share in enumerate(dealt(tasks, hands))
        ]

    def task(self, task: Task) -> Task:
        """What to wait for in place of a task that one of the hands does."""
        return replace(task, judge=self._waiting[task.case].result)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, within: float) -> None:
        """Take up nothing more, and wait so many seconds at most for what is under way."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(within)

    def _work(self, number: int, share: Sequence[Task]) -> None:
        self._prepared(number)
        for task in share:
            future = self._waiting[task.case]
            if self._stopped.is_set():
                future.cancel()
                continue
            try:
                future.set_result(task.judge())
            except BaseException as problem:
                # whoever waits for it says what that means
                future.set_exception(problem)


def dealt(tasks: Sequence[Task], hands: int) -> list[list[Task]]:
    """The tasks in as many even shares: what is about the same thing at the same resource stays together."""
    piles: dict[tuple[str, str | None, str], list[Task]] = {}
    for task in tasks:
        case = task.case
        pile = (case.contract.key, case.resource, case.check.id.partition(".")[0])
        piles.setdefault(pile, []).append(task)
    shares: list[list[Task]] = [[] for _ in range(hands)]
    for together in piles.values():
        min(shares, key=len).extend(together)
    return shares
