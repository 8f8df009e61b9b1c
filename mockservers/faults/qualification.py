"""Faults of qualification: answers that do not hold together."""

from __future__ import annotations

from typing import Any

from tmfrig.mockservers.behaviours.eligibility import OfferingQualification
from tmfrig.mockservers.behaviours.qualification import Qualification
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.store import Body

CHECKS, OFFERINGS = "TMF645", "TMF679"
FAMILY = "qualification"
RESULTS = ("qualificationResult", "qualificationItemResult")


class QualifyingAnswers(Qualification):
    """Does something to what was found, in every version."""

    async def _outcome(self, request: Body) -> Body:
        outcome = await super()._outcome(request)
        name = self.collection.intake.items
        items = outcome.get(name) if name else None
        if not isinstance(items, list) or not any(_result(each) for each in items):
            return outcome
        return self.altered(outcome | {name: self.items([dict(each) for each in items])})

    def items(self, items: list[Body]) -> list[Body]:
        """The items that are answered."""
        return items

    def altered(self, outcome: Body) -> Body:
        """The whole that is answered."""
        return outcome


def _result(item: Body) -> str:
    return next((name for name in RESULTS if name in item), "")


def _with(items: list[Body], change: Any) -> list[Body]:
    return [each | change(each) for each in items]


@fault(
    "qualified-in-spite-of-items",
    CHECKS,
    "A qualification is qualified although one of its items is not; it should be unqualified.",
    rule="QUAL-01",
    family=FAMILY,
)
class QualifiesTheWhole(QualifyingAnswers):
    """Judges the whole by itself."""

    def altered(self, outcome: Body) -> Body:
        """The whole, qualified whatever the items are."""
        return outcome | {"qualificationResult": "qualified"}


@fault(
    "results-in-own-words",
    CHECKS,
    "The result of an item is yes or no; it should be qualified, unqualified or alternate.",
    rule="QUAL-01",
    family=FAMILY,
)
class OwnWords(QualifyingAnswers):
    """Speaks as people do."""

    def items(self, items: list[Body]) -> list[Body]:
        """The items, with the words of this house."""
        return _with(
            items, lambda each: {_result(each): "yes" if each[_result(each)] == "qualified" else "no"}
        )


@fault(
    "item-without-result",
    OFFERINGS,
    "The last item of a finished qualification has no result; each should have one.",
    rule="QUAL-01",
    family=FAMILY,
)
class LeavesOneOut(QualifyingAnswers):
    """Stops one too early."""

    def items(self, items: list[Body]) -> list[Body]:
        """The items, the last of them as it was asked."""
        return [*items[:-1], {name: value for name, value in items[-1].items() if name not in RESULTS}]


@fault(
    "qualified-items-renumbered",
    OFFERINGS,
    "The items of the answer are numbered anew; they should have the ids that the client gave them.",
    rule="QUAL-01",
    family=FAMILY,
)
class NumbersItemsAnew(QualifyingAnswers):
    """Counts from 1."""

    def items(self, items: list[Body]) -> list[Body]:
        """The items, with numbers of this server."""
        return [each | {"id": str(number)} for number, each in enumerate(items, 1)]


@fault(
    "qualified-item-lost",
    CHECKS,
    "Only the first item that was asked about is answered; all should be.",
    rule="QUAL-01",
    family=FAMILY,
)
class AnswersOneItem(QualifyingAnswers):
    """Answers the first question only."""

    def items(self, items: list[Body]) -> list[Body]:
        """The first item."""
        return items[:1]


@fault(
    "unqualified-without-reason",
    CHECKS,
    "An unqualified item does not say why although the client asked for reasons.",
    rule="QUAL-01",
    family=FAMILY,
)
class GivesNoReasons(QualifyingAnswers):
    """Keeps its reasons to itself."""

    def items(self, items: list[Body]) -> list[Body]:
        """The items without reasons."""
        reasons = ("eligibilityUnavailabilityReason", "eligibilityResultReason")
        return [{name: value for name, value in each.items() if name not in reasons} for each in items]


@fault(
    "alternate-without-proposal",
    OFFERINGS,
    "An item is alternate and proposes nothing; it should say what could be had instead.",
    rule="QUAL-01",
    family=FAMILY,
)
class ProposesNothing(QualifyingAnswers):
    """Promises more than it has."""

    def items(self, items: list[Body]) -> list[Body]:
        """The items, alternate where they are not possible."""
        return _with(
            items, lambda each: {_result(each): "alternate"} if each[_result(each)] == "unqualified" else {}
        )

    def altered(self, outcome: Body) -> Body:
        """The whole, which follows its items."""
        whole = outcome.get("qualificationResult")
        return outcome | ({"qualificationResult": "alternate"} if whole == "unqualified" else {})


@fault(
    "qualification-expires-at-once",
    CHECKS,
    "A qualification expires before it takes effect; it should be valid for a while.",
    rule="QUAL-01",
    family=FAMILY,
)
class ExpiresAtOnce(QualifyingAnswers):
    """Subtracts where it should add."""

    def altered(self, outcome: Body) -> Body:
        """The whole, valid until long ago."""
        return outcome | {"expirationDate": "2001-01-01T00:00:00Z"}


@fault(
    "unavailable-listed",
    OFFERINGS,
    "Unqualified items are listed although the client asked for what is available only.",
    rule="QUAL-01",
    family=FAMILY,
)
class ListsEverything(OfferingQualification):
    """Does not read that wish."""

    async def judged(self, request: Body) -> Body:
        """The outcome, as if that had not been asked for."""
        return await super().judged(request | {"provideOnlyAvailable": False})


@fault(
    "items-of-a-finished-check-are-unfinished",
    CHECKS,
    "A qualification is done while its items are in progress; they should be done as well.",
    rule="LIFE-01",
    family=FAMILY,
)
class LeavesItemsBehind(QualifyingAnswers):
    """Moves the whole only."""

    def items(self, items: list[Body]) -> list[Body]:
        """The items, which are still being looked at."""
        return _with(items, lambda each: {"state": "inProgress"})
