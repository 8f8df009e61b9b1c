"""A small TMF server for tests of the checks: right by default, in a plain way of its own, and wrong in just
the ways that a test names.

It shares nothing with the reference servers, so that a misunderstanding in one of the two shows.

`faults` break a rule. `manners` are legal peculiarities that no check may blame.
"""

from __future__ import annotations

import copy
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote, urlsplit

from fake_bodies import MERGE_READERS, fill, is_typed, merge, narrowed, qualify, refuse_wrong
from fake_hub import FakeHub
from fake_lists import FakeLists, refuse_unknown
from fake_operations import PATCH_LISTS, carry_out
from fake_wire import JSON, Answer, Call, Refusal, served

from tmfrig.specs import Contract, Kind, Resource
from tmfrig.specs.profiles import resource_profile

Item = dict[str, Any]
FEW = 20
"""Items of an order that any vendor has seen."""
AGAIN = 0.2
"""Seconds until work that goes on by itself stores what was deleted."""
LATER = 0.03
"""Seconds until a vendor who answers 202 has done what was asked."""
YOUNG = 0.1
"""Seconds until the lists of a vendor that settles know what is new."""
_KINDS = {
    ("GET", False): Kind.LIST,
    ("POST", False): Kind.CREATE,
    ("GET", True): Kind.RETRIEVE,
    ("PATCH", True): Kind.PATCH,
    ("DELETE", True): Kind.DELETE,
}


