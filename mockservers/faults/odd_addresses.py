"""Faults of robustness: ids and queries that are odd break something."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote_to_bytes

from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.answers import Altered
from tmfrig.mockservers.faults.fault import fault
from tmfrig.specs import Kind

FAMILY = "robustness"
_DIRECTIVES = frozenset({"fields", "filter", "limit", "offset", "sort"})


@fault(
    "long-id-is-a-server-error",
    "TMF620",
    "An id of more than 255 characters is answered 500; it should be 404.",
    rule="ROB-03",
    family=FAMILY,
)
class FailsAtLongIds(Exchange):
    """Has a column of a fixed width for ids."""

    @property
    def identifier(self) -> str:
        """The id in the path."""
        identifier = super().identifier
        if len(identifier) > 255:
            raise OverflowError("value too long for type character varying(255)")
        return identifier


@fault(
    "quote-in-id-is-a-server-error",
    "TMF637",
    "An id with a quote is answered 500; it should be 404.",
    rule="ROB-03",
    family=FAMILY,
)
class BuildsQueries(Exchange):
    """Builds its queries of texts."""

    @property
    def identifier(self) -> str:
        """The id in the path."""
        identifier = super().identifier
        if "'" in identifier:
            raise RuntimeError("unrecognized token")
        return identifier


@fault(
    "nul-in-id-is-a-server-error",
    "TMF638",
    "An id with a NUL is answered 500; it should be 404 or 400.",
    rule="ROB-03",
    family=FAMILY,
)
class FailsAtNulInIds(Exchange):
    """Has a data base that takes no NUL."""

    @property
    def identifier(self) -> str:
        """The id in the path."""
        identifier = super().identifier
        if "\0" in identifier:
            raise RuntimeError("a text cannot contain NUL (0x00) characters")
        return identifier


@fault(
    "letters-in-id-are-a-server-error",
    "TMF641",
    "An id with letters beyond ASCII is answered 500; it should be 404.",
    rule="ROB-03",
    family=FAMILY,
)
class FailsAtLetters(Exchange):
    """Writes ids into headers and logs of another century."""

    @property
    def identifier(self) -> str:
        """The id in the path."""
        identifier = super().identifier
        identifier.encode("ascii")
        return identifier


@fault(
    "unknown-parameter-is-a-server-error",
    "TMF622",
    "A query for an attribute that there is not is answered 500; it should be ignored, empty or 400.",
    rule="ROB-03",
    family=FAMILY,
)
class FailsAtUnknownParameters(Altered):
    """Looks attributes up by reflection."""

    @property
    def query_string(self) -> bytes:
        """The query as it was sent, not decoded."""
        sent = super().query_string
        known = self.resource.attributes if self.resource is not None else {}
        names = (
            name.partition(".")[0] for name, _ in parse_qsl(sent.decode("latin-1"), keep_blank_values=True)
        )
        if self.kind is Kind.LIST and any(name not in known and name not in _DIRECTIVES for name in names):
            raise LookupError("no such field")
        return sent


@fault(
    "odd-bytes-in-a-query-are-a-server-error",
    "TMF637",
    "A query with bytes that are not UTF-8 is answered 500; it should be ignored, empty or 400.",
    rule="ROB-03",
    family=FAMILY,
)
class FailsAtOddBytes(Exchange):
    """Decodes strictly, and catches nothing."""

    @property
    def query_string(self) -> bytes:
        """The query as it was sent, not decoded."""
        sent = super().query_string
        unquote_to_bytes(sent).decode()
        return sent
