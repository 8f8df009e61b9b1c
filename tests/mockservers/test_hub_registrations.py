"""Registrations where the contract types them and lets them be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx2
import pytest

from tmfrig.mockservers.running import serving
from tmfrig.specs import API_IDS, lines_of, standard_contract

Servers = Mapping[str, str]
TYPED = [api for api in API_IDS if 5 in lines_of(api)]
HUB = {"@type": "Hub", "callback": "http://127.0.0.1:9/listener"}


@pytest.fixture(scope="module")
def typed() -> Iterator[Servers]:
    with serving(TYPED, lines=(5,)) as urls:
        yield urls


@pytest.mark.parametrize("api", TYPED)
def test_a_typed_registration_is_answered_as_the_contract_says(
    typed: Servers, http: httpx2.Client, api: str
) -> None:
    answer = http.post(typed[api] + "/hub", json=HUB | {"query": "eventType=CategoryCreateEvent"})
    assert (answer.status_code, answer.json()["@type"]) == (201, "Hub")
    register = standard_contract(api, 5).register
    assert register is not None
    schema = register.responses["201"].schema
    assert schema is not None
    assert schema.problems(answer.json()) == []
    assert http.delete(answer.headers["location"]).status_code == 204


@pytest.mark.parametrize("api", TYPED)
def test_a_registration_without_its_type_is_refused(typed: Servers, http: httpx2.Client, api: str) -> None:
    answer = http.post(typed[api] + "/hub", json={"callback": HUB["callback"]})
    assert answer.status_code == 400
    assert "@type" in answer.json()["message"]


@pytest.mark.parametrize("api", TYPED)
def test_a_registration_can_be_read_where_the_contract_has_it(
    typed: Servers, http: httpx2.Client, api: str
) -> None:
    created = http.post(typed[api] + "/hub", json=HUB)
    url = created.headers["location"]
    read = standard_contract(api, 5).registration
    if read is None:
        assert http.get(url).status_code == 405
        return
    answer = http.get(url)
    assert (answer.status_code, answer.json()) == (200, created.json())
    schema = read.responses["200"].schema
    assert schema is not None
    assert schema.problems(answer.json()) == []
    http.delete(url)
    assert (http.get(url).status_code, http.get(url).json()["@type"]) == (404, "Error")
