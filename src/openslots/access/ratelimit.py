"""Rate limits before authentication (auth notes, section 4).

Counters live in Redis; without a configured Redis they live in this process. A Redis that is
configured but away lets everybody through.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import Scope

from openslots.access import keys
from openslots.access.credentials import bearer, header, last
from openslots.access.guards import AccessRule
from openslots.access.keys import Limit
from openslots.kernel import crypto, metrics
from openslots.kernel.errors import TooManyRequests, Unauthorized
from openslots.kernel.logging import Log
from openslots.kernel.redis import Redis, RedisAway
from openslots.kernel.settings import Settings
from openslots.kernel.uow import Units

if TYPE_CHECKING:
    from redis.asyncio import Redis as Client

log = Log("ratelimit")
F = TypeVar("F", bound=Callable[..., Any])  # Any: any endpoint
KNOWN_FOR = 10.0  # seconds for which a key's own limits are remembered
REMEMBERED = 10_000


class UnknownKey(Unauthorized):
    message = "CustomThrottlerGuard - Invalid API Key"


class Throttled(TooManyRequests):
    message = "CustomThrottlerGuard - Too many requests. Please try again later."


def limited(limit: int, *, per_ms: int = 60_000, block_ms: int = 60_000) -> Callable[[F], F]:
    """Gives an endpoint its own limit and counter per caller instead of the default."""

    def mark(endpoint: F) -> F:
        endpoint.__dict__["rate_limit"] = Limit("default", limit, per_ms, block_ms)
        return endpoint

    return mark


# KEYS: counter, block. ARGV: limit, window ms, block ms. Answer: refused, remaining, reset ms.
SCRIPT = """
local blocked = redis.call('PTTL', KEYS[2])
if blocked > 0 then return {1, 0, blocked} end
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
if count > tonumber(ARGV[1]) then
  redis.call('DEL', KEYS[1])
  if tonumber(ARGV[3]) > 0 then redis.call('SET', KEYS[2], 1, 'PX', ARGV[3]) end
  return {1, 0, tonumber(ARGV[3])}
end
return {0, tonumber(ARGV[1]) - count, left}
"""


class _Memory:
    """The same counting in this process; the oldest counters go first when there are too many."""

    def __init__(self) -> None:
        self._counters: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._blocks: OrderedDict[str, float] = OrderedDict()

    def hit(self, name: str, limit: Limit) -> tuple[bool, int, int]:
        now = time.monotonic() * 1000
        if (until := self._blocks.get(name, 0.0)) > now:
            return True, 0, int(until - now)
        count, ends = self._counters.get(name, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + limit.window_ms
        count += 1
        if count > limit.limit:
            self._counters.pop(name, None)
            self._blocks[name] = now + limit.block_ms
            self._trim(self._blocks)
            return True, 0, limit.block_ms
        self._counters[name] = (count, ends)
        self._counters.move_to_end(name)
        self._trim(self._counters)
        return False, limit.limit - count, int(ends - now)

    @staticmethod
    def _trim(table: OrderedDict[str, Any]) -> None:  # Any: either table
        while len(table) > REMEMBERED:
            table.popitem(last=False)


def _proves(scope: Scope, route: APIRoute) -> bool:
    """Whether the route looks at the credentials that the caller named. Where nobody does, a new
    name for every request must not evade an endpoint's own limit."""
    named = bearer(scope) or header(scope, b"x-cal-secret-key")
    return bool(named) and any(rule.access != "public" for rule in _rules(route.dependant))


def _rules(dependant: Dependant) -> Iterator[AccessRule]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, AccessRule):
            yield dependency.call
        yield from _rules(dependency)


# Not counted by address: who restarts what does not answer may share a proxy's with everybody.
PROBES = frozenset({"/health", "/ready"})

# the first word of what is counted -> what it is called where refusals are counted
_CREDENTIALS = {
    "key": "api_key",
    "token": "access_token",
    "client": "oauth_client",
    "ip": "address",
}


