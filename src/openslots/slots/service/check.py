"""Decides whether a booking may be made, by the rules of the listing."""

from __future__ import annotations

from openslots.availability import civil
from openslots.kernel.uow import UnitOfWork
from openslots.slots import loader, payload
from openslots.slots.errors import EventTypeNotFound
from openslots.slots.rules import inputs
from openslots.slots.types import CheckRequest, Verdict


async def check(uow: UnitOfWork, request: CheckRequest) -> tuple[Verdict, ...]:
    """One verdict per start, in order; each must be `ok` for the series to be booked.

    Call it under the locks of the hosts, on the unit of work that books. It reads Postgres only,
    everything for all starts at once. Of a series each start counts for the limits of those after
    it, and hosts who can take all of it go first. Raises EventTypeNotFound.
    """
    if not request.starts:
        return ()
    starts = [civil.seconds(start) for start in request.starts]
    question = inputs.Question(
        now=civil.seconds(uow.now),
        start=min(starts),
        end=max(starts) + request.minutes * 60,
        zone=civil.canonical_zone(request.viewer_zone or "UTC"),
        duration=request.minutes,
        reschedule_uid=request.reschedule_uid,
        own_reservation=request.own_reservation,
        subset_ids=None if request.host_ids is None else frozenset(request.host_ids),
        routed_ids=None if request.routed_ids is None else frozenset(request.routed_ids),
        contact_owner_email=request.contact_owner_email,
    )
    material = await loader.load(
        uow,
        loader.Subject(event_type_id=request.event_type_id),
        question,
        choosing=True,
        limits=not request.ignore_limits,
        same_host=request.same_host,
    )
    if material is None:
        raise EventTypeNotFound
    if inputs.load_of_check(material, len(starts)) <= inputs.INLINE:
        return payload.verdicts(material, question, request)
    return await uow.offload.run(payload.verdicts, material, question, request)
