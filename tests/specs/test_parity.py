"""Our generated documents say what the official ones say; the comparison is our own (tmfrig specs diff)."""

from tmf_oracle import every_api, every_contract, every_v5_api, official_document, official_path

from tmfrig.specs import API_IDS, Document, standard_contract
from tmfrig.specs.diff import compare
from tmfrig.specs.difference import Aspect, known_defects


def ours(api: str, line: int = 4) -> Document:
    return standard_contract(api, line).openapi


@every_contract
def test_no_difference_to_the_official_document(api: str, line: int) -> None:
    found = compare(ours(api, line), official_document(api, line), known_defects(api, line))
    assert list(map(str, found)) == []


@every_contract
def test_parity_holds_both_ways(api: str, line: int) -> None:
    """A difference is named by where the first document has it first; what differs is the same."""
    found = compare(ours(api, line), official_document(api, line))
    mirrored = compare(official_document(api, line), ours(api, line))
    assert sorted((each.aspect, str(each.left), str(each.right)) for each in found) == sorted(
        (each.aspect, str(each.right), str(each.left)) for each in mirrored
    )


@every_contract
def test_every_known_defect_is_still_one(api: str, line: int) -> None:
    found = compare(ours(api, line), official_document(api, line))
    for defect in known_defects(api, line):
        assert any(defect.explains(each) for each in found), f"{defect} is not needed any more"


def test_version_4_has_no_known_defects() -> None:
    assert not [each for api in API_IDS for each in known_defects(api, 4)]


@every_v5_api
def test_a_document_of_version_5_equals_itself(api: str) -> None:
    again = Document.load(official_path(api, 5))
    assert list(map(str, compare(official_document(api, 5), again))) == []


@every_v5_api
def test_version_4_and_version_5_differ_much(api: str) -> None:
    found = compare(official_document(api), official_document(api, 5))
    assert len(found) > 40
    assert {Aspect.OPERATION, Aspect.STATUS, Aspect.PROPERTY} <= {each.aspect for each in found}


def test_what_version_5_of_product_ordering_changed_is_found() -> None:
    found = compare(official_document("TMF622"), official_document("TMF622", 5))
    created = {
        (each.path, each.aspect): (each.left, each.right)
        for each in found
        if each.place == "POST /productOrder request"
    }
    assert created["externalId", Aspect.TYPE] == ("string", "array")
    assert created["requestedInitialState", Aspect.PROPERTY] == (None, "string")
    assert created["@type", Aspect.MANDATORY] == (False, True)


@every_api
def test_apis_differ_from_one_another(api: str) -> None:
    other = API_IDS[API_IDS.index(api) - 1]
    assert compare(ours(api), ours(other))
