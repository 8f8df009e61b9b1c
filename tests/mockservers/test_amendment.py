"""What a patch may make of a resource, looked at without a server."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tmfrig.mockservers.amendment import Amendment
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.patching import json_patched, merged
from tmfrig.specs import standard_contract

AMENDMENT = Amendment(standard_contract("TMF622", 4).resources["productOrder"])
PARTY = {"id": "42", "@referredType": "Individual"}
ITEM = {"id": "1", "action": "add"}


def order(**more: Any) -> dict[str, Any]:
    whole = {"id": "1", "href": "/1", "state": "acknowledged", "productOrderItem": [ITEM], **more}
    read: dict[str, Any] = orjson.loads(orjson.dumps(whole))
    return read


@pytest.mark.parametrize(
    "blank",
    [{"relatedParty": [PARTY | {"id": " "}]}, {"productOrderItem": [ITEM | {"id": ""}]}],
)
def test_a_mandatory_text_cannot_be_made_blank(blank: dict[str, Any]) -> None:
    before = order(relatedParty=[PARTY])
    with pytest.raises(ApiError, match="is mandatory and blank"):
        AMENDMENT.check(before, merged(before, blank))


def test_a_mandatory_text_inside_of_an_object_cannot_be_made_blank() -> None:
    before = order(billingAccount={"id": "7", "name": "main"})
    with pytest.raises(ApiError, match=r"billingAccount\.id is mandatory and blank"):
        AMENDMENT.check(before, merged(before, {"billingAccount": {"id": ""}}))


def test_a_json_patch_cannot_make_it_blank_either() -> None:
    before = order(relatedParty=[PARTY])
    operations = [{"op": "replace", "path": "/relatedParty/0/id", "value": ""}]
    with pytest.raises(ApiError, match=r"relatedParty\[0\]\.id is mandatory and blank"):
        AMENDMENT.check(before, json_patched(before, operations))


def test_what_was_blank_before_does_not_stand_in_the_way_of_other_changes() -> None:
    before = order(relatedParty=[PARTY | {"id": ""}])
    AMENDMENT.check(before, merged(before, {"description": "something else"}))
