"""All faults there are, by name and as a table; they are loaded when somebody asks for one."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from functools import cache

from tmfrig.mockservers.faults.fault import NO_FAULTS, Fault, FaultError, Faults, declared

_MODULES = ("product_ordering", "com", "service_activation")
"""They declare their faults when they are loaded, and appear in this order in the table."""


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
        raise FaultError(f"there is no fault {unknown!r}; there are {', '.join(sorted(known()))}")
    return Faults(tuple(known()[each] for each in chosen))


def table() -> str:
    """The faults for people: name, role and sentence, one a line."""
    rows = [
        ("name", "role", "what is wrong"),
        *((each.name, each.role, each.sentence) for each in known().values()),
    ]
    names, roles = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{name:{names}}  {role:{roles}}  {sentence}" for name, role, sentence in rows)
