"""What `/metrics` says, of whom, and to whom."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from openslots.kernel import db, metrics
from openslots.kernel.bus import Bus
from openslots.kernel.sampling import Sampler
from openslots.kernel.settings import Metrics, RateLimits, Settings
from openslots.kernel.uow import Units
from openslots.main import api_routes, create_app
from tests.factories import make_user
from tests.kernel.frame import frame, router
from tests.kernel.scrape import scrape

pytestmark = pytest.mark.anyio

REQUESTS = "openslots_http_requests_total"
REFUSED = "openslots_rate_limit_refusals_total"
POOL = (metrics.POOL_SIZE, metrics.POOL_USED, metrics.POOL_WAITING)
JSON = {"content-type": "application/json"}
TOKEN = "a token that nobody guesses"
OTHER_ROUTES = {metrics.UNMATCHED, metrics.PREFLIGHT, "/metrics"}
WORDS = re.compile(r"[a-z0-9_.+A-Z-]{0,40}|/[\w/{}.:-]*")


def caller(app: FastAPI, address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


# -- requests


async def test_requests_are_counted_by_template_and_status(framed: httpx.AsyncClient) -> None:
    route = "/v2/frame/things/{thingId}"
    before = await scrape(framed)
    for number in range(3):
        await framed.get(f"/v2/frame/things/{number}")
    await framed.get("/v2/frame/pages", params={"take": 3})
    after = await scrape(framed)

    def more(**labels: str) -> float:
        return after.value(REQUESTS, **labels) - before.value(REQUESTS, **labels)

    assert more(method="GET", route=route, status="401") == 3
    assert more(method="GET", route="/v2/frame/pages", status="200") == 1
    assert more(method="GET", route="/metrics", status="200") == 1
    measured = {"method": "GET", "route": route}
    seconds = "openslots_http_request_seconds"
    counted = after.value(f"{seconds}_count", **measured)
    assert counted - before.value(f"{seconds}_count", **measured) == 3
    assert after.value(f"{seconds}_bucket", le="+Inf", **measured) == counted
    assert after.value(f"{seconds}_sum", **measured) > 0


async def test_failures_and_preflights_are_counted_too(framed: httpx.AsyncClient) -> None:
    before = await scrape(framed)
    await framed.post("/v2/frame/fails")
    await framed.options("/v2/frame/things")
    await framed.post("/v2/frame/things", content=b"{", headers=JSON)
    after = await scrape(framed)
    for labels in (
        {"route": "/v2/frame/fails", "status": "500", "method": "POST"},
        {"route": "preflight", "status": "204", "method": "OPTIONS"},
        {"route": "unmatched", "status": "400", "method": "POST"},  # refused before routing
    ):
        assert after.value(REQUESTS, **labels) - before.value(REQUESTS, **labels) == 1, labels


async def test_the_request_at_hand_is_in_flight(framed: httpx.AsyncClient) -> None:
    found = await asyncio.gather(*(scrape(framed) for _ in range(3)))
    assert max(one.value("openslots_http_requests_in_flight") for one in found) >= 1
    assert metrics.in_flight.value == 0


async def test_no_label_holds_what_a_caller_wrote(framed: httpx.AsyncClient) -> None:
    mine = f"zz{secrets.token_hex(4)}"
    headers = {
        "x-request-id": mine,
        "authorization": f"Bearer {mine}",
        "x-cal-client-id": mine,
        "cal-api-version": mine,
        "user-agent": mine,
        "origin": mine,
        "host": mine,
    }
    for method in ("GET", "POST", "HEAD", mine.upper(), "TRACE", "PROPFIND"):
        for path in (
            f"/{mine}",
            f"/v2/{mine}/x",
            f"/v2/frame/things/{mine}",
            f"/v2/frame/things?{mine}",
            f"/metrics/{mine}",
            f"/v2/users/{mine}%2F..",
            f"/docs/{mine}",
        ):
            await framed.request(method, path, headers=headers, content=b'{"a": 1}')
    after = set((await scrape(framed)).labels())
    assert not [found for found in after if mine in found[2].lower()]
    methods = {value for _, label, value in after if label == "method"}
    assert methods <= metrics.METHODS | {metrics.OTHER_METHOD}
    assert metrics.OTHER_METHOD in methods
    templates = {value for _, label, value in after if label == "route"}
    assert templates <= {one.path for one in api_routes([router])} | OTHER_ROUTES
    assert [found for found in after if not WORDS.fullmatch(found[2])] == []


# -- who may read


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "::ffff:10.1.2.3", {}, 200),
        ("", "10.1.2.3", {}, 200),
        ("", "172.17.0.1", {}, 200),
        ("", "192.168.1.1", {}, 200),
        ("", "fd00::1", {}, 200),
        ("", "8.8.8.8", {}, 403),
        ("", "::ffff:8.8.8.8", {}, 403),
        ("", "2a00:1450::1", {}, 403),
        ("", "testclient", {}, 403),
        # a proxy beside the server speaks for somebody else
        ("", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("", "127.0.0.1", {"Forwarded": "for=10.0.0.1"}, 403),
        ("", "127.0.0.1", {"X-Real-IP": "10.0.0.1"}, 403),
        ("", "10.1.2.3", {"CF-Connecting-IP": "10.0.0.1"}, 403),
        ("", "10.1.2.3", {"Via": "1.1 proxy"}, 403),
        # a page from anywhere in a browser inside speaks for its author
        ("", "127.0.0.1", {"Origin": "https://evil.example"}, 403),
        ("", "8.8.8.8", {"Authorization": "Bearer "}, 403),
        (TOKEN, "127.0.0.1", {}, 401),
        (TOKEN, "127.0.0.1", {"Authorization": f"Bearer {TOKEN}x"}, 401),
        (TOKEN, "127.0.0.1", {"Authorization": f"Basic {TOKEN}"}, 401),
        (TOKEN, "127.0.0.1", {"Authorization": TOKEN}, 401),
        (TOKEN, "127.0.0.1", {"Authorization": "Bearer"}, 401),
        (TOKEN, "8.8.8.8", {"Authorization": f"Bearer {TOKEN}"}, 200),
        (TOKEN, "8.8.8.8", {"Authorization": f"bearer {TOKEN}", "X-Forwarded-For": "8.8.8.8"}, 200),
    ],
)
async def test_who_may_read(
    settings: Settings, token: str, address: str, headers: Mapping[str, str], status: int
) -> None:
    own = settings.model_copy(update={"metrics": Metrics(token=SecretStr(token))})
    app = create_app(own)
    async with app.router.lifespan_context(app), caller(app, address) as client:
        answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["error"]["details"]["statusCode"] == status
        assert TOKEN not in answer.text


def test_a_short_token_stops_the_start() -> None:
    with pytest.raises(ValueError, match="OPENSLOTS_METRICS_TOKEN must be a random text"):
        Settings(metrics=Metrics(token=SecretStr("short")))


async def test_other_methods_are_not_found(app: FastAPI) -> None:
    async with caller(app) as client:
        assert (await client.post("/metrics")).status_code == 404


async def test_reading_counts_against_no_limit(settings: Settings) -> None:
    own = settings.model_copy(update={"limits": RateLimits(anonymous=1)})
    app = create_app(own)
    async with app.router.lifespan_context(app), caller(app) as client:
        assert [(await client.get("/metrics")).status_code for _ in range(4)] == [200] * 4


# -- what else is measured


async def test_refusals_are_counted_by_the_kind_of_credential(
    settings: Settings, units: Units
) -> None:
    few = {"anonymous": 1000, "api_key": 1, "access_token": 1, "oauth_client": 1}
    own = settings.model_copy(update={"limits": RateLimits(**few)})  # type: ignore[arg-type]
    person, mine = await make_user(units), secrets.token_hex(8)
    callers = {
        "api_key": person.headers,
        "access_token": {"Authorization": f"Bearer {mine}"},
        "oauth_client": {"x-cal-client-id": mine},
        "unknown_key": {"Authorization": f"Bearer cal_{mine}"},
    }
    async with frame(own) as client:
        for credential, headers in callers.items():
            before = (await scrape(client)).value(REFUSED, credential=credential)
            for _ in range(2 if credential != "unknown_key" else 1):
                await client.get("/v2/frame/pages", headers=headers)
            after = (await scrape(client)).value(REFUSED, credential=credential)
            assert after - before == 1, credential


async def test_the_pool_tells_who_waits_and_who_waited_in_vain(settings: Settings) -> None:
    small = settings.db.model_copy(update={"pool_size": 1, "pool_timeout": timedelta(seconds=0.05)})
    own = settings.model_copy(update={"db": small})
    units = Units(db.create_engine(small), own, Bus())
    sampler = Sampler(units)
    before = metrics.POOL_TIMEOUTS.of()._value.get()
    async with units.begin() as first:
        await first.session.execute(text("SELECT 1"))
        async with units.begin() as second:
            waits = asyncio.create_task(second.session.execute(text("SELECT 1")))
            await asyncio.sleep(0)
            sampler.look()
            seen = [gauge.of()._value.get() for gauge in POOL]
            with pytest.raises(PoolTimeout):
                await waits
    sampler.look()
    after = [gauge.of()._value.get() for gauge in POOL]
    await units.close()
    assert seen == [1, 1, 1]
    assert after == [1, 0, 0]
    assert metrics.POOL_TIMEOUTS.of()._value.get() - before == 1


async def test_every_metric_is_there_and_documented(app: FastAPI, redis_url: str) -> None:
    async with caller(app) as client:
        found = await scrape(client)
    assert all(family.documentation.endswith(".") for family in found.families if ours(family.name))
    assert {name for name in found.names if ours(name)} >= {
        metric.name for metric in metrics.ALL
    } | {metrics.BUILD_INFO[0], metrics.DEPENDENCY_UP[0]}
    assert found.value("openslots_build_info", version="0.1.0") == 1
    assert found.value("openslots_dependency_up") == (3 if redis_url else 2)
    assert not [name for name in found.names if name.endswith("_created")]


def ours(name: str) -> bool:
    return name.startswith("openslots_")
