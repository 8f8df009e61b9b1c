"""What a reference server does wrong about queries, patches and consistency is found by the check for it."""

from __future__ import annotations

import pytest
from judging import judged_at

from tmfrig.conformance.check import Suite
from tmfrig.mockservers.faults.catalogue import known
from tmfrig.mockservers.running import serving
from tmfrig.reports.result import Outcome
from tmfrig.specs import standard_contract

FILTERING = {
    "comma-is-part-of-the-value": "filter.or-comma",
    "repeated-filter-counts-once": "filter.or-repeated",
    "semicolon-ends-the-query": "filter.or-semicolon",
    "greater-includes-the-value": "filter.operators",
    "less-is-greater": "filter.literals",
    "ranges-compare-dates-as-texts": "filter.operators",
    "dotted-filter-sees-the-first-element": "filter.dotted",
    "filter-by-truth-finds-nothing": "filter.types",
    "filter-by-number-finds-nothing": "filter.types",
    "filter-by-date-compares-days": "filter.types",
    "star-in-a-filter-stands-for-anything": "filter.literal",
    "encoded-ampersand-ends-a-value": "filter.encoded",
    "filter-needs-its-attribute-selected": "filter.with-fields",
    "jsonpath-or-is-and": "filter.jsonpath-selects",
    "unknown-name-in-fields-selects-nothing": "fields.unknown-name",
    "fields-cut-what-is-inside": "fields.whole-values",
    "sort-drops-what-lacks-the-attribute": "sort.absent",
    "sort-by-nothing-is-a-server-error": "sort.unknown-name",
    "sort-by-the-first-alone": "sort.several-keys",
    "sort-by-the-last-first": "sort.several-keys",
    "plus-in-sort-refused": "sort.raw-plus",
    "later-pages-are-not-sorted": "sort.pages",
    "order-differs-each-time": "page.stable",
    "next-link-skips-one": "page.links",
    "last-page-links-on": "page.last-link",
    "offset-needs-a-limit": "page.offset",
    "huge-limit-is-a-server-error": "page.odd-limits",
    "limit-of-nothing-is-a-server-error": "page.odd-limits",
}
PATCHING = {
    "patch-carries-out-the-first-change-alone": "patch.several",
    "patch-blanks-texts-for-null": "patch.null-removes",
    "patch-overlooks-null-inside-objects": "patch.nested-null",
    "patch-with-null-inside-removes-the-object": "patch.nested-null",
    "patch-replaces-objects": "patch.nested-merge",
    "patch-merges-arrays": "patch.array-shortened",
    "empty-patch-empties-texts": "patch.empty",
    "dates-renewed-by-patch": "patch.keeps-own",
    "last-update-stays": "patch.last-update",
    "patch-changes-another": "patch.others",
    "patch-of-nothing-creates": "patch.unknown-id",
    "patch-of-nothing-answered-with-ok": "patch.unknown-id",
    "refused-patch-half-carried-out": "patch.refused-unchanged",
    "wrong-types-stored-by-patch": "patch.wrong-type",
    "mandatory-removed-by-patch": "patch.mandatory-kept",
    "add-replaces-elements": "patch.json-patch-add",
    "remove-takes-the-whole-list": "patch.json-patch-remove",
    "move-leaves-a-copy": "patch.json-patch-move",
    "copy-takes-away": "patch.json-patch-copy",
    "operations-skipped": "patch.json-patch-whole",
    "operations-change-href": "patch.json-patch-identity",
    "optional-parts-not-kept": "create.keeps-optional",
    "incomplete-references-taken": "create.reference-incomplete",
    "create-replaces-what-has-the-id": "create.taken-id",
    "href-lacks-the-base-path": "representation.href",
}
CONSISTENCY = {
    "reads-from-a-cache": "consistency.patched",
    "new-resources-are-seen-later": "consistency.created",
    "lists-show-what-was": "consistency.list",
    "newest-is-not-listed": "list.created",
    "count-of-all-remembers-the-deleted": "consistency.count",
    "order-changes-with-every-write": "page.while-others-write",
    "deleted-still-listed": "delete.unlisted",
    "delete-of-nothing-answered-with-no-content": "delete.unknown-id",
    "second-delete-is-a-server-error": "delete.again",
    "creates-at-once-share-an-id": "concurrency.creates",
    "patches-at-once-overwrite-each-other": "concurrency.patches",
    "patches-at-once-are-a-server-error": "concurrency.patches",
}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("fault", "check"), [*(FILTERING | PATCHING | CONSISTENCY).items()])
def test_a_fault_is_caught_by_its_check(fault: str, check: str) -> None:
    it = known()[fault]
    with serving([it.role], lines=[it.line], faults=[fault], pace=3600) as urls:
        results = judged_at(standard_contract(it.role, it.line), urls[it.role], [check], Suite.full)

    assert {Outcome.failed, Outcome.warned} & {each.outcome for each in results}
