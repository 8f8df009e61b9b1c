"""Running the reference servers: on a socket in this thread, or in the background of a test."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from tmfrig.mockservers.administration import Administration
from tmfrig.mockservers.app import Application
from tmfrig.mockservers.dataset import Dataset, load_dataset
from tmfrig.mockservers.engine import refuse
from tmfrig.mockservers.errors import was_broken_off
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.catalogue import faults_named
from tmfrig.mockservers.journal import Journal, secrets_in
from tmfrig.mockservers.protocol import QuickProtocol
from tmfrig.mockservers.reaching import Address
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.store import StoreError
from tmfrig.mockservers.topology import Topology
from tmfrig.mockservers.wire import Wire
from tmfrig.specs import API_IDS, COM, Contract, external_roles, lines_of, standard_contract

__all__ = ["Address", "Server", "assembled", "bind", "serving", "urls"]

STOP_SECONDS = 3
"""Seconds in which requests that are under way are answered; what takes longer is broken off."""
BACKLOG = 2048


def bind(host: str, port: int, *, shared: bool = False, listening: bool = True) -> socket.socket:
    """A listening socket; OSError where the address is taken or not of this machine.

    Processes may listen together on a `shared` one.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        if listening:
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
                _answering_to_the_end(application),
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                # it is started and ended here, where one hears of what goes wrong
                lifespan="off",
                backlog=BACKLOG,
                timeout_graceful_shutdown=STOP_SECONDS,
                http=QuickProtocol,
            )
        )
        self._application = application
        self._starting: asyncio.Task[None] | None = None
        self.ready = threading.Event()
        self.failure: StoreError | None = None
        """What `run` has raised."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal comes; StoreError where that cannot be because of the store."""
        try:
            super().run(sockets)
        except StoreError as error:
            self.failure = error
            raise

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept requests, and say so, unless a signal comes first."""
        self._starting = asyncio.create_task(self._application.start())
        try:
            await self._starting
            await super().startup(sockets)
        except BaseException as problem:
            await self._application.stop()
            if isinstance(problem, asyncio.CancelledError) and self.should_exit:
                return
            raise
        self.announce()
        self.ready.set()

    def announce(self) -> None:
        """Say that requests are accepted."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what is being answered, accept nothing more, and end what runs by itself."""
        # just before what is left is broken off
        deaf = asyncio.get_running_loop().call_later(STOP_SECONDS * 0.9, self._hang_up)
        await super().shutdown(sockets)
        deaf.cancel()
        self._hang_up()
        await self._application.stop()
        self._hang_up()

    def _hang_up(self) -> None:
        """Part with those who do not read what they have asked for: they would be waited for without end."""
        for each in list(self.server_state.connections):
            if isinstance(each, QuickProtocol) and each.flow.write_paused:
                each.transport.abort()

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
        if self._starting is not None and not self._starting.done():
            # whoever starts may wait for somebody else
            self._starting.get_loop().call_soon_threadsafe(self._starting.cancel)


def _answering_to_the_end(application: Application) -> ASGIApp:
    """An application that answers also what the server breaks off, as it ends."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await application(scope, receive, send)
        except asyncio.CancelledError:
            # uvicorn takes no second beginning of an answer
            with contextlib.suppress(RuntimeError):
                await refuse(Exchange(scope, receive, send), was_broken_off())

    return answering


def assembled(
    topology: Topology,
    address: Address,
    *,
    callback_url: str = "",
    admin: bool = False,
    alone: bool = True,
    **options: Any,
) -> Application:
    """The roles of a topology that are here as an application at an address, wired to all the others.

    `callback_url` is how external roles reach us, where that is not our address; it is not `alone` where
    other processes answer at that address too; `options` are those of `Site`.
    """
    journal = journal_of(topology) if admin else None
    neighbours = topology.neighbours(Wire(journal=journal), address, callback_url)
    site = Site(
        topology.contracts,
        origin=address.origin,
        behaviours=topology.behaviours(),
        neighbours=neighbours,
        faults=topology.faults,
        elsewhere=topology.externals,
        **options,
    )
    site.companions = topology.companions(site)
    administration = None if journal is None else Administration(site, journal, alone=alone)
    application = Application(site, administration)
    # what roles here say to each other need not go through the network
    neighbours.wire.mount(address.url, application)
    return application


def journal_of(topology: Topology) -> Journal:
    """A journal that knows the roles of a topology."""
    return Journal(
        {each.base_path: each.api for each in topology.contracts},
        topology.places,
        secrets_in(topology.headers.values()),
    )


@contextlib.contextmanager
def serving(
    apis: Sequence[str] = API_IDS,
    *,
    lines: Sequence[int] = (4,),
    dataset: str | Dataset = "empty",
    host: str = "127.0.0.1",
    com: bool | str = False,
    externals: Mapping[str, str] | None = None,
    wired: bool = False,
    callback_url: str = "",
    admin: bool = False,
    faults: Sequence[str] = (),
    **options: Any,
) -> Iterator[Mapping[str, str]]:
    """Reference servers on a free port in a background thread: base URLs by API, while the context lasts.

    Alone, each API acts as if it were the only one. They are roles that talk to each other where they are
    `wired`, or `externals` (URLs by API) or a COM are among them: `com` is True for one here, which is served
    as "COM", its URL, or "none" where the externals do without. `faults` are names of what they do wrong, and
    `options` are those of `Site`. StoreError where their store cannot be used.
    """
    elsewhere = external_roles(
        f"{role}={url}"
        for role, url in {**(externals or {}), **({COM: com} if com is not True and com else {})}.items()
    )
    contracts = [
        standard_contract(api, line)
        for line in lines
        for api in apis
        if line in lines_of(api) and api not in elsewhere
    ]
    topology = Topology(tuple(contracts), elsewhere, com is True, faults=faults_named(faults))
    seeds = load_dataset(dataset) if isinstance(dataset, str) else dataset
    with bind(host, 0) as listener:
        address = Address(host, listener.getsockname()[1])
        if wired or com or admin or faults or externals is not None:
            application = assembled(
                topology, address, callback_url=callback_url, admin=admin, dataset=seeds, **options
            )
        else:
            application = Application(Site(contracts, dataset=seeds, origin=address.origin, **options))
        with _in_background(Server(application), listener):
            yield urls(application.contracts, address)


@contextlib.contextmanager
def _in_background(server: Server, listener: socket.socket) -> Iterator[None]:
    def run() -> None:
        # whoever waits is told of it
        with contextlib.suppress(StoreError):
            server.run([listener])

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while not server.ready.wait(0.05):
            if not thread.is_alive():
                raise server.failure or RuntimeError("the reference servers did not start")
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def urls(contracts: Sequence[Contract], address: Address) -> Mapping[str, str]:
    """The base URL of each contract, by its key and, for the first of its versions here, by its API."""
    by_key = {each.key: address.url + each.base_path for each in contracts}
    return {each.api: by_key[each.key] for each in reversed(contracts)} | by_key
