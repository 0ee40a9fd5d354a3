"""Whether a time can be booked, asked under the hosts' locks, and the refusal when it cannot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from openslots.bookings import errors
from openslots.bookings.service.offers import Hosts
from openslots.bookings.types import HostFlags
from openslots.kernel import locks
from openslots.kernel.errors import DomainError
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType
from openslots.slots.service import check
from openslots.slots.types import CheckRequest, Reason, ReasonKind, Verdict

_BOUNDS = {ReasonKind.NOTICE, ReasonKind.WINDOW, ReasonKind.RANGE}
_TAKEN = {ReasonKind.BOOKING, ReasonKind.CALENDAR, ReasonKind.CALENDAR_UNKNOWN}


async def hold(uow: UnitOfWork, event_type: EventType, hosts: Sequence[int]) -> None:
    """Locks the hosts' time, and the event type where several hosts share its seats or limits.

    Everybody takes these locks in this order, and rows of bookings after them.
    """
    await uow.lock(locks.HOST, *hosts)
    shared = event_type.seats_per_slot or event_type.booking_limits_count
    if len(hosts) > 1 and (shared or event_type.booking_limits_duration):
        await uow.lock(locks.EVENT_TYPE, event_type.id)


async def ask(
    uow: UnitOfWork,
    request: CheckRequest,
    event_type: EventType,
    *,
    moving: bool = False,
) -> tuple[Verdict, ...]:
    """The verdicts on all starts. Raises the refusal for the first that cannot be booked.

    `moving`: of a reschedule, whose refusals speak of the user also for teams.
    """
    verdicts = await check(uow, request)
    for verdict in verdicts:
        if not verdict.ok:
            team = event_type.team_id is not None
            raise refusal(verdict.reasons, team=team, moving=moving)
    return verdicts


async def require_confirmable(
    uow: UnitOfWork, request: CheckRequest, host_ids: Sequence[int], own_uids: Collection[str]
) -> None:
    """Whether bookings that were made before may be accepted now: nothing else of their hosts is
    in the way, and no limit is reached. Hours that changed since do not matter: the host says
    yes."""
    for verdict in await check(uow, request):
        for reason in verdict.reasons:
            concerned = reason.host_id is None or reason.host_id in host_ids
            if not concerned or reason.booking_uid in own_uids:
                continue
            if reason.kind in _TAKEN:
                raise errors.HostBusy
            if reason.limit is not None:
                raise refusal([reason], team=False, moving=True)


def request(
    event_type: EventType,
    starts: Sequence[datetime],
    minutes: int,
    flags: HostFlags,
    *,
    zone: str,
    moved_uid: str | None = None,
    conflicts_too: bool = False,
    host_ids: Sequence[int] | None = None,
    same_host: bool = False,
    reservation: str | None = None,
) -> CheckRequest:
    """The question about starts; `conflicts_too` asks about bounds and limits alone."""
    return CheckRequest(
        event_type_id=event_type.id,
        starts=tuple(starts),
        minutes=minutes,
        reschedule_uid=moved_uid,
        host_ids=None if host_ids is None else tuple(host_ids),
        ignore_conflicts=flags.conflicts or conflicts_too,
        ignore_bounds=flags.bounds,
        ignore_limits=flags.limits,
        own_reservation=reservation,
        viewer_zone=zone,
        same_host=same_host,
    )


def refusal(reasons: Sequence[Reason], *, team: bool, moving: bool) -> DomainError:
    """The contract's error for the reasons of a verdict, which `details.reasons` names by kind, as
    GET /v2/slots/explain does for everybody."""
    error = _contract_error(reasons, team=team, moving=moving)
    error.details["reasons"] = list(dict.fromkeys(str(reason.kind) for reason in reasons))
    return error


def _contract_error(reasons: Sequence[Reason], *, team: bool, moving: bool) -> DomainError:
    """In the order of the bookings notes, section 5.7."""
    kinds = {reason.kind for reason in reasons}
    if ReasonKind.PAST in kinds:
        return errors.InThePast()
    if kinds & _BOUNDS:
        return errors.OutOfBounds()
    for reason in reasons:
        # of a team one member's own limit only makes that member busy
        if reason.limit is not None and not (team and reason.host_id is not None):
            counted = reason.limit.measure == "count"
            return errors.LimitReached() if counted else errors.DurationLimitReached()
    if ReasonKind.SEATS_FULL in kinds:
        return errors.SeatsFull()
    return errors.TeamBusy() if team and not moving else errors.HostBusy()


def hosts_of(verdict: Verdict, hosts: Hosts) -> tuple[int, ...]:
    """Who takes part, the organiser first: a mandatory host leads the others."""
    if not verdict.host_ids:
        return hosts.ids[:1]
    fixed = [i for i in verdict.host_ids if i in hosts.mandatory]
    rest = [i for i in verdict.host_ids if i not in hosts.mandatory]
    return (*fixed, *rest) if fixed else tuple(verdict.host_ids)
