"""The telco data set belongs together, and a user's file is loaded or refused in one clear line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tmfrig.mockservers.coverage import Area, Fit
from tmfrig.mockservers.dataset import Dataset, DatasetError, load_dataset
from tmfrig.specs import API_IDS, Contract, Resource, load_contract, standard_contract

Json = dict[str, Any]

OFFICIAL = Path(__file__).resolve().parents[3] / "shared" / "tmf" / "official" / "v4"
SEEDED = ("TMF620", "TMF633", "TMF637", "TMF638")

# Which states of its services a product's status goes with: a suspended product is switched off and not gone,
# one that awaits its end still works, and before activation everything up to a reservation may be true.
AGREEING = {
    "created": {"feasibilityChecked", "designed"},
    "pendingActive": {"designed", "reserved", "inactive"},
    "active": {"active"},
    "suspended": {"inactive"},
    "pendingTerminate": {"active"},
    "terminated": {"terminated"},
    "cancelled": {"terminated"},
}

# What TM Forum's own conformance kits look for in every instance (href comes from the server).
EXPECTED_BY_KITS = {
    ("TMF620", "productSpecification"): "id lastUpdate lifecycleStatus name isBundle",
    (
        "TMF620",
        "productOffering",
    ): "id lastUpdate lifecycleStatus name isBundle isSellable productSpecification",
    ("TMF620", "productOfferingPrice"): "id lastUpdate lifecycleStatus name isBundle priceType",
    ("TMF633", "serviceSpecification"): "id lastUpdate lifecycleStatus name isBundle @type",
    ("TMF637", "product"): "id status productCharacteristic productOffering relatedParty billingAccount",
    ("TMF638", "service"): "id state serviceSpecification serviceDate",
}


@pytest.fixture(scope="module")
def telco() -> Dataset:
    return load_dataset("telco")


def by_id(dataset: Dataset, api: str, resource: str) -> dict[str, Json]:
    return {item["id"]: item for item in dataset.resources[api][resource]}


def characteristics(item: Json, key: str) -> Json:
    return {each["name"]: each["value"] for each in item.get(key, ())}


def everything(dataset: Dataset, contract: Contract) -> Iterator[tuple[Resource, Json]]:
    for name, items in dataset.resources[contract.api].items():
        for item in items:
            yield contract.resources[name], item


# --- the contracts


@pytest.mark.parametrize("api", SEEDED)
def test_every_seeded_resource_keeps_the_contract(telco: Dataset, api: str) -> None:
    for resource, item in everything(telco, standard_contract(api)):
        assert resource.representation.problems(item) == [], item["id"]
        assert resource.mandatory <= item.keys(), item["id"]


@pytest.mark.parametrize("api", SEEDED)
def test_every_seeded_resource_keeps_the_official_document(telco: Dataset, api: str) -> None:
    if not OFFICIAL.is_dir():
        pytest.skip(f"the official documents are not at {OFFICIAL}")
    contract = load_contract(next(OFFICIAL.glob(f"{api}*")), api)
    for resource, item in everything(telco, contract):
        assert resource.representation.problems(item) == [], item["id"]


@pytest.mark.parametrize("api", SEEDED)
def test_the_data_use_attributes_of_the_contract_only(telco: Dataset, api: str) -> None:
    for resource, item in everything(telco, standard_contract(api)):
        assert item.keys() <= resource.attributes.keys(), item["id"]


@pytest.mark.parametrize(("api", "resource"), EXPECTED_BY_KITS)
def test_every_instance_has_what_the_official_kits_expect(telco: Dataset, api: str, resource: str) -> None:
    for item in telco.resources[api][resource]:
        present = {key for key, value in item.items() if value not in (None, "", [], {})}
        assert set(EXPECTED_BY_KITS[api, resource].split()) <= present, item["id"]


@pytest.mark.parametrize("api", SEEDED)
def test_catalogs_and_inventories_are_not_empty(telco: Dataset, api: str) -> None:
    jobs = {"importJob", "exportJob"}
    assert telco.resources[api].keys() == standard_contract(api).resources.keys() - jobs
    assert all(telco.resources[api].values())


# --- the catalog


def test_all_references_resolve_and_carry_the_name_of_their_target(telco: Dataset) -> None:
    between = set()
    for reference in telco.references():
        target = by_id(telco, reference.target.api, reference.target.resource)[reference.id]
        if reference.target.named and "name" in reference.attributes:
            assert reference.value["name"] == target["name"], reference.path
        between.add((reference.path.split(".")[0], reference.target.api))
    assert {("TMF620", "TMF633"), ("TMF637", "TMF620"), ("TMF637", "TMF638"), ("TMF638", "TMF633")} <= between


@pytest.mark.parametrize(
    ("api", "resource", "below", "members", "member"),
    [
        ("TMF620", "category", "subCategory", "productOffering", "productOffering"),
        ("TMF633", "serviceCategory", "category", "serviceCandidate", "serviceCandidate"),
    ],
)
def test_categories_form_trees_that_agree_with_their_members(
    telco: Dataset, api: str, resource: str, below: str, members: str, member: str
) -> None:
    categories = by_id(telco, api, resource)
    for category in categories.values():
        assert category["isRoot"] is ("parentId" not in category)
        children = {each["id"] for each in category.get(below, ())}
        assert children == {
            each["id"] for each in categories.values() if each.get("parentId") == category["id"]
        }
        inside = {each["id"] for each in category.get(members, ())}
        assert inside == {
            item["id"]
            for item in telco.resources[api][member]
            if category["id"] in {each["id"] for each in item["category"]}
        }


def test_an_offering_uses_characteristics_and_values_of_its_specification(telco: Dataset) -> None:
    specifications = by_id(telco, "TMF620", "productSpecification")
    for offering in telco.resources["TMF620"]["productOffering"]:
        specification = specifications[offering["productSpecification"]["id"]]
        allowed = {
            each["name"]: [value.get("value") for value in each.get("productSpecCharacteristicValue", ())]
            for each in specification["productSpecCharacteristic"]
        }
        for use in offering.get("prodSpecCharValueUse", ()):
            for value in use["productSpecCharacteristicValue"]:
                assert value["value"] in allowed[use["name"]], offering["id"]


def test_there_is_one_default_among_the_values_of_a_configurable_characteristic(telco: Dataset) -> None:
    for specification in telco.resources["TMF620"]["productSpecification"]:
        for characteristic in specification["productSpecCharacteristic"]:
            values = characteristic.get("productSpecCharacteristicValue")
            if values:
                assert [each["isDefault"] for each in values].count(True) == 1, characteristic["name"]


def test_bundles_have_parts_and_their_price_is_the_sum_of_its_parts(telco: Dataset) -> None:
    prices = by_id(telco, "TMF620", "productOfferingPrice")
    for offering in telco.resources["TMF620"]["productOffering"]:
        assert bool(offering.get("bundledProductOffering")) is offering["isBundle"], offering["id"]
    for specification in telco.resources["TMF620"]["productSpecification"]:
        assert bool(specification.get("bundledProductSpecification")) is specification["isBundle"]
    bundles = [price for price in prices.values() if price["isBundle"]]
    assert bundles
    for price in bundles:
        parts = [prices[each["id"]]["price"]["value"] for each in price["bundledPopRelationship"]]
        assert price["price"]["value"] == pytest.approx(sum(parts)), price["id"]


def test_there_are_prices_of_all_kinds(telco: Dataset) -> None:
    kinds = {price["priceType"] for price in telco.resources["TMF620"]["productOfferingPrice"]}
    assert kinds == {"recurring", "one-time", "usage"}


# --- the inventories


def test_products_and_services_are_in_more_states_than_active(telco: Dataset) -> None:
    assert {product["status"] for product in telco.resources["TMF637"]["product"]} == AGREEING.keys()
    published = standard_contract("TMF638").resources["service"].attributes["state"].enum
    assert {service["state"] for service in telco.resources["TMF638"]["service"]} == set(published)


def test_the_status_of_a_product_agrees_with_the_state_of_its_services(telco: Dataset) -> None:
    services = by_id(telco, "TMF638", "service")
    for product in telco.resources["TMF637"]["product"]:
        states = {services[each["id"]]["state"] for each in product.get("realizingService", ())}
        assert states <= AGREEING[product["status"]], product["id"]
        needs_one = not product["isBundle"] and product["status"] != "cancelled"
        assert bool(states) is needs_one, product["id"]


def test_a_service_stands_on_services_that_have_come_as_far(telco: Dataset) -> None:
    services = by_id(telco, "TMF638", "service")
    specifications = by_id(telco, "TMF633", "serviceSpecification")
    for service in services.values():
        below = [services[each["id"]] for each in service.get("supportingService", ())]
        required = {
            each["id"]
            for each in specifications[service["serviceSpecification"]["id"]].get(
                "serviceSpecRelationship", ()
            )
            if each["relationshipType"] == "requires"
        }
        assert {each["serviceSpecification"]["id"] for each in below} == required, service["id"]
        for each in below:
            far_enough = {service["state"]}
            if service["state"] == "designed":
                far_enough.add("feasibilityChecked")
            assert each["state"] in far_enough, service["id"]


def test_every_customer_facing_service_realises_one_product_as_the_catalog_says(telco: Dataset) -> None:
    specifications = by_id(telco, "TMF620", "productSpecification")
    services = by_id(telco, "TMF638", "service")
    realising = []
    for product in telco.resources["TMF637"]["product"]:
        foreseen = specifications[product["productSpecification"]["id"]].get("serviceSpecification", ())
        for each in product.get("realizingService", ()):
            realising.append(each["id"])
            specification = services[each["id"]]["serviceSpecification"]["id"]
            assert specification in {spec["id"] for spec in foreseen}, product["id"]
    customer_facing = [service["id"] for service in services.values() if service["category"] == "CFS"]
    assert sorted(realising) == sorted(customer_facing)


def test_a_product_and_its_service_agree_on_customer_place_and_characteristics(telco: Dataset) -> None:
    services = by_id(telco, "TMF638", "service")
    compared = 0
    for product in telco.resources["TMF637"]["product"]:
        configured = characteristics(product, "productCharacteristic")
        for service in (services[each["id"]] for each in product.get("realizingService", ())):
            deployed = characteristics(service, "serviceCharacteristic")
            for name in configured.keys() & deployed.keys():
                assert configured[name] == deployed[name], (product["id"], name)
                compared += 1
            assert {each["id"] for each in product["place"]} == {each["id"] for each in service["place"]}
            customers = {each["id"] for each in product["relatedParty"]}
            assert customers == {each["id"] for each in service["relatedParty"]}, product["id"]
    assert compared > 0


def test_a_product_is_what_its_offering_offers(telco: Dataset) -> None:
    offerings = by_id(telco, "TMF620", "productOffering")
    for product in telco.resources["TMF637"]["product"]:
        offering = offerings[product["productOffering"]["id"]]
        assert product["productSpecification"]["id"] == offering["productSpecification"]["id"]
        assert product["isBundle"] is offering["isBundle"]
        configured = characteristics(product, "productCharacteristic")
        for use in offering.get("prodSpecCharValueUse", ()):
            offered = [each["value"] for each in use["productSpecCharacteristicValue"]]
            assert configured[use["name"]] in offered, product["id"]
        offered_prices = {each["id"] for each in offering["productOfferingPrice"]}
        charged = {each["productOfferingPrice"]["id"] for each in product.get("productPrice", ())}
        assert charged <= offered_prices, product["id"]


def test_a_bundle_leads_to_products_of_all_its_mandatory_parts(telco: Dataset) -> None:
    products = by_id(telco, "TMF637", "product")
    offerings = by_id(telco, "TMF620", "productOffering")
    bundles = [product for product in products.values() if product["isBundle"]]
    assert bundles
    for bundle in bundles:
        children = [
            products[each["product"]["id"]]
            for each in bundle["productRelationship"]
            if each["relationshipType"] == "bundles"
        ]
        held = [each["productOffering"]["id"] for each in children]
        for part in offerings[bundle["productOffering"]["id"]]["bundledProductOffering"]:
            option = part["bundledProductOfferingOption"]
            count = held.count(part["id"])
            assert option["numberRelOfferLowerLimit"] <= count <= option["numberRelOfferUpperLimit"]
        assert {each["billingAccount"]["id"] for each in children} == {bundle["billingAccount"]["id"]}


def test_dates_follow_each_other(telco: Dataset) -> None:
    for product in telco.resources["TMF637"]["product"]:
        dates = [product[key] for key in ("orderDate", "startDate", "terminationDate") if key in product]
        assert dates == sorted(dates), product["id"]
        assert ("startDate" in product) is (
            product["status"] not in {"created", "pendingActive", "cancelled"}
        )
    for service in telco.resources["TMF638"]["service"]:
        started = service["state"] in {"active", "inactive", "terminated"}
        assert ("startDate" in service) is started is service["hasStarted"], service["id"]
        assert ("endDate" in service) is (service["state"] == "terminated"), service["id"]
        assert service["isServiceEnabled"] is (service["state"] == "active"), service["id"]


# --- coverage


def area(dataset: Dataset, identifier: str) -> Area:
    found = dataset.coverage.find({"id": identifier})
    assert found is not None
    return found


def test_whatever_customers_use_is_possible_where_they_live(telco: Dataset) -> None:
    for product in telco.resources["TMF637"]["product"]:
        for place in product["place"]:
            where = area(telco, place["id"])
            assert place["name"] == where.name
            assert telco.coverage.judge_offering(product["productOffering"]["id"], where).fit is Fit.FULL


@pytest.mark.parametrize(
    ("offering", "place", "fit", "alternatives"),
    [
        ("fibre-1000", "zurich-bahnhofstrasse-12", Fit.FULL, ()),
        ("fibre-1000", "winterthur-marktgasse-7", Fit.LIMITED, ("fibre-500", "fibre-100")),
        ("fibre-100", "gruyeres-rue-du-bourg-3", Fit.NONE, ("home-5g",)),
        ("fibre-100", "bivio-alp-surgonda", Fit.NONE, ()),
        ("quad-play", "winterthur-marktgasse-7", Fit.LIMITED, ("home-bundle", "fibre-100")),
        ("home-bundle", "gruyeres-rue-du-bourg-3", Fit.NONE, ("home-5g",)),
        ("international-calls", "bivio-alp-surgonda", Fit.FULL, ()),
    ],
)
def test_an_offering_is_judged_by_what_it_and_its_parts_need(
    telco: Dataset, offering: str, place: str, fit: Fit, alternatives: tuple[str, ...]
) -> None:
    reach = telco.coverage.judge_offering(offering, area(telco, place))
    assert (reach.fit, reach.alternatives) == (fit, alternatives)
    assert bool(reach.reason) is (fit is not Fit.FULL)


def test_a_service_is_judged_by_the_speed_that_is_asked_for(telco: Dataset) -> None:
    where = area(telco, "winterthur-marktgasse-7")
    assert telco.coverage.judge_service("fibre-broadband", where).fit is Fit.FULL
    limited = telco.coverage.judge_service("fibre-broadband", where, downstream=1000)
    assert (limited.fit, limited.downstream) == (Fit.LIMITED, 500)


def test_planned_coverage_tells_from_when_on(telco: Dataset) -> None:
    reach = telco.coverage.judge_service("fibre-broadband", area(telco, "gruyeres-rue-du-bourg-3"))
    assert (reach.fit, reach.available_from) == (Fit.NONE, "2027-03-01T00:00:00Z")


def test_an_unknown_address_has_nothing_but_what_needs_nothing(telco: Dataset) -> None:
    assert telco.coverage.find({"id": "nowhere", "city": "Atlantis"}) is None
    assert telco.coverage.judge_offering("fibre-100", None).fit is Fit.NONE
    assert telco.coverage.judge_offering("international-calls", None).fit is Fit.FULL


@pytest.mark.parametrize(
    "place",
    [
        {"id": "zurich-loewenstrasse-3"},
        {"name": "Löwenstrasse 3, 8001 Zürich, CH"},
        {"streetName": "Löwenstrasse", "streetNr": "3", "postcode": "8001", "city": "Zürich"},
        {"street": "LOWENSTRASSE", "number": 3, "city": "zurich", "country": "CH"},
        {
            "role": "installation",
            "place": {"streetName": "Löwenstrasse", "streetNr": "3", "postcode": "8001"},
        },
    ],
)
def test_a_place_is_found_by_id_name_or_parts(telco: Dataset, place: Json) -> None:
    found = telco.coverage.find(place)
    assert found is not None
    assert found.id == "zurich-loewenstrasse-3"


def test_a_street_is_not_meant_by_its_postcode_alone(telco: Dataset) -> None:
    assert telco.coverage.find({"postcode": "8001", "city": "Zürich"}) is None
    whole = telco.coverage.find({"streetName": "Baarerstrasse", "streetNr": "1", "postcode": "6300"})
    assert whole is not None
    assert whole.id == "zug-6300"


# --- loading


def test_empty_is_empty() -> None:
    dataset = load_dataset("empty")
    assert (dataset.resources, dataset.coverage.areas) == ({}, ())


def test_each_load_gives_objects_of_its_own(telco: Dataset) -> None:
    other = load_dataset("telco")
    other.resources["TMF620"]["productOffering"][0]["validFor"]["startDateTime"] = "changed"
    assert "changed" not in json.dumps(telco.resources)
    assert json.dumps(other.resources).count("changed") == 1


def write(folder: Path, content: str, name: str = "mine.yaml") -> str:
    path = folder / name
    path.write_text(content, "utf-8")
    return str(path)


def test_a_file_in_wire_form_is_taken_as_it_is(tmp_path: Path) -> None:
    offering = {
        "id": "1",
        "name": "Zürich",
        "lastUpdate": "2025-01-01T00:00:00Z",
        "category": [{"id": "elsewhere", "name": "Not in this file"}],
        "@type": "Special",
        "x-own": {"kept": True},
    }
    content = json.dumps({"TMF620": {"productOffering": [offering]}})
    for name in ("mine.json", "mine.yaml"):
        dataset = load_dataset(write(tmp_path, content, name))
        assert dataset.resources == {"TMF620": {"productOffering": [offering]}}


def test_all_apis_can_be_seeded(tmp_path: Path) -> None:
    content = json.dumps({api: {next(iter(standard_contract(api).resources)): []} for api in API_IDS})
    assert tuple(load_dataset(write(tmp_path, content)).resources) == API_IDS


def test_compact_words_are_written_out(tmp_path: Path) -> None:
    content = """
        elsewhere: {Individual: {anna: Anna}, BillingAccount: {account: Household}}
        defaults: {lifecycleStatus: Active, lastUpdate: 2025-01-01}
        TMF620:
          productOffering: [{id: o, name: Offering, productOfferingPrice: [p]}]
          productOfferingPrice:
            - {id: p, name: Monthly, priceType: recurring, recurringChargePeriodType: month,
               tax: [{taxRate: 25}], price: 50.00 EUR}
        TMF637:
          product:
            - id: a
              status: active
              productOffering: o
              billingAccount: account
              relatedParty: {customer: anna}
              productCharacteristic: {speed: 100, wifi: true}
              productPrice: [p]
              productRelationship: {reliesOn: a}
    """
    resources = load_dataset(write(tmp_path, content)).resources
    product = resources["TMF637"]["product"][0]
    assert product["productOffering"] == {"id": "o", "name": "Offering", "@referredType": "ProductOffering"}
    assert product["billingAccount"] == {
        "id": "account",
        "name": "Household",
        "@referredType": "BillingAccount",
    }
    assert product["relatedParty"] == [
        {"role": "customer", "id": "anna", "name": "Anna", "@referredType": "Individual"}
    ]
    assert product["productCharacteristic"] == [
        {"name": "speed", "valueType": "integer", "value": 100},
        {"name": "wifi", "valueType": "boolean", "value": True},
    ]
    assert product["productPrice"][0]["recurringChargePeriod"] == "month"
    assert product["productPrice"][0]["price"] == {
        "taxIncludedAmount": {"unit": "EUR", "value": 50.0},
        "dutyFreeAmount": {"unit": "EUR", "value": 40.0},
        "taxRate": 25,
    }
    assert product["productRelationship"] == [
        {"relationshipType": "reliesOn", "product": {"id": "a", "@referredType": "Product"}}
    ]
    assert resources["TMF620"]["productOffering"][0]["lifecycleStatus"] == "Active"
    assert resources["TMF620"]["productOffering"][0]["lastUpdate"] == "2025-01-01T00:00:00Z"
    assert "lifecycleStatus" not in product


def test_yaml_is_read_as_json_data(tmp_path: Path) -> None:
    content = """
        TMF637: {product: [{id: no, status: active, orderDate: 2025-01-01T12:00:00Z,
                            productSerialNumber: 0123, name: 12:30}]}
    """
    product = load_dataset(write(tmp_path, content)).resources["TMF637"]["product"][0]
    assert product["id"] == "no"
    assert product["orderDate"] == "2025-01-01T12:00:00Z"
    assert (product["productSerialNumber"], product["name"]) == ("0123", "12:30")


def test_a_folder_of_files_is_read_as_one_data_set(tmp_path: Path) -> None:
    write(tmp_path, "TMF620: {productOffering: [{id: o, name: O, productSpecification: s}]}", "a.yaml")
    write(tmp_path, '{"TMF620": {"productSpecification": [{"id": "s", "name": "S"}]}}', "b.json")
    resources = load_dataset(str(tmp_path)).resources["TMF620"]
    assert resources["productOffering"][0]["productSpecification"]["name"] == "S"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("TMF62: {}", "'TMF62' is no API of the rig; did you mean"),
        ("TMF620: {offer: []}", "TMF620 has no resource 'offer'"),
        ("TMF620: {productOffering: {id: a}}", "TMF620.productOffering should be a list"),
        ("TMF620: {productOffering: [a]}", "TMF620.productOffering[0] should be an object"),
        ("TMF620: {productOffering: [{name: a}]}", "TMF620.productOffering[0] has no id"),
        ("TMF637: {product: [{id: 7, status: active}]}", "TMF637.product[0] has no id"),
        (
            "TMF620: {productOffering: [{id: a, name: A}, {id: a, name: B}]}",
            "TMF620.productOffering has 2 entries with the id 'a'",
        ),
        ("TMF620: {productOffering: [{id: a}]}", "TMF620.productOffering[a].name is mandatory and missing"),
        ("TMF637: {product: [{id: a/b, status: active}]}", "TMF637.product[0]: 'a/b' is no id; make it text"),
        ("TMF637: {product: [{id: a, status: on}]}", "TMF637.product[a].status is 'on', which is none of"),
        (
            "TMF620: {productOffering: [{id: a, name: A, lastUpdate: yesterday}]}",
            "TMF620.productOffering[a].lastUpdate is 'yesterday'",
        ),
        (
            "TMF637: {product: [{id: a, status: active, relatedParty: {id: x, role: customer}}]}",
            "TMF637.product[a].relatedParty should be an array",
        ),
        (
            "TMF637: {product: [{id: a, status: active, relatedParty: {customer: anna}}]}",
            "TMF637.product[a].relatedParty.customer names 'anna'",
        ),
        (
            "TMF637: {product: [{id: a, status: active, productPrice: [p]}]}",
            "TMF637.product[a].productPrice[0] names 'p'",
        ),
        (
            "TMF620: {productOfferingPrice: [{id: p, name: P, price: 9.00 CHF, tax: [8]}]}\n"
            "TMF637: {product: [{id: a, status: active, productPrice: [p]}]}",
            "TMF620.productOfferingPrice[p].tax[0] should be an object",
        ),
        (
            "TMF637: {product: [{id: one, status: active, productRelationship: {reliesOn: oen}}]}",
            "TMF637.product[one].productRelationship[0].product refers to 'oen', "
            "which TMF637.product does not have; did you mean 'one'?",
        ),
        ("TMF620: {category: [{id: a, name: A, parentId: b}]}", "TMF620.category[a].parentId refers to 'b'"),
        ("coverage: [{id: a, city: Zug}]", "coverage[0].postcode: field required"),
        (
            "coverage: [{id: a, postcode: 1, city: Zug, country: CH, reach: {fibre: fast}}]",
            "coverage[0].reach.fibre: input should be a valid integer",
        ),
        ("coverage: 5", "coverage: input should be a valid list"),
        (
            "TMF620: {productOffering: [{id: a, name: A}]}\nneeds: {productOffering: {b: {technology: [x]}}}",
            "needs.productOffering names 'b'",
        ),
        ("elsewhere: {Individual: {a: A}, Organization: {a: A}}", "elsewhere has 2 entries with the id 'a'"),
        ("TMF620: {}\nTMF620: {}", "line 2: 'TMF620' is given twice"),
        ("TMF620: [", "line 1: "),
        ("&a [*a]", "holds what JSON cannot say"),
        ("[]", "should be an object such as"),
    ],
)
def test_a_bad_file_gives_one_clear_line(tmp_path: Path, content: str, expected: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DatasetError) as caught:
        load_dataset(path)
    message = str(caught.value)
    assert message.startswith(path)
    assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"TMF620": {}, "TMF620": {}}', "'TMF620' is given twice"),
        ('{"TMF620":\n ]', "line 2: "),
        ('{"coverage": NaN}', "holds what JSON cannot say (NaN)"),
    ],
)
def test_bad_json_gives_one_clear_line(tmp_path: Path, content: str, expected: str) -> None:
    with pytest.raises(DatasetError) as caught:
        load_dataset(write(tmp_path, content, "mine.json"))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_more_problems_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "TMF620: {productOffering: [{id: a}, {id: b}, {id: c}]}")
    with pytest.raises(DatasetError, match=r"productOffering\[a\].*\(and 2 more\)$"):
        load_dataset(path)


@pytest.mark.parametrize("name", ["nonsense", "", "no/such/file.yaml"])
def test_an_unknown_name_says_which_there_are(name: str) -> None:
    with pytest.raises(DatasetError, match="telco, empty or a YAML or JSON file"):
        load_dataset(name)


def test_a_file_that_is_no_text_and_a_folder_without_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no"):
        load_dataset(str(tmp_path))
    (tmp_path / "mine.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="is not UTF-8 text"):
        load_dataset(str(tmp_path / "mine.yaml"))
