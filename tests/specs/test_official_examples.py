"""The official examples of version 5, judged by our contracts and by the official documents themselves.

Most of what is wrong in the official examples is wrong once and copied. Every example that is rejected stands
here with the reason, so that a validator which becomes too strict or too lax is noticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import jsonschema
import pytest
from official_examples import Example, official_examples, schema_of
from tmf_oracle import every_v5_api, official_contract, official_document

from tmfrig.specs import Contract, standard_contract
from tmfrig.specs.schema import Schemas

TEXT_FOR_NUMBER = "the value of a NumberCharacteristicValueSpecification is a text"
OBJECT_FOR_TEXT = "an intent's expressionValue is an object, where a string is declared"
UNFINISHED_INTENT = "and the intent lacks lifecycleStatus and creationDate, mandatory when one is created"
REFERENCE_AS_VALUE = (
    "a reference to a price calls itself a ProductOfferingPrice, so lacks what a new price has to have"
)
NO_TYPE_OF_ATTACHMENT = "attachments lack their @type, which has to say whether they are references"
NO_TYPE_OF_REFERENCE = "a reference to a product specification lacks its @type"
NO_ID_OF_RELATIONSHIP = (
    "a ProductRelationship lacks the id of the product, which stands in a `product` beside"
)

JSON, MERGE, OPERATIONS, QUERY = (
    *("application/json", "application/merge-patch+json"),
    *("application/json-patch+json", "application/json-patch-query+json"),
)
NEW_ORDER = "CreateProductOrder_with_intent_specification"
NEW_SPECIFICATION = "Product_Specification_Create_example"
CHANGED_SPECIFICATION = "Product_Specification_Update_JSON_Patch"
CHANGED_QUERY = "QueryProductOfferingQualification_partialupdate_example_application"

Rejected: TypeAlias = tuple[str, str, str, str, tuple[str, ...]]
DEFECTS: tuple[Rejected, ...] = (
    (
        *("TMF620", "POST /productOffering request", JSON, "Product_Offering_Create_example"),
        (TEXT_FOR_NUMBER, REFERENCE_AS_VALUE),
    ),
    (
        *("TMF620", "GET /productSpecification 200", JSON, "ProductSpecification_list_example"),
        (TEXT_FOR_NUMBER,),
    ),
    ("TMF620", "POST /productSpecification request", JSON, NEW_SPECIFICATION, (TEXT_FOR_NUMBER,)),
    ("TMF620", "POST /productSpecification 201", JSON, NEW_SPECIFICATION, (TEXT_FOR_NUMBER,)),
    (
        *("TMF620", "PATCH /productSpecification/{id} 200", OPERATIONS, CHANGED_SPECIFICATION),
        (NO_TYPE_OF_ATTACHMENT,),
    ),
    (
        *("TMF620", "PATCH /productSpecification/{id} 200", QUERY, f"{CHANGED_SPECIFICATION}_Query"),
        (NO_TYPE_OF_ATTACHMENT,),
    ),
    ("TMF622", "POST /productOrder request", JSON, NEW_ORDER, (OBJECT_FOR_TEXT, UNFINISHED_INTENT)),
    ("TMF622", "POST /productOrder 201", JSON, NEW_ORDER, (OBJECT_FOR_TEXT,)),
    ("TMF622", "GET /productOrder/{id} 200", JSON, "retrieveProductOrderById2", (NO_ID_OF_RELATIONSHIP,)),
    (
        *("TMF637", "POST /product request", JSON, "CreateProduct_with_intent"),
        (OBJECT_FOR_TEXT, UNFINISHED_INTENT),
    ),
    ("TMF637", "POST /product 201", JSON, "CreateProduct_with_intent", (OBJECT_FOR_TEXT,)),
    *(
        (
            *("TMF679", "PATCH /queryProductOfferingQualification/{id} 200", media_type),
            *(f"{CHANGED_QUERY}_{name}", (NO_TYPE_OF_REFERENCE,)),
        )
        for media_type, name in (
            *((JSON, "json"), (MERGE, "merge_patch_json"), (OPERATIONS, "json_patch_json")),
        )
    ),
)
REJECTED = {" ".join(where): reasons for *where, reasons in DEFECTS}
# What a validator has to say for each reason.
SAID = {
    TEXT_FOR_NUMBER: ("value", "type"),
    OBJECT_FOR_TEXT: ("expression.expressionValue", "type"),
    UNFINISHED_INTENT: ("intent.lifecycleStatus", "required"),
    REFERENCE_AS_VALUE: ("productOfferingPrice[0].lastUpdate", "required"),
    NO_TYPE_OF_ATTACHMENT: ("attachment[0].@type", "required"),
    NO_TYPE_OF_REFERENCE: ("productSpecification.@type", "required"),
    NO_ID_OF_RELATIONSHIP: ("productRelationship[0].id", "required"),
}


def judged_examples(api: str) -> Iterable[Example]:
    return (each for each in official_examples() if each.api == api and not each.is_operations)


def contracts_of(api: str) -> dict[str, Contract]:
    return {"ours": standard_contract(api, 5), "official": official_contract(api, 5)}


@pytest.mark.parametrize("source", ["ours", "official"])
@every_v5_api
def test_the_examples_that_are_rejected(api: str, source: str) -> None:
    contract = contracts_of(api)[source]
    rejected = {
        str(each) for each in judged_examples(api) if not schema_of(contract, each).accepts(each.body)
    }
    assert rejected == {each for each in REJECTED if each.startswith(api)}


@pytest.mark.parametrize("name", REJECTED)
def test_why_an_example_is_rejected(name: str) -> None:
    example = next(each for each in official_examples() if str(each) == name)
    problems = schema_of(standard_contract(example.api, 5), example).problems(example.body)
    for path, keyword in (SAID[reason] for reason in REJECTED[name]):
        assert [each for each in problems if each.path.endswith(path) and each.keyword == keyword]


def test_how_many_examples_there_are() -> None:
    operations = [each for each in official_examples() if each.is_operations]
    assert (len(official_examples()), len(operations), len(REJECTED)) == (209, 20, 14)


def operations_schema(contract: Contract, example: Example) -> Any:
    content = contract.document["paths"][example.path]["patch"]["requestBody"]
    body = contract.openapi.followed(content)["content"][example.media_type]["schema"]
    return Schemas(contract.openapi).schema(body)


@pytest.mark.parametrize("source", ["ours", "official"])
@every_v5_api
def test_examples_of_json_patches_are_lists_of_operations(api: str, source: str) -> None:
    contract = contracts_of(api)[source]
    found = [each for each in official_examples() if each.api == api and each.is_operations]
    assert found
    for each in found:
        schema = operations_schema(contract, each)
        assert schema.problems(each.body) == []
        assert not schema.accepts(each.body[0])
        assert not schema.accepts([{**each.body[0], "op": "change"}])


def test_one_of_without_types_rejects_what_is_right() -> None:
    """Why `@type` decides: references and values are so alike that an example fits several alternatives."""
    rejected = [each for each in official_examples() if not plain(each).is_valid(each.body)]
    assert len(rejected) == 94


def plain(example: Example) -> jsonschema.Draft202012Validator:
    """What a validator without discriminators makes of the schema in the official document."""
    document = official_document(example.api, 5)
    operation = document.raw["paths"][example.path][example.method.lower()]
    node = operation["requestBody"] if example.part == "request" else operation["responses"][example.part]
    schema = document.followed(node)["content"][example.media_type]["schema"]
    return jsonschema.Draft202012Validator({**schema, "components": document.raw["components"]})
