"""Cities and their zones over HTTP."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import httpx

URL = "/v2/timezones"


async def test_every_city_once_with_a_zone_that_exists(client: httpx.AsyncClient) -> None:
    answer = await client.get(URL)
    assert answer.status_code == 200
    cities = answer.json()["data"]
    assert len(cities) > 5000
    names = [city["city"] for city in cities]
    assert len(names) == len(set(names))
    for zone in {city["timezone"] for city in cities}:
        ZoneInfo(zone)
    assert all(set(city) == {"city", "timezone", "pop"} for city in cities)
    assert all(city["pop"] >= 0 for city in cities)


async def test_well_known_cities(client: httpx.AsyncClient) -> None:
    cities = {city["city"]: city for city in (await client.get(URL)).json()["data"]}
    assert cities["London"]["timezone"] == "Europe/London"
    assert cities["London"]["pop"] > 5_000_000
    assert cities["Rome"]["timezone"] == "Europe/Rome"
    assert cities["Tokyo"]["timezone"] == "Asia/Tokyo"


async def test_anybody_may_keep_it_for_a_day(client: httpx.AsyncClient) -> None:
    wrong = {"Authorization": "Bearer nobody", "cal-api-version": "2024-09-04"}
    answer = await client.get(URL, headers=wrong)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=86400"
