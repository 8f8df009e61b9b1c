"""A listener that outlives the servers, keeps every notification, and is not always in the mood for one."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

Body = dict[str, Any]
HEARD = ("TMF622", "TMF641", "TMF637", "TMF638")
SLOW_FOR = 0.2


class Witness:
    """What was posted to it, by API, in the order in which it came; also what it answered with an error."""

    def __init__(self, url: str, seed: int, moody: float) -> None:
        self.url = url
        self.moody = moody
        self._random = random.Random(seed)
        self._heard: defaultdict[str, list[Body]] = defaultdict(list)
        self._lock = threading.Lock()

    def hear(self, api: str, notification: Body) -> tuple[int, float]:
        """Keep a notification; the status to answer, and after how many seconds."""
        with self._lock:
            self._heard[api].append(notification)
            mood = self._random.random()
        if mood < self.moody:
            return 500, 0.0
        return 201, SLOW_FOR if mood < 2 * self.moody else 0.0

    def register(self, urls: Mapping[str, str]) -> dict[str, str]:
        """Register at the hubs; the registrations by API."""
        registrations = {}
        for api in HEARD:
            answer = httpx2.post(
                f"{urls[api]}/hub", json={"callback": f"{self.url}/{api}"}, timeout=60, trust_env=False
            )
            assert answer.status_code == 201, answer.text
            registrations[api] = answer.json()["id"]
        return registrations

    def heard(self, api: str) -> Sequence[Body]:
        """Every notification of an API, repeated ones too."""
        with self._lock:
            return list(self._heard[api])

    def told_once(self, api: str) -> dict[str, list[Body]]:
        """The notifications by resource, each as it came first."""
        seen: set[str] = set()
        told: defaultdict[str, list[Body]] = defaultdict(list)
        for each in self.heard(api):
            if each["eventId"] not in seen:
                seen.add(each["eventId"])
                told[resource_of(each)["id"]].append(each)
        return told


def resource_of(notification: Body) -> Body:
    """The resource that a notification tells of."""
    resource: Body = next(iter(notification["event"].values()))
    return resource


@contextmanager
def witnessing(seed: int, moody: float = 0.02) -> Iterator[Witness]:
    """A witness as long as the context lasts; `moody` is how often it answers 500, and how often late."""
    witness: Witness

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            sent = self.rfile.read(length)
            if len(sent) < length:
                self.close_connection = True  # who sent it was killed in the middle
                return
            body = json.loads(sent)
            status, after = witness.hear(self.path.strip("/"), body)
            time.sleep(after)
            try:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:
                self.close_connection = True  # who sent it was killed meanwhile

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True

        def log_message(self, *arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    witness = Witness(f"http://127.0.0.1:{server.server_port}", seed, moody)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield witness
    finally:
        server.shutdown()
        server.server_close()
