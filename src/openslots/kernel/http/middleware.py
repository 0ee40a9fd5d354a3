"""What happens around every request: ids, logs, CORS, security headers, bodies, query arrays."""

from __future__ import annotations

import json
import math
import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openslots.kernel import metrics, tracing
from openslots.kernel.errors import BadRequest, DomainError, PayloadTooLarge
from openslots.kernel.http.errors import render
from openslots.kernel.logging import Log, request_id

log = Log("http")

MAX_QUERY_ITEMS = 1000
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (
        b"content-security-policy",
        b"default-src 'self';base-uri 'none';font-src 'self' https: data:;form-action 'self';"
        b"frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';"
        b"script-src-attr 'none';style-src 'self' https: 'unsafe-inline'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),  # where the route says nothing else
    (b"x-dns-prefetch-control", b"off"),
    (b"x-download-options", b"noopen"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"origin-agent-cluster", b"?1"),
]
ALLOWED_HEADERS = (
    "x-cal-client-id, x-cal-secret-key, x-cal-platform-embed, x-cal-atoms-version, "
    "cal-api-version, idempotency-key, Accept, Authorization, Content-Type, Origin"
)
EXPOSED_HEADERS = (
    "X-Request-Id, Retry-After, X-RateLimit-Limit-Default, X-RateLimit-Remaining-Default, "
    "X-RateLimit-Reset-Default"
)


class CutOff(BadRequest):
    """Nobody is there to read it; what matters is that the request is not carried out."""

    message = "The request body ended early"


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


