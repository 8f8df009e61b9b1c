"""The hub of the fake vendor, and the postman who brings its notifications."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fake_bodies import is_typed
from fake_wire import JSON, Answer, Call, Refusal

from tmfrig.specs import Contract, EventType, Resource

Item = dict[str, Any]


CROWD = 40
"""So many events of others come before each of ours, where the hub is crowded."""


class FakeHub:
    """Who listens, and what they are told."""

    def __init__(
        self, contract: Contract, faults: frozenset[str], manners: frozenset[str], now: Callable[[], str]
    ) -> None:
        request = contract.register.request if contract.register else None
        self.contract = contract
        self.typed = request is not None and is_typed(request.attributes)
        self.faults = faults
        self.manners = manners
        self.hubs: dict[str, Item] = {}
        self._now = now
        self._number = 0
        self._postman = ThreadPoolExecutor(max_workers=1)

    def close(self) -> None:
        self._postman.shutdown(cancel_futures=True)

    def answer(self, call: Call, rest: list[str]) -> Answer:
        if "no-hub" in self.manners:
            raise Refusal(501, "no notifications")
        if rest and call.method == "GET" and self.contract.registration is not None:
            return self._shown(rest[0])
        if rest:
            return self._unregister(call, rest[0])
        if call.method != "POST":
            raise Refusal(405, "method not allowed")
        body = call.json()
        named = isinstance(body, dict) and bool(body.get("callback"))
        if not named and "hub-without-callback" not in self.faults:
            raise Refusal(400, "callback is mandatory")
        if named and not str(body["callback"]).startswith("http") and "hub-any-callback" not in self.faults:
            raise Refusal(400, "callback is no URL")
        if self.typed and isinstance(body, dict) and "@type" not in body:
            if "untyped-hub-is-500" in self.faults:
                raise Refusal(500, "null pointer")
            if "strict-types" in self.manners:
                raise Refusal(400, "@type is mandatory")
        if self.hubs and "one-listener" in self.manners:
            raise Refusal(409, "one listener is enough")
        self._number += 1
        hub = {"id": str(self._number), "callback": body.get("callback")}
        if body.get("query") is not None:
            if "query-refused" in self.manners:
                raise Refusal(400, "no queries, please")
            if "query-not-kept" not in self.manners:
                hub["query"] = body["query"]
        if self.typed:
            hub["@type"] = "Hub"
        self.hubs[str(hub["id"])] = dict(hub)
        if "hub-without-id" in self.faults:
            del hub["id"]
        if "hub-answers-untyped" in self.faults:
            hub.pop("@type", None)
        if "hub-other-callback" in self.faults:
            hub["callback"] = "http://example.invalid/"
        if "hub-204" in self.manners:
            return Answer(204)
        if "hub-by-location" in self.manners:
            return Answer(201, hub, {"Content-Type": JSON, "Location": f"/hub/{hub.pop('id')}"})
        where = {"Location": f"/acme/hub/{self._number}"}
        return Answer(200 if "hub-200" in self.manners else 201, hub, {"Content-Type": JSON, **where})

    def _shown(self, id: str) -> Answer:
        if id not in self.hubs or "hub-not-shown" in self.faults:
            raise Refusal(404, "no such listener")
        return Answer(200, self.hubs[id], {"Content-Type": JSON})

    def _unregister(self, call: Call, id: str) -> Answer:
        if call.method != "DELETE":
            raise Refusal(405, "method not allowed")
        if "hub-never-forgets" in self.faults:
            return Answer(204)
        if self.hubs.pop(id, None) is None:
            raise Refusal(404, "no such listener")
        if "hub-ends-all" in self.faults:
            self.hubs.clear()
        return Answer(200, {}, {"Content-Type": JSON}) if "unregister-200" in self.faults else Answer(204)

    def notify(self, change: str, resource: Resource, item: Item) -> None:
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
        if self.typed:
            event["@type"] = declared.name
        if change == "InformationRequired":
            event["event"] = self._asked_for(declared, item)
        if "event-untyped" in self.faults:
            event.pop("@type", None)
        if "event-is-another" in self.faults:
            event["@type"] = next(each for each in self.contract.events if each != declared.name)
        if "event-content-wrong" in self.faults:
            event["event"] = {key: {**item, "href": 5}}
        if "event-content-untyped" in self.faults:
            event["event"] = {key: {name: value for name, value in item.items() if name != "@type"}}
        if "event-without-id" in self.faults:
            del event["eventId"]
        if "event-time-in-words" in self.faults:
            event["eventTime"] = "just now"
        if "event-unknown-type" in self.faults:
            event["eventType"] = f"{declared.name.removesuffix('Event')}Notification"
        if "event-other-key" in self.faults:
            event["event"] = {"resource": dict(item)}
        if "event-bare" in self.faults:
            event["event"] = dict(item)
        if "event-case" in self.manners:
            event["eventType"] = declared.name[0].lower() + declared.name[1:]
        if "event-partial" in self.manners:
            kept = ("id", "href", "@type") if self.typed else ("id", "href")
            event["event"] = {key: {name: item[name] for name in kept}}
        if "crowded" in self.manners:
            for _ in range(CROWD):
                id = uuid.uuid4().hex
                other = {**item, "id": id, "href": f"{str(item['href']).rpartition('/')[0]}/{id}"}
                self._tell(declared, {**event, "eventId": uuid.uuid4().hex, "event": {key: other}})
        self._tell(declared, event)

    def _tell(self, declared: EventType, event: Item) -> None:
        times = 2 if "events-doubled" in self.manners else 1
        for hub in self.hubs.values():
            path, mark, query = str(hub["callback"]).partition("?")
            tail = declared.path if "listener-paths" in self.manners else ""
            wanted = str(hub.get("query", "")).rpartition("=")[2] or declared.name
            for _ in range(times if wanted == declared.name else 0):
                self._postman.submit(self._deliver, f"{path.rstrip('/')}{tail}{mark}{query}", event)

    def _asked_for(self, declared: EventType, item: Item) -> Item:
        reference = {name: item[name] for name in ("id", "href")}
        wanted = {"op": "add", "path": "/note", "value": ""}
        if "information-missing" in self.faults:
            wanted = {}
        if "information-is-text" in self.faults:
            wanted = {"op": 7}
        asked = {"informationRequired": wanted} if wanted else {}
        named = declared.schema.attributes["event"].attributes[declared.payload_key].type_name
        return {declared.payload_key: {"@type": named, **reference}, **asked}

    def _deliver(self, url: str, event: Item) -> None:
        if "events-late" in self.manners:
            time.sleep(0.03)
        if "events-very-late" in self.manners:
            time.sleep(1.0)
        request = urllib.request.Request(
            url, json.dumps(event).encode(), {"Content-Type": JSON}, method="POST"
        )
        try:
            urllib.request.urlopen(request, timeout=2).close()
        except (urllib.error.URLError, OSError):
            return  # nobody listens any more
