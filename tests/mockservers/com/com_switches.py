"""Servers that can be switched off and on again, on the same port and with what they held."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from com_stage import PACE

from tmfrig.mockservers.dataset import load_dataset
from tmfrig.mockservers.reaching import Address
from tmfrig.mockservers.running import Server, assembled, bind, urls
from tmfrig.mockservers.stores import MemoryStore
from tmfrig.mockservers.topology import Topology
from tmfrig.specs import external_roles, standard_contract

HOST = "127.0.0.1"


class Switch:
    """Some roles in a server of their own; `options` are those of `Site`."""

    def __init__(
        self,
        apis: Sequence[str],
        externals: Mapping[str, str] | None = None,
        *,
        com: bool = False,
        dataset: str = "empty",
        **options: Any,
    ) -> None:
        roles = external_roles(f"{role}={url}" for role, url in (externals or {}).items())
        self._topology = Topology(tuple(map(standard_contract, apis)), roles, com)
        self._options = {"pace": PACE, "store": MemoryStore(), **options}
        self._seeds = load_dataset(dataset)
        self._running = ExitStack()
        self._port = 0
        self.on()
        self._seeds = load_dataset("empty")

    def on(self) -> None:
        """Serve, as if nothing had happened."""
        listener = self._running.enter_context(bind(HOST, self._port))
        self._port = listener.getsockname()[1]
        address = Address(HOST, self._port)
        application = assembled(self._topology, address, dataset=self._seeds, **self._options)
        self.urls = urls(application.contracts, address)
        server = Server(application)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        self._running.callback(thread.join, 10)
        self._running.callback(setattr, server, "should_exit", True)
        assert server.ready.wait(20)

    def off(self) -> None:
        """Answer nobody."""
        self._running.close()


@contextmanager
def switched(*arguments: Any, **options: Any) -> Iterator[Switch]:
    """A switch that is off in the end."""
    switch = Switch(*arguments, **options)
    try:
        yield switch
    finally:
        switch.off()
