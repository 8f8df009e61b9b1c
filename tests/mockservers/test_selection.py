"""Attribute selection and the headers of pages."""

from __future__ import annotations

from tmfrig.mockservers.fields import Selection
from tmfrig.mockservers.paging import PageHeaders
from tmfrig.mockservers.query import parse_query

ORDER = {
    "id": "1",
    "href": "/1",
    "@type": "ProductOrder",
    "state": "held",
    "relatedParty": [{"id": "42", "role": "customer", "name": "Ada"}, {"id": "7"}],
}


def selected(*names: str) -> dict[str, object]:
    return Selection(names).of(ORDER)


def test_only_the_named_attributes_remain_with_id_and_href() -> None:
    assert selected("state") == {"id": "1", "href": "/1", "state": "held"}


def test_none_is_the_id_and_the_href() -> None:
    assert selected("none") == {"id": "1", "href": "/1"}


def test_unknown_names_are_ignored() -> None:
    assert selected("state", "nonsense.deep") == {"id": "1", "href": "/1", "state": "held"}


def test_a_dotted_name_selects_within_an_attribute() -> None:
    assert selected("relatedParty.role")["relatedParty"] == [{"role": "customer"}, {}]


def test_the_whole_attribute_wins_over_a_part_of_it() -> None:
    whole = ORDER["relatedParty"]
    assert selected("relatedParty", "relatedParty.role")["relatedParty"] == whole
    assert selected("relatedParty.role", "relatedParty")["relatedParty"] == whole


def headers(query: str, total: int, count: int) -> dict[str, str]:
    page = PageHeaders("http://h/r", query.encode(), parse_query(query.encode()), total, count)
    return {name.decode(): value.decode() for name, value in page.headers()}


def test_a_middle_page_links_to_all_others_and_keeps_the_filter() -> None:
    link = headers("state=a&offset=4&limit=2", total=9, count=2)["link"]
    assert link == (
        '<http://h/r?state=a&offset=4&limit=2>; rel="self", '
        '<http://h/r?state=a&offset=0&limit=2>; rel="first", '
        '<http://h/r?state=a&offset=2&limit=2>; rel="prev", '
        '<http://h/r?state=a&offset=6&limit=2>; rel="next", '
        '<http://h/r?state=a&offset=8&limit=2>; rel="last"'
    )


def test_the_ends_have_no_neighbour_beyond_them() -> None:
    assert 'rel="prev"' not in headers("limit=2", 9, 2)["link"]
    assert 'rel="next"' not in headers("offset=8&limit=2", 9, 1)["link"]
    assert 'offset=4&limit=2>; rel="prev"' in headers("offset=99&limit=2", 6, 0)["link"]


def test_a_complete_answer_has_counts_and_no_links() -> None:
    assert headers("", 3, 3) == {"x-total-count": "3", "x-result-count": "3"}


def test_a_query_cannot_break_out_of_the_link() -> None:
    assert "a%3E; rel=" in headers("a>; rel=evil&limit=1", 2, 1)["link"]
