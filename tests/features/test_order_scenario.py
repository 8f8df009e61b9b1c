"""The scenario "A customer's order reaches completed": who passes, and what it says about who does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from ordering_vendor import OrderingVendor, selling

from tmfrig.conformance.mounting import MountedApi, mount
from tmfrig.conformance.target import validated
from tmfrig.features.suite import Played, Programme, play
from tmfrig.mockservers.running import serving
from tmfrig.reports.result import Level, Outcome, Result, Step, Verdict, verdict_of
from tmfrig.specs import API_IDS

SCENARIO = "scenario.order-reaches-completed"


@pytest.fixture(scope="module")
def rig() -> Iterator[Mapping[str, str]]:
    """A catalog with a data set, and product ordering, both from the reference servers."""
    with serving(["TMF620", "TMF622"], dataset="telco", pace=0.05) as urls:
        yield urls


def mounted(urls: Mapping[str, str], **extra: object) -> list[MountedApi]:
    apis = [{"api": api, "version": 4, "url": url} for api, url in urls.items() if api in API_IDS]
    return mount(validated({"apis": apis, **extra}, "a test"))


def played(urls: Mapping[str, str], patience: float = 20.0, **extra: object) -> Played:
    return play(Programme(mounted(urls, **extra), patience=patience, pattern="order-reaches-completed"))


def judged(vendor: OrderingVendor, patience: float = 20.0) -> Result:
    """What the scenario itself says about a vendor."""
    with selling(vendor) as url:
        return played({"TMF622": url}, patience).results[0]


def step(result: Result, text: str) -> Step:
    return next(each for each in result.steps or [] if text in each.text)


def test_the_reference_servers_pass(rig: Mapping[str, str]) -> None:
    run = played(rig)

    assert [(each.check, each.level, each.outcome) for each in run.results] == [
        (SCENARIO, Level.MUST, Outcome.passed),
        (f"{SCENARIO}.lifecycle", Level.PUBLISHED, Outcome.passed),
    ]
    assert verdict_of(run.results) is Verdict.conformant
    assert {each.outcome for each in run.results[0].steps or []} == {Outcome.passed}


def test_the_steps_carry_what_was_exchanged(rig: Mapping[str, str]) -> None:
    scenario = played(rig).results[0]

    browsed = step(scenario, "has chosen an offering").evidence
    assert [each.request.method for each in browsed] == ["GET"]
    assert browsed[0].request.url.startswith(f"{rig['TMF620']}/productOffering")
    placed = step(scenario, "places an order").evidence
    assert placed[0].request.url == f"{rig['TMF622']}/productOrder"
    assert placed[0].curl.startswith("curl -X POST")
    assert "productOffering" in (placed[0].request.body or "")
    listening = step(scenario, "listens").evidence
    assert listening[0].request.url == f"{rig['TMF622']}/hub"
    everything = [each.request.body or "" for one in scenario.steps or [] for each in one.evidence]
    assert any("ProductOrderCreateEvent" in body for body in everything)
    assert any("ProductOrderStateChangeEvent" in body for body in everything)


def test_without_a_catalog_among_the_targets_an_order_is_still_followed(rig: Mapping[str, str]) -> None:
    assert played({"TMF622": rig["TMF622"]}).results[0].outcome is Outcome.passed


def test_an_empty_catalog_is_given_an_offering() -> None:
    with serving(["TMF620", "TMF622"], pace=0.05) as urls:
        scenario = played(urls).results[0]

    assert scenario.outcome is Outcome.passed
    made = [each.request for each in step(scenario, "has chosen").evidence]
    assert [each.method for each in made] == ["GET", "POST", "POST", "POST"]
    assert [each.url.rpartition("/")[2] for each in made[1:]] == [
        "productSpecification",
        "productOfferingPrice",
        "productOffering",
    ]


def test_an_order_that_is_never_worked_on_fails() -> None:
    with serving(["TMF622"], pace=3600) as urls:
        scenario = played(urls, patience=0.4).results[0]

    assert scenario.outcome is Outcome.failed
    assert "never reached completed: it is still acknowledged" in scenario.message
    assert scenario.actual == "acknowledged"
    assert scenario.evidence[0].request.method == "GET"
    assert [each.evidence for each in (scenario.steps or [])[5:]] == [[]] * 5
    assert [each.outcome for each in scenario.steps or []] == (
        [Outcome.passed] * 4 + [Outcome.failed] + [Outcome.skipped] * 5
    )


@pytest.mark.parametrize(
    ("vendor", "sentence"),
    [
        (
            OrderingVendor(status=500),
            "Product ordering refused the order: "
            "it answered 500 Internal Server Error, The order base is down.",
        ),
        (
            OrderingVendor(gives_ids=False),
            "Product ordering took the order but gave it no id, so nobody can follow it.",
        ),
        (
            OrderingVendor(answers_looks=False),
            "Product ordering took the order 1, but answered 404 when asked for it.",
        ),
        (
            OrderingVendor(states=("acknowledged", "inProgress", "failed")),
            "The order 1 never reached completed: it ended as failed.",
        ),
        (
            OrderingVendor(item_state="failed"),
            "The order 1 is completed, but its item 1 is failed.",
        ),
        (
            OrderingVendor(tells_completion=False),
            "The order 1 is completed, but does not tell when it was completed.",
        ),
    ],
    ids=["500", "no id", "forgets", "fails", "item failed", "no completion date"],
)
def test_a_wrong_vendor_fails_with_one_sentence(vendor: OrderingVendor, sentence: str) -> None:
    scenario = judged(vendor)

    assert (scenario.outcome, scenario.message) == (Outcome.failed, sentence)
    assert scenario.evidence
    assert scenario.expected


def test_events_that_never_come_fail() -> None:
    scenario = judged(OrderingVendor(announces=False), patience=2.0)

    assert (scenario.outcome, scenario.message) == (
        Outcome.failed,
        "Product ordering never announced the new order to the channel: "
        "no ProductOrderCreateEvent about the order 1 came within 2 s.",
    )
    assert scenario.actual == "no notification about this order"


def test_a_right_vendor_passes() -> None:
    scenario = judged(OrderingVendor())

    assert (scenario.outcome, scenario.message) == (Outcome.passed, "")


def test_without_a_hub_an_order_is_followed_by_polling() -> None:
    scenario = judged(OrderingVendor(has_hub=False))

    assert scenario.outcome is Outcome.passed
    assert scenario.message == "Product ordering offers no hub, so what it announces was not judged."
    assert step(scenario, "has announced the new order").outcome is Outcome.skipped


def test_items_without_a_state_are_no_fault() -> None:
    scenario = judged(OrderingVendor(item_state=None))

    assert scenario.outcome is Outcome.passed
    assert step(scenario, "every item").outcome is Outcome.skipped


def test_a_detour_off_the_published_lifecycle_is_a_remark_and_no_failure() -> None:
    vendor = OrderingVendor(states=("pending", "acknowledged", "inProgress", "completed"))
    with selling(vendor) as url:
        scenario, remark = played({"TMF622": url}).results

    assert scenario.outcome is Outcome.passed
    assert step(scenario, "published lifecycle").outcome is Outcome.warned
    assert (remark.check, remark.level, remark.outcome) == (
        f"{SCENARIO}.lifecycle",
        Level.PUBLISHED,
        Outcome.warned,
    )
    assert remark.message.startswith("The order 1 went from pending to acknowledged")
    assert verdict_of([scenario, remark]) is Verdict.conformant


def test_events_that_overtake_each_other_are_put_in_order_by_their_time() -> None:
    vendor = OrderingVendor(announces_backwards=True)
    with selling(vendor) as url:
        scenario, remark = played({"TMF622": url}).results

    assert (scenario.outcome, remark.outcome) == (Outcome.passed, Outcome.passed)


def test_a_secret_of_the_target_is_in_no_result() -> None:
    secret = "s3cr3t-t0ken"
    with selling(OrderingVendor(description=f"called with {secret}")) as url:
        run = played({"TMF622": url}, auth={"bearer": secret})

    assert run.results[0].outcome is Outcome.passed
    assert secret not in "".join(each.model_dump_json() for each in run.results)
