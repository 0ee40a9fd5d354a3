"""The routes of those pages; templates and languages are loaded for the first page."""

from __future__ import annotations

from fastapi import Request, Response

from openslots.access.guards import public
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read

router = Router(tags=["Pages"], dependencies=[public()], include_in_schema=False)


@router.get("/booking/{uid}", summary="Show a booking", include_in_schema=False)
async def show(request: Request, uid: str, uow: Read) -> Response:
    """A booking, with forms for what may be done with it. Opening the page changes nothing."""
    from openslots.web.bookings import steps

    return await steps.show(request, uow, uid)


@router.post(
    "/booking/{uid}",
    status_code=303,
    summary="Cancel a booking or decide on it",
    include_in_schema=False,
)
async def act(request: Request, uid: str) -> Response:
    """Cancels, confirms or declines, as the form says; then leads back to the page."""
    from openslots.web.bookings import steps

    return await steps.act(request, uid)


@router.get("/reschedule/{uid}", summary="Show the times for a booking", include_in_schema=False)
async def times(request: Request, uid: str, uow: Read) -> Response:
    """The times that a booking can be moved to, or with `start` the form that moves it there."""
    from openslots.web.bookings import steps

    return await steps.times(request, uow, uid)


@router.post(
    "/reschedule/{uid}", status_code=303, summary="Reschedule a booking", include_in_schema=False
)
async def move(request: Request, uid: str) -> Response:
    """Moves a booking; then leads to the page of the new one."""
    from openslots.web.bookings import steps

    return await steps.move(request, uid)


@router.get("/video/{uid}", status_code=302, summary="Join a meeting", include_in_schema=False)
async def video(request: Request, uid: str, uow: Read) -> Response:
    """Leads to the video room of a booking."""
    from openslots.web.bookings import steps

    return await steps.video(request, uow, uid)
