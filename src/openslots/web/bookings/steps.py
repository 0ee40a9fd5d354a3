"""What the pages do: read a booking and show it, or change it and lead to what came of it."""

from __future__ import annotations

from dataclasses import replace

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from openslots.bookings import errors
from openslots.bookings.service import cancel as cancelling
from openslots.bookings.service import confirm as confirming
from openslots.bookings.service import pages
from openslots.bookings.service import reschedule as moving
from openslots.bookings.service.pages import Opened
from openslots.bookings.types import Cancel, Reschedule
from openslots.kernel.errors import BadRequest, Conflict, DomainError, Forbidden
from openslots.kernel.http.transaction import opened
from openslots.kernel.uow import UnitOfWork
from openslots.notifications.rules.copies import is_link
from openslots.web.bookings import forms, free, views
from openslots.web.bookings.forms import Link

# refusals of a time that was free when it was shown
TAKEN = (
    errors.NotOffered,
    errors.LimitReached,
    errors.DurationLimitReached,
    Conflict,
)


class NoProof(Forbidden):
    """A decision on a booking by somebody whose link does not prove that they host it."""


async def show(request: Request, uow: UnitOfWork, uid: str) -> Response:
    """The page of a booking."""
    query = forms.query_of(request)
    link = Link.of(request, uid, query)
    found = await _found(request, uow, link)
    if (other := _other(found, link)) is not None:
        return _lead(link.booking(other, **_kept(query, "cancel", "changes")), 302)
    notice = "seat" if query.get("done") == "seat" else None
    wants = query.get("cancel") == "true"
    return views.booking(request, link, found, uow.now, notice=notice, cancels=wants)


async def act(request: Request, uid: str) -> Response:
    """Cancels, confirms or declines by a form of that page."""
    form = await forms.form_of(request)
    link = Link.of(request, uid, form)
    match form.get("do"):
        case "cancel":
            return await _cancel(request, link, form)
        case "confirm" | "decline" as verdict:
            return await _decide(request, link, verdict, forms.reason_of(form))
        case _:
            raise BadRequest("The form does not say what to do")


async def _cancel(request: Request, link: Link, form: dict[str, str]) -> Response:
    command = Cancel(
        uid=link.uid,
        reason=forms.reason_of(form),
        subsequent=form.get("later") == "true",
        seat_uid=link.seat_uid,
        cancelled_by=link.by,
    )
    try:
        async with opened(request, read_only=False) as uow:
            await cancelling.cancel(uow, command, None)
    except DomainError as refusal:
        return await _refused(request, link, refusal, unsaid=command.reason is None)
    done = {} if link.seat_uid is None else {"done": "seat"}
    return _lead(link.bare("booking", **done), 303)


async def _decide(request: Request, link: Link, verdict: str, reason: str | None) -> Response:
    try:
        async with opened(request, read_only=False) as uow:
            host = (await _found(request, uow, link)).host
            if host is None:
                raise NoProof
            if verdict == "confirm":
                await confirming.confirm(uow, link.uid, host)
            else:
                await confirming.decline(uow, link.uid, reason, host)
    except DomainError as refusal:
        return await _refused(request, link, refusal)
    return _lead(link.booking(), 303)


async def times(request: Request, uow: UnitOfWork, uid: str) -> Response:
    """The page of the times that a booking can be moved to, or of the one that was chosen."""
    query = forms.query_of(request)
    link = Link.of(request, uid, query)
    found = await _found(request, uow, link)
    if (other := _other(found, link)) is not None:
        return _lead(link.reschedule(other, **_kept(query, "start", "timeZone", "from")), 302)
    if not found.offered.move:
        return views.booking(request, link, found, uow.now, problem="fixed")
    start = forms.start_of(query)
    if start is not None:
        return views.move(request, link, found, start, forms.zone_of(query))
    return await _times(request, uow, link, found, query)


