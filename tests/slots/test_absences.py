"""Out of office through its own route: which days it takes from the answer."""

from __future__ import annotations

import httpx
import pytest

from openslots.kernel.uow import Units
from tests.factories import make_event_type, make_schedule, make_user

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("zone", ["Europe/Rome", "Pacific/Auckland", "America/Los_Angeles"])
async def test_the_days_of_an_absence_and_no_other_are_gone(
    client: httpx.AsyncClient, units: Units, zone: str
) -> None:
    host = await make_user(units, time_zone=zone)
    await make_schedule(units, host)
    event_type = await make_event_type(units, host, length=60)
    away = {"start": "2050-09-06T00:00:00.000Z", "end": "2050-09-08T23:59:59.999Z"}
    entry = await client.post("/v2/me/ooo", json=away, headers=host.headers)
    assert entry.status_code == 201, entry.text
    found = await client.get(
        "/v2/slots",
        params={
            "eventTypeId": event_type.id,
            "start": "2050-09-04",
            "end": "2050-09-10",
            "timeZone": zone,
        },
        headers={"cal-api-version": "2024-09-04"},
    )
    assert list(found.json()["data"]) == ["2050-09-05", "2050-09-09"]
