"""Every check sees the fault that it is there for, and one fault is blamed by few checks."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from judging import judged

from tmfrig.conformance.check import catalogue
from tmfrig.mockservers.faults.catalogue import known
from tmfrig.reports.result import Level, Outcome
from tmfrig.specs import standard_contract
from tmfrig.specs.rules import cited


@dataclass(frozen=True)
class Fault:
    """A vendor that is wrong in one way: which check has to say so, and which others may."""

    name: str
    check: str
    also: tuple[str, ...] = ()
    api: str = "TMF637"
    manners: tuple[str, ...] = ()
    line: int = 4

    @property
    def id(self) -> str:
        return f"{self.name}-{self.api}.v{self.line}"


ORDERS, CATALOG, SERVICE_ORDERS, QUALIFICATION = "TMF622", "TMF620", "TMF641", "TMF679"
# A mandatory attribute that is lost is missing from the contract and from the profile at once.
LOST = ("representation.schema", "representation.profile")
OPERATIONS, ASKING = ("json-patch",), ("asks-for-information",)
FAULTS = [
    # creating
    Fault("create-200", "create.status"),
    Fault("create-no-location", "create.location"),
    Fault("create-other-location", "create.location"),
    Fault("create-empty", "create.representation"),
    Fault("create-loses", "create.keeps-mandatory", LOST, api=ORDERS),
    Fault("needs-more", "create.mandatory-suffices"),
    Fault("items-lose-products", "create.keeps-optional", api=ORDERS),
    Fault("clock-is-ahead", "create.server-clock", api=ORDERS),
    Fault("many-items-are-500", "robust.many-elements", api=ORDERS),
    Fault("client-id-taken", "create.client-identity", ("create.taken-id",)),
    Fault("missing-accepted", "create.mandatory-missing"),
    Fault("missing-accepted", "create.mandatory-missing", ("representation.schema",), api=ORDERS),
    Fault("null-accepted", "create.mandatory-null", ("representation.schema",), api=ORDERS),
    Fault("blank-accepted", "create.mandatory-blank", api=ORDERS),
    Fault("malformed-accepted", "create.malformed-json"),
    Fault("malformed-500", "create.malformed-json"),
    Fault("array-accepted", "create.wrong-type"),
    Fault("enum-accepted", "create.illegal-enumeration"),
    # reading
    Fault("create-not-stored", "retrieve.created"),
    Fault("retrieve-203", "retrieve.status", ("media-type.default", "fields.by-id", "representation.href")),
    Fault("other-id", "retrieve.same-id", ("representation.href",)),
    Fault("unknown-is-200", "retrieve.unknown-id", ("delete.gone", "patch.unknown-id")),
    Fault("unknown-is-400", "retrieve.unknown-id", ("delete.unknown-id", "patch.unknown-id")),
    Fault("list-in-envelope", "list.array"),
    Fault("plain-list-is-500", "list.answers"),
    Fault("empty-is-404", "list.empty"),
    Fault("list-is-thin", "fields.complete", ("representation.profile",)),
    # representations
    Fault("wrong-type", "representation.schema", ("notification.schema",)),
    Fault("bad-date", "representation.dates", ("notification.schema",), api=ORDERS),
    Fault("bad-state", "representation.enumerations", ("notification.schema",), api=ORDERS),
    Fault("no-id", "representation.identity", ("fields.none", "fields.by-id")),
    Fault("no-href", "representation.identity", ("fields.none",)),
    Fault("profile-missing", "representation.profile", api=ORDERS),
    Fault("href-elsewhere", "representation.href"),
    # selecting
    Fault("fields-ignored", "fields.narrows", ("fields.none",)),
    Fault("fields-ignored-by-id", "fields.narrows", ("fields.none",)),
    Fault("fields-none-full", "fields.none"),
    Fault("fields-none-empty", "fields.none"),
    Fault("fields-empty", "fields.by-id", ("fields.list",)),
    Fault("fields-empty", "fields.list", ("fields.by-id",), api=ORDERS),
    # filtering
    Fault("filter-ignored", "filter.equality", ("filter.conjunction",)),
    Fault("filter-is-prefix", "filter.equality", ("filter.conjunction", "filter.types")),
    Fault("filter-first-only", "filter.conjunction", ("filter.or-repeated",)),
    Fault("filter-or", "filter.conjunction"),
    Fault("filter-finds-nothing", "filter.finds", ("filter.finds-mandatory",)),
    Fault("filter-finds-no-dates", "filter.finds-mandatory", ("filter.types",), api=ORDERS),
    Fault("filter-two-find-nothing", "filter.combines", ("filter.or-repeated",)),
    # sorting
    Fault("sort-ignored", "sort.directions", ("sort.order",)),
    Fault("sort-always-up", "sort.order", ("sort.directions",)),
    Fault("sort-down-by-default", "sort.directions", ("sort.order",)),
    # paging
    Fault("limit-ignored", "page.limit"),
    Fault("offset-ignored", "page.walk", ("page.offset",)),
    Fault("offset-from-one", "page.walk", ("page.offset",)),
    Fault("offset-skips-one", "page.walk", ("page.offset",)),
    Fault("total-is-page", "page.total-true"),
    Fault("total-missing", "page.total-count", ("list.total-count",)),
    Fault("total-is-text", "list.total-count", ("page.total-count",)),
    Fault("total-too-small", "page.total-count", ("list.total-count",)),
    Fault("result-count-wrong", "page.result-count"),
    Fault("beyond-is-500", "page.beyond-end"),
    Fault("garbage-is-500", "page.garbage"),
    Fault("link-stays", "page.links", manners=("links",)),
    # patching
    Fault("patch-204", "patch.status"),
    Fault("patch-empty", "patch.representation"),
    Fault("json-patch-refused", "patch.changes"),
    Fault("patch-forgets", "patch.changes", ("patch.merge-patch",)),
    Fault("merge-refused", "patch.merge-patch"),
    Fault("patch-replaces", "patch.keeps-others", (*LOST, "patch.empty", "patch.nested-merge"), api=ORDERS),
    Fault("null-ignored", "patch.null-removes", ("patch.nested-null",)),
    Fault("null-stored", "patch.null-removes", ("patch.nested-null",)),
    Fault("patch-answers-old", "patch.changes", ("patch.merge-patch",)),
    Fault("patch-list-is-500", "robust.patch-list"),
    Fault("array-appended", "patch.array-replaced", ("patch.array-shortened",)),
    Fault("non-patchable-taken", "patch.non-patchable"),
    Fault("all-is-patchable", "patch.beyond-contract", api=SERVICE_ORDERS),
    Fault("enum-accepted-in-patch", "patch.illegal-enumeration", ("representation.enumerations",)),
    # deleting, methods, media types, errors
    Fault("delete-200", "delete.status"),
    Fault("delete-forgets", "delete.gone", ("delete.unlisted",)),
    Fault("delete-takes-the-last", "delete.others"),
    Fault("deleted-comes-back", "state.deleted", api=ORDERS),
    Fault("put-accepted", "method.not-offered"),
    Fault("", "method.mandatory", api=CATALOG, manners=("no-changes",)),
    Fault("text-served", "media-type.json"),
    Fault("needs-accept", "media-type.default", ("media-type.json",)),
    Fault("charset-refused", "media-type.charset"),
    Fault("text-accepted", "media-type.unsupported"),
    Fault("error-empty", "error.body"),
    Fault("error-html", "error.body"),
    Fault("error-without-code", "error.body"),
    Fault("error-code-number", "error.body"),
    Fault("error-wrong-status", "error.status"),
    # hub and notifications
    Fault("hub-without-id", "hub.registration"),
    Fault("hub-other-callback", "hub.registration"),
    Fault("", "hub.status", manners=("hub-200",)),
    Fault("hub-without-callback", "hub.missing-callback"),
    Fault("unregister-200", "hub.unregister"),
    Fault("hub-ends-all", "hub.second-listener"),
    Fault(
        "hub-never-forgets",
        "hub.unknown-id",
        ("notification.unregistered", "hub.repeated-registration"),
    ),
    Fault("event-without-id", "notification.envelope"),
    Fault("event-time-in-words", "notification.schema"),
    Fault("event-unknown-type", "notification.type"),
    Fault("event-other-key", "notification.payload-key"),
    Fault("event-bare", "notification.payload-key"),
    Fault("no-Create-event", "notification.create"),
    Fault("no-AttributeValueChange-event", "notification.change"),
    Fault("no-StateChange-event", "notification.state-change"),
    Fault("no-Delete-event", "notification.delete"),
    # lifecycle, qualification
    Fault("born-without-state", "state.on-create", ("representation.profile",), api=ORDERS),
    Fault("born-completed", "state.initial", api=ORDERS),
    Fault("born-moving", "state.initial", api=ORDERS),
    Fault("open-at-200", "qualification.result", api=QUALIFICATION),
    Fault("at-once-refused", "qualification.at-once", api=QUALIFICATION),
    Fault("create-not-stored", "qualification.task", ("retrieve.created",), api=QUALIFICATION),
    Fault(
        "broken-jsonpath-taken",
        "filter.jsonpath-malformed",
        ("filter.jsonpath-selects",),
        manners=("jsonpath",),
    ),
    Fault("jsonpath-is-500", "filter.jsonpath-malformed", ("filter.jsonpath-selects",)),
    # where the contract has what version 5 brought
    Fault("later-never", "create.accepted", manners=("later",), line=5),
    Fault("fields-ignored-on-create", "fields.on-create", line=5),
    Fault("fields-ignored-on-patch", "fields.on-patch", line=5),
    Fault("error-without-type", "error.body", line=5),
    Fault("untyped-patch-is-500", "patch.untyped", line=5),
    Fault("operations-forgotten", "patch.json-patch", ("patch.query-patch",), line=5, manners=OPERATIONS),
    Fault("replace-adds", "patch.json-patch-absent", line=5, manners=OPERATIONS),
    Fault("tests-ignored", "patch.json-patch-test", line=5, manners=OPERATIONS),
    Fault(
        "test-comes-late",
        "patch.json-patch-test",
        ("patch.json-patch-identity", "patch.json-patch-whole"),
        line=5,
        manners=OPERATIONS,
    ),
    Fault("query-takes-first", "patch.query-patch", api=ORDERS, line=5, manners=OPERATIONS),
    Fault("items-untyped", "polymorphism.type", api=ORDERS, line=5),
    Fault("event-untyped", "polymorphism.event-type", line=5),
    Fault("event-content-untyped", "polymorphism.event-type", line=5),
    Fault("type-is-patchable", "polymorphism.immutable", line=5),
    Fault("any-value-taken", "polymorphism.value", ("representation.schema",), line=5),
    Fault("value-of-other-type", "representation.schema", ("create.keeps-optional",), line=5),
    Fault("untyped-hub-is-500", "hub.untyped", line=5),
    Fault("hub-answers-untyped", "hub.schema", line=5),
    Fault("event-is-another", "polymorphism.event-type", line=5),
    Fault("event-content-wrong", "notification.schema"),
    Fault("event-content-wrong", "notification.schema", line=5),
    Fault("hub-not-shown", "hub.retrieve", api=QUALIFICATION, line=5),
    Fault("information-missing", "notification.payload", api=ORDERS, line=5, manners=ASKING),
    Fault("information-is-text", "notification.payload", api=ORDERS, line=5, manners=ASKING),
    Fault("draft-ignored", "state.draft", api=ORDERS, line=5),
]

PROVEN_HERE = {name for fault in FAULTS for name in (fault.check, *fault.also)}
"""The other checks are proven by faults of the reference servers, where all checks have their say."""


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "fault",
    [
        # every fourth one is quick: a sample of all
        pytest.param(fault, id=f"{fault.check}-{fault.id}", marks=pytest.mark.detection if number % 4 else ())
        for number, fault in enumerate(FAULTS)
    ],
)
def test_a_fault_is_caught_by_its_check_and_few_others(fault: Fault) -> None:
    names = [fault.name] if fault.name else []
    results = judged(
        standard_contract(fault.api, fault.line), *names, manners=fault.manners, only=PROVEN_HERE
    )

    # What rests on the fault may be impossible to judge (error); blamed is what failed or was warned about.
    found = {each.check for each in results if each.outcome in (Outcome.failed, Outcome.warned)}

    assert fault.check in found
    assert found - {fault.check} <= set(fault.also)


@pytest.mark.usefixtures("hurried")
def test_whether_creates_are_kept_is_not_judged_by_the_first_one_alone() -> None:
    [result] = judged(standard_contract("TMF637"), "every-fourth-is-lost", only={"concurrency.creates"})

    assert result.outcome is Outcome.failed
    assert "which GET does not find" in (result.message or "")


def test_every_check_is_proven_by_a_fault() -> None:
    """By one of this table, or by one of the reference servers: tests/detection shows that it is caught."""
    broken = {each.rule for each in known().values() if each.rule}
    here = {fault.check for fault in FAULTS}
    # at level MAY nothing is blamed
    blaming = [each for each in catalogue() if each.level is not Level.MAY]

    assert [each.id for each in blaming if each.id not in here and not broken & {*cited(each.source)}] == []
    assert here <= {each.id for each in catalogue()}
