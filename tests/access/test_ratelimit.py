"""Rate limits: headers, refusal, trackers, own limits, and what happens without Redis."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from openslots.kernel.settings import RateLimits, Redis, Settings
from openslots.kernel.uow import Units
from openslots.models import ApiKeyLimit
from tests.factories import make_user, unique
from tests.kernel.frame import frame

pytestmark = pytest.mark.anyio

PAGES = "/v2/frame/pages"


def few(settings: Settings, *, redis: str | None = None, **limits: int) -> Settings:
    changed = {"limits": RateLimits(**{**{"anonymous": 1000, "api_key": 3}, **limits})}  # type: ignore[arg-type]
    if redis is not None:
        changed["redis"] = Redis(url=SecretStr(redis))  # type: ignore[assignment]
    return settings.model_copy(update=changed)


@pytest.mark.parametrize("redis", [None, ""])
async def test_headers_and_refusal(settings: Settings, units: Units, redis: str | None) -> None:
    person = await make_user(units)
    async with frame(few(settings, redis=redis)) as client:
        answers = [await client.get(PAGES, headers=person.headers) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    first, refused = answers[0].headers, answers[3].headers
    assert first["x-ratelimit-limit-default"] == "3"
    assert first["x-ratelimit-remaining-default"] == "2"
    assert first["x-ratelimit-reset-default"] == "60"
    assert refused["x-ratelimit-remaining-default"] == "0"
    assert 1 <= int(refused["retry-after"]) <= 60
    body = answers[3].json()["error"]
    assert body["code"] == "ThrottlerException"
    assert body["message"] == body["details"]
    assert body["message"] == ("CustomThrottlerGuard - Too many requests. Please try again later.")


async def test_wrong_credentials_are_counted(settings: Settings) -> None:
    headers = {"Authorization": f"Bearer {unique('token')}"}
    async with frame(few(settings, access_token=2)) as client:
        answers = [await client.get("/v2/frame/who", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]


async def test_unknown_routes_and_preflights_are_not_counted(settings: Settings) -> None:
    headers = {"Authorization": f"Bearer {unique('token')}"}
    async with frame(few(settings, access_token=1)) as client:
        for _ in range(3):
            assert (await client.get("/v2/nowhere", headers=headers)).status_code == 404
            assert (await client.options(PAGES, headers=headers)).status_code == 204
        assert (await client.get(PAGES, headers=headers)).status_code == 200


async def test_an_endpoint_may_have_its_own_limit(settings: Settings, units: Units) -> None:
    person = await make_user(units)
    async with frame(settings) as client:
        answers = [await client.post("/v2/frame/limited", headers=person.headers) for _ in range(3)]
        elsewhere = await client.get(PAGES, headers=person.headers)
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert elsewhere.status_code == 200


@pytest.mark.parametrize("header", ["Authorization", "x-cal-client-id", "x-cal-secret-key"])
async def test_a_new_name_for_every_request_evades_no_limit_of_an_endpoint(
    settings: Settings, header: str
) -> None:
    async with frame(few(settings, redis="")) as client:
        answers = [
            await client.post("/v2/frame/limited", headers={header: unique("name")})
            for _ in range(3)
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


async def test_a_key_with_several_limits_is_refused_by_any(
    settings: Settings, units: Units
) -> None:
    person = await make_user(units)
    async with units.begin() as uow:
        for name, limit in (("short", 2), ("long", 4)):
            uow.session.add(
                ApiKeyLimit(
                    api_key_id=person.key_id,
                    name=name,
                    limit=limit,
                    window_ms=60_000,
                    block_ms=60_000,
                )
            )
        await uow.commit()
    async with frame(settings) as client:
        answers = [await client.get(PAGES, headers=person.headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["x-ratelimit-limit-short"] == "2"
    assert answers[0].headers["x-ratelimit-limit-long"] == "4"
    assert "x-ratelimit-limit-default" not in answers[0].headers


async def test_a_redis_that_is_away_lets_everybody_through(
    settings: Settings, units: Units
) -> None:
    person = await make_user(units)
    async with frame(few(settings, redis="redis://127.0.0.1:1/0")) as client:
        answers = [await client.get(PAGES, headers=person.headers) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {200}


async def test_the_count_starts_again_when_the_block_ends(settings: Settings, units: Units) -> None:
    person = await make_user(units)
    short = few(settings, redis="").model_copy(update={"limits": RateLimits(api_key=1, block=0)})
    async with frame(short) as client:
        codes = [(await client.get(PAGES, headers=person.headers)).status_code for _ in range(4)]
    assert codes == [200, 429, 200, 429]


async def test_unknown_keys_are_counted(settings: Settings) -> None:
    headers = {"Authorization": f"Bearer cal_{unique('nobody')}"}
    async with frame(few(settings)) as client:
        answers = [await client.get(PAGES, headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


@pytest.mark.parametrize(
    ("trusted", "name", "separate"),
    [
        ("", "x-forwarded-for", False),
        ("proxy", "x-forwarded-for", True),
        ("proxy", "cf-connecting-ip", False),
        ("cloudflare", "cf-connecting-ip", True),
    ],
)
async def test_whose_word_counts_for_the_address(
    settings: Settings, trusted: str, name: str, separate: bool
) -> None:
    limits = few(settings, redis="", anonymous=1)
    web = limits.web.model_copy(update={"trusted_proxy": trusted})
    async with frame(limits.model_copy(update={"web": web})) as client:
        answers = [await client.get(PAGES, headers={name: f"192.0.2.{n}"}) for n in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200 if separate else 429]


async def test_the_line_that_the_proxy_adds_below_the_sender_s_counts(settings: Settings) -> None:
    """HAProxy's `option forwardfor` does so."""
    limits = few(settings, redis="", anonymous=1)
    web = limits.web.model_copy(update={"trusted_proxy": "proxy"})
    async with frame(limits.model_copy(update={"web": web})) as client:
        answers = [
            await client.get(
                PAGES,
                headers=[
                    ("X-Forwarded-For", f"192.0.2.{n}"),
                    ("X-Forwarded-For", "198.51.100.1"),
                ],
            )
            for n in range(2)
        ]
    assert [answer.status_code for answer in answers] == [200, 429]


async def test_probes_are_answered_whatever_comes_from_their_address(settings: Settings) -> None:
    limits = few(settings, redis="", anonymous=1)
    async with frame(limits) as client:
        codes = [(await client.get(PAGES)).status_code for _ in range(2)]
        probes = [(await client.get(path)).status_code for path in ("/health", "/ready") * 3]
        stranger = {"Authorization": f"Bearer cal_{unique('nobody')}"}
        assert (await client.get("/health", headers=stranger)).status_code == 401
    assert codes == [200, 429]
    assert probes == [200] * 6
