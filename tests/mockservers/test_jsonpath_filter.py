"""`filter=<JSONPath>` on collections, alone and with everything else that a query may ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from mock_listening import listening

from tmfrig.mockservers.jsonpath import JsonPathError, expression
from tmfrig.mockservers.running import serving

Servers = Mapping[str, str]

CATEGORIES: list[dict[str, Any]] = [
    {"name": "fibre", "version": "1.0", "isRoot": True, "subCategory": [{"id": "a"}, {"id": "b"}]},
    {"name": "copper", "version": "2.0", "isRoot": False, "subCategory": [{"id": "b"}]},
    {"name": "mobile", "version": "2.0", "description": "4G & 5G"},
    {"name": "Fixed wireless", "version": "3.0"},
]


@pytest.fixture(scope="module")
def both() -> Iterator[Servers]:
    with serving(("TMF620",), lines=(4, 5)) as urls, httpx2.Client(trust_env=False) as http:
        for each in CATEGORIES:
            subs = [{"@type": "CategoryRef"} | sub for sub in each.get("subCategory", [])]
            body = {"@type": "Category"} | each | ({"subCategory": subs} if subs else {})
            assert http.post(urls["TMF620.v5"] + "/category", json=body).status_code == 201
        yield urls


@pytest.fixture(params=["TMF620.v4", "TMF620.v5"])
def url(both: Servers, request: pytest.FixtureRequest) -> str:
    return f"{both[request.param]}/category"


def names(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('$[?(@.name=="fibre")]', ["fibre"]),
        ("$[?@.name=='fibre']", ["fibre"]),
        ("[?(@.name=='fibre')]", ["fibre"]),
        ("$[?(@['name']=='fibre')]", ["fibre"]),
        ("$[?(@.name!='fibre' && @.version=='2.0')]", ["copper", "mobile"]),
        ("$[?(@.name=='fibre' || @.name=='copper')]", ["fibre", "copper"]),
        ("$[?(@.isRoot==false)]", ["copper"]),
        ("$[?(@.version>'1.0' && !@.isRoot)]", ["mobile", "Fixed wireless"]),
        ("$[?(@.subCategory[?(@.id=='a')])]", ["fibre"]),
        ("$[?(@.subCategory[0].id=='b')]", ["copper"]),
        ("$[?(length(@.subCategory)>1)]", ["fibre"]),
        ("$[?(count(@.subCategory[*])==1)]", ["copper"]),
        ("$[?(@.description=='4G & 5G')]", ["mobile"]),
        ("$[?(@.@type=='Category' && @.version=='1.0')]", ["fibre"]),
        ("$[?(@.name=~/F.*/i)]", ["fibre", "Fixed wireless"]),
        ("$[?(@.name=~/ibr/)]", []),
        ("$[?match(@.name,'f.*')]", ["fibre"]),
        ("$[?search(@.name,'ibr')]", ["fibre"]),
        ("$[?(@.nothing=='x')]", []),
        ("$[?(@.subCategory)].name", ["fibre", "copper"]),
        ("$..[?(@.id=='a')]", ["fibre"]),
    ],
)
def test_the_resources_that_the_expression_selects_are_answered(
    http: httpx2.Client, url: str, text: str, found: list[str]
) -> None:
    answer = http.get(url, params={"filter": text})
    assert names(answer) == found
    assert answer.headers["x-total-count"] == str(len(found))


def test_a_filter_combines_with_all_else_that_a_query_may_ask(http: httpx2.Client, url: str) -> None:
    asked = {"filter": "$[?(@.version!='1.0')]", "sort": "-name", "limit": "2", "offset": "1"}
    answer = http.get(url, params=asked | {"fields": "name"})
    assert names(answer) == ["copper", "Fixed wireless"]
    assert set(answer.json()[0]) <= {"id", "href", "name", "@type"}
    assert (answer.headers["x-total-count"], answer.headers["x-result-count"]) == ("3", "2")
    assert names(http.get(url, params=asked | {"version": "2.0"})) == ["copper"]


def test_several_filters_must_all_hold(http: httpx2.Client, url: str) -> None:
    asked = [("filter", "$[?(@.version=='2.0')]"), ("filter", "$[?(@.subCategory)]")]
    assert names(http.get(url, params=asked)) == ["copper"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$[?(",
        "$[?()]",
        "$",
        "$[0]",
        "$.name",
        "name=='fibre'",
        "$[(1+1)]",
        "$[?(@.name=~/(/)]",
        "$[?(@.name=~/a{99999}/)]",
        "$[?search(@.name,'(')]",
        "$[?search(@.name,@.version)]",
        "$[?nonsense(@.name)]",
        "$[?(@.subCategory[*].id=='a')]",
        "$[?(@.name==1e999)]",
        "$[?(@.name==$.x)]",
        "$[?(@.name in ['a'])]",
        "$[?(@.a)] | $[?(@.b)]",
        "^[?(@.a)]",
        "$[?(@.name=='" + "x" * 1000 + "')]",
    ],
)
def test_what_is_no_expression_for_a_collection_is_refused(http: httpx2.Client, url: str, text: str) -> None:
    answer = http.get(url, params={"filter": text})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidQuery")


@pytest.mark.parametrize(
    "text",
    [
        "$[?(@[*,*][*,*])]",
        "$[?(@[0,0])]",
        "$[?(@..a..b)]",
        "$[?(@..a && @..b)]",
        "$[?" + "@[?" * 11 + "@.a" + "]" * 12,
        "$[?(" + " || ".join(["@.a[?(@.b)]"] * 10) + ")]",
        "$[?" + "!" * 900 + "@.a]",
        "$[?" + "@[?" * 200 + "@.a" + "]" * 201,
    ],
)
def test_an_expression_that_could_visit_a_value_again_and_again_is_refused(text: str) -> None:
    with pytest.raises(JsonPathError):
        expression(text)


def test_too_many_filters_are_refused(http: httpx2.Client, url: str) -> None:
    assert http.get(url, params=[("filter", "$[?(@.name)]")] * 6).status_code == 400


def test_a_pattern_in_a_filter_cannot_keep_the_server_busy() -> None:
    body = {"name": "a" * 50_000 + "!"}
    # an engine that backtracks would not come back from these
    for text in ("$[?(@.name=~/(a+)+$/)]", "$[?search(@.name,'^(a+)+$')]", "$[?match(@.name,'(a+)+')]"):
        assert not expression(text).selects([body])


@pytest.mark.parametrize(
    ("literal", "selected"),
    [
        # Python's engine knows no such classes, and does not get to see them
        (r"/\p{Lu}\p{Ll}+/", True),
        ("/fibre/i", True),
        ("/fibre/", False),
        ("/fib/i", False),
        ("/FIB.RE/is", False),
    ],
)
def test_a_pattern_between_slashes_is_the_whole_text(literal: str, selected: bool) -> None:
    assert expression(f"$[?(@.name=~{literal})]").selects([{"name": "Fibre"}]) is selected


@pytest.mark.parametrize("literal", ["/a)|(b/", "/(/", "/(?=a)/"])
def test_what_is_no_pattern_by_itself_is_refused(literal: str) -> None:
    with pytest.raises(JsonPathError, match="no regular expression"):
        expression(f"$[?(@.name=~{literal})]")


def test_a_filter_that_is_switched_off_is_not_implemented(http: httpx2.Client) -> None:
    with serving(("TMF620",), jsonpath=False) as urls:
        answer = http.get(urls["TMF620"] + "/category", params={"filter": "$[?(@.name)]"})
        assert (answer.status_code, answer.json()["@type"]) == (501, "Error")
        hub = {"callback": "http://127.0.0.1:9/x", "query": "filter=$[?(@.eventType)]"}
        assert http.post(urls["TMF620"] + "/hub", json=hub).status_code == 501


def test_a_listener_may_choose_what_it_hears_by_an_expression(http: httpx2.Client) -> None:
    with serving(("TMF620",)) as urls, listening() as listener:
        query = "filter=$[?(@.event.category.name=='fibre')]"
        hub = {"callback": listener.url, "query": query}
        assert http.post(urls["TMF620"] + "/hub", json=hub).status_code == 201
        for name in ("copper", "fibre"):
            http.post(urls["TMF620"] + "/category", json={"name": name})
        heard = listener.wait_for("CategoryCreateEvent")
        assert [each["event"]["category"]["name"] for each in heard] == ["fibre"]
