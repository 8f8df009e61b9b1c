"""A vendor's document, judged by the standard: each departure is found, in its group and at its level.

The vendors' documents are ours with one thing changed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_mutated_documents import DOCUMENTS, mutated
from tmf_oracle import OFFICIAL_V5, every_api, official_path

from tmfrig.specs import API_IDS, ContractError, lines_of, standard_contract
from tmfrig.specs.checking import check_document
from tmfrig.specs.finding import Finding, Group, Judgement, Level
from tmfrig.specs.mandatory import mandatory_part

Json = dict[str, Any]
Change = Callable[[Json], None]

EVERY_CONTRACT = [(api, line) for api in API_IDS for line in lines_of(api)]
every_contract = pytest.mark.parametrize(("api", "line"), EVERY_CONTRACT)
JSON_BODY = "application/json;charset=utf-8"


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., Judgement]:
    def judge(*changes: Change, api: str = "TMF622", line: int = 4) -> Judgement:
        raw = copy.deepcopy(standard_contract(api, line).document)
        for change in changes:
            change(raw)
        path = tmp_path / "vendor.json"
        path.write_bytes(orjson.dumps(raw))
        return check_document(path, api, line)

    return judge


def short(finding: Finding) -> tuple[str, str, str, str]:
    return finding.group.value, finding.level.value, finding.place, finding.path


def schemas(raw: Json) -> Json:
    found: Json = raw["components"]["schemas"]
    return found


def operation(raw: Json, name: str) -> Json:
    method, path = name.split(" ")
    found: Json = raw["paths"][path][method.lower()]
    return found


def without(name: str) -> Change:
    """Drops an operation, and its path where nothing else is there."""

    def change(raw: Json) -> None:
        method, path = name.split(" ")
        del raw["paths"][path][method.lower()]
        if not raw["paths"][path]:
            del raw["paths"][path]

    return change


def typed(name: str, **keywords: Any) -> Change:
    """Adds keywords to an attribute, `ProductOrder.description`, or to a type."""

    def change(raw: Json) -> None:
        owner, _, attribute = name.partition(".")
        schema = schemas(raw)[owner]
        (schema["properties"][attribute] if attribute else schema).update(keywords)

    return change


def with_attribute(owner: str, name: str, *, required: bool = False, **keywords: Any) -> Change:
    def change(raw: Json) -> None:
        schema = schemas(raw)[owner]
        schema["properties"][name] = {"type": "string", **keywords}
        if required:
            schema["required"] = [*schema.get("required", ()), name]

    return change


def without_attribute(owner: str, name: str) -> Change:
    def change(raw: Json) -> None:
        schema = schemas(raw)[owner]
        del schema["properties"][name]
        schema["required"] = [each for each in schema.get("required", ()) if each != name]

    return change


def with_parameter(name: str, parameter: Json) -> Change:
    def change(raw: Json) -> None:
        operation(raw, name)["parameters"].append({"schema": {"type": "string"}, **parameter})

    return change


def without_parameter(name: str, parameter: str) -> Change:
    def change(raw: Json) -> None:
        found = operation(raw, name)
        found["parameters"] = [each for each in found["parameters"] if each["name"] != parameter]

    return change


@every_contract
def test_the_standard_itself_is_complete(api: str, line: int, judge: Callable[..., Judgement]) -> None:
    judgement = judge(api=api, line=line)
    assert judgement.findings == ()
    assert (judgement.complete, judgement.api) == (True, api)


@every_api
def test_the_official_document_of_version_4_has_no_finding(api: str) -> None:
    assert check_document(official_path(api), api, 4).findings == ()


@pytest.mark.parametrize("api", OFFICIAL_V5)
def test_the_official_document_of_version_5_has_no_finding(api: str) -> None:
    assert check_document(official_path(api, 5), api, 5).findings == ()


@every_contract
def test_every_contract_has_a_profile(api: str, line: int) -> None:
    standard = standard_contract(api, line)
    profile = mandatory_part(standard, standard.openapi)
    assert any(name.startswith("GET ") for name in profile.operations)
    for resource, attributes in profile.attributes.items():
        assert attributes <= standard.resources[resource].attributes.keys()
    assert profile.derived is (line == 5 or api in ("TMF638", "TMF641", "TMF679"))


Expected = tuple[str, str, str, str]

LISTED = "GET /productOrder response 200"
SENT = "POST /productOrder request"

OBJECT = {"type": "object"}
ONE_CHANGE: dict[str, tuple[Change, list[Expected]]] = {
    "a mandatory operation dropped": (
        without("POST /productOrder"),
        [("missing", "mandatory", "POST /productOrder", "")],
    ),
    "an optional operation dropped": (
        without("DELETE /productOrder/{id}"),
        [("missing", "optional", "DELETE /productOrder/{id}", "")],
    ),
    "the hub dropped": (
        without("POST /hub"),
        [("missing", "optional", "POST /hub", "")],
    ),
    "an event dropped": (
        without("POST /listener/productOrderStateChangeEvent"),
        [("missing", "optional", "POST /listener/productOrderStateChangeEvent", "")],
    ),
    "attribute selection dropped": (
        without_parameter("GET /productOrder", "fields"),
        [("missing", "mandatory", "GET /productOrder", "fields")],
    ),
    "attribute selection dropped where nothing is mandatory": (
        without_parameter("GET /cancelProductOrder", "fields"),
        [("missing", "optional", "GET /cancelProductOrder", "fields")],
    ),
    "paging dropped": (
        without_parameter("GET /productOrder", "limit"),
        [("missing", "mandatory", "GET /productOrder", "limit")],
    ),
    "the total dropped": (
        lambda raw: operation(raw, "GET /productOrder")["responses"]["200"]["headers"].pop("X-Total-Count"),
        [("missing", "mandatory", LISTED, "X-Total-Count")],
    ),
    "the result count dropped": (
        lambda raw: operation(raw, "GET /productOrder")["responses"]["200"]["headers"].pop("X-Result-Count"),
        [("missing", "optional", LISTED, "X-Result-Count")],
    ),
    "the status of success dropped": (
        lambda raw: operation(raw, "POST /productOrder")["responses"].pop("201"),
        [("missing", "mandatory", "POST /productOrder response 201", "")],
    ),
    "the status of an error dropped": (
        lambda raw: operation(raw, "POST /productOrder")["responses"].pop("409"),
        [("missing", "optional", "POST /productOrder response 409", "")],
    ),
    "another status of success": (
        lambda raw: operation(raw, "POST /productOrder")["responses"].update({"202": {"description": "-"}}),
        [("wider", "optional", "POST /productOrder response 202", "")],
    ),
    "another media type instead": (
        lambda raw: operation(raw, "POST /productOrder")["requestBody"].update(
            content={
                "application/xml": operation(raw, "POST /productOrder")["requestBody"]["content"][JSON_BODY]
            }
        ),
        [("missing", "mandatory", SENT, ""), ("extension", "optional", SENT, "")],
    ),
    "no body in answers": (
        lambda raw: operation(raw, "GET /productOrder/{id}")["responses"]["200"].pop("content"),
        [("missing", "mandatory", "GET /productOrder/{id} response 200", "")],
    ),
    "a body of anything": (
        lambda raw: operation(raw, "POST /productOrder")["requestBody"]["content"][JSON_BODY].update(
            schema={}
        ),
        [("missing", "mandatory", SENT, ""), ("wider", "optional", SENT, "")],
    ),
    "something else than the mandatory list": (
        lambda raw: schemas(raw)["ProductOrder_Create"]["properties"].update(productOrderItem=OBJECT),
        [
            ("missing", "mandatory", SENT, "productOrderItem"),
            ("narrower", "optional", SENT, "productOrderItem"),
        ],
    ),
    "an identity that is never answered": (
        typed("ProductOrder.id", writeOnly=True),
        [("missing", "mandatory", LISTED, "[].id")],
    ),
    "nothing but a status for all": (
        lambda raw: operation(raw, "POST /productOrder").update(responses={"default": {"description": "-"}}),
        [("missing", "mandatory", "POST /productOrder response 201", "")],
    ),
    "a mandatory attribute of requests dropped": (
        without_attribute("ProductOrder_Create", "productOrderItem"),
        [("missing", "mandatory", SENT, "productOrderItem")],
    ),
    "an optional attribute of requests dropped": (
        without_attribute("ProductOrder_Create", "description"),
        [("missing", "optional", SENT, "description")],
    ),
    "an attribute of the profile dropped from answers": (
        without_attribute("ProductOrder", "state"),
        [("missing", "mandatory", LISTED, "[].state")],
    ),
    "an optional attribute dropped from answers": (
        without_attribute("ProductOrder", "description"),
        [("missing", "optional", LISTED, "[].description")],
    ),
    "a mandatory attribute of a part dropped": (
        without_attribute("ProductOrderItem", "action"),
        [
            ("missing", "mandatory", LISTED, "[].productOrderItem[].action"),
            ("missing", "mandatory", SENT, "productOrderItem[].action"),
        ],
    ),
    "fewer values": (
        typed("OrderItemActionType", enum=["add", "delete", "modify"]),
        [
            ("missing", "optional", LISTED, "[].productOrderItem[].action"),
            ("narrower", "optional", SENT, "productOrderItem[].action"),
        ],
    ),
    "more values": (
        typed("OrderItemActionType", enum=["add", "delete", "modify", "noChange", "swap"]),
        [
            ("wider", "optional", LISTED, "[].productOrderItem[].action"),
            ("wider", "optional", SENT, "productOrderItem[].action"),
        ],
    ),
    "a new mandatory attribute in requests": (
        with_attribute("ProductOrder_Create", "acme", required=True),
        [("narrower", "optional", SENT, "acme"), ("extension", "optional", SENT, "acme")],
    ),
    "a new mandatory attribute that only the server sets": (
        with_attribute("ProductOrder_Create", "acme", required=True, readOnly=True),
        [("extension", "optional", SENT, "acme")],
    ),
    "a new mandatory attribute in answers": (
        with_attribute("ProductOrder", "acme", required=True),
        [("extension", "optional", LISTED, "[].acme")],
    ),
    "an optional attribute made mandatory in requests": (
        typed("ProductOrder_Create", required=["productOrderItem", "description"]),
        [("narrower", "optional", SENT, "description")],
    ),
    "an optional attribute made mandatory in answers": (
        typed("ProductOrder", required=["productOrderItem", "description"]),
        [],
    ),
    "a mandatory attribute made optional in requests": (
        typed("ProductOrder_Create", required=[]),
        [("wider", "optional", SENT, "productOrderItem")],
    ),
    "limits": (
        typed("ProductOrder_Create.description", maxLength=10, pattern="^[a-z]*$"),
        [("narrower", "optional", SENT, "description")] * 2,
    ),
    "limits in answers": (typed("ProductOrder.description", maxLength=10), []),
    "null in requests": (
        typed("ProductOrder_Create.description", nullable=True),
        [("wider", "optional", SENT, "description")],
    ),
    "null in answers": (
        typed("ProductOrder.description", nullable=True),
        [("wider", "optional", LISTED, "[].description")],
    ),
    "another type in requests": (
        typed("ProductOrder_Create.description", type="integer"),
        [("narrower", "optional", SENT, "description")],
    ),
    "another type in answers": (
        typed("ProductOrder.description", type="integer"),
        [("wider", "optional", LISTED, "[].description")],
    ),
    "no further attributes in requests": (
        typed("ProductOrder_Create", additionalProperties=False),
        [("narrower", "optional", SENT, "")],
    ),
    "no further attributes in answers": (typed("ProductOrder", additionalProperties=False), []),
    "more elements demanded": (
        typed("ProductOrder_Create.note", minItems=1),
        [("narrower", "optional", SENT, "note")],
    ),
    "fewer elements demanded": (
        typed("ProductOrder_Create.productOrderItem", minItems=0),
        [("wider", "optional", SENT, "productOrderItem")],
    ),
    "fewer elements allowed": (
        typed("ProductOrder_Create.note", maxItems=3),
        [("narrower", "optional", SENT, "note")],
    ),
    "an attribute that only the server sets": (
        typed("ProductOrder_Create.description", readOnly=True),
        [("narrower", "optional", SENT, "description")],
    ),
    "an extension attribute": (
        with_attribute("ProductOrderItem", "acmePriority"),
        [
            ("extension", "optional", LISTED, "[].productOrderItem[].acmePriority"),
            ("extension", "optional", SENT, "productOrderItem[].acmePriority"),
        ],
    ),
    "a filter": (
        with_parameter("GET /productOrder", {"name": "state", "in": "query"}),
        [("extension", "optional", "GET /productOrder", "state")],
    ),
    "a parameter that every request needs": (
        with_parameter("GET /productOrder", {"name": "X-Tenant", "in": "header", "required": True}),
        [
            ("narrower", "optional", "GET /productOrder", "x-tenant"),
            ("extension", "optional", "GET /productOrder", "x-tenant"),
        ],
    ),
    "a list in a query instead of a text": (
        lambda raw: next(
            each for each in operation(raw, "GET /productOrder")["parameters"] if each["name"] == "fields"
        ).update(schema={"type": "array", "items": {"type": "string"}}),
        [],
    ),
    "an extension header": (
        lambda raw: operation(raw, "GET /productOrder")["responses"]["200"]["headers"].update(
            {"Link": {"schema": {"type": "string"}}}
        ),
        [("extension", "optional", LISTED, "Link")],
    ),
    "an extension operation": (
        lambda raw: raw["paths"]["/productOrder/{id}"].update(
            put={"responses": {"200": {"description": "-"}}}
        ),
        [("extension", "optional", "PUT /productOrder/{id}", "")],
    ),
    "an extension event": (
        lambda raw: raw["paths"].update(
            {"/listener/acmeEvent": {"post": {"responses": {"204": {"description": "-"}}}}}
        ),
        [("extension", "optional", "POST /listener/acmeEvent", "")],
    ),
    "an extension resource": (
        lambda raw: raw["paths"].update(
            {"/acmeJob": {method: {"responses": {"200": {"description": "-"}}} for method in ("get", "post")}}
        ),
        [("extension", "optional", "/acmeJob", "")],
    ),
    "an extension attribute of events": (
        with_attribute("ProductOrderStateChangeEvent", "acme"),
        [("extension", "optional", "POST /listener/productOrderStateChangeEvent request", "acme")],
    ),
    "a closed event": (typed("ProductOrderStateChangeEvent", additionalProperties=False), []),
    "more in events": (
        typed("ProductOrderStateChangeEvent.eventId", nullable=True),
        [("wider", "optional", "POST /listener/productOrderStateChangeEvent request", "eventId")],
    ),
}


@pytest.mark.parametrize("name", ONE_CHANGE)
def test_one_change(name: str, judge: Callable[..., Judgement]) -> None:
    change, expected = ONE_CHANGE[name]
    judgement = judge(change)
    assert [short(each) for each in judgement.findings] == expected
    assert judgement.complete is all(level != "mandatory" for _, level, _, _ in expected)


def test_a_resource_that_is_gone_is_one_finding(judge: Callable[..., Judgement]) -> None:
    names = ["GET /cancelProductOrder", "POST /cancelProductOrder", "GET /cancelProductOrder/{id}"]
    (finding,) = judge(*map(without, names)).findings
    assert short(finding) == ("missing", "optional", "/cancelProductOrder", "")
    assert finding.about == "resource"
    assert all(name in finding.standard for name in names)


def test_sub_types_of_version_5(judge: Callable[..., Judgement]) -> None:
    def with_sub_type(raw: Json) -> None:
        schemas(raw)["AcmeService"] = {"allOf": [{"$ref": "#/components/schemas/Service"}]}
        schemas(raw)["Service"]["discriminator"]["mapping"]["AcmeService"] = (
            "#/components/schemas/AcmeService"
        )

    found = judge(with_sub_type, api="TMF638", line=5).findings
    assert {(each.group, each.level, each.about) for each in found} == {
        (Group.EXTENSION, Level.OPTIONAL, "sub-type")
    }
    assert found[0].place == "GET /service response 200"
    assert "AcmeService" in found[0].sentence


def test_an_alternative_of_version_5_dropped(judge: Callable[..., Judgement]) -> None:
    def with_references_only(raw: Json) -> None:
        for part in schemas(raw)["ProductOrderItem_Create"]["allOf"]:
            if "product" in part.get("properties", {}):
                part["properties"]["product"] = {"$ref": "#/components/schemas/ProductRef"}

    found = judge(with_references_only, api="TMF622", line=5).findings
    narrower = [each for each in found if each.group is Group.NARROWER]
    assert [short(each) for each in narrower] == [
        ("narrower", "optional", SENT, "productOrderItem[].product")
    ]
    assert narrower[0].sentence == "The document does not take Product here."


def test_a_qualification_need_not_be_kept_where_it_is_answered_at_once(
    judge: Callable[..., Judgement],
) -> None:
    def answered_at_once(raw: Json) -> None:
        for name in ("check", "query"):
            del operation(raw, f"POST /{name}ServiceQualification")["responses"]["201"]

    gone = without("GET /checkServiceQualification/{id}")
    place = "GET /checkServiceQualification/{id}"
    assert ("missing", "mandatory", place, "") in map(short, judge(gone, api="TMF645").findings)
    found = [short(each) for each in judge(gone, answered_at_once, api="TMF645").findings]
    assert ("missing", "optional", place, "") in found
    assert {level for _, level, _, _ in found} == {"optional"}


def test_errors_that_are_summed_up_are_declared(judge: Callable[..., Judgement]) -> None:
    def summed_up(raw: Json) -> None:
        responses = operation(raw, "POST /productOrder")["responses"]
        error = responses.pop("400")
        operation(raw, "POST /productOrder")["responses"] = {"201": responses["201"], "default": error}

    assert judge(summed_up).findings == ()


@pytest.mark.parametrize("base", ["/tmf-api/productOrderingManagement/v4", "/{tenant}/productOrder-api"])
def test_paths_with_the_base_in_front_of_them(base: str, judge: Callable[..., Judgement]) -> None:
    def based(raw: Json) -> None:
        raw["paths"] = {f"{base}{path}/": item for path, item in raw["paths"].items()}
        raw["servers"] = [{"url": "https://api.acme.example/"}]

    assert judge(based).findings == ()
    assert [short(each) for each in judge(based, typed("ProductOrder_Create.note", minItems=1)).findings] == [
        ("narrower", "optional", SENT, "note")
    ]


def test_parts_of_a_path_may_be_called_otherwise(judge: Callable[..., Judgement]) -> None:
    def renamed(raw: Json) -> None:
        raw["paths"]["/productOrder/{orderId}"] = item = raw["paths"].pop("/productOrder/{id}")
        for each in item.values():
            for parameter in each["parameters"]:
                if parameter["in"] == "path":
                    parameter["name"] = "orderId"

    assert judge(renamed).findings == ()


def test_the_document_of_another_api(tmp_path: Path) -> None:
    path = tmp_path / "vendor.json"
    path.write_bytes(orjson.dumps(standard_contract("TMF633").document))
    with pytest.raises(ContractError, match=r"declares none of the resources of TMF620 version 4 \(catalog,"):
        check_document(path, "TMF620", 4)


def test_findings_come_by_group_and_mandatory_ones_first(judge: Callable[..., Judgement]) -> None:
    judgement = judge(
        without("DELETE /productOrder/{id}"),
        with_attribute("ProductOrder_Create", "acme", required=True),
        without_attribute("ProductOrder_Create", "productOrderItem"),
        typed("ProductOrder.description", nullable=True),
    )
    assert [(each.group, each.level) for each in judgement.findings] == [
        (Group.MISSING, Level.MANDATORY),
        (Group.MISSING, Level.OPTIONAL),
        (Group.NARROWER, Level.OPTIONAL),
        (Group.WIDER, Level.OPTIONAL),
        (Group.EXTENSION, Level.OPTIONAL),
    ]
    assert judgement.count(Group.MISSING) == 2
    assert judgement.count(Group.MISSING, Level.MANDATORY) == 1


@settings(DOCUMENTS, max_examples=60)
@given(raw=st.sampled_from(["TMF622", "TMF637"]).flatmap(mutated))
def test_whatever_breaks_in_a_document_it_is_judged_or_refused(raw: Json, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "broken.json"
    path.write_bytes(orjson.dumps(raw))
    for api in ("TMF622", "TMF637"):
        try:
            judgement = check_document(path, api, 4)
        except ContractError:
            continue
        assert judgement.complete is (judgement.count(Group.MISSING, Level.MANDATORY) == 0)
