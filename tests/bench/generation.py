"""Valid bodies per second that property tests draw, and how many of what a contract allows they show.

Figures depend on the machine, and are in seconds of its processor.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from results import Row, said

from tmfrig.conformance.payloads import Payloads
from tmfrig.conformance.properties.exploring import Explorer
from tmfrig.conformance.properties.facts import facts, possible_facts
from tmfrig.specs import standard_contract

PART = "generation"
LARGE = (
    ("TMF622", 4, "productOrder"),
    ("TMF622", 5, "productOrder"),
    ("TMF620", 4, "productOffering"),
    ("TMF620", 5, "productOffering"),
)
COUNT = 500
DEPTH = 3


def measure() -> Iterator[Row]:
    """A row for each of the largest creates."""
    for api, line, name in LARGE:
        with said(f"{PART}: {name} of {api} v{line}"):
            yield _drawn(api, line, name)


def _drawn(api: str, line: int, name: str) -> Row:
    """What 500 bodies cost and show."""
    contract = standard_contract(api, line)
    resource = contract.resources[name]
    payloads = Payloads(contract, 1, lambda _name: None)
    explorer = Explorer(contract, resource, 1, lambda: payloads.minimal(resource))
    next(explorer.valid_bodies())
    started = time.process_time()
    bodies = list(islice(explorer.valid_bodies(), COUNT))
    seconds = time.process_time() - started
    assert resource.creation is not None
    attributes = resource.creation.attributes
    possible = possible_facts(attributes, name, DEPTH)
    shown = set().union(*(facts(attributes, body, name) for body in bodies))
    valid = sum(resource.creation.accepts(body) for body in bodies)
    return Row(
        *(PART, f"bodies of POST {name}, {api} v{line}", round(COUNT / seconds), "/s"),
        remark=f"{valid} of {COUNT} valid, {len(possible & shown)} of {len(possible)} attributes, values and "
        "types shown",
    )
