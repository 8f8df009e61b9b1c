"""A program that has workers join a load run, and prints what became of it: who is heard, what their parts of
some objects are, what is said where the port is taken.

It is a process of its own because Locust patches the interpreter.
"""

from __future__ import annotations

from locust.env import Environment  # first of all: Locust patches the interpreter  # isort: skip

import json
import socket
from types import SimpleNamespace

from gevent.event import Event

from tmfrig.conformance.failure import CommandError
from tmfrig.loadtests.crew import Joining, admit
from tmfrig.loadtests.worker import share_of


def heard(messages: list[str], count: int) -> list[str]:
    """Who of those that send a message each is heard, where so many may join."""
    waiting = iter(messages)
    runner = SimpleNamespace(clients={}, worker_count=0)
    runner.server = SimpleNamespace(recv_from_client=lambda: (next(waiting), "client_ready"))
    admit(runner, count)
    found = []
    while True:
        try:
            client, _ = runner.server.recv_from_client()
        except StopIteration:
            return found
        found.append(client)
        runner.clients[client] = None
        runner.worker_count = len(runner.clients)


def said_of_a_port_that_is_taken() -> str:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        try:
            with Joining(1, port).runner(Environment(), Event()):
                return ""
        except CommandError as problem:
            return str(problem).replace(str(port), "PORT")


print(
    json.dumps(
        {
            "heard": heard(["a", "b", "c", "a", "c", "b"], 2),
            "shares": [[share_of(total, index, 3) for index in range(3)] for total in (7, 1, 0)],
            "port": said_of_a_port_that_is_taken(),
        }
    )
)