async def move(request: Request, uid: str) -> Response:
    """Moves a booking by the form of that page."""
    form = await forms.form_of(request)
    link, start = Link.of(request, uid, form), forms.start_of(form)
    if start is None:
        raise BadRequest("The form does not say to when")
    command = Reschedule(
        uid=link.uid,
        start=start,
        rescheduled_by=link.by,
        reason=forms.reason_of(form),
        seat_uid=link.seat_uid,
    )
    try:
        async with opened(request, read_only=False) as uow:
            made = await moving.reschedule(uow, command, None)
    except TAKEN:
        return await _taken(request, link, form)
    except DomainError as refusal:
        return await _refused(request, link, refusal, fixed=True)
    seat = {} if made.seat_uid is None else {"seatReferenceUid": made.seat_uid}
    return _lead(link.bare("booking", made.booking.uid, **seat), 303)


async def video(request: Request, uow: UnitOfWork, uid: str) -> Response:
    """The way into the room of a booking that stands; the page of the booking where there is
    none."""
    link = Link.of(request, uid, forms.query_of(request))
    found = await _found(request, uow, link)
    if (other := _other(found, link)) is not None:
        return _lead(link.bare("video", other), 302)
    booking = found.shown.booking
    if booking.status == "accepted" and is_link(booking.video_call_url or ""):
        return _lead(booking.video_call_url or "", 302)
    return views.booking(request, link, found, uow.now, problem="no_room", status=404)


async def _found(request: Request, uow: UnitOfWork, link: Link) -> Opened:
    proof = link.proves(request.app.state.settings)
    return await pages.opened(uow, link.uid, seat_uid=link.seat_uid, by=link.by, proof=proof)


async def _again(request: Request, uow: UnitOfWork, link: Link) -> tuple[Link, Opened]:
    """The booking that the link means, for a page whose forms are about what it shows."""
    found = await _found(request, uow, link)
    other = _other(found, link)
    return (link if other is None else replace(link, uid=other, proof=None)), found


def _other(found: Opened, link: Link) -> str | None:
    """The uid of the booking that the link means, where it is not the one that it names."""
    uid = found.shown.booking.uid
    return None if uid == link.uid else uid


def _kept(query: dict[str, str], *names: str) -> dict[str, str]:
    return {name: query[name] for name in names if name in query}


def _lead(address: str, status: int) -> Response:
    return views.sealed(RedirectResponse(address, status_code=status))


async def _times(
    request: Request,
    uow: UnitOfWork,
    link: Link,
    found: Opened,
    values: dict[str, str],
    *,
    taken: bool = False,
) -> Response:
    zone = forms.zone_of(values) or views.reader_of(request, link, found).time_zone
    window = free.window(uow.now, zone, forms.first_day_of(values))
    booking = found.shown.booking
    window, starts = free.bounded(window, await free.starts(uow, booking, window))
    return views.times(request, link, found, window, starts, taken=taken)


async def _taken(request: Request, link: Link, form: dict[str, str]) -> Response:
    """The times anew: the chosen one is no longer among them."""
    async with opened(request, read_only=True) as uow:
        link, found = await _again(request, uow, link)
        if not found.offered.move:
            return views.booking(request, link, found, uow.now, problem="fixed", status=409)
        return await _times(request, uow, link, found, form, taken=True)


async def _refused(
    request: Request,
    link: Link,
    refusal: DomainError,
    *,
    unsaid: bool = False,
    fixed: bool = False,
) -> Response:
    """The booking as it stands, with why it was not changed."""
    async with opened(request, read_only=True) as uow:
        link, found = await _again(request, uow, link)
        problem = "fixed" if fixed else _problem(refusal, found, unsaid=unsaid)
        status = 403 if refusal.status == 401 else refusal.status
        if status >= 500:
            raise refusal
        return views.booking(
            request,
            link,
            found,
            uow.now,
            problem=problem,
            status=409 if problem == "busy" else status,
            cancels=problem == "reason",
        )


def _problem(refusal: DomainError, found: Opened, *, unsaid: bool) -> str:
    if isinstance(refusal, NoProof):
        return "proof"
    if isinstance(refusal, errors.NotOffered | Conflict):
        return "busy"
    if unsaid and found.offered.cancel and found.offered.reason_needed:
        return "reason"
    return "gone"
