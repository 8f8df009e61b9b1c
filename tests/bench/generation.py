"""Valid bodies per second that property tests draw, and how many of what a contract allows they show.

Run with `tox -e bench`; figures depend on the machine, and are in seconds of its processor.
"""

import time
from itertools import islice

from tmfrig.conformance.payloads import Payloads
from tmfrig.conformance.properties.exploring import Explorer
from tmfrig.conformance.properties.facts import facts, possible_facts
from tmfrig.specs import standard_contract

LARGE = (
    ("TMF622", 4, "productOrder"),
    ("TMF622", 5, "productOrder"),
    ("TMF620", 4, "productOffering"),
    ("TMF620", 5, "productOffering"),
)
COUNT = 500
DEPTH = 3


def measure(api: str, line: int, name: str) -> str:
    """One row: what 500 bodies cost and show."""
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
    return (
        f"POST {name:16} {api} v{line}  {COUNT / seconds:5.0f} bodies a second, {valid} of {COUNT} valid, "
        f"{len(possible & shown)} of {len(possible)} attributes, values and types shown"
    )


def main() -> None:
    """Print a row for each of the largest creates."""
    for api, line, name in LARGE:
        print(measure(api, line, name))


if __name__ == "__main__":
    main()
