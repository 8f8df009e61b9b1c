"""The users that Locust runs: each does the tasks of a profile, and every answer that it gets is judged.

Importing this module imports Locust, which patches the interpreter.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlencode, urlsplit

from httpx2 import Headers
from locust import User, between
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

from tmfrig.conformance.client import Connection
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.instance import identity
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.payloads import Payloads
from tmfrig.loadtests.answers import Answers
from tmfrig.loadtests.profile import Profile, TaskData
from tmfrig.specs import Kind, Operation, Resource

MOST_IDS = 1000
"""How many ids of each resource are remembered, the newest ones."""

_ANY_STATUS = frozenset(range(100, 600))
_DEFAULT_HEADERS = {"Accept": "application/json", "User-Agent": "tmfrig"}


class Traffic:
    """What all users of a run share: the mounted APIs, the ids that came up so far, payloads, the judge."""

    def __init__(self, apis: Mapping[str, MountedApi], answers: Answers, seed: int) -> None:
        self.apis = apis
        self.answers = answers
        self.random = random.Random(seed)
        self.ids: defaultdict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=MOST_IDS))
        self._payloads = {name: Payloads(api.contract, seed, lambda _: None) for name, api in apis.items()}

    def payload(self, task: TaskData) -> bytes:
        """A new body for a create, with the mandatory attributes."""
        body = self._payloads[task.api].minimal(self.resource(task))
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def an_id(self, task: TaskData) -> str | None:
        """The id of an instance that some answer brought, any of them; None before there was one."""
        known = self.ids[task.api, task.resource]
        return self.random.choice(known) if known else None

    def resource(self, task: TaskData) -> Resource:
        """The resource that a task is about."""
        return self.apis[task.api].contract.resources[task.resource]

    def learn(self, task: TaskData, exchange: Exchange) -> None:
        """Remember the ids in a right answer."""
        for body in exchange.representations:
            if (id := identity(body)) is not None:
                self.ids[task.api, task.resource].append(id)


class ProfileUser(User):
    """A user that does the tasks of a profile, each as often as its weight says, with a pause in between."""

    abstract = True
    traffic: ClassVar[Traffic]

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._sessions = {
            name: _session(api.connection, environment, self) for name, api in self.traffic.apis.items()
        }

    def perform(self, task: TaskData) -> None:
        """Do one task once."""
        resource = self.traffic.resource(task)
        match task.kind:
            case Kind.CREATE:
                self._send(task, resource.path, body=self.traffic.payload(task))
            case Kind.RETRIEVE:
                id = self.traffic.an_id(task)
                if id is not None:
                    self._send(task, f"{resource.path}/{quote(id, safe='')}")
            case _:
                self._send(task, resource.path, query=task.query)

    def _send(
        self,
        task: TaskData,
        path: str,
        query: Mapping[str, str | int] = {},
        body: bytes | None = None,
    ) -> None:
        resource = self.traffic.resource(task)
        operation = resource.operations[task.kind]
        url = path + (f"?{urlencode(query)}" if query else "")
        headers = {"Content-Type": "application/json"} if body is not None else {}
        with self._sessions[task.api].request(
            operation.method.upper(),
            url,
            name=statistics_name(task, operation),
            data=body,  # type: ignore[arg-type]  # bytes are sent as they are
            headers=headers,
            context={"api": task.api},
            catch_response=True,
        ) as response:
            exchange = self._exchange(task, operation, path, query, body, response)
            flaw = self.traffic.answers.judge(exchange)
            if flaw is None:
                self.traffic.learn(task, exchange)
                response.success()
            else:
                response.failure(flaw.violation.message)

    def _exchange(
        self,
        task: TaskData,
        operation: Operation,
        path: str,
        query: Mapping[str, str | int],
        body: bytes | None,
        response: Any,
    ) -> Exchange:
        connection = self.traffic.apis[task.api].connection
        # geventhttpclient has no headers and no content where no answer came
        headers = list(response.headers.items()) if response.headers is not None else []
        return Exchange(
            contract=self.traffic.apis[task.api].contract,
            method=operation.method.upper(),
            url=response.request_meta["url"],
            path=path,
            query=tuple((name, str(value)) for name, value in query.items()),
            request_headers=Headers(_DEFAULT_HEADERS | dict(connection.headers) | _content_type(body)),
            request_body=body or b"",
            status=response.status_code or 0,
            headers=Headers(headers),
            body=response.content or b"",
            seconds=response.request_meta["response_time"] / 1000,
            operation=operation,
            resource=self.traffic.resource(task),
            label=f"{operation.method.upper()} {operation.path}",
            intent=Intent.VALID,
        )


def statistics_name(task: TaskData, operation: Operation) -> str:
    """Under which name, beside the method, Locust counts a task's requests."""
    return task.api + operation.path


def user_class(profile: Profile, traffic: Traffic) -> type[ProfileUser]:
    """The users of a profile, with those of its tasks whose API is there."""
    tasks: dict[Callable[[ProfileUser], None], int] = {}
    for task in profile.tasks:
        if task.api in traffic.apis:
            tasks[partial(_perform, task=task)] = task.weight
    return type(
        "Visitor",
        (ProfileUser,),
        {"abstract": False, "tasks": tasks, "traffic": traffic, "wait_time": between(*profile.think_time)},
    )


def _perform(user: ProfileUser, task: TaskData) -> None:
    user.perform(task)


def _content_type(body: bytes | None) -> dict[str, str]:
    return {} if body is None else {"Content-Type": "application/json"}


def _session(connection: Connection, environment: Environment, user: User) -> FastHttpSession:
    proxy = urlsplit(connection.proxy or "")
    context = connection.ssl_context
    session = FastHttpSession(
        base_url=connection.base_url,
        request_event=environment.events.request,
        user=user,
        insecure=False,
        ssl_context_factory=(lambda: context) if context else None,
        headers=_DEFAULT_HEADERS | dict(connection.headers),
        network_timeout=connection.bounds.seconds,
        connection_timeout=connection.bounds.seconds,
        # An answer is judged as it comes: no redirect is followed, nothing is sent twice.
        max_redirects=0,
        max_retries=0,
        proxy_host=proxy.hostname,
        proxy_port=proxy.port or 80,
        proxy_user=unquote(proxy.username) if proxy.username else None,
        proxy_password=unquote(proxy.password) if proxy.password else None,
    )
    session.client.valid_response_codes = _ANY_STATUS  # type: ignore[misc]  # judged by us, not by the client
    return session
