"""The recording client: sends what a check asks for and records what came, within bounds of time and size."""

from __future__ import annotations

import json
import re
import secrets
import ssl
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpcore2
import httpx2

from tmfrig.conformance.allowance import HARMLESS, Allowance, TimeIsUp
from tmfrig.conformance.check import CannotJudge, Violation
from tmfrig.conformance.exchange import Exchange, Intent, query_pairs
from tmfrig.conformance.recorder import Recorder
from tmfrig.conformance.transport import Deadline, Transport
from tmfrig.specs import Contract, Kind, Operation

_TROUBLE = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpx2.HTTPError,
)
_TIMEOUTS = (httpcore2.TimeoutException, httpx2.TimeoutException)
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
TOO_MANY, UNAVAILABLE = 429, 503
_PASSING = frozenset({502, 503, 504})
"""A gateway's troubles, which are mostly over when one asks again a moment later."""
_MOMENT = 0.2


class TargetGone(Exception):  # noqa: N818 - names what happened to the target
    """The target cannot be reached or stopped answering; `why` is the reason without the URL."""

    def __init__(self, base_url: str, why: str) -> None:
        super().__init__(f"{base_url} stopped answering: {why}")
        self.why = why


class NoAnswer(Violation):
    """One request got no complete answer, although the target still answers others."""


class Garbled(httpcore2.RemoteProtocolError):
    """An answer came, but its body is not compressed in the way that its header says."""


class NeverEnding(CannotJudge):
    """An answer that is larger, or took longer, than the rig is ready to take in."""


@dataclass(frozen=True)
class Bounds:
    """What one request may take: seconds for all of it, bytes of body, tries when the target is busy."""

    seconds: float = 30.0
    body: int = 32 * 2**20
    tries: int = 4
    longest_pause: float = 5.0
    unanswered: int = 3
    """So many requests without an answer in time mean that the target is gone."""
    endless: int = 10
    """So many answers beyond the bound of bytes mean that there is no use in asking on."""


