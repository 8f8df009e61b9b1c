"""The faults that any API can have are caught in every contract of the house, whatever its version."""

from __future__ import annotations

import pytest
from judging import blamed, judged

from tmfrig.specs import API_IDS, lines_of, standard_contract

EVERY = [(api, line) for api in API_IDS for line in lines_of(api)]
FAULTS = {
    "create-no-location": "create.location",
    "wrong-type": "representation.schema",
    "fields-ignored": "fields.narrows",
    "error-without-code": "error.body",
    "no-Create-event": "notification.create",
}
PAIRS = [
    # in the quick tests every contract has some of the faults, and every fault some of the contracts
    pytest.param(api, line, fault, marks=() if (place + turn) % 3 == 0 else pytest.mark.detection)
    for place, (api, line) in enumerate(EVERY)
    for turn, fault in enumerate(FAULTS)
]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("api", "line", "fault"), PAIRS)
def test_a_fault_is_caught(api: str, line: int, fault: str) -> None:
    check = FAULTS[fault]
    # the checks of what is observed need requests to observe
    probes = [
        check,
        "create.status",
        "retrieve.same-id",
        "retrieve.created",
        "fields.by-id",
        "retrieve.unknown-id",
    ]
    found = blamed(judged(standard_contract(api, line), fault, only=probes))
    assert check in found, found
