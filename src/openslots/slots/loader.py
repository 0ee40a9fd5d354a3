"""Loads what a question needs: the same number of statements for one host and for a thousand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openslots.availability import assign, civil, needs
from openslots.availability.inputs import SlotQuery
from openslots.availability.limits import MAX_DAYS
from openslots.availability.spans import DAY, Span
from openslots.kernel.uow import UnitOfWork
from openslots.slots.repository import load as rows_of
from openslots.slots.rules import inputs
from openslots.slots.rules.inputs import Material, Question, Row

# Bookings this far outside the range are read at once. It covers both events' buffers up to a day
# in all; a rarer need is found out from the event type and read again.
MARGIN = 2 * DAY


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose time is asked about: the hosts of an event type, or several people."""

    event_type_id: int | None = None
    user_ids: tuple[int, ...] = ()


async def load(
    uow: UnitOfWork,
    subject: Subject,
    question: Question,
    *,
    choosing: bool = False,
    limits: bool = True,
    same_host: bool = False,
) -> Material | None:
    """Everything the engine needs; None when the event type does not exist.

    One statement, and one more for each of: a window beyond the range (rolling windows, very long
    buffers), limits, a rescheduled booking that keeps its host, and (`choosing`) the choice among
    round-robin hosts. Calendars of providers are read by nobody yet: `Material.calendar` is where
    their busy time, or that it is unknown, comes in.
    """
    span = _first_span(question)
    rows = await _rows(uow, subject, span)
    if not rows:
        return None
    event = inputs.event_of(rows)
    query = inputs.skeleton(rows, question)
    needed = needs.busy_span(query)
    if needed.start < span.start or needed.end > span.end:
        span = Span(min(needed.start, span.start), max(needed.end, span.end))
        rows = await _rows(uow, subject, span)
    return Material(
        rows,
        facts=await _facts(uow, rows, event, query) if limits else (),
        history=await _history(uow, rows, event, question) if choosing else (),
        original_host_ids=(
            await rows_of.hosts_of(uow.session, question.reschedule_uid)
            if question.reschedule_uid is not None and (event.same_host or same_host)
            else None
        ),
    )


def _first_span(question: Question) -> Span:
    start = min(max(question.start, civil.EARLIEST), civil.LATEST)
    end = min(max(question.end, start), start + MAX_DAYS * DAY, civil.LATEST)
    return Span(start - MARGIN, end + MARGIN)


async def _rows(uow: UnitOfWork, subject: Subject, span: Span) -> Sequence[Row]:
    low = civil.moment(max(span.start, civil.EARLIEST - MARGIN))
    high = civil.moment(min(span.end, civil.LATEST + MARGIN))
    if subject.event_type_id is None:
        return await rows_of.by_people(
            uow.session, subject.user_ids, low=low, high=high, now=uow.now
        )
    return await rows_of.by_event(
        uow.session, subject.event_type_id, low=low, high=high, now=uow.now
    )


async def _facts(
    uow: UnitOfWork, rows: Sequence[Row], event: inputs.EventFacts, query: SlotQuery
) -> Sequence[Row]:
    asked = event.rules
    limited = [row["id"] for row in rows if inputs.limited(row)]
    members = [row["id"] for row in rows if row["id"]] if asked.team_limits else []
    own = asked.count_limits or asked.minute_limits
    if not own and not limited and not members:
        return ()
    span = needs.fact_span(query)
    return await rows_of.facts(
        uow.session,
        event_type_id=asked.id if own else None,
        limited_ids=limited,
        member_ids=members,
        team_id=event.team_id,
        managed=event.managed_too,
        low=civil.moment(span.start),
        high=civil.moment(span.end),
    )


async def _history(
    uow: UnitOfWork, rows: Sequence[Row], event: inputs.EventFacts, question: Question
) -> Sequence[Row]:
    asked = event.rules
    pool = [row["id"] for row in rows if row["id"] is not None and not row["fixed"]]
    if asked.kind != "round_robin" or asked.id is None or not pool:
        return ()
    plan = inputs.assignment_of(event)
    span = assign.history_span(plan, question.now, question.start)
    counted = span is not None
    low, high = span or (question.now, question.now)
    return await rows_of.history(
        uow.session,
        asked.id,
        pool,
        counted=counted,
        by_start=plan.basis == "start",
        low=civil.moment(low),
        high=civil.moment(high),
    )