class RateLimiter:
    """The gate in front of every route."""

    def __init__(self, settings: Settings, redis: Redis, units: Units) -> None:
        self._limits, self._prefix = settings.limits, settings.security.api_key_prefix
        self._trusted_proxy = settings.web.trusted_proxy
        self._redis, self._units, self._memory = redis, units, _Memory()
        self._known: OrderedDict[str, tuple[float, list[Limit]]] = OrderedDict()

    async def __call__(self, scope: Scope, route: APIRoute) -> Mapping[str, str]:
        """Counts the request; its headers, or UnknownKey, or Throttled."""
        tracker, rows, unknown = await self._tracker(scope)
        if route.path in PROBES and tracker.startswith("ip:"):
            return {}
        own: Limit | None = getattr(route.endpoint, "rate_limit", None)
        name = tracker
        if own is not None:
            if not tracker.startswith("key:") and not _proves(scope, route):
                tracker = f"ip:{self._address(scope)}"
            rows, name = [own], f"{tracker}:{'/'.join(sorted(route.methods or ()))}{route.path}"
        headers: dict[str, str] = {}
        refused = 0
        for row in rows:
            over, remaining, reset_ms = await self._hit(f"{name}:{row.name}", row)
            title, reset = row.name[:1].upper() + row.name[1:], -(-reset_ms // 1000)
            headers[f"X-RateLimit-Limit-{title}"] = str(row.limit)
            headers[f"X-RateLimit-Remaining-{title}"] = str(remaining)
            headers[f"X-RateLimit-Reset-{title}"] = str(reset)
            if over:
                refused = max(refused, reset, 1)
        if refused:
            metrics.RATE_LIMITED.inc(_CREDENTIALS[tracker.partition(":")[0]])
            raise Throttled(headers={**headers, "Retry-After": str(refused)})
        if unknown:
            metrics.RATE_LIMITED.inc("unknown_key")
            raise UnknownKey(headers=headers)
        return headers

    def forget(self, hashed: str) -> None:
        """Drops what is remembered of a key whose limits changed."""
        self._known.pop(hashed, None)

    def _default(self, limit: int) -> list[Limit]:
        window = int(self._limits.window.total_seconds() * 1000)
        block = int(self._limits.block.total_seconds() * 1000)
        return [Limit("default", limit, window, block)]

    async def _tracker(self, scope: Scope) -> tuple[str, list[Limit], bool]:
        """What is counted, its limits, and whether it is an API key that does not exist."""
        token = bearer(scope)
        if token and token.startswith(self._prefix):
            hashed = keys.hash_of(token, self._prefix)
            rows = await self._of_key(hashed)
            default = self._default(self._limits.api_key)
            return f"key:{hashed}", rows or default, rows is None
        if token:
            return f"token:{crypto.sha256(token)}", self._default(self._limits.access_token), False
        if client := header(scope, b"x-cal-client-id"):
            name = f"client:{crypto.sha256(client)}"
            return name, self._default(self._limits.oauth_client), False
        return f"ip:{self._address(scope)}", self._default(self._limits.anonymous), False

    def _address(self, scope: Scope) -> str:
        if self._trusted_proxy == "cloudflare" and (found := header(scope, b"cf-connecting-ip")):
            return found
        if self._trusted_proxy and (forwarded := last(scope, b"x-forwarded-for")):
            return forwarded.rpartition(",")[2].strip()
        client = scope.get("client")
        return str(client[0]) if client else "unknown"

    async def _of_key(self, hashed: str) -> list[Limit] | None:
        """The key's own limits, remembered for a while; None for a key that does not exist."""
        known = self._known.get(hashed)
        if known is None or known[0] < time.monotonic():
            async with self._units.begin(read_only=True) as uow:
                rows = await keys.limits(uow.session, hashed)
            if rows is None:
                return None
            known = (time.monotonic() + KNOWN_FOR, rows)
            self._known[hashed] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known[1]

    async def _hit(self, name: str, limit: Limit) -> tuple[bool, int, int]:
        if not self._redis.configured:
            return self._memory.hit(name, limit)

        async def count(client: Client) -> list[int]:
            answer: list[int] = await client.eval(  # type: ignore[misc]
                SCRIPT,
                2,
                f"rl:{name}",
                f"rl:{name}:block",
                str(limit.limit),
                str(limit.window_ms),
                str(limit.block_ms),
            )
            return answer

        try:
            over, remaining, reset = await self._redis.call(count)
        except RedisAway:
            return False, limit.limit, limit.window_ms
        return bool(over), remaining, reset
