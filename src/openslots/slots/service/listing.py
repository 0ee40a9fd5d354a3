"""Lists the slots of an event type or of several people, and explains a start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

from openslots.availability import civil
from openslots.availability.spans import DAY
from openslots.kernel import metrics
from openslots.kernel.errors import NotFound
from openslots.kernel.logging import Log
from openslots.kernel.uow import UnitOfWork
from openslots.slots import loader, payload
from openslots.slots.errors import DynamicBookingOff, EventTypeNotFound, NothingThere
from openslots.slots.repository import names
from openslots.slots.rules import inputs
from openslots.slots.service.resolve import resolve
from openslots.slots.types import Listing, Reason

T = TypeVar("T")

log = Log("slots")


async def listing(uow: UnitOfWork, ask: Listing) -> bytes:
    """JSON text of the slots by local day, `{}` where there are none.

    The number of statements depends on how the event type is named and on its settings, never on
    its hosts or their bookings. Raises what `resolve` raises, EventTypeNotFound for an unknown id,
    DynamicBookingOff, and Overloaded.
    """
    loaded = await _load(uow, ask)
    if loaded is None:
        return b"{}"
    return await _compute(uow, loaded, payload.listing, ask.shape)


async def old_listing(uow: UnitOfWork, ask: Listing) -> bytes:
    """The same by the older contract: whatever is not there is NothingThere."""
    try:
        return await listing(uow, ask)
    except NotFound:
        raise NothingThere from None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a start is not offered: no reasons, if and only if it is. `detailed` are the hosts whose
    ids and bookings the caller may see; None is all of them."""

    reasons: tuple[Reason, ...]
    detailed: frozenset[int] | None


async def explanation(
    uow: UnitOfWork, ask: Listing, at: int, *, caller_id: int | None, is_admin: bool = False
) -> Explanation:
    """The reasons that keep `at` (UTC seconds) out of the listing. Raises what `listing` raises."""
    loaded = await _load(uow, ask, at)
    if loaded is None:
        return Explanation((), frozenset())
    hosts = frozenset(row["id"] for row in loaded.material.rows)
    if is_admin or (caller_id in hosts and loaded.subject.event_type_id is not None):
        detailed: frozenset[int] | None = None
    elif caller_id is None:
        detailed = frozenset()
    elif loaded.subject.event_type_id is None:
        detailed = frozenset({caller_id}) & hosts
    else:
        administers = await names.administers(uow.session, caller_id, loaded.subject.event_type_id)
        detailed = None if administers else frozenset()
    found = await _compute(uow, loaded, payload.reasons, at)
    return Explanation(found, detailed)


@dataclass(frozen=True, slots=True)
class _Loaded:
    subject: loader.Subject
    material: inputs.Material
    question: inputs.Question


async def _load(uow: UnitOfWork, ask: Listing, at: int | None = None) -> _Loaded | None:
    subject = await resolve(uow, ask.target)
    if subject is None:
        return None
    now = civil.seconds(uow.now)
    # Nothing before now is offered, so nothing before now is looked at; a start of today that has
    # passed may be asked about.
    first = now if at is None else min(now, max(at, now - DAY))
    question = inputs.Question(
        now=now,
        start=min(max(ask.start, first), civil.LATEST),
        end=min(ask.end, civil.LATEST),
        zone=ask.zone,
        duration=ask.duration,
        reschedule_uid=ask.reschedule_uid,
        own_reservation=ask.own_reservation,
        subset_ids=ask.subset_ids,
        routed_ids=ask.routed_ids,
        contact_owner_email=ask.contact_owner_email,
    )
    material = await loader.load(uow, subject, question)
    if material is None:
        raise EventTypeNotFound
    if subject.event_type_id is None and not all(row["dynamic"] for row in material.rows):
        raise DynamicBookingOff
    return _Loaded(subject, material, question)


async def _compute(uow: UnitOfWork, loaded: _Loaded, work: Callable[..., T], argument: object) -> T:
    """Runs the engine here when that takes a few milliseconds, else beside the event loop."""
    load = inputs.load_of(loaded.material, loaded.question)
    began = perf_counter()
    inline = load <= inputs.INLINE
    if inline:
        found = work(loaded.material, loaded.question, argument)
    else:
        await uow.release()
        found = await uow.offload.run(work, loaded.material, loaded.question, argument)
    seconds, spans = perf_counter() - began, inputs.spans_of(loaded.material)
    metrics.SLOTS_SECONDS.observe(seconds, "loop" if inline else "process")
    metrics.SLOTS_SPANS.observe(spans)
    log.debug(
        "slots.computed",
        hosts=len(loaded.material.rows),
        spans=spans,
        load=load,
        ms=round(seconds * 1000, 1),
        inline=inline,
    )
    return found