class Frame:
    """The outermost layer: a fresh request id, one log line, CORS, security headers, and the
    enveloped 500 for what nobody caught. Errors of paths for which `is_page` is true are shown by
    `error_page` instead of the envelope."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        is_page: Callable[[str], bool] = lambda path: False,
        error_page: Callable[[Scope, DomainError], ASGIApp] | None = None,
    ) -> None:
        self._app, self._is_page, self._error_page = app, is_page, error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, sent = time.perf_counter(), 500, False
        metrics.in_flight.value += 1
        current = str(uuid.uuid4())
        token = request_id.set(current)
        scope["openslots.request_id"] = current
        if self._is_page(scope["path"]):
            scope["openslots.error_page"] = self._error_page

        async def answer(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status, sent = message["status"], True
                tracing.name_request(scope)
                message["headers"] = self._headers(scope, message["headers"], current)
            await send(message)

        try:
            if scope["method"] == "OPTIONS":
                await self._preflight(answer)
            else:
                await self._app(scope, receive, answer)
        except Exception:
            log.exception("request.failed", path=scope["path"])
            if sent:
                raise
            await render(scope, DomainError())(scope, receive, answer)
        finally:
            metrics.in_flight.value -= 1
            self._note(scope, status, time.perf_counter() - started)
            request_id.reset(token)

    @staticmethod
    def _headers(
        scope: Scope, headers: list[tuple[bytes, bytes]], current: str
    ) -> list[tuple[bytes, bytes]]:
        named = {name.lower() for name, _ in headers}
        out = list(headers)
        out += [pair for pair in SECURITY_HEADERS if pair[0] not in named]
        out += [
            (b"x-request-id", current.encode()),
            (b"access-control-allow-origin", b"*"),
            (b"access-control-expose-headers", EXPOSED_HEADERS.encode()),
        ]
        out += [
            (name.lower().encode(), value.encode())
            for name, value in scope.get("openslots.headers", {}).items()
            if name.lower().encode() not in named
        ]
        return out

    @staticmethod
    async def _preflight(send: Send) -> None:
        headers = [
            (b"access-control-allow-methods", b"GET,PATCH,DELETE,HEAD,POST,PUT,OPTIONS"),
            (b"access-control-allow-headers", ALLOWED_HEADERS.encode()),
            (b"access-control-max-age", b"86400"),
        ]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    @staticmethod
    def _note(scope: Scope, status: int, seconds: float) -> None:
        """Counts the request and writes its line."""
        route = scope.get("openslots.route") or scope.get("route")
        template: str | None = route.path if route is not None else None
        metrics.note_request(scope["method"], template, status, seconds)
        if not log.says_info:
            return
        caller = scope.get("openslots.caller")
        fields: dict[str, object] = {
            "method": scope["method"],
            "route": template,
            "date": scope.get("openslots.date"),
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        if template is None:
            fields["path"] = scope["path"][:200]
        if caller is not None:
            fields |= {"caller": caller.kind, "user_id": caller.user_id}
        if incoming := _header(scope, b"x-request-id"):
            fields["client_request_id"] = incoming[:100]
        log.info("request", **fields)


class Bodies:
    """Reads the whole body, bounded, and refuses what is not a JSON object or array.

    Another content type counts as an empty body, and an empty body as `{}` (auth notes, section 3;
    bookings notes, section 3). Paths for which `takes_form` is true may also get a form.
    """

    def __init__(
        self, app: ASGIApp, *, limit: int, takes_form: Callable[[str], bool] = lambda path: False
    ) -> None:
        self._app, self._limit, self._takes_form = app, limit, takes_form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check_target(scope)
            if scope["method"] in ("GET", "HEAD"):
                await self._app(scope, receive, send)
                return
            body = await self._read(scope, receive)
            content_type = _header(scope, b"content-type").lower()
            if content_type.startswith("application/x-www-form-urlencoded") and self._takes_form(
                scope["path"]
            ):
                await self._app(scope, _replay(body, receive), send)
                return
            body = self._json(body, content_type)
        except DomainError as error:
            await render(scope, error)(scope, receive, send)
            return
        scope["headers"] = [
            *(p for p in scope["headers"] if p[0] not in (b"content-type", b"content-length")),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        declared = _header(scope, b"content-length")
        if declared.isdigit() and int(declared) > self._limit:
            raise PayloadTooLarge
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise CutOff
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._limit:
                raise PayloadTooLarge
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)

    @staticmethod
    def _json(body: bytes, content_type: str) -> bytes:
        kind = content_type.split(";")[0].strip()
        if not body.strip() or not (kind == "application/json" or kind.endswith("+json")):
            return b"{}"
        try:
            value = json.loads(
                body.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite
            )
        except RecursionError:
            raise BadRequest("The JSON document is nested too deeply") from None
        except ValueError as error:
            raise BadRequest(str(error)) from None
        if not isinstance(value, dict | list):
            raise BadRequest(f"Unexpected token {body[:20].decode('utf-8', 'replace')}")
        if b"\\u" in body and _hostile(value):
            raise BadRequest("The JSON document holds NUL or an unpaired surrogate")
        if b"\x00" in body:
            raise BadRequest("The JSON document holds NUL")
        if _depth(value) > 64:
            raise BadRequest("The JSON document is nested too deeply")
        return body


def _refuse_constant(text: str) -> object:
    raise ValueError(f"Unexpected token {text}")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"The number {text[:20]} is too large")
    return number


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        level = [item for item in below if isinstance(item, dict | list)]
    return depth


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _hostile(value: object) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if _UNSTORABLE.search(item):
                return True
        elif isinstance(item, dict):
            pending.extend(item.keys())
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return False


def _check_target(scope: Scope) -> None:
    raw = (scope.get("raw_path") or b"") + b"?" + scope.get("query_string", b"")
    if b"%00" in raw or b"\x00" in raw or "\x00" in scope["path"]:
        raise BadRequest("The address holds NUL")


def _replay(body: bytes, receive: Receive) -> Receive:
    done = False

    async def again() -> Message:
        nonlocal done
        if done:
            return await receive()
        done = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


_INDEX = re.compile(r"\[\d*\]$")


class QueryArrays:
    """`a[]=1` and `a[0]=1` become `a=1`, before anybody reads the query; at most 1,000 items."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (query := scope.get("query_string", b"")):
            await self._app(scope, receive, send)
            return
        if query.count(b"&") >= MAX_QUERY_ITEMS:
            refusal = BadRequest(f"The query holds more than {MAX_QUERY_ITEMS} items")
            await render(scope, refusal)(scope, receive, send)
            return
        if b"[" in query or b"%5B" in query or b"%5b" in query:
            items = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
            flat = urlencode([(_INDEX.sub("", name), value) for name, value in items])
            scope["openslots.query"] = query
            scope["query_string"] = flat.encode()
        await self._app(scope, receive, send)
