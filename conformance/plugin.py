"""pytest as the runner: every case is a pytest item, collected from the catalogue instead of from files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tmfrig.conformance.outcome import Case
from tmfrig.reports.result import Outcome, Result

# Nothing of the user's own pytest set-up takes part: no configuration, conftest, cache, plugins or output.
_ALONE = (
    *("-c", os.devnull, "--rootdir", str(Path(__file__).parent), "--noconftest", "--assert=plain", "-s"),
    *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "no:warnings"),
    *("-p", "no:faulthandler", "-p", "no:threadexception", "-p", "no:unraisableexception"),
    *("-p", "no:doctest", "-p", "no:unittest", "-p", "no:junitxml", "-p", "no:tmpdir"),
)
_VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


class DoesNotHold(Exception):  # noqa: N818
    """Tells pytest that an item failed; everything else is in its `Result`."""


@dataclass(frozen=True)
class Task:
    """A case and how to judge it."""

    case: Case
    judge: Callable[[], Result]


class Run:
    """The pytest plugin of one run: collects the tasks, runs each, publishes its result."""

    def __init__(
        self,
        tasks: Sequence[Task],
        publish: Callable[[Task, Result], None],
        fail_fast: bool,
        is_over: Callable[[], bool],
    ) -> None:
        self.tasks = tasks
        self.interrupted = False
        self.fault: BaseException | None = None
        self.stopped = False
        self.out_of_time = False
        self._publish = publish
        self._fail_fast = fail_fast
        self._is_over = is_over

    @property
    def ended_early(self) -> bool:
        """Whether not everything was judged."""
        return self.why_ended is not None

    @property
    def why_ended(self) -> str | None:
        """What ended it before everything was judged; None where nothing did."""
        reasons = {
            "Ctrl-C": self.interrupted,
            "--fail-fast": self.stopped,
            "--max-time": self.out_of_time,
            "a mistake of the rig": self.fault is not None,
        }
        return next((reason for reason, holds in reasons.items() if holds), None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """In place of looking for files: one collector per API, one item per case."""
        session.items = [
            item
            for (api, line), tasks in self._by_api().items()
            for item in ApiCollector.from_parent(
                session, name=f"{api}.v{line}", nodeid=f"{api}.v{line}", run=self, tasks=tasks
            ).collect()
        ]
        session.testscollected = len(session.items)
        return True

    def _by_api(self) -> dict[tuple[str, int], list[Task]]:
        found: dict[tuple[str, int], list[Task]] = {}
        for task in self.tasks:
            found.setdefault((task.case.contract.api, task.case.contract.line), []).append(task)
        return found

    def judged(self, task: Task, session: pytest.Session) -> None:
        """Judge one case; raises DoesNotHold when pytest should count it as failed."""
        if self._is_over():
            self.out_of_time = True
            session.shouldstop = "the time is over"
            return
        result = task.judge()
        self._publish(task, result)
        if result.outcome is Outcome.failed:
            if self._fail_fast:
                self.stopped = True
                session.shouldstop = "a MUST does not hold"
            raise DoesNotHold(result.message)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """The user has seen enough (pytest tells of the end by `shouldstop` in the same way)."""
        self.interrupted = not isinstance(excinfo.value, pytest.Session.Interrupted)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Keep what went wrong in the runner itself, and keep pytest from printing it."""
        self.fault = excinfo.value
        return True


class ApiCollector(pytest.Collector):
    """All cases of one API."""

    def __init__(self, *, run: Run, tasks: Sequence[Task], **rest: Any) -> None:
        super().__init__(**rest)
        self.run = run
        self.tasks = tasks

    def collect(self) -> list[CheckItem]:
        """One item per case."""
        return [CheckItem.from_parent(self, name=task.case.name, task=task) for task in self.tasks]


class CheckItem(pytest.Item):
    """One case, with a node id such as `TMF622.v4::create.location[productOrder]`."""

    parent: ApiCollector

    def __init__(self, *, task: Task, **rest: Any) -> None:
        super().__init__(**rest)
        self.task = task

    def runtest(self) -> None:
        """Judge the case."""
        self.parent.run.judged(self.task, self.session)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """One line: the result says the rest."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where pytest says the item is."""
        return self.path, None, self.name


def run_pytest(run: Run) -> None:
    """Run pytest in this process over the run's tasks, unmoved by the user's environment."""
    kept = {name: os.environ.pop(name) for name in _VARIABLES if name in os.environ}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        pytest.main(list(_ALONE), plugins=[run])
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(kept)
