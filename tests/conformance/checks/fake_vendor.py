"""A small TMF server for tests of the checks: right by default, in a plain way of its own, and wrong in exactly
the ways that a test names.

It shares nothing with the reference servers, so that a misunderstanding in one of the two shows.

`faults` break a rule. `manners` are legal peculiarities that no check may blame.
"""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tmfrig.specs import Attribute, Contract, Kind, Resource

Item = dict[str, Any]
JSON = "application/json;charset=utf-8"
READERS = ("application/json", "application/merge-patch+json")


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def asked(self, name: str) -> str | None:
        return next((value for key, value in self.query if key == name), None)


@dataclass
class Answer:
    """One response as it goes out; `body` None is an empty one."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - an answer of the vendor, not a fault of the program
    """An error answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class FakeVendor:
    """One API of a contract on a free port. Use `vendor(...)` to start and stop it."""

    def __init__(self, contract: Contract, faults: Iterable[str] = (), manners: Iterable[str] = ()) -> None:
        self.contract = contract
        self.faults = frozenset(faults)
        self.manners = frozenset(manners)
        self.store: dict[str, dict[str, Item]] = {name: {} for name in contract.resources}
        self.hubs: dict[str, Item] = {}
        self.calls: list[Call] = []
        self.url = ""
        self._lock = threading.RLock()
        self._number = 1000
        self._postman = ThreadPoolExecutor(max_workers=1)
        self._young: dict[str, float] = {}

    # what it is asked

    def answer(self, call: Call) -> Answer:
        with self._lock:
            self.calls.append(call)
            try:
                return self._routed(call)
            except Refusal as refusal:
                return self._error(refusal)

    def _routed(self, call: Call) -> Answer:
        base = urlsplit(self.url).path
        parts = call.path.removeprefix(base).strip("/").split("/")
        if not call.path.startswith(base):
            raise Refusal(404, "no such path")
        if parts[0] == "hub":
            return self._hub(call, parts[1:])
        resource = self.contract.resources.get(parts[0])
        if resource is None or len(parts) > 2:
            raise Refusal(404, "no such path")
        kind = self._kind(call.method, len(parts) == 2)
        offered = set(resource.operations)
        if "no-changes" in self.manners:
            offered -= {Kind.PATCH, Kind.DELETE}
        if "post-only" in self.manners:
            offered &= {Kind.CREATE}
        if kind not in offered:
            return self._not_offered(call, resource, parts)
        if "strangers" in self.manners and kind is not Kind.CREATE:
            self._stranger(resource)
        id = unquote(parts[1]) if len(parts) == 2 else ""
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

    @staticmethod
    def _kind(method: str, single: bool) -> Kind | None:
        return {
            ("GET", False): Kind.LIST,
            ("POST", False): Kind.CREATE,
            ("GET", True): Kind.RETRIEVE,
            ("PATCH", True): Kind.PATCH,
            ("DELETE", True): Kind.DELETE,
        }.get((method, single))

    def _not_offered(self, call: Call, resource: Resource, parts: list[str]) -> Answer:
        if "put-accepted" in self.faults and call.method == "PUT" and len(parts) == 2:
            return Answer(200, self.store[resource.name].get(parts[1]), {"Content-Type": JSON})
        raise Refusal(404 if "no-405" in self.manners else 405, "method not allowed")

    def _error(self, refusal: Refusal) -> Answer:
        body: Item = {"code": str(60 + refusal.status % 10), "reason": refusal.reason}
        if "long-errors" in self.manners:
            body |= {"message": "see the manual", "status": str(refusal.status), "@type": "Error", "trace": "1"}
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
        return Answer(refusal.status, body, {"Content-Type": JSON})

    # create

    def _create(self, call: Call, resource: Resource) -> Answer:
        self._readable(call, ("application/json",), "text-accepted")
        try:
            body = self._parsed(call)
        except Refusal:
            if "malformed-accepted" not in self.faults:
                raise
            body = {}
        else:
            self._acceptable(body, resource)
        if not isinstance(body, dict):
            body = {}
        item = self._new(body, resource)
        at_once = resource.answers_at_once and (
            "at-once" in self.manners or item.get("instantSyncQualification") is True
        )
        if at_once and "at-once" in self.manners:
            answered = {key: value for key, value in item.items() if key not in ("id", "href")}
            return Answer(200, answered, {"Content-Type": JSON})
        if "create-not-stored" not in self.faults:
            self.store[resource.name][item["id"]] = item
            self._young[item["id"]] = time.monotonic()
        self._notify("Create", resource, item)
        if "moves-on" in self.manners and resource.lifecycle and resource.state_attribute in item:
            self._move_on(resource, item)
        status = 200 if "create-200" in self.faults else 201
        headers = {"Content-Type": JSON, "Location": self._location(item)}
        if "create-no-location" in self.faults:
            del headers["Location"]
        if "create-other-location" in self.faults:
            headers["Location"] = f"{self.url}/{resource.name}"
        if "create-empty" in self.faults:
            return Answer(status, None, headers)
        return Answer(status, self._shown(item), headers)

    def _readable(self, call: Call, media_types: Iterable[str], tolerated_by: str) -> None:
        if "charset" in call.headers.get("content-type", "") and "charset-refused" in self.faults:
            raise Refusal(415, "no parameters, please")
        if call.media_type not in media_types and tolerated_by not in self.faults:
            raise Refusal(415, "unsupported media type")

    def _parsed(self, call: Call) -> Any:
        try:
            return json.loads(call.body)
        except ValueError:
            raise Refusal(500 if "malformed-500" in self.faults else 400, "malformed JSON") from None

    def _acceptable(self, body: Any, resource: Resource) -> None:
        schema = resource.creation
        if schema is None:
            raise Refusal(405, "nothing to create here")
        if not isinstance(body, dict):
            if "array-accepted" not in self.faults:
                raise Refusal(400, "an object, please")
            return
        if ("id" in body or "href" in body) and "refuses-client-id" in self.manners:
            raise Refusal(400, "id and href are ours")
        for problem in schema.problems(body):
            missing = problem.keyword == "required"
            null = not missing and _value_at(body, problem.path) is None
            forgiven = {
                "required": "missing-accepted",
                "enum": "enum-accepted",
                "type": "null-accepted" if null else "array-accepted",
            }.get(problem.keyword, "")
            if forgiven not in self.faults:
                raise Refusal(422 if "says-422" in self.manners else 400, str(problem))
        if "blank-accepted" not in self.faults:
            _no_blank(body, schema.attributes)

    def _new(self, body: Item, resource: Resource) -> Item:
        self._number += 1
        id = str(self._number) if "numbers" in self.manners else uuid.uuid4().hex
        own = {"id", "href"} if "client-id-taken" not in self.faults else set()
        item = {key: value for key, value in body.items() if key not in own}
        item.setdefault("id", id)
        href = f"{urlsplit(self.url).path if 'relative' in self.manners else self.url}/{resource.name}/{item['id']}"
        item.setdefault("href", href)
        if "href-elsewhere" in self.faults:
            item["href"] = f"{self.url}/{resource.name}/elsewhere"
        if "gateway-href" in self.manners:
            item["href"] = f"http://gateway.invalid:1/api/{resource.name}/{item['id']}"
        if "create-loses" in self.faults:
            item.pop("name", None)
            item.pop("productOrderItem", None)
        for name, attribute in resource.attributes.items():
            if name in item or name not in _SET_BY_VENDOR:
                continue
            item[name] = self._own_value(resource, attribute)
        state = resource.state_attribute
        if state and resource.lifecycle and state in resource.server_set:
            self._born(resource, state, item)
        if "extra" in self.manners:
            item["x-acme"] = {"shard": 7}
        if "bad-date" in self.faults:
            for name, attribute in resource.attributes.items():
                if attribute.format == "date-time" and name in item:
                    item[name] = "23/11/2026 10:00"
        if "profile-missing" in self.faults:
            for name in ("orderDate", "lastUpdate"):
                item.pop(name, None)
        return item

    def _born(self, resource: Resource, state: str, item: Item) -> None:
        values = resource.attributes[state].enum
        item[state] = next((each for each in ("acknowledged", "accepted") if each in values), "")
        if "born-done" in self.manners:
            item[state] = "done"
        if item.get("instantSyncQualification") is True:
            item[state] = "done"
        if "born-completed" in self.faults:
            item[state] = "completed"
        if "born-moving" in self.faults:
            item[state] = "inProgress"
        if "born-without-state" in self.faults:
            del item[state]
        if "bad-state" in self.faults:
            item[state] = "acknowledge"
        if "state-number" in self.faults:
            item["description"] = 7

    def _own_value(self, resource: Resource, attribute: Attribute) -> Any:
        if attribute.format == "date-time":
            return self._now()
        if attribute.type == "boolean":
            return False
        if attribute.name == "@type":
            return resource.name[0].upper() + resource.name[1:]
        if attribute.type == "array":
            return []
        return "In Study"

    def _now(self) -> str:
        zone = timezone(timedelta(hours=2)) if "offsets" in self.manners else UTC
        written = datetime.now(zone).isoformat(timespec="microseconds")
        return written if "offsets" in self.manners else written.replace("+00:00", "Z")

    def _location(self, item: Item) -> str:
        if "relative" in self.manners:
            return urlsplit(str(item["href"])).path
        return str(item["href"])

    def _shown(self, item: Item, fields: str | None = None) -> Item:
        shown = dict(item)
        if "no-id" in self.faults:
            del shown["id"]
        if "no-href" in self.faults:
            del shown["href"]
        if fields is None or "fields-ignored" in self.faults:
            return shown
        asked = fields.split(",")
        kept = set() if "fields-drop-identity" in self.manners and asked != ["none"] else {"id", "href"}
        if "fields-none-full" in self.faults and asked == ["none"]:
            return shown
        if "fields-none-empty" in self.faults and asked == ["none"]:
            return {}
        if "fields-empty" in self.faults:
            asked = []
        return {key: value for key, value in shown.items() if key in kept or key in asked}

    # read

    def _retrieve(self, call: Call, resource: Resource, id: str) -> Answer:
        item = self.store[resource.name].get(id)
        if item is None:
            if "unknown-is-200" in self.faults:
                return Answer(200, {}, {"Content-Type": JSON})
            raise Refusal(400 if "unknown-is-400" in self.faults else 404, f"no {resource.name} {id}")
        fields = None if "fields-ignored-by-id" in self.faults else call.asked("fields")
        shown = self._shown(item, fields)
        if "other-id" in self.faults and "id" in shown:
            shown["id"] = "another"
        media_type = "text/plain" if "text-served" in self.faults else JSON
        if "needs-accept" in self.faults and "accept" not in call.headers:
            return Answer(200, b"<order/>", {"Content-Type": "application/xml"})
        return Answer(200, shown, {"Content-Type": media_type})

    def _list(self, call: Call, resource: Resource) -> Answer:
        items = [item for item in self.store[resource.name].values() if not self._too_young(item)]
        found = self._filtered(call, resource, items)
        if not found and "empty-is-404" in self.faults:
            raise Refusal(404, "nothing found")
        found = self._sorted(call, found)
        page, offset = self._page(call, found)
        shown = [self._shown(item, call.asked("fields")) for item in page]
        if "list-is-thin" in self.faults:
            shown = [{key: item[key] for key in ("id", "href")} for item in shown]
        headers = {"Content-Type": JSON, **self._counts(found, page)}
        if "links" in self.manners:
            headers["Link"] = self._link(resource, offset, len(page))
        whole = len(page) == len(found) or "small-pages" not in self.manners
        if "list-in-envelope" in self.faults:
            return Answer(200, {"items": shown}, headers)
        return Answer(200 if whole else 206, shown, headers)

    def _too_young(self, item: Item) -> bool:
        return "settles" in self.manners and time.monotonic() - self._young.get(item["id"], 0) < 0.2

    def _filtered(self, call: Call, resource: Resource, items: list[Item]) -> list[Item]:
        if "filter-ignored" in self.faults:
            return items
        wanted = [
            (key, value) for key, value in call.query if key not in ("fields", "sort", "offset", "limit", "filter")
        ]
        if "filter-first-only" in self.faults:
            wanted = wanted[:1]
        if "filter-is-prefix" in self.faults:
            return [item for item in items if all(str(item.get(k, "")).startswith(v[:4]) for k, v in wanted)]
        if "filter-finds-nothing" in self.faults and wanted:
            return []
        test: Callable[[Iterable[bool]], bool] = any if "filter-or" in self.faults and wanted else all
        return [item for item in items if test(_matches(item, key, value) for key, value in wanted)]

    def _sorted(self, call: Call, items: list[Item]) -> list[Item]:
        order = call.asked("sort")
        if order is None or "sort-ignored" in self.faults:
            return items
        if "no-sort" in self.manners:
            raise Refusal(501, "sorting is not supported")
        for part in reversed(order.split(",")):
            name = part.strip().lstrip("+-")
            down = part.strip().startswith("-") and "sort-always-up" not in self.faults
            if "sort-down-by-default" in self.faults and not part.startswith(("+", "-")):
                down = True
            items = sorted(items, key=lambda item, name=name: str(item.get(name, "")), reverse=down)  # type: ignore[misc]
        return items

    def _page(self, call: Call, items: list[Item]) -> tuple[list[Item], int]:
        if "garbage-is-500" in self.faults:
            for name in ("offset", "limit"):
                if not (call.asked(name) or "0").isdigit():
                    raise Refusal(500, "cannot convert")
        offset = _whole(call.asked("offset"), 0)
        limit = _whole(call.asked("limit"), 100)
        if "garbage-is-400" in self.manners:
            for name in ("offset", "limit"):
                if not (call.asked(name) or "0").isdigit():
                    raise Refusal(400, f"{name} is a whole number")
        if "limit-ignored" in self.faults:
            limit = 100
        if "small-pages" in self.manners:
            limit = min(limit, 3)
        if "offset-ignored" in self.faults:
            offset = 0
        if "offset-from-one" in self.faults:
            offset = max(offset - 1, 0)
        if "offset-skips-one" in self.faults and offset:
            offset += 1
        if offset > len(items):
            if "beyond-is-500" in self.faults:
                raise Refusal(500, "index out of range")
            if "beyond-is-416" in self.manners:
                raise Refusal(416, "beyond the end")
        return items[offset : offset + limit], offset

    def _counts(self, found: list[Item], page: list[Item]) -> dict[str, str]:
        counts = {"X-Total-Count": str(len(found)), "X-Result-Count": str(len(page))}
        if "total-missing" in self.faults:
            del counts["X-Total-Count"]
        if "total-is-page" in self.faults:
            counts["X-Total-Count"] = str(len(page))
        if "total-is-text" in self.faults:
            counts["X-Total-Count"] = "many"
        if "total-too-small" in self.faults:
            counts["X-Total-Count"] = "0"
        if "result-count-wrong" in self.faults:
            counts["X-Result-Count"] = str(len(page) + 1)
        return counts

    def _link(self, resource: Resource, offset: int, size: int) -> str:
        target = f"{self.url}/{resource.name}"
        step = 0 if "link-stays" in self.faults else size
        return f'<{target}?offset=0&limit={size}>; rel="first", <{target}?offset={offset + step}&limit={size}>; rel="next"'

    # change

    def _patch(self, call: Call, resource: Resource, id: str) -> Answer:
        item = self.store[resource.name].get(id)
        if item is None:
            raise Refusal(404, f"no {resource.name} {id}")
        readers = READERS[:1] if "merge-refused" in self.faults else READERS
        readers = readers[1:] if "json-patch-refused" in self.faults else readers
        self._readable(call, readers, "")
        changes = self._parsed(call)
        if not isinstance(changes, dict):
            raise Refusal(400, "an object, please")
        if "patch-needs-items" in self.manners and not resource.mandatory <= changes.keys():
            raise Refusal(400, "mandatory attributes, please")
        state = resource.state_attribute
        if state in changes and "no-state-patch" in self.manners and changes[state] != item.get(state):
            raise Refusal(403, "states are ours")
        if state in changes and "enum-accepted-in-patch" not in self.faults:
            allowed = resource.attributes[state].enum
            if allowed and changes[state] not in allowed:
                raise Refusal(400, "no such state")
        before = dict(item)
        self._merge(resource, item, changes)
        self._tell_change(resource, before, item, state)
        status = 204 if "patch-204" in self.faults else 200
        return Answer(status, None if status == 204 else self._shown(item), {"Content-Type": JSON})

    def _merge(self, resource: Resource, item: Item, changes: Item) -> None:
        if "patch-forgets" in self.faults:
            return
        if "non-patchable-taken" not in self.faults:
            frozen = {"id", "href"} | {name for name in resource.non_patchable if not name.startswith("@")}
            if "refuses-non-patchable" in self.manners and frozen & changes.keys():
                raise Refusal(400, "not to be patched")
            changes = {key: value for key, value in changes.items() if key not in frozen}
        if "patch-replaces" in self.faults:
            for name in [each for each in item if each not in ("id", "href")]:
                if resource.attributes.get(name) and name not in resource.server_set:
                    del item[name]
        for name, value in changes.items():
            if value is None and "null-ignored" in self.faults:
                continue
            if value is None and "null-kept" not in self.manners:
                item.pop(name, None)
            elif isinstance(value, list) and isinstance(item.get(name), list) and "array-appended" in self.faults:
                item[name] = item[name] + value
            else:
                item[name] = value

    def _tell_change(self, resource: Resource, before: Item, item: Item, state: str | None) -> None:
        if state and before.get(state) != item.get(state):
            self._notify("StateChange" if "StateChange" in resource.events else "Change", resource, item)
            if "both-events" not in self.manners:
                return
        if before != item:
            other = "AttributeValueChange" if "AttributeValueChange" in resource.events else "Change"
            self._notify(other, resource, item)

    def _delete(self, resource: Resource, id: str) -> Answer:
        if id not in self.store[resource.name]:
            raise Refusal(404, f"no {resource.name} {id}")
        item = self.store[resource.name][id]
        if "delete-forgets" not in self.faults:
            del self.store[resource.name][id]
        self._notify("Delete", resource, item)
        if "delete-200" in self.faults:
            return Answer(200, item, {"Content-Type": JSON})
        return Answer(204)

    def _stranger(self, resource: Resource) -> None:
        """Somebody else's resource appears while we are looking."""
        if len(self.store[resource.name]) < 40:
            values = {"name": "someone else's", "description": "not yours"}
            body = {key: value for key, value in values.items() if key in resource.attributes}
            item = self._new(body, resource)
            known = list(self.store[resource.name].values())
            for name in resource.mandatory:
                if known and name not in item:
                    item[name] = known[0].get(name)
            if known and resource.state_attribute in known[0]:
                item.setdefault(str(resource.state_attribute), known[0][resource.state_attribute])
            if known:
                self.store[resource.name][item["id"]] = item

    def _move_on(self, resource: Resource, item: Item) -> None:
        lifecycle, state = resource.lifecycle, resource.state_attribute
        assert lifecycle is not None
        assert state is not None

        def later() -> None:
            time.sleep(0.02)
            with self._lock:
                following = lifecycle.next_states(item.get(state, ""))
                if following and "state" in item:
                    item[state] = following[0]
                    self._notify("StateChange", resource, item)

        threading.Thread(target=later, daemon=True).start()

    # hub

    def _hub(self, call: Call, rest: list[str]) -> Answer:
        if "no-hub" in self.manners:
            raise Refusal(501, "no notifications")
        if rest:
            return self._unregister(call, rest[0])
        if call.method != "POST":
            raise Refusal(405, "method not allowed")
        body = self._parsed(call)
        if not (isinstance(body, dict) and body.get("callback")) and "hub-without-callback" not in self.faults:
            raise Refusal(400, "callback is mandatory")
        if self.hubs and "one-listener" in self.manners:
            raise Refusal(409, "one listener is enough")
        self._number += 1
        hub = {"id": str(self._number), "callback": body.get("callback")}
        if body.get("query") is not None:
            hub["query"] = body["query"]
        self.hubs[str(hub["id"])] = dict(hub)
        if "hub-without-id" in self.faults:
            del hub["id"]
        if "hub-other-callback" in self.faults:
            hub["callback"] = "http://example.invalid/"
        status = 200 if "hub-200" in self.manners else 201
        headers = {"Content-Type": JSON, "Location": f"{self.url}/hub/{self._number}"}
        return Answer(status, hub, headers)

    def _unregister(self, call: Call, id: str) -> Answer:
        if call.method != "DELETE":
            raise Refusal(405, "method not allowed")
        if "hub-never-forgets" in self.faults:
            return Answer(204)
        if self.hubs.pop(id, None) is None:
            raise Refusal(404, "no such listener")
        return Answer(200, {}, {"Content-Type": JSON}) if "unregister-200" in self.faults else Answer(204)

    def _notify(self, change: str, resource: Resource, item: Item) -> None:
        declared = resource.events.get(change)
        if declared is None or f"no-{change}-event" in self.faults:
            return
        key = declared.payload_key
        event: Item = {
            "eventId": uuid.uuid4().hex,
            "eventTime": self._now(),
            "eventType": declared.name,
            "event": {key: dict(item)},
        }
        if "event-without-id" in self.faults:
            del event["eventId"]
        if "event-unknown-type" in self.faults:
            event["eventType"] = f"{declared.name.removesuffix('Event')}Notification"
        if "event-other-key" in self.faults:
            event["event"] = {"resource": dict(item)}
        if "event-bare" in self.faults:
            event["event"] = dict(item)
        if "event-case" in self.manners:
            event["eventType"] = declared.name[0].lower() + declared.name[1:]
        if "event-partial" in self.manners:
            event["event"] = {key: {"id": item["id"], "href": item["href"]}}
        times = 2 if "events-doubled" in self.manners else 1
        tail = declared.path if "listener-paths" in self.manners else ""
        for hub in self.hubs.values():
            for _ in range(times):
                self._postman.submit(self._deliver, str(hub["callback"]).rstrip("/") + tail, event)

    def _deliver(self, url: str, event: Item) -> None:
        if "events-late" in self.manners:
            time.sleep(0.1)
        request = urllib.request.Request(
            url, json.dumps(event).encode(), {"Content-Type": JSON}, method="POST"
        )
        try:
            urllib.request.urlopen(request, timeout=2).close()
        except (urllib.error.URLError, OSError):
            return  # nobody listens any more

    def close(self) -> None:
        self._postman.shutdown(cancel_futures=True)


