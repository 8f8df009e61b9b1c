"""The cast of one scenario: which APIs take part, each in one version, and how each role talks to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import ClassVar

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Skipped
from tmfrig.conformance.session import Session
from tmfrig.conformance.target import Rig
from tmfrig.features.data import Data
from tmfrig.features.following import Ear
from tmfrig.features.story import Story

CATALOG, SERVICE_CATALOG = "TMF620", "TMF633"
PRODUCT_ORDERING, SERVICE_ORDERING = "TMF622", "TMF641"
PRODUCT_INVENTORY, SERVICE_INVENTORY = "TMF637", "TMF638"
SERVICE_QUALIFICATION, OFFERING_QUALIFICATION = "TMF645", "TMF679"
ORDER_MANAGEMENT = "COM"

_NAMES: Mapping[str, str] = {
    CATALOG: "the product catalog",
    SERVICE_CATALOG: "the service catalog",
    PRODUCT_ORDERING: "product ordering",
    SERVICE_ORDERING: "service ordering",
    PRODUCT_INVENTORY: "product inventory",
    SERVICE_INVENTORY: "service inventory",
    SERVICE_QUALIFICATION: "service qualification",
    OFFERING_QUALIFICATION: "offering qualification",
    ORDER_MANAGEMENT: "the COM",
}


def lines_of(apis: Sequence[Api], name: str) -> list[int]:
    """The major versions in which an API is among these, in ascending order."""
    return sorted({api.contract.line for api in apis if api.contract.api == name})


class Cast:
    """Who plays with whom in one scenario.

    `line` is the major version that is played; an API that does not have it plays in its latest one.
    """

    def __init__(
        self, session: Session, story: Story, data: Data, rig: Rig | None = None, line: int | None = None
    ) -> None:
        self.session = session
        self.story = story
        self.data = data
        self.rig = rig or Rig()
        self.line = line

    def offers(self, name: str) -> bool:
        """Whether an API is among the targets."""
        return bool(self.lines(name))

    def lines(self, name: str) -> list[int]:
        """The versions in which an API is among the targets."""
        return lines_of(self.session.apis, name)

    def api(self, role: str, name: str, line: int | None = None) -> Api:
        """An API as a role talks to it, in the version that is played or in another one.

        Skipped when the target does not name it.
        """
        lines = self.lines(name)
        wanted = line or self.line
        chosen = wanted if wanted in lines else lines[-1] if lines and line is None else None
        if chosen is None:
            raise Skipped(f"it needs {name}{f' v{line}' if line else ''}, which the target does not name")
        return next(
            api
            for api in self.session.as_role(role)
            if api.contract.api == name and api.contract.line == chosen
        )


class Role:
    """Somebody who plays in scenarios: speaks under its own name, and only to the APIs within its reach."""

    name: ClassVar[str]
    reach: ClassVar[Collection[str]]

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.data = cast.data
        self.story = cast.story

    def api(self, name: str, line: int | None = None) -> Api:
        """An API as this role talks to it; Skipped when the target does not name it."""
        if name not in self.reach:
            raise LookupError(f"the {self.name} speaks to {', '.join(sorted(self.reach))}, not to {name}")
        return self.cast.api(self.name, name, line)

    def offers(self, name: str) -> bool:
        """Whether an API is among the targets."""
        return self.cast.offers(name)

    @contextmanager
    def listening(self, name: str) -> Iterator[Ear]:
        """A callback at the hub of an API, for as long as the context lasts; deaf where there is no hub."""
        with ExitStack() as stack:
            try:
                subscription = stack.enter_context(self.api(name).subscribe())
            except Skipped:
                self.story.leave_out(f"{named(name)} offers no hub, so what it announces was not judged")
                yield Ear()
                return
            self.story.listens(subscription.callback, self.name)
            yield Ear(subscription)


def named(api: str) -> str:
    """An API by the name that sentences give it."""
    return _NAMES.get(api, api)
