"""Stores by their URL, as the command line names them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from tmfrig.mockservers.store import Store, StoreError
from tmfrig.mockservers.stores.memory import MemoryStore
from tmfrig.mockservers.stores.postgres import PostgresStore
from tmfrig.mockservers.stores.sqlite import SYNCHRONOUS, SqliteStore

MEMORY = "memory"
KINDS = "memory, sqlite:///FILE or postgresql://USER@HOST/DATABASE"


def store_at(url: str) -> Store:
    """The store of a URL, not opened yet; StoreError where there is none of that kind.

    `sqlite:///rig.db` is a file in the working directory, `sqlite:////var/rig.db` one from the root.
    What a URL of PostgreSQL may say stands at `PostgresStore`.
    """
    if url == MEMORY:
        return MemoryStore()
    try:
        parts = urlsplit(url)
    except ValueError:
        # what cannot be read may be a password
        raise StoreError(f"a URL that cannot be read is no store; name {KINDS}") from None
    match parts.scheme:
        case "sqlite":
            return _sqlite(url)
        case "postgresql" | "postgres":
            return PostgresStore(url)
    shown = f"{parts.scheme}://…" if "@" in url else url[:100]
    raise StoreError(f"{shown!r} is no store; name {KINDS}")


def _sqlite(url: str) -> SqliteStore:
    parts = urlsplit(url)
    name = unquote(parts.path.removeprefix("/"))
    if "#" in url:
        raise StoreError(f"{url[:100]!r}: write %23 for # in the name of a file")
    if name == ":memory:":
        raise StoreError(f"{url[:100]!r} is no file; write --store {MEMORY} for what need not be kept")
    if "\0" in name:
        raise StoreError(f"{url[:100]!r}: no file has %00 in its name")
    if parts.netloc or not name:
        raise StoreError(f"{url[:100]!r} names no file; write sqlite:///rig.db, with three slashes")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    synchronous = options.pop("synchronous", "normal").lower()
    if options or synchronous not in SYNCHRONOUS:
        raise StoreError(f"{url[:100]!r}: a file may have ?synchronous={'|'.join(SYNCHRONOUS)}, nothing else")
    return SqliteStore(Path(name), synchronous)
