"""The stores that there are: memory, and what outlives the process."""

from tmfrig.mockservers.stores.memory import MemoryStore
from tmfrig.mockservers.stores.opening import store_at
from tmfrig.mockservers.stores.postgres import PostgresStore
from tmfrig.mockservers.stores.sqlite import SqliteStore

__all__ = ["MemoryStore", "PostgresStore", "SqliteStore", "store_at"]