@dataclass(frozen=True)
class Connection:
    """How to reach one API: base URL without a slash at its end, headers of every request, TLS, proxy."""

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ssl_context: ssl.SSLContext | None = None
    proxy: str | None = None
    bounds: Bounds = Bounds()
    login: frozenset[str] = frozenset()
    """The names of the headers that log in, empty where the target asks for none."""
    other: Mapping[str, str] | None = field(default=None, repr=False)
    """The headers of a second identity, who must not see what is the first one's."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.base_url)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


@dataclass
class Fate:
    """What became of one API of the target, for all who talk to it."""

    gone: TargetGone | None = None
    unanswered: int = 0
    endless: int = 0
    latencies: dict[str, list[float]] = field(default_factory=dict)
    """Seconds that the answers took, by operation: "GET /productOrder/{id}"."""


class Client:
    """Talks to one API of the target. Redirects are not followed: they are answers like any other."""

    def __init__(
        self,
        contract: Contract,
        connection: Connection,
        recorder: Recorder,
        allowance: Allowance | None = None,
        fate: Fate | None = None,
    ) -> None:
        self.contract = contract
        self.base_url = connection.base_url
        self.connection = connection
        self.allowance = allowance or Allowance()
        self._fate = fate or Fate()
        self.trace: str | None = None
        """The W3C trace id that every request carries from now on, in a span of its own; None: no trace."""
        self._bounds = connection.bounds
        self._recorder = recorder
        self._deadline = Deadline()
        self._base_path = urlsplit(connection.base_url).path
        self._client = httpx2.Client(
            transport=Transport(self._deadline, connection.ssl_context, connection.proxy),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": "tmfrig",
                **connection.headers,
            },
            trust_env=False,
        )

    @property
    def gone(self) -> TargetGone | None:
        """How the target stopped answering, if it did."""
        return self._fate.gone

    @property
    def latencies(self) -> Mapping[str, Sequence[float]]:
        """Seconds that the answers took until now, whoever asked, by operation."""
        return self._fate.latencies

    @property
    def standing_headers(self) -> frozenset[str]:
        """Names, in lower case, of the headers that every request has that does not say otherwise."""
        return frozenset(self._client.headers)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def hurry(self, seconds: float) -> None:
        """From now on no request may take longer, and the first that does means that the target is gone."""
        self._bounds = replace(
            self._bounds, seconds=min(seconds, self._bounds.seconds), tries=1, unanswered=0
        )

    @staticmethod
    def serialise(value: Any) -> bytes:
        """A JSON body as it is sent."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        content: bytes | None = None,
        media_type: str | None = None,
        headers: Mapping[str, str | None] = {},
        label: str = "",
        intent: Intent = Intent.OPEN,
        tags: frozenset[str] = frozenset(),
    ) -> Exchange:
        """Send one request to a path below the base URL and record the exchange.

        TargetGone when the target does not answer at all, NoAnswer when it does not answer this, NeverEnding
        when the answer does not end within the bounds.
        """
        encoded = urlencode(query, quote_via=quote, safe=":,@/*$")
        joined = f"{path}{'&' if '?' in path else '?'}{encoded}" if encoded else path
        request = self._request(method, self.base_url + joined, content, media_type, headers)
        pure = path.partition("?")[0]
        operation = self.contract.operation_for(method, pure)
        unsent = Exchange(
            contract=self.contract,
            method=method.upper(),
            url=str(request.url),
            path=pure,
            query=tuple(query_pairs(str(request.url))),
            request_headers=request.headers,
            request_body=content or b"",
            operation=operation,
            resource=self._resource(operation, pure),
            label=label or f"{method.upper()} {pure}",
            intent=intent,
            tags=tags,
        )
        return self._exchange(unsent, request)

    def follow(self, url: str, *, label: str = "") -> Exchange:
        """GET a URL that the target gave; CannotJudge when it is not below the base URL."""
        base = urlsplit(self.base_url)
        try:
            whole = urlsplit(urljoin(self.base_url + "/", url.strip()))
        except ValueError:
            raise CannotJudge(f"{url} is no URL, so it was not followed") from None
        same_host = (whole.scheme, whole.netloc.lower()) == (base.scheme, base.netloc.lower())
        if not same_host or not whole.path.startswith(f"{base.path}/"):
            raise CannotJudge(f"{url} does not lead below {self.base_url}, so it was not followed")
        path = whole.path.removeprefix(base.path) + (f"?{whole.query}" if whole.query else "")
        return self.send("GET", path, label=label or f"GET {url}", intent=Intent.OPEN)

    def status_at(self, url: str) -> int | None:
        """How a GET of any address at the target's own host is answered; None for other hosts, for
        relative URLs, and where no answer comes.

        Nothing is recorded, and none of our credentials are sent out of the base path.
        """
        try:
            there, base = urlsplit(url.strip()), urlsplit(self.base_url)
            if (there.scheme, there.netloc.lower()) != (base.scheme, base.netloc.lower()):
                return None
            request = self._request("GET", url.strip(), None, None, dict.fromkeys(self.connection.headers))
            self.allowance.take_turn("GET")
            return self._once(request, self._bounds.seconds)[0].status_code
        except (ValueError, httpx2.InvalidURL, NeverEnding, Garbled, *_TROUBLE):
            return None

    def still_answers(self, within: float = 10.0) -> bool:
        """Whether the target answers anything at all; nothing is recorded."""
        resource = next(iter(self.contract.resources.values()), None)
        path = resource.path if resource else "/"
        request = self._request("GET", f"{self.base_url}{path}?limit=1", None, None, {})
        try:
            self._once(request, min(within, self._bounds.seconds))
        except (NeverEnding, Garbled):
            return True
        except _TROUBLE:
            return False
        return True

    def _request(
        self,
        method: str,
        url: str,
        content: bytes | None,
        media_type: str | None,
        headers: Mapping[str, str | None],
    ) -> httpx2.Request:
        wanted = {name: value or "" for name, value in headers.items()}
        if self.trace is not None:
            wanted = {"traceparent": f"00-{self.trace}-{secrets.token_hex(8)}-01"} | wanted
        if content is not None:
            wanted = {"Content-Type": "application/json" if media_type is None else media_type} | wanted
        request = self._client.build_request(method, url, headers=wanted, content=content)
        for name, value in wanted.items():
            if not value:
                del request.headers[name]
        return request

    def _resource(self, operation: Operation | None, path: str) -> Any:
        name = operation.resource if operation else path.strip("/").split("/")[0]
        return self.contract.resources.get(name) if name else None

    def _exchange(self, unsent: Exchange, request: httpx2.Request) -> Exchange:
        if self.gone is not None:
            raise self.gone
        self.allowance.take_turn(unsent.method)
        makes = unsent.kind is Kind.CREATE
        if makes:
            self.allowance.take_object()
        exchange = unsent
        try:
            exchange = self._patiently_answered(unsent, request)
        finally:
            if makes and not exchange.ok:
                self.allowance.give_object_back()
        if exchange.operation is not None:
            name = f"{exchange.method} {exchange.operation.path}"
            self._fate.latencies.setdefault(name, []).append(exchange.seconds)
        self._recorder.record(exchange)
        return exchange

    def _patiently_answered(self, unsent: Exchange, request: httpx2.Request) -> Exchange:
        """The answer that counts: a target that is too busy at the moment is asked again later."""
        exchange = unsent
        for tried in range(1, self._bounds.tries + 1):
            exchange = self._answered(unsent, request)
            pause = _pause(exchange)
            if pause is None or tried == self._bounds.tries:
                break
            self.allowance.pause(min(pause, self._bounds.longest_pause))
        return exchange

    def _answered(self, unsent: Exchange, request: httpx2.Request) -> Exchange:
        started = time.monotonic()
        try:
            response, body = self._with_second_chance(request)
        except NeverEnding as problem:
            self._recorder.record(replace(unsent, seconds=time.monotonic() - started))
            self._fate.endless += 1
            if self._fate.endless >= self._bounds.endless:
                self._fate.gone = TargetGone(self.base_url, f"answer after answer is useless: {problem}")
                raise self._fate.gone from None
            raise NeverEnding(f"{unsent.label}: {problem}") from None
        except _TROUBLE as trouble:
            unanswered = replace(unsent, seconds=time.monotonic() - started)
            self._recorder.record(unanswered)
            raise self._explained(unanswered, trouble) from None
        return replace(
            unsent,
            status=response.status_code,
            headers=response.headers,
            body=body,
            seconds=time.monotonic() - started,
        )

    def _with_second_chance(self, request: httpx2.Request) -> tuple[httpx2.Response, bytes]:
        try:
            return self._once(request, self._bounds.seconds)
        except (httpcore2.NetworkError, httpcore2.RemoteProtocolError):
            # A server may close an idle connection at the very moment at which we use it again.
            return self._once(request, self._bounds.seconds)

    def _once(self, request: httpx2.Request, within: float) -> tuple[httpx2.Response, bytes]:
        self._deadline.set(self.allowance.within(within))
        response = self._client.send(request, stream=True, follow_redirects=False)
        try:
            return response, self._read(response)
        finally:
            response.close()

    def _read(self, response: httpx2.Response) -> bytes:
        unpacker = _Unpacker(response.headers.get("content-encoding", ""))
        body = bytearray()
        for chunk in response.iter_raw():
            body += unpacker.unpack(chunk, self._bounds.body + 1 - len(body))
            if len(body) > self._bounds.body:
                raise NeverEnding(f"the answer is larger than {self._bounds.body // 2**20} MiB")
        unpacker.end()
        return bytes(body)

    def _explained(self, exchange: Exchange, trouble: Exception) -> Exception:
        """What the trouble with one request means: the target is gone, or it has no answer to this."""
        if self.allowance.time_left() == 0.0:
            return TimeIsUp()
        if isinstance(trouble, _TIMEOUTS):
            self._fate.unanswered += 1
            if self._fate.unanswered < self._bounds.unanswered and self.still_answers():
                return NeverEnding(f"{exchange.label}: no complete answer within {self._bounds.seconds:g} s")
        elif isinstance(trouble, Garbled) or self.still_answers():
            missing = "no answer that can be read" if isinstance(trouble, Garbled) else "no answer"
            what = f"{missing} came ({reason(trouble)})"
            return NoAnswer(f"{exchange.label}: {what}", "an HTTP response", what, exchange)
        self._fate.gone = TargetGone(self.base_url, reason(trouble))
        return self._fate.gone


