"""The stage: what scenarios get from pytest, and how a story is told while they are played.

`Player` plays our own scenarios on it, the pytest plugin those of a user.
"""

from __future__ import annotations

import contextlib
import time

import pytest
from pytest_bdd.parser import Feature, Scenario
from pytest_bdd.parser import Step as WrittenStep

from tmfrig.conformance.check import CannotJudge
from tmfrig.conformance.session import Session
from tmfrig.conformance.target import Rig
from tmfrig.features.cast import Cast, lines_of
from tmfrig.features.channel import Channel
from tmfrig.features.data import Data, built_in
from tmfrig.features.findings import outcome_of
from tmfrig.features.identity import LINE, TAG, Identity, Tagging, api_of
from tmfrig.features.journal import Journal
from tmfrig.features.observer import Observer
from tmfrig.features.operations import Operator, Orchestrator
from tmfrig.features.steward import Steward
from tmfrig.features.stock import Stock, StockedData
from tmfrig.features.story import Story

JOURNAL = "journal"
"""What a scenario needs that judges by the journals of the rig."""
ROLES = frozenset(each.name for each in (Channel, Steward, Observer, Operator, Orchestrator))
"""The roles that scenarios play themselves."""


class Stage(Tagging):
    """Fixtures and hooks for scenarios on one opened target.

    `data` says what exists there; without it, what the reference servers hold counts where `rig` says that
    they play.
    """

    def __init__(self, session: Session, *, data: Data | None, rig: Rig | None, patience: float) -> None:
        self.session = session
        self.ingredients = data or (built_in().for_foreign(rig.external) if rig is not None else Data())
        self._stocks: dict[int | None, Stock] = {}
        self.rig = rig
        self.patience = patience
        self.story_under_way = Story(patience)
        self.began = 0.0
        self.where = ""
        self.trace = ""
        session.recorder.listen(
            lambda exchange: self.story_under_way.pass_by(exchange),
            lambda notification: self.story_under_way.pass_by(notification),
        )

    # ── what steps get ──────────────────────────────────────────────────────────────────────────────────────

    @pytest.fixture
    def story(self) -> Story:
        """The story under way."""
        return self.story_under_way

    @pytest.fixture
    def cast(self, request: pytest.FixtureRequest, story: Story) -> Cast:
        """Who plays in the scenario."""
        line = Identity.of(request.node).line
        cast = Cast(self.session, story, self.ingredients, self.rig, line)
        stock = self._stocks.setdefault(line, Stock())
        stock.steward = Steward(cast)
        cast.data = StockedData.of(self.ingredients, stock)
        return cast

    @pytest.fixture
    def data(self, cast: Cast) -> Data:
        """What exists at the target, and what can be found or published there."""
        return cast.data

    @pytest.fixture
    def channel(self, cast: Cast) -> Channel:
        """The digital channel."""
        return Channel(cast)

    @pytest.fixture
    def steward(self, cast: Cast) -> Steward:
        """The catalog steward."""
        return Steward(cast)

    @pytest.fixture
    def observer(self, cast: Cast) -> Observer:
        """Who looks into the inventories."""
        return Observer(cast)

    @pytest.fixture
    def operator(self, cast: Cast) -> Operator:
        """Who operates services and the COM."""
        return Operator(cast)

    @pytest.fixture
    def orchestrator(self, cast: Cast) -> Orchestrator:
        """Who orders services in the COM's place."""
        return Orchestrator(cast)

    @pytest.fixture
    def journal(self) -> Journal:
        """What the roles have said to each other in this scenario; Skipped without an admin API."""
        return Journal.of(self.rig, self.trace)

    # ── versions ────────────────────────────────────────────────────────────────────────────────────────────

    @pytest.fixture(autouse=True)
    def tmfrig_line(self, request: pytest.FixtureRequest) -> int | None:
        """The major version in which the scenario is played; None where it names no API."""
        line: int | None = getattr(request, "param", None)
        return line

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Every version of its API that is among the targets makes one scenario of each."""
        api = api_of(metafunc.definition.iter_markers(TAG))
        if api is not None:
            lines: list[int | None] = [*lines_of(self.session.apis, api)]
            metafunc.parametrize(LINE, lines or [None], indirect=True)

    # ── the course of a scenario ────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """A new scenario, and with it a new story and a new trace."""
        self.story_under_way = Story(self.patience)
        self.began = time.monotonic()
        self.where = ""
        self.trace = self.session.begin_trace()

    def conclude(self) -> None:
        """The scenario is over: what others have said to each other becomes part of its story."""
        self.story_under_way.break_off()
        if self.rig is None or self.rig.admin is None or not self.story_under_way.told:
            return
        with contextlib.suppress(CannotJudge):  # a report without it is a report all the same
            entries = Journal(self.rig.admin, self.trace).between_others(ROLES)
            self.story_under_way.journal(entries)

    def missing(self, identity: Identity) -> list[str]:
        """What a scenario needs and the target does not name."""
        return [_named(each) for each in sorted(identity.needs) if not self.has(each)]

    def has(self, need: str) -> bool:
        """Whether something that scenarios need is there: an API, one in a version (TMF622v5), a journal."""
        name, _, line = need.partition("v")
        lines = lines_of(self.session.apis, name)
        if need == JOURNAL:
            return self.rig is not None and self.rig.admin is not None
        return int(line) in lines if line else bool(lines)

    def pytest_bdd_before_scenario(self, feature: Feature, scenario: Scenario) -> None:
        """Where the scenario is written."""
        self.where = f"{feature.rel_filename}, line {scenario.line_number}"

    def pytest_bdd_before_step(self, step: WrittenStep) -> None:
        """A step begins."""
        self.session.recorder.deliver()
        self.story_under_way.begin(step.keyword, step.name)

    def pytest_bdd_after_step(self) -> None:
        """A step is over; what was announced meanwhile belongs to it."""
        self.session.recorder.deliver()
        self.story_under_way.end()

    def pytest_bdd_step_error(self, exception: Exception) -> None:
        """A step failed, or could not be judged."""
        self.session.recorder.deliver()
        self.story_under_way.end(outcome_of(exception))

    def pytest_bdd_after_scenario(self, scenario: Scenario) -> None:
        """What was not finished (Ctrl-C) or not reached is told as well."""
        self.story_under_way.break_off()
        for step in scenario.steps[self.story_under_way.told :]:
            self.story_under_way.never_began(step.keyword, step.name)


def _named(need: str) -> str:
    """What a scenario needs, in words."""
    name, _, line = need.partition("v")
    return "the journals of the rig" if need == JOURNAL else f"{name} v{line}" if line else name
