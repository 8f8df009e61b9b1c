"""Before judging: is there, at this URL, anything that speaks for this API?

What is merely wrong is left to the checks. Only what makes judging pointless ends the command here, in one
line.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from tmfrig.conformance.allowance import Allowance
from tmfrig.conformance.check import Skipped
from tmfrig.conformance.client import Client, Connection, NeverEnding, NoAnswer, TargetGone
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import status_name
from tmfrig.conformance.failure import TargetUnreachable
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.recorder import Recorder
from tmfrig.conformance.target import TargetError
from tmfrig.specs import Contract, Kind

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DOWN = frozenset({502, 503, 504})


def preflight(api: MountedApi, *, read_only: bool = False) -> None:
    """Returns when the API can be judged; `read_only` writes nothing to find that out.

    TargetUnreachable when nothing answers or what answers is no API; TargetError when the URL or the
    credentials are wrong.
    """
    client = Client(api.contract, api.connection, Recorder(), Allowance(read_only=read_only))
    try:
        answers = _look(client, api)
    finally:
        client.close()
    if answers:
        _explain(answers, api)


def _look(client: Client, api: MountedApi) -> list[Exchange]:
    """One answer of each collection, until one of them is promising: then none."""
    answers = []
    for resource in api.contract.resources.values():
        kind = Kind.LIST if Kind.LIST in resource.operations else Kind.CREATE
        try:
            answer = _ask(client, resource.path, kind)
            if answer.status == 404 and kind is Kind.LIST and Kind.CREATE in resource.operations:
                with contextlib.suppress(Skipped):  # a read-only run has the list alone to go by
                    created = _ask(client, resource.path, Kind.CREATE)
                    # a path with neither a list nor a create is not there: web servers refuse to POST to any
                    answer = answer if created.status == 405 else created
        except Skipped:
            continue
        except (NoAnswer, NeverEnding):
            return []
        except TargetGone as gone:
            raise TargetUnreachable(f"cannot reach {api.connection.base_url}: {gone.why}") from None
        if not _hopeless(answer):
            return []
        answers.append(answer)
    return answers


def _ask(client: Client, path: str, kind: Kind) -> Exchange:
    if kind is Kind.LIST:
        return client.send("GET", path, query=[("limit", "1")])
    return client.send("POST", path, content=b"{}", intent=Intent.OPEN)


def _hopeless(answer: Exchange) -> bool:
    return (
        answer.status in (401, 403, 404, *_DOWN)
        or (answer.status in _REDIRECTS and _leads_away(answer))
        or _is_html(answer)
    )


def _explain(answers: Sequence[Exchange], api: MountedApi) -> None:
    url = api.connection.base_url
    first = answers[0]
    statuses = {answer.status for answer in answers}
    if statuses <= {401, 403}:
        raise TargetError(
            f"{url} answers {status_name(first.status)} to everything; give credentials with "
            "--header 'Authorization: Bearer …' or as auth in a target file"
        )
    if statuses <= {404}:
        raise TargetError(_nothing_served(answers, api))
    if statuses <= _REDIRECTS:
        raise TargetError(
            f"{url} redirects to {urljoin(first.url, first.headers.get('location', ''))}; "
            "give the URL where the API itself is"
        )
    if statuses <= _DOWN:
        raise TargetUnreachable(
            f"{url} answers {status_name(first.status)} to everything: the API behind it is down"
        )
    if all(_is_html(answer) for answer in answers):
        raise TargetUnreachable(
            f"{url} answered with an HTML page, not JSON; "
            "give the base URL of the API, not that of a web site or log-in"
        )


def _nothing_served(answers: Sequence[Exchange], api: MountedApi) -> str:
    contract, url = api.contract, api.connection.base_url
    paths = ", ".join(answer.path for answer in answers[:3])
    told = f"{url} serves nothing of {contract.api} (404 for {paths})"
    base = contract.base_path
    if not base or urlsplit(url).path.rstrip("/").endswith(base):
        return f"{told}; check host, port and path"
    better = _better_url(contract, api.connection)
    if better:
        return f"{told}; it does at {better}: give that as the base URL"
    return f"{told}; the base URL usually ends with {base}"


def _better_url(contract: Contract, connection: Connection) -> str | None:
    """The URL with the API's usual base path, if something answers there."""
    parts = urlsplit(connection.base_url)
    for candidate in (
        f"{parts.scheme}://{parts.netloc}{contract.base_path}",
        connection.base_url + contract.base_path,
    ):
        there = Connection(
            candidate, connection.headers, connection.ssl_context, connection.proxy, connection.bounds
        )
        client = Client(contract, there, Recorder())
        try:
            answer = _ask(client, next(iter(contract.resources.values())).path, Kind.LIST)
        except (NoAnswer, NeverEnding, TargetGone):
            continue
        finally:
            client.close()
        if not _hopeless(answer):
            return candidate
    return None


def _is_html(answer: Exchange) -> bool:
    if answer.is_json and answer.body:
        return False
    start = answer.body[:200].lstrip().lower()
    return answer.media_type in ("text/html", "application/xhtml+xml") or start.startswith(
        (b"<!doctype html", b"<html")
    )


def _leads_away(answer: Exchange) -> bool:
    """Whether a redirect goes to another place, not just to another spelling of the same path."""
    here = urlsplit(answer.url)
    try:
        target = urlsplit(urljoin(answer.url, answer.headers.get("location", "")))
    except ValueError:
        return False
    same_host = (target.scheme, target.netloc) == (here.scheme, here.netloc)
    return not same_host or target.path.rstrip("/") != here.path.rstrip("/")
