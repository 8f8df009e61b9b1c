"""How a check is declared: its identity stands beside its code, and everything else reads it from here.

A *probing* check (`@check`) sends requests of its own through `Api`. An *observing* check (`@observing`,
`@observing_notification`) is a pure function of one exchange or one notification and is evaluated over
everything that passes, whoever caused it. Whatever can be judged by observing is not written as a probe.

A check says how it went by how it ends: it returns (the rule holds; a returned sentence becomes the message),
raises `Violation` (it does not hold), `Skipped` (the target does not offer what the rule is about),
`NotApplicable` (observing checks: this exchange says nothing about the rule) or `CannotJudge` (something else
that the check needs went wrong). Any other exception is a fault of the rig.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from tmfrig.conformance.suite import Suite as Suite
from tmfrig.reports.result import Level
from tmfrig.specs import Contract, Kind, Resource

if TYPE_CHECKING:
    from tmfrig.conformance.api import Api
    from tmfrig.conformance.exchange import Exchange, Notification

MUST, SHOULD, MAY, PUBLISHED = Level.MUST, Level.SHOULD, Level.MAY, Level.PUBLISHED

ProbeOfResource: TypeAlias = "Callable[[Api, Resource], str | None]"
ProbeOfApi: TypeAlias = "Callable[[Api], str | None]"
ExchangeRule: TypeAlias = "Callable[[Exchange], str | None]"
NotificationRule: TypeAlias = "Callable[[Notification], str | None]"
ResourceCondition: TypeAlias = Callable[[Resource], bool]
ContractCondition: TypeAlias = Callable[[Contract], bool]

_ID = re.compile(r"[a-z][a-z0-9]*(?:[.-][a-z0-9]+)+")


class Violation(Exception):  # noqa: N818 - it names a finding, not a fault of the program
    """The rule does not hold.

    `message` is one sentence for the vendor's developer: what came back and why it is wrong. `expected` and
    `actual` are short texts that stand under each other in the report. `exchange` is the exchange (or
    notification) that shows it; without it, a probing check's last exchange is taken.
    """

    def __init__(
        self,
        message: str,
        expected: str | None = None,
        actual: str | None = None,
        exchange: Exchange | Notification | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.actual = actual
        self.exchange = exchange


class Skipped(Exception):  # noqa: N818
    """The target does not offer what the rule is about; the message says what is missing."""


class NotApplicable(Exception):  # noqa: N818
    """This exchange or notification says nothing about the rule (observing checks only)."""


class CannotJudge(Exception):  # noqa: N818
    """The rule could not be put to the test, because something that it rests on failed; the message says
    what.

    Its outcome is `error`: a MUST that ends so leaves the verdict inconclusive at best.
    """


def skip(reason: str) -> NoReturn:
    """End a probing check as skipped: the target does not offer this. `reason` is a short sentence."""
    raise Skipped(reason)


def not_applicable() -> NoReturn:
    """End an observing check without a say about this exchange."""
    raise NotApplicable


class Scope(StrEnum):
    """What one run of a check is about."""

    RESOURCE = "resource"
    API = "api"
    HUB = "hub"


class Manner(StrEnum):
    """How a check learns what it judges."""

    PROBING = "probing"
    EXCHANGE = "exchange"
    NOTIFICATION = "notification"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the catalogue: identity, requirement, applicability and code."""

    id: str
    level: Level
    sentence: str
    source: str
    manner: Manner
    scope: Scope
    on: frozenset[Kind]
    when: ResourceCondition | ContractCondition | None
    run: Callable[..., str | None]
    suite: Suite = Suite.standard
    """The smallest suite that asks it."""
    repeats: bool = True
    """Whether a violation is looked at once more before it counts; not where one occurrence is the proof."""

    def applies_to(self, resource: Resource) -> bool:
        """Whether the contract gives this resource what the check is about (resource scope only)."""
        if self.on and not self.on & resource.operations.keys():
            return False
        return self.when is None or self.when(resource)  # type: ignore[arg-type]

    def applies_to_api(self, contract: Contract) -> bool:
        """Whether the check has anything to say about this contract (API and hub scope)."""
        if self.scope is Scope.HUB and contract.register is None:
            return False
        return self.when is None or self.when(contract)  # type: ignore[arg-type]