def reason(trouble: BaseException) -> str:
    """The reason of a network problem in a few words."""
    if isinstance(trouble, httpcore2.ConnectTimeout):
        return "no connection in time"
    if isinstance(trouble, _TIMEOUTS):
        return "no answer in time"
    cause: BaseException | None = trouble
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its TLS certificate is not trusted ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER":
            return "it does not speak TLS; is its URL http:// rather than https://?"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({cause.reason or cause})"
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, ConnectionResetError):
            return "the connection was reset"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror[0].lower() + cause.strerror[1:]
        cause = cause.__cause__ or cause.__context__
    if isinstance(trouble, httpcore2.RemoteProtocolError):
        if "disconnected" in str(trouble):
            return "the connection was closed without an answer"
        if "status line" in str(trouble):
            return "it does not speak HTTP"
    # The cause may have been replaced by an earlier trouble on the way here; its text has not.
    told = _ERRNO.sub("", str(trouble)).rstrip(".")
    return told[:1].lower() + told[1:] or type(trouble).__name__


def _pause(exchange: Exchange) -> float | None:
    """How long a busy target asks us to wait; None when it does not."""
    value = exchange.headers.get("retry-after", "").strip()
    if exchange.status in _PASSING and exchange.method in HARMLESS and not value:
        return _MOMENT
    if exchange.status != TOO_MANY and not (exchange.status == UNAVAILABLE and value):
        return None
    return float(value) if value.isascii() and value.isdigit() else 1.0


class _Unpacker:
    """Takes the compression off a body, piece by piece; Garbled where it is not what it says it is."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        packed = self._encoding in ("gzip", "x-gzip", "deflate")
        self._unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if packed else None
        self._begun = False

    def unpack(self, chunk: bytes, most: int) -> bytes:
        """What is in the next piece, not more than `most` bytes."""
        if self._unpacker is None:
            return chunk
        self._begun = self._begun or bool(chunk)
        try:
            return self._unpacker.decompress(chunk, max(most, 1))
        except zlib.error as problem:
            raise Garbled(f"the body is not valid {self._encoding}: {problem}") from None

    def end(self) -> None:
        """Nothing more comes."""
        if self._unpacker is not None and self._begun and not self._unpacker.eof:
            raise Garbled(f"the body is not valid {self._encoding}: it is cut off")
