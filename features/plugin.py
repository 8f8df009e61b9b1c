"""The pytest plugin with which a QA team plays scenarios of its own, in its own repository.

    # conftest.py
    pytest_plugins = ["tmfrig.features.plugin"]

    $ pytest --tmfrig-target target.yaml

It brings the vocabulary, the roles as fixtures, and options that say what is under test. Whoever runs other
tests beside needs no target: scenarios that use the vocabulary are then skipped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tmfrig.conformance.check import Skipped, Violation
from tmfrig.conformance.failure import Failure
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.preflight import preflight
from tmfrig.conformance.session import opened
from tmfrig.conformance.target import read_target
from tmfrig.features.data import read_data
from tmfrig.features.findings import sentence
from tmfrig.features.identity import Identity, Tagging
from tmfrig.features.stage import Stage
from tmfrig.features.suite import PATIENCE, with_com

pytest_plugins = ["tmfrig.features.vocabulary"]

NO_TARGET = "nothing is under test; name it with --tmfrig-target FILE"
_GIVEN = ("story", "cast", "data", "channel", "steward", "observer", "operator", "orchestrator", "journal")


class Guest(Stage):
    """The stage for scenarios of somebody else's, among other tests."""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A new story begins, unless the target lacks something that the scenario needs."""
        self.begin()
        missing = self.missing(Identity.of(item))
        if missing:
            pytest.skip(f"it needs {' and '.join(missing)}, which the target does not name")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, None, None]:
        """What the target does not offer is no failure."""
        try:
            return (yield)
        except Skipped as reason:
            pytest.skip(str(reason))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A violation is reported in its own words, with the request that shows it; no traceback."""
        report = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, Violation):
            report.longrepr = self.told(call.excinfo.value)
        return report

    def told(self, violation: Violation) -> str:
        """A violation for people: the sentence, what was expected, what came, how to repeat it."""
        lines = [sentence(violation.message)]
        lines += [f"  expected   {violation.expected}"] if violation.expected else []
        lines += [f"  got        {violation.actual}"] if violation.actual else []
        witness = self.story_under_way.witness(violation, self.session.secrets)
        lines += [f"  repeat     {each.curl}" for each in witness]
        return "\n".join(lines)


class Absent(Tagging):
    """What there is in place of the stage while nothing is under test: each of its fixtures skips."""


def _absent(name: str) -> Callable[[Absent], None]:
    def absent(self: Absent) -> None:
        pytest.skip(NO_TARGET)

    absent.__doc__ = f"The {name}; skips, as nothing is under test."
    return absent


for _name in _GIVEN:
    setattr(Absent, _name, pytest.fixture(name=_name)(_absent(_name)))


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is under test, and what exists there."""
    group = parser.getgroup("tmfrig", "scenarios on TM Forum Open APIs")
    group.addoption("--tmfrig-target", type=Path, metavar="FILE", help="the target file: what is under test")
    group.addoption("--tmfrig-data", type=Path, metavar="FILE", help="what exists there, by purpose")
    group.addoption(
        "--tmfrig-patience",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help=f"how long something may take that takes its time (default {PATIENCE:g})",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Open the target for the whole run. UsageError (one line) when it cannot be."""
    path: Path | None = config.getoption("--tmfrig-target")
    if path is None:
        config.pluginmanager.register(Absent(), "tmfrig-absent")
        return
    try:
        config.pluginmanager.register(_opened(config, path), "tmfrig-stage")
    except Failure as failure:
        raise pytest.UsageError(str(failure)) from None


def _opened(config: pytest.Config, path: Path) -> Guest:
    target = read_target(path)
    data_file: Path | None = config.getoption("--tmfrig-data")
    data = read_data(data_file) if data_file is not None else None
    mounted = mount(target)
    for api in mounted:
        preflight(api)
    rig = target.rig
    stack = contextlib.ExitStack()
    config.add_cleanup(stack.close)
    session = stack.enter_context(opened(with_com(mounted, rig), target.callback))
    return Guest(session, data=data, rig=rig, patience=config.getoption("--tmfrig-patience"))