class FakeVendor:
    """One API of a contract. Use `vendor(...)` to start and stop it."""

    def __init__(self, contract: Contract, faults: Iterable[str] = (), manners: Iterable[str] = ()) -> None:
        self.contract = contract
        self.faults = frozenset(faults)
        self.manners = frozenset(manners)
        self.store: dict[str, dict[str, Item]] = {name: {} for name in contract.resources}
        self.calls: list[Call] = []
        self.url = ""
        self.hub = FakeHub(contract, self.faults, self.manners, self.now)
        self._lists = FakeLists(self.faults, self.manners)
        self._lock = threading.RLock()
        self._number = 1000
        self._made: dict[str, float] = {}

    def answer(self, call: Call) -> Answer:
        with self._lock:
            self.calls.append(call)
            try:
                return self._routed(call)
            except Refusal as refusal:
                return self._error(refusal)

    def now(self) -> str:
        zone = timezone(timedelta(hours=2)) if "offsets" in self.manners else UTC
        late = timedelta(hours=1 if "clock-is-ahead" in self.faults else 0)
        return (datetime.now(zone) + late).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def _routed(self, call: Call) -> Answer:
        base = urlsplit(self.url).path
        parts = call.path.removeprefix(base).strip("/").split("/")
        if not call.path.startswith(base):
            raise Refusal(404, "no such path")
        if parts[0] == "hub":
            return self.hub.answer(call, parts[1:])
        resource = self.contract.resources.get(parts[0])
        if resource is None or len(parts) > 2:
            raise Refusal(404, "no such path")
        kind = _KINDS.get((call.method, len(parts) == 2))
        id = unquote(parts[1]) if len(parts) == 2 else ""
        if kind not in self._offered(resource):
            if "put-accepted" in self.faults and call.method == "PUT":
                return Answer(200, self.store[resource.name].get(id), {"Content-Type": JSON})
            raise Refusal(404 if "no-405" in self.manners else 405, "method not allowed")
        if "strangers" in self.manners and kind is not Kind.CREATE:
            self._stranger(resource)
        match kind:
            case Kind.LIST:
                return self._list(call, resource)
            case Kind.CREATE:
                return self._create(call, resource)
            case Kind.RETRIEVE:
                return self._retrieve(call, resource, id)
            case Kind.PATCH:
                return self._patch(call, resource, id)
            case _:
                return self._delete(resource, id)

    def _offered(self, resource: Resource) -> set[Kind]:
        offered = set(resource.operations)
        if "no-changes" in self.manners:
            offered -= {Kind.PATCH, Kind.DELETE}
        if "read-only" in self.manners:
            offered &= {Kind.LIST, Kind.RETRIEVE}
        if "core-only" in self.manners and not resource_profile(self.contract, resource).operations:
            offered = set()
        if "no-lists" in self.faults:
            offered -= {Kind.LIST}
        return offered

    def _error(self, refusal: Refusal) -> Answer:
        body: Item = {"code": str(60 + refusal.status % 10), "reason": refusal.reason}
        if "long-errors" in self.manners:
            body |= {
                "message": "see the manual",
                "status": str(refusal.status),
                "@type": "Error",
                "trace": "1",
            }
        if self.contract.error is not None and is_typed(self.contract.error.attributes):
            body["@type"] = "Error"
        if "error-without-type" in self.faults:
            body.pop("@type", None)
        if "error-without-code" in self.faults:
            del body["code"]
        if "error-code-number" in self.faults:
            body["code"] = 60
        if "error-wrong-status" in self.faults:
            body["status"] = "200"
        if "error-empty" in self.faults:
            return Answer(refusal.status)
        if "error-html" in self.faults:
            return Answer(refusal.status, b"<html>no</html>", {"Content-Type": "text/html"})
        problem_json = "problem-json" in self.manners
        return Answer(
            refusal.status, body, {"Content-Type": "application/problem+json" if problem_json else JSON}
        )

    # create

    def _create(self, call: Call, resource: Resource) -> Answer:
        self._read(call, ("application/json",), "text-accepted")
        try:
            body = call.json(500 if "malformed-500" in self.faults else 400)
        except Refusal:
            if "malformed-accepted" not in self.faults:
                raise
            body = {}
        else:
            refuse_wrong(body, resource, self.faults, self.manners)
            if "many-items-are-500" in self.faults and len(body.get("productOrderItem", ())) > FEW:
                raise Refusal(500, "stack overflow")
        if "cancels-nothing" in self.manners and resource.name.startswith("cancel"):
            raise Refusal(409, "the order is completed already")
        item = self._new(body if isinstance(body, dict) else {}, resource)
        kept = self.store[resource.name].values()
        if "names-once" in self.manners and item.get("name") in [each.get("name", "") for each in kept]:
            raise Refusal(409, "this name exists already")
        if resource.answers_at_once:
            if "at-once-refused" in self.faults and item.get("instantSyncQualification") is True:
                raise Refusal(400, "no qualification at once")
            if "at-once" in self.manners or "open-at-200" in self.faults:
                return self._answered_at_once(item)
        if self._is_later(resource, Kind.CREATE):
            return self._later(lambda: self._keep(resource, item), item)
        self._keep(resource, item)
        return self._created(call, resource, item)

    def _keep(self, resource: Resource, item: Item) -> None:
        lost = "every-fourth-is-lost" in self.faults and self._number % 4 == 1
        if "create-not-stored" not in self.faults and not lost:
            self.store[resource.name][item["id"]] = item
            self._made[item["id"]] = time.monotonic()
        self.hub.notify("Create", resource, item)
        if "asks-for-information" in self.manners:
            self.hub.notify("InformationRequired", resource, item)
        if "moves-on" in self.manners and resource.lifecycle and resource.state_attribute in item:
            self._move_on(resource, item)

    def _is_later(self, resource: Resource, kind: Kind) -> bool:
        return "later" in self.manners and "202" in resource.operations[kind].statuses

    def _later(self, change: Callable[[], None], item: Item) -> Answer:
        """Answer now and do it in a moment."""

        def do() -> None:
            with self._lock:
                change()

        if "later-never" not in self.faults:
            threading.Timer(LATER, do).start()
        ticket = {"id": "T-1", "state": "InProgress"} if "tickets" in self.manners else None
        where = {} if "later-nowhere" in self.faults else {"Location": str(item["href"])}
        return Answer(202, ticket, {"Content-Type": JSON, **where})

    def _answered_at_once(self, item: Item) -> Answer:
        state = "acknowledged" if "open-at-200" in self.faults else "done"
        qualify(item)
        shown = {key: value for key, value in item.items() if key not in ("id", "href")}
        return Answer(200, shown | {"state": state}, {"Content-Type": JSON})

    def _created(self, call: Call, resource: Resource, item: Item) -> Answer:
        href = str(item["href"])
        headers = {
            "Content-Type": JSON,
            "Location": urlsplit(href).path if "relative" in self.manners else href,
        }
        if "create-no-location" in self.faults:
            del headers["Location"]
        if "create-other-location" in self.faults:
            headers["Location"] = f"{self.url}/{resource.name}"
        status = 200 if "create-200" in self.faults else 201
        fields = None if "fields-ignored-on-create" in self.faults else call.asked("fields")
        body = None if "create-empty" in self.faults else self._shown(item, fields)
        return Answer(status, body, headers)

    def _read(self, call: Call, media_types: Iterable[str], unless: str = "-") -> None:
        if "charset" in call.headers.get("content-type", "") and "charset-refused" in self.faults:
            raise Refusal(415, "no parameters, please")
        if call.media_type not in media_types and unless not in self.faults:
            raise Refusal(415, "unsupported media type")

    def _new(self, body: Item, resource: Resource) -> Item:
        self._number += 1
        taken = "client-id-taken" in self.faults
        own = {"id", "href"} if taken else set()
        not_theirs = {"id", "href", *resource.server_set} - own
        item = {key: value for key, value in body.items() if key not in not_theirs}
        numbered = {"numbers": "{}", "shaped-ids": "PO-{:06}"}
        form = next((form for manner, form in numbered.items() if manner in self.manners), uuid.uuid4().hex)
        item.setdefault("id", form.format(self._number))
        base = urlsplit(self.url).path if "relative" in self.manners else self.url
        base = "http://gateway.invalid:1/api" if "gateway-href" in self.manners else base
        tail = "elsewhere" if "href-elsewhere" in self.faults else item["id"]
        item.setdefault("href", f"{base}/{resource.name}/{tail}")
        fill(item, resource, self.now(), self.faults, self.manners)
        return item

    # read

    def _shown(self, item: Item, fields: str | None = None) -> Item:
        shown = dict(item)
        if "no-id" in self.faults:
            del shown["id"]
        if "no-href" in self.faults:
            del shown["href"]
        if "items-untyped" in self.faults and "productOrderItem" in shown:
            shown["productOrderItem"] = [
                {name: value for name, value in each.items() if name != "@type"}
                for each in shown["productOrderItem"]
            ]
        if (
            "value-of-other-type" in self.faults
            and "productCharacteristic" in self.contract.resources["product"].attributes
        ):
            wrong = {"@type": "NumberCharacteristic", "name": "speed", "value": "fast"}
            shown["productCharacteristic"] = [wrong]
        if "nulls" in self.manners:
            known = self.contract.resources
            absent = next(
                (each for each in known.values() if item is self.store[each.name].get(item["id"])), None
            )
            shown |= {name: None for name in (absent.attributes if absent else ()) if name not in shown}
        return narrowed(shown, fields, self.faults, self.manners)

    def _there(self, resource: Resource, id: str) -> Item:
        if "shaped-ids" in self.manners and not id.startswith("PO-"):
            raise Refusal(400, f"{id} is no id")
        if id not in self.store[resource.name]:
            raise Refusal(400 if "unknown-is-400" in self.faults else 404, f"no {resource.name} {id}")
        return self.store[resource.name][id]

    def _retrieve(self, call: Call, resource: Resource, id: str) -> Answer:
        if "unknown-is-200" in self.faults and id not in self.store[resource.name]:
            return Answer(200, {}, {"Content-Type": JSON})
        item = self._there(resource, id)
        shown = self._shown(item, None if "fields-ignored-by-id" in self.faults else call.asked("fields"))
        if "other-id" in self.faults and "id" in shown:
            shown["id"] = "another"
        if "needs-accept" in self.faults and "accept" not in call.headers:
            return Answer(200, b"<order/>", {"Content-Type": "application/xml"})
        media_type = "text/plain" if "text-served" in self.faults else JSON
        return Answer(203 if "retrieve-203" in self.faults else 200, shown, {"Content-Type": media_type})

    def _list(self, call: Call, resource: Resource) -> Answer:
        if "plain-list-is-500" in self.faults and not call.query:
            raise Refusal(500, "too many")
        if "strict-queries" in self.manners:
            refuse_unknown(call, resource)
        items = [item for item in self.store[resource.name].values() if not self._is_young(item)]
        if "newest-first" in self.manners:
            items.reverse()
        found = self._lists.filtered(call, items)
        if not found and "empty-is-404" in self.faults:
            raise Refusal(404, "nothing found")
        found = self._lists.sorted(call, found)
        page, offset = self._lists.page(call, found)
        shown = [self._shown(item, call.asked("fields")) for item in page]
        if "list-is-thin" in self.faults:
            shown = [{key: item[key] for key in ("id", "href")} for item in shown]
        headers = {"Content-Type": JSON, **self._lists.counts(found, page)}
        if "links" in self.manners:
            rest = len(found) - offset - len(page)
            headers["Link"] = self._lists.link(call, f"{self.url}/{resource.name}", offset, len(page), rest)
        if "list-in-envelope" in self.faults:
            return Answer(200, {"items": shown}, headers)
        whole = len(page) == len(found) or "small-pages" not in self.manners
        return Answer(200 if whole else 206, shown, headers)

    def _is_young(self, item: Item) -> bool:
        return "settles" in self.manners and time.monotonic() - self._made.get(item["id"], 0) < YOUNG

    # change

    def _patch(self, call: Call, resource: Resource, id: str) -> Answer:
        item = self._there(resource, id)
        if call.media_type in PATCH_LISTS and "json-patch" in self.manners:
            after = carry_out(item, call.json(), self.faults)
            return self._patched(call, resource, item, after)
        refused = {"merge-refused": "application/merge-patch+json", "json-patch-refused": "application/json"}
        unread = {media_type for fault, media_type in refused.items() if fault in self.faults}
        self._read(call, set(MERGE_READERS) - unread)
        changes = call.json()
        if not isinstance(changes, dict):
            raise Refusal(500 if "patch-list-is-500" in self.faults else 400, "an object, please")
        if "patch-needs-items" in self.manners and not resource.mandatory <= changes.keys():
            raise Refusal(400, "mandatory attributes, please")
        if is_typed(resource.attributes) and "@type" not in changes:
            if "untyped-patch-is-500" in self.faults:
                raise Refusal(500, "null pointer")
            if "strict-types" in self.manners:
                raise Refusal(400, "@type is mandatory")
        after = copy.deepcopy(item)
        merge(after, changes, resource, self.faults, self.manners)
        return self._patched(call, resource, item, after)

    def _patched(self, call: Call, resource: Resource, item: Item, after: Item) -> Answer:
        before = dict(item)

        def change() -> None:
            before.update(item)
            changed = dict(after)
            if changed.get(resource.state_attribute or "") == "done" and "searchCriteria" in changed:
                # who says that it is done says that nothing was found
                changed.setdefault("serviceQualificationItem", [])
            if changed != item and "lastUpdate" in changed:
                changed["lastUpdate"] = self.now()
            item.clear()
            item.update(changed)
            self._tell_change(resource, before, item)

        if self._is_later(resource, Kind.PATCH):
            return self._later(change, item)
        change()
        if "patch-204" in self.faults:
            return Answer(204)
        answered = before if "patch-answers-old" in self.faults else item
        declared = "fields" in resource.operations[Kind.PATCH].query
        fields = call.asked("fields") if declared and "fields-ignored-on-patch" not in self.faults else None
        body = None if "patch-empty" in self.faults else self._shown(answered, fields)
        return Answer(200, body, {"Content-Type": JSON})

    def _tell_change(self, resource: Resource, before: Item, item: Item) -> None:
        state = resource.state_attribute
        if state and before.get(state) != item.get(state):
            self.hub.notify("StateChange" if "StateChange" in resource.events else "Change", resource, item)
            if "both-events" not in self.manners:
                return
        if before != item:
            other = "AttributeValueChange" if "AttributeValueChange" in resource.events else "Change"
            self.hub.notify(other, resource, item)

    def _delete(self, resource: Resource, id: str) -> Answer:
        item = self._there(resource, id)
        if self._is_later(resource, Kind.DELETE):
            return self._later(lambda: self._remove(resource, item), item)
        self._remove(resource, item)
        if "delete-200" in self.faults:
            return Answer(200, item, {"Content-Type": JSON})
        return Answer(204)

    def _remove(self, resource: Resource, item: Item) -> None:
        if "delete-forgets" not in self.faults:
            self.store[resource.name].pop(item["id"], None)
        if "delete-takes-the-last" in self.faults and len(self.store[resource.name]) > 1:
            self.store[resource.name].popitem()
        if "deleted-comes-back" in self.faults:
            threading.Timer(AGAIN, self.store[resource.name].setdefault, (item["id"], item)).start()
        self.hub.notify("Delete", resource, item)

    # what happens by itself

    def seed(self, body: Item, resource: Resource) -> None:
        """Somebody else's resource."""
        item = self._new(body, resource)
        self.store[resource.name][item["id"]] = item

    def _stranger(self, resource: Resource) -> None:
        """Somebody else's resource appears while we are looking: like one that is there, with other texts."""
        known = list(self.store[resource.name].values())
        if known and len(known) < 30:
            others = {"name": "someone else's", "description": "not yours", "externalId": "X-1"}
            own = {key: value for key, value in others.items() if key in known[0]}
            self.seed({**known[0], **own}, resource)

    def _move_on(self, resource: Resource, item: Item) -> None:
        lifecycle, state = resource.lifecycle, resource.state_attribute
        assert lifecycle is not None
        assert state is not None

        def later() -> None:
            with self._lock:
                following = lifecycle.next_states(item.get(state, ""))
                if following:
                    item[state] = following[0]
                    self.hub.notify("StateChange", resource, item)

        threading.Timer(0.02, later).start()


@contextmanager
def vendor(
    contract: Contract, *faults: str, manners: Iterable[str] = (), prefix: str = "/acme/api"
) -> Iterator[FakeVendor]:
    """A running vendor; its `url` is the base to judge."""
    fake = FakeVendor(contract, faults, manners)
    with served(fake.answer) as address:
        fake.url = f"{address}{prefix}"
        try:
            yield fake
        finally:
            fake.hub.close()
