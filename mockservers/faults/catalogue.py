"""All faults there are, by name and as a table; they are loaded when somebody asks for one."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache

from tmfrig.mockservers.faults.fault import NO_FAULTS, Fault, FaultError, Faults, declared
from tmfrig.specs.rules import rules

_MODULES = (
    "product_ordering",
    "com",
    "service_activation",
    "status_codes",
    "representations",
    "mandatory",
    "creating",
    "profiles",
    "field_selection",
    "listing",
    "sorting",
    "filtering",
    "paging",
    "counting",
    "headers",
    "merging",
    "patching",
    "deleting",
    "refusals",
    "media_types",
    "types_of_v5",
    "hub",
    "notifications",
    "delivery",
    "robustness",
    "odd_addresses",
    "encoding",
    "numbers",
    "security",
    "identities",
    "errors",
    "consistency",
    "concurrency",
    "latency",
    "properties",
    "lifecycle",
    "cancel_tasks",
    "jobs",
    "items",
    "references",
    "qualification",
)
"""They declare their faults when they are loaded; those of a family appear in this order in the table."""


@cache
def known() -> Mapping[str, Fault]:
    """Every fault by its name."""
    for each in _MODULES:
        importlib.import_module(f"{__package__}.{each}")
    return {each.name: each for each in declared()}


def faults_named(names: Iterable[str]) -> Faults:
    """The faults of these names; FaultError for a name that none has."""
    chosen = dict.fromkeys(names)
    if not chosen:
        return NO_FAULTS
    unknown = next((each for each in chosen if each not in known()), None)
    if unknown is not None:
        similar = get_close_matches(unknown, known(), 1)
        meant = f"did you mean {similar[0]}? " if similar else ""
        raise FaultError(f"there is no fault {unknown!r}; {meant}--list-faults names them all")
    return Faults(tuple(known()[each] for each in chosen))


def table() -> str:
    """The faults for people, one a line: name, role, the rule that is broken, how binding it is, sentence.

    Those of a family stand together. What only roles together can do wrong breaks no rule of the book.
    """
    rows = [("name", "role", "rule", "level", "what is wrong"), *map(_row, by_family())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def by_family() -> list[Fault]:
    """Every fault, family by family."""
    return sorted(known().values(), key=lambda fault: fault.family)


def _row(fault: Fault) -> tuple[str, ...]:
    level = rules()[fault.rule].strength if fault.rule else "-"
    return (fault.name, fault.role, fault.rule or "-", level, fault.sentence)
