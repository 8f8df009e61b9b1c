"""What every test relies on, wherever the tests are started from."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings
from postgres_server import GIVEN, NoServerError, PostgresServer

from tmfrig.conformance.api import Api
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.conformance.subscription import Subscription

# A shell that starts the tests in the background has SIGINT ignored, and what a test starts inherits that:
# nothing could be interrupted, and the tests of Ctrl-C would fail for no fault of the program.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A run is the same everywhere: no examples from earlier runs, and none fails because a machine is busy.
settings.register_profile("rig", deadline=None, derandomize=True, database=None)
settings.load_profile("rig")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """From a number of seconds on, the judge waits no longer than that for anything a target may do late."""
    wait_until, find = Api.wait_until, Subscription.find

    def begin(most: float) -> None:
        def wait_briefly(
            api: Api, ask: Callable[[], Exchange], holds: Callable[[Exchange], bool], within: float = most
        ) -> Exchange | None:
            return wait_until(api, ask, holds, min(within, most))

        def find_soon(
            subscription: Subscription,
            wanted: Callable[[Notification], bool],
            within: float = most,
            *,
            change: str = "",
        ) -> Notification | None:
            return find(subscription, wanted, min(within, most), change=change)

        monkeypatch.setattr(Api, "wait_until", wait_briefly)
        monkeypatch.setattr(Subscription, "find", find_soon)

    return begin


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database for all tests of a process, each in a schema of its own."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    try:
        with PostgresServer() as server:
            yield server.url
    except NoServerError as reason:
        pytest.skip(str(reason))
