"""Running the reference servers: on a socket in this thread, or in the background of a test."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import uvicorn

from tmfrig.mockservers.app import Application
from tmfrig.mockservers.dataset import Dataset, load_dataset
from tmfrig.mockservers.delivery import DeliveryPolicy
from tmfrig.mockservers.site import DEFAULT_PACE, Site
from tmfrig.specs import API_IDS, Contract, lines_of, standard_contract

EVERYWHERE = ("0.0.0.0", "::", "")
STOP_SECONDS = 1
BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Scheme and host for who is on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What hrefs begin with; empty (relative) where the server listens on all addresses."""
        return "" if self.host in EVERYWHERE else self.url


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; OSError where the address is taken or not of this machine."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class Server(uvicorn.Server):
    """uvicorn, except that a signal ends it in good order: exit status 0, not death by that signal."""

    def __init__(self, application: Application) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="on",
                backlog=BACKLOG,
                timeout_graceful_shutdown=STOP_SECONDS,
                http="httptools",
            )
        )
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept requests, and say so."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGINT and SIGTERM, once what is being answered is answered."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self._end) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.should_exit = True


@contextlib.contextmanager
def serving(
    apis: Sequence[str] = API_IDS,
    *,
    lines: Sequence[int] = (4,),
    dataset: str | Dataset = "empty",
    pace: float = DEFAULT_PACE,
    host: str = "127.0.0.1",
    delivery: DeliveryPolicy | None = None,
    **options: Any,
) -> Iterator[Mapping[str, str]]:
    """Reference servers on a free port in a background thread: base URLs by API, while the context lasts.

    `options` are those of `Site`.
    """
    contracts = [standard_contract(api, line) for line in lines for api in apis if line in lines_of(api)]
    with bind(host, 0) as listener:
        address = Address(host, listener.getsockname()[1])
        seeds = load_dataset(dataset) if isinstance(dataset, str) else dataset
        site = Site(contracts, dataset=seeds, pace=pace, origin=address.origin, delivery=delivery, **options)
        server = Server(Application(site))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.ready.wait(0.05):
                if not thread.is_alive():
                    raise RuntimeError("the reference servers did not start")
            yield urls(contracts, address)
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def urls(contracts: Sequence[Contract], address: Address) -> Mapping[str, str]:
    """The base URL of each contract, by its key and, for the first of its versions here, by its API."""
    by_key = {each.key: address.url + each.base_path for each in contracts}
    return {each.api: by_key[each.key] for each in reversed(contracts)} | by_key
