"""Headers of a list: how many there are, and where the other pages are (rules PAGE-03, PAGE-04, PAGE-06).

A page is answered 200 whether it is the whole or a part: the v4 contracts declare no 206, and TMF630 asks
clients to take both (rule PAGE-05).
"""

from __future__ import annotations

from dataclasses import dataclass

from tmfrig.mockservers.query import Query

Header = tuple[bytes, bytes]
DEFAULT_LIMIT = 1000
MOST_LIMIT = 10_000
"""Resources on a page at most, however many are asked for, so that memory has a bound; Link leads on."""

LONGEST_LINK = 8000
"""Bytes of a Link header at most: a query may have as many, and each link repeats it."""


@dataclass(frozen=True, slots=True)
class PageHeaders:
    """The headers of one page of a collection at `url`, asked for with `query_string`."""

    url: str
    query_string: bytes
    query: Query
    total: int
    count: int

    def headers(self) -> list[Header]:
        """X-Total-Count and X-Result-Count; Link where the answer is a page of something larger."""
        headers = [
            (b"x-total-count", b"%d" % self.total),
            (b"x-result-count", b"%d" % self.count),
        ]
        if self.query.limit != 0 and (self.query.limit or self.query.offset or self.count < self.total):
            links = self._links()
            if sum(map(len, links.values())) > LONGEST_LINK:
                # clients refuse an answer with such a header: what the next page is called says most
                links = {name: link for name, link in links.items() if name == "next"}
            link = ", ".join(links.values()).encode("latin-1", "replace")
            if link and len(link) <= LONGEST_LINK:
                headers.append((b"link", link))
        return headers

    def _links(self) -> dict[str, str]:
        limit, offset = self.query.limit or DEFAULT_LIMIT, self.query.offset
        last = max(self.total - 1, 0) // limit * limit
        places = {"self": offset, "first": 0}
        if offset > 0:
            places["prev"] = max(min(offset - limit, last), 0)
        if offset + limit < self.total:
            places["next"] = offset + limit
        places["last"] = last
        return {name: f'<{self._address(place, limit)}>; rel="{name}"' for name, place in places.items()}

    def _address(self, offset: int, limit: int) -> str:
        kept = [
            each
            for each in self.query_string.decode("latin-1").split("&")
            if each and each.split("=")[0] not in ("offset", "limit")
        ]
        query = "&".join([*kept, f"offset={offset}", f"limit={limit}"])
        return f"{self.url}?{query}".replace("<", "%3C").replace(">", "%3E")
