"""The admin API: the journal, and what the servers hold. It is there only where it was asked for, as it lets
everybody who reaches it change everything."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import orjson

from tmfrig.mockservers.admin_answers import (
    HIGHEST_LIMIT,
    JSON_TYPE,
    USUAL_LIMIT,
    answer_list,
    answer_new,
    number_of,
    said_in,
)
from tmfrig.mockservers.bulk import NDJSON, Bulk
from tmfrig.mockservers.dataset import DatasetError, dataset_of
from tmfrig.mockservers.dead_letters import DeadLetters
from tmfrig.mockservers.engine import operation_key
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import JSON, Exchange, Handler
from tmfrig.mockservers.journal import Journal
from tmfrig.mockservers.journal_entry import Wanted
from tmfrig.mockservers.outages import Outage, Outages
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.snapshots import Snapshot, Snapshots
from tmfrig.specs import API_IDS, Contract, rig_contract

ADMIN = "admin"
_FILTERS = ("caller", "callee", "method", "path", "trace")


class Administration:
    """Answers the admin API of a site; not `alone` where other processes answer on the same port."""

    def __init__(self, site: Site, journal: Journal, *, alone: bool = True) -> None:
        self._alone = alone
        self.journal = journal
        self.contract: Contract = rig_contract(ADMIN)
        self._site = site
        self._snapshots = Snapshots(site)
        self.outages = Outages(site.contracts)
        self._dead_letters = DeadLetters(site, self.contract.base_path)
        self._bulk = Bulk(site)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """What answers each operation, by its key."""
        by_place: Mapping[tuple[str, str], Handler] = {
            **self._dead_letters.handlers,
            ("post", "/bulk/{id}"): self._load,
            ("post", "/reset"): self._reset,
            ("post", "/seed"): self._seed,
            ("get", "/snapshot"): self._list_snapshots,
            ("post", "/snapshot"): self._take_snapshot,
            ("get", "/snapshot/{id}"): self._show_snapshot,
            ("delete", "/snapshot/{id}"): self._drop_snapshot,
            ("post", "/snapshot/{id}/restore"): self._restore_snapshot,
            **(self._of_this_process if self._alone else dict.fromkeys(self._of_this_process, _refuse)),
        }
        return {
            operation_key(self.contract, each): by_place[each.method, each.path]
            for each in self.contract.operations
        }

    @property
    def _of_this_process(self) -> Mapping[tuple[str, str], Handler]:
        """What this process has in its memory, where no other one on the same port can look for it."""
        return {
            ("get", "/journal"): self._list_journal,
            ("delete", "/journal"): self._clear_journal,
            ("get", "/outage"): self._list_outages,
            ("post", "/outage"): self._begin_outage,
            ("get", "/outage/{id}"): self._show_outage,
            ("delete", "/outage/{id}"): self._end_outage,
        }

    def answers(self, path: str) -> bool:
        """Whether a path is one of the admin API."""
        return path.startswith(self.contract.base_path)

    async def begin(self) -> None:
        """Remember the state to which a reset goes back; call it before the first request."""
        await self._snapshots.begin()

    async def _list_journal(self, exchange: Exchange) -> None:
        wanted, limit = _wanted(exchange.query_string)
        found = list(self.journal.entries(wanted))
        page = [each.body() for each in islice(found, limit)]
        counts = (
            (b"x-total-count", b"%d" % len(found)),
            (b"x-dropped-count", b"%d" % self.journal.dropped),
        )
        await exchange.answer(200, orjson.dumps(page), (JSON_TYPE, *counts))

    async def _clear_journal(self, exchange: Exchange) -> None:
        self.journal.clear()
        await exchange.answer(204, b"", ())

    async def _reset(self, exchange: Exchange) -> None:
        self.outages.clear()
        await self._snapshots.reset()
        await exchange.answer(204, b"", ())

    async def _list_outages(self, exchange: Exchange) -> None:
        await answer_list(exchange, [self._shown_outage(each, exchange) for each in self.outages.all()])

    async def _begin_outage(self, exchange: Exchange) -> None:
        exchange.media_type((JSON,))
        body = await exchange.json()
        outage = self.outages.begin(body.get("api") if isinstance(body, dict) else None)
        await answer_new(exchange, self._shown_outage(outage, exchange))

    async def _show_outage(self, exchange: Exchange) -> None:
        shown = self._shown_outage(self.outages.get(exchange.identifier), exchange)
        await exchange.answer(200, orjson.dumps(shown), (JSON_TYPE,))

    async def _end_outage(self, exchange: Exchange) -> None:
        self.outages.end(exchange.identifier)
        await exchange.answer(204, b"", ())

    async def _seed(self, exchange: Exchange) -> None:
        exchange.media_type((JSON,))
        document = await exchange.json()
        if not isinstance(document, dict):
            raise _unusable("the body should be an object such as {TMF620: {productOffering: […]}}")
        try:
            dataset = dataset_of(document, "body", await self._present())
        except DatasetError as error:
            raise _unusable(str(error)) from None
        await self._snapshots.seed(dataset)
        seeded = {
            api: {name: len(items) for name, items in names.items()}
            for api, names in dataset.resources.items()
        }
        await exchange.answer(200, orjson.dumps({"seeded": seeded}), (JSON_TYPE,))

    async def _load(self, exchange: Exchange) -> None:
        exchange.media_type((NDJSON,))
        said = said_in(exchange.query_string, ("version",), "a load is")
        collection = self._bulk.collection(exchange.identifier, said.get("version", ""))
        loaded = await self._bulk.load(exchange, collection)
        await exchange.answer(200, orjson.dumps({"loaded": loaded}), (JSON_TYPE,))

    async def _present(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """The ids of what is there, by API and resource, as version 4 calls them."""
        present = {
            (each.contract.api, each.resource.name): await self._site.store.identifiers(each.key)
            for each in self._site.collections
            if each.contract.api in API_IDS
        }
        for api, names in self._site.dataset.resources.items():
            for name, items in names.items():
                present[api, name] = present.get((api, name), frozenset()) | {
                    str(each["id"]) for each in items
                }
        return present

    async def _list_snapshots(self, exchange: Exchange) -> None:
        await answer_list(exchange, [self._shown(each, exchange) for each in await self._snapshots.all()])

    async def _take_snapshot(self, exchange: Exchange) -> None:
        await answer_new(exchange, self._shown(await self._snapshots.take(), exchange))

    async def _show_snapshot(self, exchange: Exchange) -> None:
        shown = self._shown(await self._snapshots.get(exchange.identifier), exchange)
        await exchange.answer(200, orjson.dumps(shown), (JSON_TYPE,))

    async def _drop_snapshot(self, exchange: Exchange) -> None:
        await self._snapshots.drop(exchange.identifier)
        await exchange.answer(204, b"", ())

    async def _restore_snapshot(self, exchange: Exchange) -> None:
        await self._snapshots.restore(exchange.identifier)
        await exchange.answer(204, b"", ())

    def _shown_outage(self, outage: Outage, exchange: Exchange) -> dict[str, object]:
        return {
            "id": outage.api,
            "href": f"{exchange.origin()}{self.contract.base_path}/outage/{outage.api}",
            "api": outage.api,
            "creationDate": outage.begun,
        }

    def _shown(self, snapshot: Snapshot, exchange: Exchange) -> dict[str, object]:
        return {
            "id": snapshot.id,
            "href": f"{exchange.origin()}{self.contract.base_path}/snapshot/{snapshot.id}",
            "creationDate": snapshot.created,
            "documents": snapshot.size,
        }


async def _refuse(exchange: Exchange) -> None:
    raise ApiError(
        501,
        "notOffered",
        "this is kept by each process for itself, and several answer here",
        "serve with --workers 1",
    )


def _unusable(problem: str) -> ApiError:
    return ApiError(400, "invalidDataset", "the data set cannot be used", problem)


def _wanted(query_string: bytes) -> tuple[Wanted, int]:
    said = said_in(query_string, (*_FILTERS, "after", "limit"), "the journal is")
    after, limit = number_of(said, "after", 0), number_of(said, "limit", USUAL_LIMIT, HIGHEST_LIMIT)
    return Wanted(**{name: said[name] for name in _FILTERS if name in said}, after=after), limit
