"""Compact words of a data set, written out to wire form as the contract says.

A word is only read where the contract wants something else than what is written (text where it wants an
object, a mapping where it wants a list), so that data in wire form pass through untouched:

    productSpecification: fibre-internet            a reference by id
    relatedParty: {customer: keller-anna}           role: id (or a list of ids)
    productSpecificationRelationship: {dependency: fibre-internet}      relationship type: id (or ids)
    productCharacteristic: {downstreamSpeed: 500}   name: value
    productSpecCharacteristic:                      name: values, default, unit, range, or wire attributes
      downstreamSpeed: {values: [100, 500, 1000], default: 100, unit: Mbit/s}
    price: 59.00 CHF                                money; `24 months` is a quantity or a duration
    validFor: 2024-01-01/2025-06-30                 a period, the end may be left out
    productPrice: [fibre-500-monthly]               a product's price from the offering's price
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.mockservers.dataset_references import TARGETS, Json, Resources, type_of
from tmfrig.specs import API_IDS, Attribute, standard_contract

_CHARACTERISTIC_SPECIFICATIONS = frozenset(
    {
        "CharacteristicSpecification",
        "ProductSpecificationCharacteristic",
        "ProductSpecificationCharacteristicValueUse",
    }
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?) (\S.*)")


def write_out(resources: Resources, elsewhere: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Write out all compact words in place; gives the sentences about those that mean nothing.

    `elsewhere` names what other systems hold, by type and id: {"Individual": {"keller-anna": "Anna Keller"}}.
    """
    shorthand = _Shorthand(resources, elsewhere)
    for api in API_IDS:
        for name, items in resources.get(api, {}).items():
            attributes = standard_contract(api).resources[name].attributes
            for item in items:
                shorthand.object(f"{api}.{name}[{item['id']}]", item, attributes)
    return shorthand.problems


