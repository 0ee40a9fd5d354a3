"""Which time zone a city is in; public and the same for everybody."""

from __future__ import annotations

import json
from functools import cache

from fastapi import Response

from openslots.access.guards import public
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.schedules import service
from openslots.schedules.schemas.timezones import CityOut

router = Router(prefix="/v2/timezones", tags=["Time zones"], dependencies=[public()])


@cache
def _answer() -> bytes:
    """The whole answer, made once per process: the list never changes while it runs."""
    data = [CityOut.model_validate(city).model_dump(mode="json") for city in service.cities()]
    return json.dumps({"status": "success", "data": data}, ensure_ascii=False).encode()


@router.get("", summary="Get cities and their time zones", response_model=Success[list[CityOut]])
async def list_all() -> Response:
    """Some seven thousand cities with their time zone and population, one entry per name.

    The data is that of GeoNames (https://www.geonames.org), licensed CC BY 4.0.
    """
    return Response(
        _answer(),
        media_type="application/json",
        headers={"Cache-Control": "public, max-age=86400"},
    )
