"""The pytest plugin that plays our scenarios: picks them, gives them versions, makes results of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.conformance.client import TargetGone
from tmfrig.conformance.session import Session
from tmfrig.conformance.target import Rig
from tmfrig.features.data import Data
from tmfrig.features.findings import Ending, Reporter
from tmfrig.features.identity import Identity
from tmfrig.features.stage import Stage
from tmfrig.features.story import Story
from tmfrig.reports.result import Result

Listener = Callable[[Identity, Result], None]


class Player(Stage):
    """Plays on an opened target the scenarios that `pattern` means.

    `listener` gets every result as it happens. Afterwards `results` holds them all, `known` every scenario
    there is and `chosen` those that were meant; `interrupted` says whether somebody pressed Ctrl-C, and
    `fault` is the first exception that was a mistake of ours.
    """

    def __init__(
        self,
        session: Session,
        *,
        pattern: str,
        patience: float,
        listener: Listener,
        data: Data | None = None,
        rig: Rig | None = None,
    ) -> None:
        super().__init__(session, data=data, rig=rig, patience=patience)
        self.results: list[Result] = []
        self.known: list[Identity] = []
        self.chosen: list[Identity] = []
        self.interrupted = False
        self.fault: BaseException | None = None
        self._pattern = pattern
        self._listener = listener
        self._reporter = Reporter(session.secrets)
        self._problem: BaseException | None = None
        self._under_way: Identity | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """What failed is told in our own words. To show the source too, pytest parses it, which goes wrong in
        CPython 3.11 when another thread does the same at that moment (gh-106905).
        """
        super().pytest_configure(config)
        config.option.tbstyle = "native"

    # ── picking ─────────────────────────────────────────────────────────────────────────────────────────────

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A feature file that cannot be read is a mistake of ours."""
        if report.failed:
            self.fault = self.fault or RuntimeError(str(report.longrepr))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave only the scenarios that were asked for."""
        identified = [(Identity.of(item), item) for item in items]
        meant = [pair for pair in identified if pair[0].is_called(self._pattern)]
        for identity, _ in identified:
            identity.prove_complete()
        self.known = [identity for identity, _ in identified]
        self.chosen = [identity for identity, _ in meant]
        items[:] = [item for _, item in meant]

    # ── playing ─────────────────────────────────────────────────────────────────────────────────────────────

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A new story begins, unless the target lacks something that it needs."""
        self._under_way = Identity.of(item)
        self._problem = None
        self.begin()
        missing = self.missing(self._under_way)
        if missing:
            raise Skipped(f"it needs {' and '.join(missing)}, which the target does not name")

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Remember how it ended, and make results when all of it is over."""
        if call.excinfo is not None and self._problem is None:
            self._problem = call.excinfo.value
        if call.when == "teardown":
            self._conclude(Identity.of(item))
            self._under_way = None
            if isinstance(self._problem, TargetGone):
                item.session.shouldstop = str(self._problem)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Somebody has seen enough; pytest says the same when we end the session ourselves."""
        self.interrupted = not isinstance(excinfo.value, pytest.Session.Interrupted)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Keep what went wrong in the runner itself, and keep pytest from printing it."""
        self.fault = self.fault or excinfo.value
        return True

    def unplayed(self, identity: Identity, problem: CannotJudge) -> Iterator[Result]:
        """Results for a scenario that was not reached or not finished, with its story so far."""
        ending = Ending(Story(self.patience), problem, 0.0, "")
        if identity == self._under_way:
            ending = Ending(self.story_under_way, problem, time.monotonic() - self.began, self.where)
        return self._reporter.results(identity, ending)

    def _conclude(self, identity: Identity) -> None:
        self.conclude()
        ending = Ending(self.story_under_way, self._problem, time.monotonic() - self.began, self.where)
        if ending.is_fault:
            self.fault = self.fault or ending.problem
        for result in self._reporter.results(identity, ending):
            self.results.append(result)
            self._listener(identity, result)