class _Shorthand:
    def __init__(self, resources: Resources, elsewhere: Mapping[str, Mapping[str, str]]) -> None:
        self.problems: list[str] = []
        self._prices = {
            str(price["id"]): price for price in resources.get("TMF620", {}).get("productOfferingPrice", ())
        }
        self._price_schema = standard_contract("TMF620").resources["productOfferingPrice"].representation
        self._elsewhere = {
            id_: {"id": id_, "name": name, "@referredType": type_}
            for type_, entries in elsewhere.items()
            for id_, name in entries.items()
        }

    def object(self, path: str, value: Json, attributes: Mapping[str, Attribute]) -> None:
        """Write out everything within an object."""
        for key, held in value.items():
            if (attribute := attributes.get(key)) is not None and held is not None:
                value[key] = self._value(f"{path}.{key}", held, attribute)

    def _value(self, path: str, held: Any, attribute: Attribute) -> Any:
        if attribute.items is not None:
            elements = self._elements(path, held, attribute.items)
            if not isinstance(elements, list):
                return elements
            return [
                self._value(f"{path}[{index}]", each, attribute.items) for index, each in enumerate(elements)
            ]
        if attribute.format == "date-time" and isinstance(held, str) and _DATE.fullmatch(held):
            return f"{held}T00:00:00Z"
        if attribute.type == "object":
            if isinstance(held, str):
                held = self._text(path, held, attribute)
            if isinstance(held, dict):
                self.object(path, held, attribute.attributes)
        return held

    def _elements(self, path: str, held: Any, of: Attribute) -> Any:
        if not isinstance(held, dict):
            return held
        element, type_name = of.attributes, of.type_name
        if type_name == "Characteristic" and not {"name", "value"} <= held.keys():
            return [{"name": name, "valueType": _kind(value), "value": value} for name, value in held.items()]
        if type_name in _CHARACTERISTIC_SPECIFICATIONS and not held.keys() & {"id", "name"}:
            return [_characteristic(name, said, element) for name, said in held.items()]
        for key in ("relationshipType", "role"):
            if key in element and not held.keys() & {"id", key}:
                return list(self._by_key(path, key, held, of))
        return held

    def _by_key(self, path: str, key: str, held: Json, element: Attribute) -> Iterator[Any]:
        nested = next((name for name in ("product", "service") if name in element.attributes), None)
        for said, ids in held.items():
            for id_ in ids if isinstance(ids, list) else [ids]:
                if nested is not None or not isinstance(id_, str):
                    yield {key: said, nested or "id": id_}
                else:
                    yield {key: said} | self._reference(f"{path}.{said}", id_, element)

    def _text(self, path: str, text: str, attribute: Attribute) -> Any:
        match attribute.type_name:
            case "TimePeriod":
                start, _, end = text.partition("/")
                return {"startDateTime": start} | ({"endDateTime": end} if end else {})
            case "Money" if amount := _AMOUNT.fullmatch(text):
                return {"unit": amount[2], "value": float(amount[1])}
            case "Quantity" | "Duration" if amount := _AMOUNT.fullmatch(text):
                return {"amount": _number(amount[1]), "units": amount[2]}
            case "ProductPrice":
                return self._price(path, text)
            case _:
                return self._reference(path, text, attribute)

    def _reference(self, path: str, id_: str, attribute: Attribute) -> Any:
        if "id" not in attribute.attributes:
            return id_
        if attribute.type_name in TARGETS:
            return {"id": id_}
        if (entry := self._elsewhere.get(id_)) is None:
            self.problems.append(
                f"{path} names {id_!r}, which is unknown; list it under elsewhere or write the object"
            )
            return {"id": id_}
        return dict(entry)

    def _price(self, path: str, id_: str) -> Any:
        price = self._prices.get(id_)
        if price is None:
            self.problems.append(f"{path} names {id_!r}, which is no TMF620.productOfferingPrice; add it")
            return id_
        money = price.get("price")
        if not self._price_schema.accepts(price) or not money or "value" not in money:
            return id_  # left as it is: what is wrong with the price itself is found by its contract
        rate = next((tax["taxRate"] for tax in price.get("tax", ()) if "taxRate" in tax), 0)
        net = round(money["value"] / (1 + rate / 100), 2)
        taken_over = {key: price[key] for key in ("name", "priceType") if key in price}
        return (
            taken_over
            | _charging(price)
            | {
                "price": {
                    "taxIncludedAmount": dict(money),
                    "dutyFreeAmount": {**money, "value": net},
                    "taxRate": rate,
                },
                "productOfferingPrice": {"id": id_},
            }
        )


def _characteristic(name: str, said: Any, element: Mapping[str, Attribute]) -> Json:
    words = dict(said) if isinstance(said, dict) else {"values": said}
    values = words.pop("values", [])
    values = values if isinstance(values, list) else [values]
    default = words.pop("default", values[0] if len(values) == 1 else None)
    match words.pop("range", None):
        case [start, end]:
            pass
        case _:
            start = end = None
    about = {"unitOfMeasure": unit} if (unit := words.pop("unit", None)) is not None else {}
    kind = _kind(next((each for each in (*values, default, start) if each is not None), ""))
    written = [{"value": each, "valueType": kind, "isDefault": each == default} | about for each in values]
    if start is not None:
        limits = {"valueFrom": start, "valueTo": end, "rangeInterval": "closed", "valueType": kind}
        written.append(limits | {"isDefault": False} | about)
    if default is not None and default not in values:
        written.append({"value": default, "valueType": kind, "isDefault": True} | about)
    usual = {"id": name, "name": name, "valueType": kind, "minCardinality": 1, "maxCardinality": 1}
    if "configurable" in element:
        usual |= {"configurable": True, "extensible": False, "isUnique": False}
    list_name = next(
        key for key, each in element.items() if type_of(each) == "CharacteristicValueSpecification"
    )
    return usual | ({list_name: written} if written else {}) | words


def _charging(price: Json) -> Json:
    found = {}
    if (period := price.get("recurringChargePeriodType")) is not None:
        found["recurringChargePeriod"] = period
    if (unit := price.get("unitOfMeasure")) is not None:
        found["unitOfMeasure"] = f"{unit.get('amount', 1):g} {unit.get('units', '')}".strip()
    return found


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "string"
