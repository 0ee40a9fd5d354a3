"""PURE. Triggers and who may use them, the no-show window, the retry schedule and endings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from openslots.webhooks.errors import OrganizationTriggerOnly, TimeIncomplete
from openslots.webhooks.types import Retrying, WebhookOwner

CREATED = "BOOKING_CREATED"
REQUESTED = "BOOKING_REQUESTED"
RESCHEDULED = "BOOKING_RESCHEDULED"
CANCELLED = "BOOKING_CANCELLED"
REJECTED = "BOOKING_REJECTED"
NO_SHOW_UPDATED = "BOOKING_NO_SHOW_UPDATED"
LOCATION_UPDATED = "BOOKING_LOCATION_UPDATED"
REASSIGNED = "BOOKING_REASSIGNED"
STARTED = "MEETING_STARTED"
ENDED = "MEETING_ENDED"
OOO_CREATED = "OOO_CREATED"
PING = "PING"  # ours: sent on request alone, nobody subscribes to it
HOSTS_NO_SHOW = "AFTER_HOSTS_CAL_VIDEO_NO_SHOW"
GUESTS_NO_SHOW = "AFTER_GUESTS_CAL_VIDEO_NO_SHOW"
DELEGATION_ERROR = "DELEGATION_CREDENTIAL_ERROR"

TRIGGERS = (
    CREATED,
    "BOOKING_PAYMENT_INITIATED",
    "BOOKING_PAID",
    RESCHEDULED,
    REQUESTED,
    CANCELLED,
    REJECTED,
    NO_SHOW_UPDATED,
    "FORM_SUBMITTED",
    ENDED,
    STARTED,
    "RECORDING_READY",
    "INSTANT_MEETING",
    "RECORDING_TRANSCRIPTION_GENERATED",
    OOO_CREATED,
    HOSTS_NO_SHOW,
    GUESTS_NO_SHOW,
    "FORM_SUBMITTED_NO_EVENT",
    "ROUTING_FORM_FALLBACK_HIT",
    DELEGATION_ERROR,
    "WRONG_ASSIGNMENT_REPORT",
    # documented on other pages only
    "INSTANT_MEETING_ACCEPTED",
    LOCATION_UPDATED,
    REASSIGNED,
    "CALENDAR_ENTRY_REJECTED",
    "DELEGATION_CREDENTIAL_SECRET_ROTATED",
    "DELEGATION_CREDENTIAL_SECRET_ROTATION_FAILED",
    "DELEGATION_CREDENTIAL_SECRET_ROTATION_REQUIRED",
)
FIRST_VERSION = "2021-10-20"
VERSIONS = (FIRST_VERSION, "2026-07-27")
TIME_UNITS = ("DAY", "HOUR", "MINUTE")
DEFAULT_WINDOW = (5, "MINUTE")
MOST = 100  # subscriptions of one owner; a booking writes a delivery for each

# Seconds before each further attempt, after the one that is made at once; three days in all.
STEPS = (5, 300, 1800, 7200, 18000, *(36000,) * 6)
JITTER = 0.2
PATIENT_SECONDS = 60  # at least, for one that is slow or asks for less
REFUSED_ATTEMPTS = 2  # redirects and forbidden addresses
LATE = timedelta(seconds=60)
EXPIRY = timedelta(hours=24)  # of a timed trigger
DISABLE_AFTER = timedelta(days=5)
# From so many failures in a row on, one delivery at a time asks whether the endpoint is back.
PROBING_FROM = 5
PROBE_STEPS = (5, 15, 60, 300)


def distinct(triggers: Iterable[str]) -> list[str]:
    """Each trigger once, in the order given."""
    return list(dict.fromkeys(triggers))


def check_triggers(owner: WebhookOwner, triggers: Iterable[str]) -> None:
    """Raises OrganizationTriggerOnly for a trigger that only organisations may subscribe to."""
    if owner.kind != "team" and DELEGATION_ERROR in triggers:
        raise OrganizationTriggerOnly


def window(
    triggers: Iterable[str], time: int | None, unit: str | None
) -> tuple[int | None, str | None]:
    """The no-show window: both parts, or five minutes when a no-show trigger has neither.

    Raises TimeIncomplete when such a trigger has exactly one of them.
    """
    if not {HOSTS_NO_SHOW, GUESTS_NO_SHOW}.intersection(triggers):
        return time, unit
    if (time is None) != (unit is None):
        raise TimeIncomplete
    return DEFAULT_WINDOW if time is None else (time, unit)


def watched_until(start: datetime, time: int | None, unit: str | None) -> datetime | None:
    """When the no-show window of a subscription ends; None for one that never does."""
    minutes = {"MINUTE": 1, "HOUR": 60, "DAY": 1440}.get(unit or "")
    if time is None or minutes is None:
        return None
    try:
        return start + timedelta(minutes=time * minutes)
    except OverflowError:
        return None


def after_answer(status: int, attempt: int, retry_after: float | None, spread: float) -> Retrying:
    """What follows an answer that is no success. `attempt` counts from 1; `spread` lies between
    -1 and 1 and moves the wait by up to a fifth; `retry_after` are seconds that were asked for.
    """
    reason = f"HTTP {status}"
    if status == 410:
        return Retrying(None, reason)
    if 300 <= status < 400 and attempt >= REFUSED_ATTEMPTS:
        return Retrying(None, reason)
    seconds = _step(attempt, spread)
    if seconds is not None and status == 429:
        seconds = max(seconds, PATIENT_SECONDS)
    if seconds is not None and retry_after is not None:
        seconds = min(max(seconds, retry_after), 2 * max(seconds, PATIENT_SECONDS))
    return Retrying(seconds, reason)


def after_failure(kind: str, attempt: int, spread: float) -> Retrying:
    """What follows an attempt without an answer: timeout, dns, connect, tls or protocol."""
    seconds = _step(attempt, spread)
    if seconds is not None and kind == "timeout":
        seconds = max(seconds, PATIENT_SECONDS)
    return Retrying(seconds, kind)


def after_refusal(reason: str, attempt: int, spread: float) -> Retrying:
    """What follows an address that may not be called."""
    seconds = _step(attempt, spread) if attempt < REFUSED_ATTEMPTS else None
    return Retrying(seconds, reason)


def _step(attempt: int, spread: float) -> float | None:
    if attempt > len(STEPS):
        return None
    return STEPS[attempt - 1] * (1 + JITTER * max(-1.0, min(1.0, spread)))


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def probe_pause(failures: int) -> timedelta | None:
    """How long an endpoint that failed so often in a row is left alone."""
    if failures < PROBING_FROM:
        return None
    return timedelta(seconds=PROBE_STEPS[min(failures - PROBING_FROM, len(PROBE_STEPS) - 1)])


def left_alone(paused_until: datetime | None, now: datetime) -> bool:
    """Whether an endpoint is not to be asked yet. A pause longer than any comes from a clock that
    was ahead, and is none."""
    if paused_until is None:
        return False
    return now < paused_until <= now + timedelta(seconds=PROBE_STEPS[-1])


def should_disable(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint failed without a success for as long as is borne."""
    return failing_since is not None and now - failing_since >= DISABLE_AFTER


def expired(due_at: datetime | None, now: datetime) -> bool:
    """Whether a timed trigger comes too late to be of use."""
    return due_at is not None and now - due_at >= EXPIRY
