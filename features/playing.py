"""The pytest plugin that plays scenarios: picks them, gives their steps a story, makes results of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import pytest
from pytest_bdd.parser import Feature, Scenario
from pytest_bdd.parser import Step as WrittenStep

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.conformance.client import TargetGone
from tmfrig.conformance.session import Session
from tmfrig.features.findings import Ending, Reporter, outcome_of
from tmfrig.features.identity import TAG, Identity
from tmfrig.features.roles import Channel
from tmfrig.features.story import Story
from tmfrig.reports.result import Result

Listener = Callable[[Identity, Result], None]


class Player:
    """Plays on an opened target the scenarios that `pattern` means.

    `listener` gets every result as it happens. Afterwards `results` holds them all, `known` every scenario
    there is and `chosen` those that were meant; `interrupted` says whether somebody pressed Ctrl-C, and
    `fault` is the first exception that was a mistake of ours.
    """

    def __init__(self, session: Session, *, pattern: str, patience: float, listener: Listener) -> None:
        self.results: list[Result] = []
        self.known: list[Identity] = []
        self.chosen: list[Identity] = []
        self.interrupted = False
        self.fault: BaseException | None = None
        self._apis: Mapping[str, Api] = session.by_name
        self._session = session
        self._pattern = pattern
        self._patience = patience
        self._listener = listener
        lines = {name: api.contract.line for name, api in self._apis.items()}
        self._reporter = Reporter(lines, session.secrets)
        self._story = Story(patience)
        self._began = 0.0
        self._where = ""
        self._problem: BaseException | None = None
        self._under_way: Identity | None = None
        session.recorder.listen(
            lambda exchange: self._story.pass_by(exchange),
            lambda notification: self._story.pass_by(notification),
        )

    # ── what steps get ──────────────────────────────────────────────────────────────────────────────────────

    @pytest.fixture
    def story(self) -> Story:
        """The story under way."""
        return self._story

    @pytest.fixture
    def channel(self) -> Channel:
        """The digital channel."""
        return Channel(self._apis, self._patience)

    # ── picking ─────────────────────────────────────────────────────────────────────────────────────────────

    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the mark known under which scenarios carry their tags."""
        config.addinivalue_line("markers", f"{TAG}(tag): a tag of a scenario")

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Callable[..., object]) -> object:
        """Keep a tag for `Identity`, rather than make a mark of its name."""
        getattr(pytest.mark, TAG)(tag)(function)
        return True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A feature file that cannot be read is a mistake of ours."""
        if report.failed:
            self.fault = self.fault or RuntimeError(str(report.longrepr))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave only the scenarios that were asked for."""
        identified = [(Identity.of(item), item) for item in items]
        meant = [pair for pair in identified if pair[0].is_called(self._pattern)]
        self.known = [identity for identity, _ in identified]
        self.chosen = [identity for identity, _ in meant]
        items[:] = [item for _, item in meant]

    # ── playing ─────────────────────────────────────────────────────────────────────────────────────────────

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A new story begins, unless the target lacks an API that it needs."""
        self._under_way = Identity.of(item)
        self._story = Story(self._patience)
        self._began = time.monotonic()
        self._where = ""
        self._problem = None
        missing = sorted(self._under_way.needs - self._apis.keys())
        if missing:
            raise Skipped(f"it needs {' and '.join(missing)}, which the target does not name")

    def pytest_bdd_before_scenario(self, feature: Feature, scenario: Scenario) -> None:
        """Where the scenario is written."""
        self._where = f"{feature.rel_filename}, line {scenario.line_number}"

    def pytest_bdd_before_step(self, step: WrittenStep) -> None:
        """A step begins."""
        self._session.recorder.deliver()
        self._story.begin(step.keyword, step.name)

    def pytest_bdd_after_step(self) -> None:
        """A step is over; what was announced meanwhile belongs to it."""
        self._session.recorder.deliver()
        self._story.end()

    def pytest_bdd_step_error(self, exception: Exception) -> None:
        """A step failed, or could not be judged."""
        self._session.recorder.deliver()
        self._story.end(outcome_of(exception))

    def pytest_bdd_after_scenario(self, scenario: Scenario) -> None:
        """What was not finished (Ctrl-C) or not reached is told as well."""
        self._story.break_off()
        for step in scenario.steps[self._story.told :]:
            self._story.never_began(step.keyword, step.name)

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
        ending = Ending(Story(self._patience), problem, 0.0, "")
        if identity == self._under_way:
            ending = Ending(self._story, problem, time.monotonic() - self._began, self._where)
        return self._reporter.results(identity, ending)

    def _conclude(self, identity: Identity) -> None:
        ending = Ending(self._story, self._problem, time.monotonic() - self._began, self._where)
        if ending.is_fault:
            self.fault = self.fault or ending.problem
        for result in self._reporter.results(identity, ending):
            self.results.append(result)
            self._listener(identity, result)
