"""Faults of what a create must carry, and of what is enough."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from tmfrig.mockservers.errors import ApiError, invalid_body
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body
from tmfrig.specs import Problem

FAMILY = "mandatory"
CATALOG, ORDERS, PRODUCTS, SERVICE_ORDERS = "TMF620", "TMF622", "TMF637", "TMF641"


class Lenient(Intake):
    """Creates in spite of some problems."""

    def forgives(self, problem: Problem) -> bool:
        """Whether a problem of a create body does not matter."""
        raise NotImplementedError

    def check(self, body: Any, raw: bytes) -> Body:
        """The body, unless there are other problems with it."""
        problems = self._resource.creation.problems(body) if self._resource.creation is not None else []
        if not isinstance(body, dict) or not problems or not all(map(self.forgives, problems)):
            return super().check(body, raw)
        return {name: value for name, value in body.items() if name not in self._resource.server_set}

    def complete(self, body: Body, url: str) -> Body:
        """The new resource; what it lacks has been forgiven."""
        try:
            return super().complete(body, url)
        except ApiError:
            return self.complete_seed({"id": str(uuid.uuid4()), **body}, url)


class Failing(Intake):
    """Fails where a create body has a problem of one kind."""

    keyword: ClassVar[str]

    def check(self, body: Any, raw: bytes) -> Body:
        """The body; a problem of that kind makes it fail."""
        schema = self._resource.creation
        if schema is not None and any(each.keyword == self.keyword for each in schema.problems(body)):
            raise ApiError(500, "internalError", "the request could not be handled")
        return super().check(body, raw)


@fault(
    "missing-attribute-accepted",
    SERVICE_ORDERS,
    "A create without a mandatory attribute is answered 201; it should be refused.",
    rule="HTTP-13",
    family=FAMILY,
)
class NeedsNothing(Lenient):
    """Does not look whether everything is there."""

    def forgives(self, problem: Problem) -> bool:
        """Forgives what is missing."""
        return problem.keyword == "required"


@fault(
    "missing-attribute-of-an-item-accepted",
    ORDERS,
    "A create without a mandatory attribute of an item is answered 201; it should be refused.",
    rule="HTTP-13",
    family=FAMILY,
)
class NeedsNothingInside(Lenient):
    """Looks at the body, and not into its items."""

    def forgives(self, problem: Problem) -> bool:
        """Forgives what is missing further down."""
        return problem.keyword == "required" and "." in problem.path


@fault(
    "null-for-mandatory-accepted",
    ORDERS,
    "A create with null for a mandatory attribute is answered 201; it should be refused.",
    rule="HTTP-13",
    family=FAMILY,
)
class TakesNull(Lenient):
    """Sees that the attribute is there."""

    def forgives(self, problem: Problem) -> bool:
        """Forgives null."""
        return problem.keyword == "type" and problem.sentence.endswith("not null")


@fault(
    "blank-for-mandatory-accepted",
    CATALOG,
    "A create with an empty text for a mandatory attribute is answered 201; it should be refused.",
    rule="HTTP-13",
    family=FAMILY,
)
class TakesBlanks(Intake):
    """Sees that the attribute is a text."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body; whether texts say something is not looked at."""
        return super().check(body, b"")


@fault(
    "missing-attribute-is-a-server-error",
    "TMF645",
    "A create without a mandatory attribute is answered 500; it should be refused with 400.",
    rule="HTTP-13",
    family=FAMILY,
)
class FailsForMissing(Failing):
    """Works with what is not there."""

    keyword = "required"


@fault(
    "optional-attribute-demanded",
    PRODUCTS,
    "A create without a description is refused; what the contract makes mandatory should be enough.",
    rule="HTTP-04",
    family=FAMILY,
)
class NeedsDescription(Intake):
    """Has a column that may not be empty."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body, if it has a description where the contract knows one."""
        if isinstance(body, dict) and "description" in self._created and not body.get("description"):
            raise invalid_body([Problem("description", "is mandatory and missing", "required")])
        return super().check(body, raw)


@fault(
    "mandatory-text-cut-short",
    CATALOG,
    "A name of more than ten letters is cut; it should be kept as it was sent.",
    rule="HTTP-04",
    family=FAMILY,
)
class CutsNames(Intake):
    """Has a short column for names."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body with a short name."""
        checked = super().check(body, raw)
        name = checked.get("name")
        return checked | {"name": name[:10]} if isinstance(name, str) else checked


@fault(
    "body-of-some-size-is-a-server-error",
    PRODUCTS,
    "A create of more than 32 KiB is answered 500; it should be taken, or refused with 413.",
    rule="ROB-01",
    family="robustness",
)
class FailsAtLargeBodies(Intake):
    """Has a column of 32 KiB."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body; RuntimeError where it is too long."""
        if len(raw) > 32 * 1024:
            raise RuntimeError("value too long for type character varying(32768)")
        return super().check(body, raw)


@fault(
    "optional-attributes-are-of-any-type",
    SERVICE_ORDERS,
    "A create whose optional attributes are of the wrong type is answered 201; it should be refused.",
    rule="HTTP-12",
    family=FAMILY,
)
class LooksAtTheMandatory(Lenient):
    """Validates what it needs itself."""

    def forgives(self, problem: Problem) -> bool:
        """Forgives what an optional attribute is."""
        name = problem.path.partition(".")[0].partition("[")[0]
        return problem.keyword in ("type", "format") and name not in self._resource.mandatory
