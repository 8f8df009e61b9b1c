"""What is left out of an official example of version 5 is noticed, wherever the contract asks for it.

From every example that is right, each `@type` and each `id` of a reference is taken away in turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from official_examples import Example, official_examples, schema_of

from tmfrig.specs import Attribute, Schema, standard_contract


class Excuse(StrEnum):
    """Why a validator cannot notice that something is missing."""

    UNDECLARED = "the contract declares nothing here: free values, misspelt attributes, types such as Money"
    PATCHED = "the body of a merge patch carries what changes (rule PATCH-06)"
    EXTENSION = "an unknown type at a choice fits the alternative that needs no id"
    NOT_ASKED = "the contract leaves it open: a type that is a value needs no id, a target schema no type"


@dataclass(frozen=True)
class Deletion:
    """An attribute that is taken away from an object in an example."""

    example: Example
    schema: Schema
    holder: dict[str, Any]
    key: str
    attribute: Attribute | None
    """The holder's own attribute, None where the contract declares none."""

    @property
    def is_noticed(self) -> bool:
        before = dict(self.holder)
        del self.holder[self.key]
        try:
            return not self.schema.accepts(self.example.body)
        finally:
            self.holder.clear()
            self.holder.update(before)

    @property
    def excuse(self) -> Excuse | None:
        if self.attribute is None:
            return Excuse.UNDECLARED
        if self.holder is self.example.body and (self.example.method, self.example.part) == (
            "PATCH",
            "request",
        ):
            return Excuse.PATCHED
        declared = self.attribute.attributes.get(self.key)
        if declared is not None:
            return None if declared.required else Excuse.NOT_ASKED
        if self.attribute.subtypes and not self.attribute.attributes:
            return Excuse.EXTENSION if self.key == "id" else None
        return Excuse.UNDECLARED


def deletions() -> Iterator[Deletion]:
    for example in official_examples():
        schema = None if example.is_operations else schema_of(standard_contract(example.api, 5), example)
        if schema is not None and schema.accepts(example.body):
            for holder, attribute in objects(example.body, schema.body):
                for key in deletable(holder, attribute):
                    yield Deletion(example, schema, holder, key, attribute)


def objects(value: Any, attribute: Attribute | None) -> Iterator[tuple[dict[str, Any], Attribute | None]]:
    """Every object in a body, with the attribute that its `@type` makes of the one where it stands."""
    if isinstance(value, list):
        for each in value:
            yield from objects(each, attribute)
    elif isinstance(value, dict):
        own = attribute and attribute.of_type(value)
        yield value, own
        for name, each in value.items():
            yield from objects(each, own.attributes.get(name) if own else None)


def deletable(holder: dict[str, Any], attribute: Attribute | None) -> Iterator[str]:
    if "@type" in holder:
        yield "@type"
    names = (str(holder.get("@type")), str(attribute.type_name if attribute else None).split("_")[0])
    if "id" in holder and ("@referredType" in holder or any(each.endswith("Ref") for each in names)):
        yield "id"


def test_what_is_missing_is_noticed_unless_there_is_an_excuse() -> None:
    noticed: Counter[str] = Counter()
    unnoticed: Counter[str] = Counter()
    excuses: Counter[Excuse] = Counter()
    for each in deletions():
        if each.is_noticed:
            noticed[each.key] += 1
            continue
        unnoticed[each.key] += 1
        assert each.excuse is not None, f"{each.example}: {each.key} of {each.attribute}"
        excuses[each.excuse] += 1
    assert set(noticed) == {"@type", "id"}
    assert all(noticed[key] / (noticed[key] + unnoticed[key]) >= 0.9 for key in noticed)
    assert noticed.total() > 2000
    assert excuses[Excuse.UNDECLARED] > unnoticed.total() / 2
    assert set(excuses) == set(Excuse)


def test_what_the_contract_asks_for_is_noticed() -> None:
    asked = [each for each in deletions() if each.excuse is None]
    assert len(asked) > 2000
    assert all(each.is_noticed for each in asked)
