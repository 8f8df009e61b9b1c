"""Reconciliation at work: jobs that compare, findings that are kept, and corrections."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from tmfrig.mockservers.agenda import Agenda
from tmfrig.mockservers.collection import Collection, Update
from tmfrig.mockservers.com.correcting import Corrector, remedy
from tmfrig.mockservers.com.ledger import Ledger
from tmfrig.mockservers.com.ports import Ports
from tmfrig.mockservers.com.reconciliation import Finding, Reality, compare
from tmfrig.mockservers.events import now
from tmfrig.mockservers.neighbours import NeighbourError
from tmfrig.mockservers.query import EVERYTHING
from tmfrig.mockservers.store import Document

log = logging.getLogger(__name__)

Body = dict[str, Any]
CORRECT = "correct"
UNFINISHED = frozenset({"acknowledged", "inProgress"})


class Auditor:
    """Compares and corrects. `patience` is how long, in seconds, a correction by work may take, `origin` what
    hrefs begin with.
    """

    def __init__(
        self,
        ports: Ports,
        ledger: Ledger,
        jobs: Collection,
        findings: Collection,
        patience: float,
        origin: str = "",
    ) -> None:
        self._ports = ports
        self._ledger = ledger
        self._jobs = jobs
        self._findings = findings
        self._place = origin + findings.path
        self._corrector = Corrector(ports, ledger, patience)
        self._looking: set[str] = set()

    async def take_up(self) -> list[str]:
        """The jobs that are left from before; what else was to be looked at is forgotten."""
        self._looking.clear()
        jobs = (await self._jobs.find(EVERYTHING)).documents
        return [each.id for each in jobs if each.body["state"] in UNFINISHED]

    async def run(self, job: str) -> None:
        """Carry a job out, and say how it went."""
        body = (await self._jobs.change(job, lambda each: each | {"state": "inProgress"})).body
        try:
            outcome = await self._audit(body)
        except NeighbourError as error:
            outcome = {"state": "failed", "message": str(error)}
        except Exception as error:
            log.exception("the reconciliation %s failed", job)
            outcome = {"state": "failed", "message": f"the COM itself failed ({type(error).__name__})"}
        await self._jobs.change(job, lambda each: each | outcome | {"completionDate": now()})

    def draw(self, service: str, agenda: Agenda, pause: float) -> None:
        """Look at a service after a pause, once, however often attention is drawn to it until then."""
        if service not in self._looking:
            self._looking.add(service)
            agenda.after(pause, self.look_at, service)

    async def look_at(self, service: str) -> None:
        """Something happened to a service: report it where that contradicts the record.

        ApiError (503) where another process acts for all meanwhile: that knows better what is under way.
        """
        self._looking.discard(service)
        try:
            async for each in self._ports.subscriptions.realised_by(service):
                for finding in compare(await self._reality_of(each.id)):
                    if finding.subscription == each.id:
                        await self._keep(finding, None)
        except NeighbourError as error:
            log.info("what happened to the service %s was not reconciled: %s", service[:100], error)

    # ── comparing ───────────────────────────────────────────────────────────────────────────────────────────

    async def _audit(self, job: Body) -> Body:
        service, product = _id(job.get("service")), _id(job.get("product"))
        found = [
            each
            for each in compare(await self._reality())
            if (service is None or each.service == service)
            and (product is None or each.subscription == product)
        ]
        corrected = 0
        for finding in found:
            kept = await self._keep(finding, job)
            if job["policy"] == CORRECT:
                corrected += await self._correct(finding, kept)
        return {"state": "done", "findings": len(found), "corrected": corrected}

    async def _reality(self) -> Reality:
        services = {each.id: each async for each in self._ports.deployed.every()}
        subscriptions = {each.id: each async for each in self._ports.subscriptions.every()}
        orders = {
            each.id: order
            for each in services.values()
            if each.work is not None and (order := await self._ledger.order_behind(each.work[0])) is not None
        }
        # after the reading: what was begun meanwhile may have been read half done
        under_way = set(self._ledger.under_way)
        made_now = {service for service, order in orders.items() if order in under_way}
        return Reality(services, subscriptions, orders, self._ledger.busy | made_now)

    async def _reality_of(self, subscription: str) -> Reality:
        """As `_reality`, of one subscription and the services behind it."""
        held = await self._ports.subscriptions.read(subscription)
        if held is None:
            return Reality({}, {}, {})
        found = [await self._ports.deployed.read(each) for each in held.services]
        services = {each.id: each for each in found if each is not None}
        return Reality(services, {held.id: held}, {}, self._ledger.busy)

    # ── findings ────────────────────────────────────────────────────────────────────────────────────────────

    async def _keep(self, finding: Finding, job: Body | None) -> Document:
        """Keep a finding; one that is open already is only said to have been seen again."""
        for each in (await self._findings.find(EVERYTHING)).documents:
            if _key(each.body) == finding.key and each.body["correction"]["state"] == "proposed":
                again = {"job": _reference(job)} if job else {}
                return await self._findings.change(each.id, _noted("seen again", again))
        body = {
            "id": str(uuid.uuid4()),
            "job": _reference(job) if job else None,
            "kind": str(finding.kind),
            "foundDate": now(),
            "service": {"id": finding.service} if finding.service else None,
            "product": {"id": finding.subscription} if finding.subscription else None,
            "order": {"id": finding.order} if finding.order else None,
            "expected": finding.expected,
            "actual": finding.actual,
            "explanation": finding.explanation,
            "correction": {"state": "proposed", "what": remedy(finding)},
            "audit": [_entry("found" if job else "found on an event")],
        }
        whole = {name: value for name, value in body.items() if value is not None}
        document = Document.of(self._findings.intake.complete_seed(whole, self._place))
        await self._findings.add(document)
        return document

    async def _correct(self, finding: Finding, kept: Document) -> int:
        """Mend what a finding says, and note it there; 1 where that worked."""
        correction: Body = {"what": remedy(finding)}
        try:
            ordered, problem = await self._corrector.mend(finding, kept.id)
        except NeighbourError as error:
            ordered, problem = None, str(error)
        correction["state"] = "failed" if problem else "done"
        if ordered is not None:
            correction["serviceOrder"] = {"id": ordered}
        what = f"not corrected: {problem}" if problem else f"corrected: {remedy(finding)}"
        await self._findings.change(kept.id, _noted(what, {"correction": correction}))
        return 0 if problem else 1


def _key(body: Body) -> tuple[str, str, str]:
    return body["kind"], _id(body.get("service")) or "", _id(body.get("product")) or ""


def _id(reference: Any) -> str | None:
    return reference.get("id") if isinstance(reference, dict) else None


def _reference(job: Body) -> Body:
    return {"id": job["id"], "href": job["href"]}


def _noted(what: str, changes: Body) -> Update:
    """A finding with changes, and with an entry about them in its audit."""
    entry = _entry(what)
    return lambda body: body | changes | {"audit": [*body.get("audit", ()), entry]}


def _entry(what: str) -> Body:
    return {"time": now(), "what": what, "by": "COM"}