# Attributes that the vendor fills in by itself where the client does not.
_SET_BY_VENDOR = frozenset(
    {
        "orderDate",
        "lastUpdate",
        "lifecycleStatus",
        "isBundle",
        "@type",
        "serviceDate",
        "checkServiceQualificationDate",
        "queryServiceQualificationDate",
        "productOfferingQualificationDate",
    }
)


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default


def _value_at(body: Any, path: str) -> Any:
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if isinstance(body, list) and index:
            body = body[int(index)] if int(index) < len(body) else None
        elif isinstance(body, dict):
            body = body.get(name)
        else:
            return None
    return body


def _no_blank(body: Item, attributes: Any) -> None:
    for name, attribute in attributes.items():
        value = body.get(name)
        if attribute.required and isinstance(value, str) and not value.strip():
            raise Refusal(400, f"{name} is blank")
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and attribute.required:
                _no_blank(each, attribute.attributes)


def _matches(item: Any, path: str, value: str) -> bool:
    found = [item]
    for name in path.split("."):
        found = [each[name] for each in _spread(found) if isinstance(each, dict) and name in each]
    return any(_written(each) == value for each in _spread(found))


def _spread(values: list[Any]) -> Iterator[Any]:
    for each in values:
        if isinstance(each, list):
            yield from each
        else:
            yield each


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@contextmanager
def vendor(
    contract: Contract, *faults: str, manners: Iterable[str] = (), prefix: str = "/acme/api"
) -> Iterator[FakeVendor]:
    """A running vendor; its `url` is the base to judge."""
    fake = FakeVendor(contract, faults, manners)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("content-length") or 0)
            call = Call(
                method=self.command,
                path=parts.path,
                query=parse_qsl(parts.query, keep_blank_values=True),
                headers={key.lower(): value for key, value in self.headers.items()},
                body=self.rfile.read(size),
            )
            answer = fake.answer(call)
            body = answer.body if isinstance(answer.body, bytes) else b""
            if answer.body is not None and not isinstance(answer.body, bytes):
                body = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        fake.close()
        thread.join()
