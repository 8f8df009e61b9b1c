"""Steps of reconciling: what is deployed (TMF638) against what the customer holds (TMF637)."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from tmfrig.conformance.check import CannotJudge, Violation
from tmfrig.conformance.expect import show
from tmfrig.features.bodies import characteristics
from tmfrig.features.following import SETTLING, eventually
from tmfrig.features.judging import has_state
from tmfrig.features.observer import Observer, Record
from tmfrig.features.operations import Drift, Operator, Reconciliation

# ── given ───────────────────────────────────────────────────────────────────────────────────────────────────


@given("somebody switches its service off behind the COM's back", target_fixture="disturbed")
def _somebody_switches_it_off(observer: Observer, operator: Operator, product: Record) -> Record:
    """The operator patches a service that realises the product to inactive, directly in TMF638."""
    service = _service(observer, product)
    operator.change_service(service.id, {"state": "inactive"})
    return service


@given("somebody changes its service behind the COM's back", target_fixture="disturbed")
def _somebody_changes_it(observer: Observer, operator: Operator, product: Record) -> Record:
    """The operator gives a service of the product other characteristics (`change` of the data)."""
    service = _service(observer, product)
    known = {str(each.get("name")): each for each in service.body.get("serviceCharacteristic") or []}
    changed = {each["name"]: each for each in characteristics(operator.data.changes())}
    if not changed:
        raise CannotJudge("nobody says what may be changed; name it as change in the data")
    operator.change_service(service.id, {"serviceCharacteristic": [*(known | changed).values()]})
    return service


@given("there is a service in the network that nobody has ordered", target_fixture="disturbed")
def _a_stray_service(observer: Observer, operator: Operator) -> Record:
    """The operator creates an active service of `services.single` in TMF638, without any order."""
    return observer.service(operator.stray_service(operator.data.service("single")))


@given("product inventory loses the product by accident")
def _the_product_is_lost(operator: Operator, product: Record) -> None:
    """The operator deletes the product in TMF637. Skipped where that is not offered."""
    operator.lose_product(product.id)


# ── when ────────────────────────────────────────────────────────────────────────────────────────────────────


@when("the operator has the product reconciled", target_fixture="job")
def _the_product_is_reconciled(operator: Operator, product: Record) -> Reconciliation:
    """The COM compares the product with its services and reports (policy report)."""
    return operator.reconcile("report", product=product.id)


@when("the operator has the product reconciled and corrected", target_fixture="job")
def _the_product_is_corrected(operator: Operator, product: Record) -> Reconciliation:
    """The COM compares the product with its services and mends what it finds (policy correct)."""
    return operator.reconcile("correct", product=product.id)


@when("the operator has the service reconciled", target_fixture="job")
def _the_service_is_reconciled(operator: Operator, disturbed: Record) -> Reconciliation:
    """The COM compares the service with the products and reports (policy report)."""
    return operator.reconcile("report", service=disturbed.id)


@when("the operator has the service of the product reconciled and corrected", target_fixture="job")
def _the_service_of_the_product_corrected(operator: Operator, product: Record) -> Reconciliation:
    """The COM compares the first service that realised the product with the products, and mends what it
    finds. CannotJudge when the product named none."""
    if not product.services:
        raise CannotJudge(f"the product {product.id} names no service that could be reconciled")
    return operator.reconcile("correct", service=product.services[0])


# ── then ────────────────────────────────────────────────────────────────────────────────────────────────────


@then("nothing has to be corrected")
def _nothing_to_correct(operator: Operator, job: Reconciliation) -> None:
    """The reconciliation has found no drift."""
    found = operator.findings_of(job)
    if found:
        raise Violation(
            f"the COM finds {found[0].kind} where the inventories agree: {found[0].explanation}",
            expected="no finding",
            actual=_kinds(found),
            exchange=found[0].exchange,
        )


@then(parsers.parse('the COM finds "{kind}"'), target_fixture="drift")
def _the_com_finds(operator: Operator, job: Reconciliation, kind: str) -> Drift:
    """Among the findings is one of this kind.

    missingProduct, orphanService, stateDrift, characteristicDrift.
    """
    return _one(operator, job, kind)


@then(parsers.parse('the COM finds either "{kind}" or "{other}"'), target_fixture="drift")
def _the_com_finds_one(operator: Operator, job: Reconciliation, kind: str, other: str) -> Drift:
    """Among the findings is one of either kind."""
    return _one(operator, job, kind, other)


@then("the finding names the service and explains itself")
def _the_finding_explains(drift: Drift) -> None:
    """The finding names a service, and has a sentence that explains it."""
    service = drift.body.get("service")
    if not isinstance(service, dict) or not service.get("id") or not drift.explanation.strip():
        raise Violation(
            f"the finding {drift.id} ({drift.kind}) does not say which service it is about, or why",
            expected="a service and an explanation",
            actual=show(dict(drift.body)),
            exchange=drift.exchange,
        )


@then("a correction is proposed, and nothing is changed")
def _a_correction_is_proposed(observer: Observer, drift: Drift, disturbed: Record) -> None:
    """The correction is proposed only: the service still is as it was found."""
    if drift.correction != "proposed":
        raise Violation(
            f"asked to report only, the COM says that the correction of {drift.kind} is {drift.correction}",
            expected="proposed",
            actual=str(drift.correction),
            exchange=drift.exchange,
        )
    has_state(observer.service(disturbed.id), "service", "inactive")


@then("the drift is corrected")
def _the_drift_is_corrected(operator: Operator, observer: Observer, job: Reconciliation) -> None:
    """Every finding of the reconciliation is corrected, sooner or later."""

    def all_are() -> None:
        for each in operator.findings_of(job):
            if each.correction != "done":
                raise Violation(
                    f"the COM was to correct {each.kind}, but the correction is {each.correction}: "
                    f"{each.explanation}",
                    expected="done",
                    actual=str(each.correction),
                    exchange=each.exchange,
                )

    eventually(all_are, operator.story.patience)


@then("product and services agree again")
def _they_agree_again(observer: Observer, operator: Operator, product: Record) -> None:
    """A product that is active rests on active services, one that is suspended on inactive ones; and the COM
    finds nothing any more."""
    pairs = {"active": "active", "suspended": "inactive"}

    def they_agree() -> None:
        shown = observer.product(product.id)
        wanted = pairs.get(str(shown.state))
        for each in observer.realising(shown):
            if wanted is not None and each.state != wanted:
                raise Violation(
                    f"the product {shown.id} is {shown.state}, but its service {each.id} is {each.state}",
                    expected=wanted,
                    actual=str(each.state),
                    exchange=each.exchange,
                )
        _nothing_to_correct(operator, operator.reconcile("report", product=product.id))

    eventually(they_agree, operator.story.patience)


@then("the customer holds a product again that the service realises")
def _a_product_again(observer: Observer, operator: Operator, product: Record) -> None:
    """Product inventory has an active product that names the service as what realises it."""

    def there_is() -> None:
        found = observer.products_realised_by(product.services[0])
        if not any(each.is_active for each in found):
            raise Violation(
                f"the service {product.services[0]} is active, but no active product names it",
                expected="an active product realised by it",
                actual=show([f"{each.id} {each.state}" for each in found]),
                exchange=product.exchange,
            )

    eventually(there_is, min(operator.story.patience, SETTLING))


def _service(observer: Observer, product: Record) -> Record:
    services = observer.realising(product)
    if not services:
        raise CannotJudge(f"the product {product.id} names no service that could be disturbed")
    return services[0]


def _one(operator: Operator, job: Reconciliation, *kinds: str) -> Drift:
    found = operator.findings_of(job)
    fitting = [each for each in found if each.kind in kinds]
    if not fitting:
        raise Violation(
            f"the reconciliation {job.id} is done, but the COM has not found {' or '.join(kinds)}",
            expected=" or ".join(kinds),
            actual=_kinds(found),
            exchange=found[0].exchange if found else job.latest.exchange,
        )
    return fitting[0]


def _kinds(found: list[Drift]) -> str:
    return ", ".join(each.kind for each in found) or "no finding"
