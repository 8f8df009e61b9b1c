"""What the command line shows of contracts."""

from __future__ import annotations

import pytest
from tmf_oracle import CONTRACTS

from tmfrig.specs import ContractError, standard_contract
from tmfrig.specs.showing import AttributeRow, ResourceSheet, contract_rows, resource_sheet


def sheet(api: str, name: str, depth: int = 2, line: int = 4) -> ResourceSheet:
    return resource_sheet(standard_contract(api, line), name, depth)


def row(api: str, name: str, path: str, line: int = 4) -> AttributeRow:
    (found,) = (each for each in sheet(api, name, line=line).attributes if each.path == path)
    return found


def test_one_row_per_contract() -> None:
    rows = contract_rows()
    assert [(each.api, int(each.version[0])) for each in rows] == list(CONTRACTS)
    ordering = rows[2]
    assert (ordering.version, ordering.title) == ("4.0.0", "Product Ordering")
    assert ordering.base_path == "/tmf-api/productOrderingManagement/v4"
    assert ordering.resources == ("productOrder", "cancelProductOrder")
    assert (ordering.operations, ordering.events) == (10, 8)
    assert (rows[3].version, rows[3].events) == ("5.0.0", 11)


@pytest.mark.parametrize(
    ("path", "type_", "cardinality", "mandatory", "server_set", "patchable"),
    [
        ("id", "string", "0..1", False, True, False),
        ("orderDate", "date-time", "0..1", False, True, False),
        ("completionDate", "date-time", "0..1", False, True, True),
        ("description", "string", "0..1", False, False, True),
        ("note[]", "Note", "0..*", False, False, True),
        ("note[].text", "string", "1", True, False, True),
        ("productOrderItem[]", "ProductOrderItem", "1..*", True, False, True),
        ("productOrderItem[].action", "string", "1", True, False, True),
    ],
)
def test_who_may_set_an_attribute(
    path: str, type_: str, cardinality: str, mandatory: bool, server_set: bool, patchable: bool
) -> None:
    found = row("TMF622", "productOrder", path)
    assert (found.type, found.cardinality) == (type_, cardinality)
    assert (found.mandatory, found.server_set, found.patchable) == (mandatory, server_set, patchable)


def test_enumerations_as_the_contract_spells_them() -> None:
    assert row("TMF622", "productOrder", "productOrderItem[].action").enumeration == (
        *("add", "modify", "delete", "noChange"),
    )
    assert "acknowledged" not in row("TMF645", "checkServiceQualification", "state").enumeration


def test_levels_of_attributes() -> None:
    top = sheet("TMF622", "productOrder", 1).attributes
    assert not [each.path for each in top if "." in each.path]
    assert len(top) == len(standard_contract("TMF622").resources["productOrder"].attributes)
    deep = {each.path for each in sheet("TMF622", "productOrder", 3).attributes}
    assert "productOrderItem[].product.name" in deep


def test_nothing_can_be_patched_where_patch_is_not_offered() -> None:
    task = sheet("TMF622", "cancelProductOrder")
    assert not any(each.patchable for each in task.attributes)
    assert task.operations == (
        *("GET /cancelProductOrder", "POST /cancelProductOrder", "GET /cancelProductOrder/{id}"),
    )
    assert "Not offered: patch, delete." in task.rules


def test_rules_in_sentences() -> None:
    rules = sheet("TMF645", "CHECKSERVICEQUALIFICATION").rules
    assert "A create is answered 200 with the result, or 201 with a task that will have it." in rules
    assert "'acknowledged' counts as 'accepted': the standard spells it both ways." in rules
    assert "The state begins as acknowledged or done." in rules
    assert not [each for each in sheet("TMF622", "productOrder").rules if "both ways" in each]
    assert [each for each in sheet("TMF620", "catalog").rules if "informs" in each]


def test_the_lifecycle_has_edges_with_their_confidence() -> None:
    lifecycle = sheet("TMF637", "product").lifecycle
    assert lifecycle is not None
    assert ("created", "active", "high") in {(e.source, e.target, e.confidence) for e in lifecycle.edges}


def test_every_resource_has_a_sheet() -> None:
    for api, line in CONTRACTS:
        for name in standard_contract(api, line).resources:
            shown = sheet(api, name, line=line)
            assert shown.attributes
            assert len({each.path for each in shown.attributes}) == len(shown.attributes)


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("productOrderItem[].product", "ProductRefOrValue: Product | ProductRef"),
        ("relatedParty[].partyOrPartyRole", "PartyRefOrPartyRoleRef: PartyRef | PartyRoleRef"),
        ("productOrderItem[]", "ProductOrderItem"),
        ("externalId[]", "ExternalIdentifier"),
    ],
)
def test_what_may_stand_at_an_attribute(path: str, type_: str) -> None:
    assert row("TMF622", "productOrder", path, line=5).type == type_


def test_many_subtypes_are_a_sentence() -> None:
    rules = sheet("TMF637", "product", line=5).rules
    (parties,) = (each for each in rules if each.startswith("By its @type, PartyOrPartyRole is one of"))
    assert parties.endswith(
        "PartyRef, PartyRoleRef, Individual, Organization, PartyRole, "
        "Supplier, BusinessPartner, Consumer, Producer."
    )
    assert row("TMF637", "product", "relatedParty[].partyOrPartyRole", line=5).type == "PartyOrPartyRole"
    assert not [each for each in sheet("TMF637", "product").rules if "@type" in each]


def test_identity_stands_first_and_hints_of_type_last() -> None:
    paths = [each.path for each in sheet("TMF637", "product", 1, line=5).attributes]
    assert set(paths[:2]) == {"id", "href"}
    assert set(paths[-3:]) == {"@type", "@baseType", "@schemaLocation"}


def test_an_unknown_resource() -> None:
    with pytest.raises(ContractError, match="no resource 'order'; it has productOrder, cancelProductOrder"):
        sheet("TMF622", "order")