_declared: dict[str, Check] = {}


def check(
    id: str,
    level: Level,
    sentence: str,
    *,
    source: str,
    on: Kind | Collection[Kind] | None = None,
    scope: Scope | str = Scope.RESOURCE,
    when: Callable[..., bool] | None = None,
    suite: Suite = Suite.standard,
    repeats: bool = True,
) -> Callable[[Callable[..., str | None]], Callable[..., str | None]]:
    """Declare a probing check.

    With resource scope (the default) the function is called as `f(api, resource)` for each resource that has
    at least one of the operations `on` and satisfies `when(resource)`; name the operation that the check
    cannot do without. With scope "hub" or "api" it is called once per API as `f(api)`, if `when(contract)`
    holds; "hub" is for APIs with a hub, and its results are shown under "hub".

    `sentence` is the rule in our own words, as the report prints it; `source` where it comes from, ending
    with the rule's id ("TMF630 part 1, creation of resources; rule HTTP-05").

    `suite` is the smallest suite that asks it; `repeats=False` is for races, where one violation is proof
    enough and a second try would mostly go well.
    """
    return _declare(
        id, level, sentence, source, Manner.PROBING, Scope(scope), _kinds(on), when, suite, repeats
    )


def observing(
    id: str,
    level: Level,
    sentence: str,
    *,
    source: str,
    on: Kind | Collection[Kind] | None = None,
    scope: Scope | str = Scope.RESOURCE,
    when: Callable[[Resource], bool] | None = None,
) -> Callable[[Callable[[Exchange], str | None]], Callable[[Exchange], str | None]]:
    """Declare a check `f(exchange)` that is evaluated over every recorded exchange.

    With scope "hub" it sees only the exchanges with the hub, and its one result is shown under "hub".
    `on` limits it to exchanges whose operation is of this kind (then `exchange.operation` and
    `exchange.resource` are never None), `when(resource)` to some resources. Without `on` it sees every
    exchange that brought a response, those of the hub and of paths that the contract does not know included.
    """
    return _declare(id, level, sentence, source, Manner.EXCHANGE, Scope(scope), _kinds(on), when)


def observing_notification(
    id: str,
    level: Level,
    sentence: str,
    *,
    source: str,
    when: Callable[[Resource], bool] | None = None,
) -> Callable[[Callable[[Notification], str | None]], Callable[[Notification], str | None]]:
    """Declare a check `f(notification)` that is evaluated over every notification that reached us."""
    return _declare(id, level, sentence, source, Manner.NOTIFICATION, Scope.RESOURCE, frozenset(), when)


def _kinds(on: Kind | Collection[Kind] | None) -> frozenset[Kind]:
    if on is None:
        return frozenset()
    return frozenset({on}) if isinstance(on, Kind) else frozenset(on)


def _declare(
    id: str,
    level: Level,
    sentence: str,
    source: str,
    manner: Manner,
    scope: Scope,
    on: frozenset[Kind],
    when: Callable[..., bool] | None,
    suite: Suite = Suite.standard,
    repeats: bool = True,
) -> Callable[[Callable[..., str | None]], Callable[..., str | None]]:
    if _ID.fullmatch(id) is None:
        raise ValueError(
            f"{id!r} is no check id: lower-case words joined by dots and hyphens, such as 'create.location'"
        )

    def declare(function: Callable[..., str | None]) -> Callable[..., str | None]:
        earlier = _declared.get(id)
        if earlier is not None and _place(earlier.run) != _place(function):
            raise ValueError(f"two checks are called {id!r}: {_place(earlier.run)} and {_place(function)}")
        _declared[id] = Check(id, level, sentence, source, manner, scope, on, when, function, suite, repeats)
        return function

    return declare


def _place(function: Callable[..., object]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@cache
def catalogue() -> tuple[Check, ...]:
    """All checks of `tmfrig.conformance.checks`, sorted by id."""
    checks = importlib.import_module("tmfrig.conformance.checks")
    package = f"{checks.__name__}."
    for module in pkgutil.iter_modules(checks.__path__, package):
        importlib.import_module(module.name)
    return tuple(check for _, check in sorted(_declared.items()) if check.run.__module__.startswith(package))
