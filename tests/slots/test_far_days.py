"""Days at the end of the calendar: hours and windows that reach it still make slots."""

from __future__ import annotations

import httpx
import pytest

from openslots.kernel.uow import Units
from tests.factories import make_event_type, make_schedule, make_user

pytestmark = pytest.mark.anyio

LAST = "9999-12-31"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
async def test_a_window_and_an_override_up_to_the_last_day(
    client: httpx.AsyncClient, units: Units, zone: str
) -> None:
    host = await make_user(units, time_zone=zone)
    await make_schedule(units, host, overrides=[(LAST, "09:00", "10:00")])
    event_type = await make_event_type(units, host, length=60)
    changed = await client.patch(
        f"/v2/event-types/{event_type.id}",
        json={"bookingWindow": {"type": "range", "value": ["2050-09-07", LAST]}},
        headers=host.dated("2024-06-14"),
    )
    assert changed.status_code == 200, changed.text
    query = {"start": "2050-09-05", "end": "2050-09-08", "timeZone": zone}
    found = await client.get(
        "/v2/slots",
        params={"eventTypeId": event_type.id, **query},
        headers={"cal-api-version": "2024-09-04"},
    )
    assert found.status_code == 200, found.text
    assert min(found.json()["data"]) == "2050-09-07"
