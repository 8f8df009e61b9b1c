"""The numbers that a PostgreSQL store has for collections and for the paths of their terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tmfrig.mockservers.stores.atoms import Statement
from tmfrig.mockservers.stores.postgres_connections import Connections


class Names:
    """Remembers numbers: once given they stay, and other processes give some too."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._places: dict[str, int] = {}
        self._attributes: dict[int, dict[str, int]] = {}

    def place(self, collection: str) -> int:
        """The number of a collection that was come across; 0 for another one."""
        return self._places.get(collection, 0)

    async def found(self, collection: str) -> int:
        """The number of a collection; 0 where there is none."""
        if collection not in self._places:
            named = Statement("SELECT id FROM collection WHERE name = ?", (collection,))
            for (number,) in await self._connections.rows(named):
                self._places[collection] = number
        return self.place(collection)

    async def placed(self, collection: str) -> int:
        """The number of a collection, which is given one if it has none."""
        if not await self.found(collection):
            await self._connections.write(
                Statement("INSERT INTO collection (name) VALUES (?) ON CONFLICT DO NOTHING", (collection,))
            )
        return await self.found(collection)

    def attributes(self, place: int) -> Mapping[str, int]:
        """The numbers of the paths of a collection, as far as they were come across."""
        return self._attributes.get(place, {})

    async def all_attributes(self, place: int, amount: int) -> Mapping[str, int]:
        """The numbers of all paths of a collection, of which there are so many by now."""
        known = self.attributes(place)
        return known if len(known) >= amount else await self._read(place)

    async def with_attributes(self, place: int, paths: Iterable[str]) -> Mapping[str, int]:
        """The numbers of paths, which are given some if they have none."""
        known = await self._read(place)
        # in one order, for another process may be about to do the same
        unknown = sorted(path for path in paths if path not in known)
        if not unknown:
            return known
        await self._connections.write(
            Statement(
                "INSERT INTO attribute (collection, path) SELECT ?::integer, unnest(?::text[]) "
                "ON CONFLICT DO NOTHING",
                (place, unknown),
            )
        )
        return await self._read(place)

    async def _read(self, place: int) -> Mapping[str, int]:
        of_place = Statement("SELECT path, id FROM attribute WHERE collection = ?", (place,))
        known = self._attributes.setdefault(place, {})
        known.update(map(tuple, await self._connections.rows(of_place)))
        return known
