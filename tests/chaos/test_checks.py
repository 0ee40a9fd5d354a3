"""The invariants of the chaos test can be broken: each by the fault that it is there for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from chaos.checks import Checks
from chaos.facts import Delivery, Facts, MailRow, Row, Taken
from chaos.ledger import Ledger
from chaos.receiver import Arrival, Receiver
from chaos.world import OF_EVENT_TYPE, OF_HOST, Hook, Host, Kind, World

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
HOST = Host(1, {})
CHAT, ASK, SOON = Kind(1, HOST, 15), Kind(2, HOST, 30, waits=True), Kind(3, HOST, 1, soon=True)


@dataclass
class Outcome:
    """A run in which everything went well, for a fault to be put in."""

    receiver: Receiver
    ledger: Ledger
    facts: Facts
    copies: Counter[str]

    def broken(self) -> list[str]:
        hooks = (
            Hook("host-1", OF_HOST, host_id=1),
            Hook("type-1", OF_EVENT_TYPE, event_type_id=1),
        )
        world = World({kind.id: kind for kind in (CHAT, ASK, SOON)}, {h.name: h for h in hooks})
        found = Checks(world, self.receiver, self.ledger, self.facts, self.copies).all()
        return [name for name, violations in found.items() if violations]

    def change(self, uid: str, **columns: object) -> None:
        row = self.facts.bookings[uid]
        self.facts.bookings[uid] = replace(row, **columns)  # type: ignore[arg-type]


def row(uid: str, kind: Kind, status: str, start: datetime, **more: object) -> Row:
    made = Row(
        uid=uid,
        status=status,
        event_type_id=kind.id,
        start_at=start,
        end_at=start + timedelta(minutes=kind.minutes),
        from_reschedule=None,
        rescheduled=False,
        created_at=NOW - timedelta(minutes=5),
        updated_at=NOW - timedelta(minutes=5),
        booker=f"{uid}@example.com",
    )
    return replace(made, **more)  # type: ignore[arg-type]


TOLD = [
    ("host-1", "BOOKING_CREATED", "chat"),
    ("type-1", "BOOKING_CREATED", "chat"),
    ("host-1", "BOOKING_CREATED", "old"),
    ("type-1", "BOOKING_CREATED", "old"),
    ("host-1", "BOOKING_RESCHEDULED", "moved"),
    ("type-1", "BOOKING_RESCHEDULED", "moved"),
    ("host-1", "BOOKING_REQUESTED", "ask"),
    ("host-1", "BOOKING_REJECTED", "ask"),
    ("host-1", "BOOKING_CREATED", "soon"),
    ("host-1", "MEETING_STARTED", "soon"),
    ("host-1", "MEETING_ENDED", "soon"),
    ("host-1", "BOOKING_CREATED", "off"),
    ("host-1", "BOOKING_CANCELLED", "off"),
]
MAILED = {
    "chat": ["BookingCreated"],
    "old": ["BookingCreated"],
    "moved": ["BookingRescheduled"],
    "ask": ["BookingRequested", "BookingRejected"],
    "soon": ["BookingCreated"],
    "off": ["BookingCreated", "BookingCancelled"],
}


def arrival(
    hook: str, trigger: str, uid: str, *, name: str = "", fate: str = "accepted"
) -> Arrival:
    one = name or f"{hook} {trigger} {uid}"
    return Arrival(NOW.timestamp(), hook, one, trigger, uid, digest=one, fate=fate, signed=True)


@pytest.fixture
def outcome() -> Outcome:
    tomorrow, past = NOW + timedelta(days=1), NOW - timedelta(minutes=3)
    rows = [
        row("chat", CHAT, "accepted", tomorrow),
        row("old", CHAT, "cancelled", tomorrow + timedelta(hours=1), rescheduled=True),
        row("moved", CHAT, "accepted", tomorrow + timedelta(minutes=15), from_reschedule="old"),
        row("ask", ASK, "rejected", tomorrow),
        row("soon", SOON, "accepted", past),
        row("off", SOON, "cancelled", past),
    ]
    receiver = Receiver("a secret", Random(1))
    receiver.arrivals = [arrival(*one) for one in TOLD]
    receiver.arrivals.insert(0, arrival(*TOLD[0], fate="cut"))
    receiver.arrivals.append(arrival(*TOLD[1]))
    ledger = Ledger()
    for one in rows:
        ledger.know(one.uid, one.event_type_id, one.status)
    for _, trigger, uid in TOLD:
        if trigger.startswith("BOOKING"):
            ledger.acknowledge(trigger, uid)
    mails = [
        MailRow(f"m-{uid}-{event}", f"{uid}:{event}:0:a@example.com", True, None)
        for uid, events in MAILED.items()
        for event in events
    ]
    accepted = [one for one in rows if one.status == "accepted"]
    facts = Facts(
        now=NOW,
        bookings={one.uid: one for one in rows},
        deliveries=[
            Delivery(f"{hook} {trigger} {uid}", hook, trigger, uid, "delivered", 1, NOW)
            for hook, trigger, uid in TOLD
        ],
        taken=[Taken(1, one.uid, one.start_at, one.end_at) for one in accepted],
        unfinished_jobs={},
        failed_jobs=[],
        inactive_hooks=[],
        mails=mails,
    )
    return Outcome(receiver, ledger, facts, Counter(mail.id for mail in mails))


def forget(one: Outcome, effect: tuple[str, str, str]) -> None:
    """The receiver never took it."""
    one.receiver.arrivals = [
        a for a in one.receiver.arrivals if (a.hook, a.trigger, a.uid) != effect
    ]


def lost_event(one: Outcome) -> None:
    forget(one, TOLD[1])


def lost_meeting(one: Outcome) -> None:
    forget(one, ("host-1", "MEETING_ENDED", "soon"))


def only_refused(one: Outcome) -> None:
    forget(one, TOLD[4])
    one.receiver.arrivals.append(arrival(*TOLD[4], fate="refused"))


def lost_answer(one: Outcome) -> None:
    """Said to be done, and undone since: the bookings alone do not show it."""
    one.ledger.acknowledge("BOOKING_CANCELLED", "chat")


def of_nothing(one: Outcome) -> None:
    one.receiver.arrivals.append(arrival("host-1", "BOOKING_CREATED", "rolled-back"))


def meeting_of_cancelled(one: Outcome) -> None:
    one.receiver.arrivals.append(arrival("host-1", "MEETING_STARTED", "off"))


def two_ids(one: Outcome) -> None:
    one.receiver.arrivals.append(arrival(*TOLD[0], name="another id"))


def two_bodies(one: Outcome) -> None:
    one.receiver.arrivals.append(replace(arrival(*TOLD[0]), digest="another body"))


def overlap(one: Outcome) -> None:
    first = one.facts.taken[0]
    one.facts.taken.append(replace(first, uid="x", start_at=first.start_at + timedelta(minutes=5)))


def gone(one: Outcome) -> None:
    one.ledger.know("vanished", 1, "accepted")


def other_state(one: Outcome) -> None:
    one.ledger.know("off", 3, "accepted")


def two_of_a_key(one: Outcome) -> None:
    one.ledger.keyed_bookers.add("chat@example.com")
    one.change("soon", booker="chat@example.com")


def refused_and_there(one: Outcome) -> None:
    one.ledger.refused.add("chat@example.com")


def both_won(one: Outcome) -> None:
    one.ledger.duels_won_twice.append("old")


def work_left(one: Outcome) -> None:
    one.facts.unfinished_jobs["webhooks.deliver"] = 1


def no_mail(one: Outcome) -> None:
    one.facts.mails = [mail for mail in one.facts.mails if "BookingRejected" not in mail.key]


def doubled_mail(one: Outcome) -> None:
    one.facts.mails.append(one.facts.mails[0])


def mail_that_never_came(one: Outcome) -> None:
    del one.copies[one.facts.mails[0].id]


def outdated_and_standing(one: Outcome) -> None:
    one.facts.mails[0] = replace(one.facts.mails[0], error="outdated")


def crash(one: Outcome) -> None:
    one.ledger.answered(500, "{}", 1.0)


LOG, EVENTS = "the log agrees", "committed events were delivered"
ACKNOWLEDGED = "acknowledged events were delivered"
NOTHING_ELSE, STANDS = "nothing else was delivered", "acknowledged bookings stand"
KEYS, MAILS = "keys have one effect", "mails were sent and none is doubled"


def test_a_good_run_breaks_nothing(outcome: Outcome) -> None:
    assert outcome.broken() == []


def test_a_late_mail_of_what_is_over_may_stay_away(outcome: Outcome) -> None:
    [number] = [n for n, mail in enumerate(outcome.facts.mails) if "off:BookingCr" in mail.key]
    mail = outcome.facts.mails[number] = replace(outcome.facts.mails[number], error="outdated")
    del outcome.copies[mail.id]
    assert outcome.broken() == []


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        (lost_event, [EVENTS, ACKNOWLEDGED, LOG]),
        (only_refused, [EVENTS, ACKNOWLEDGED, LOG]),
        (lost_meeting, ["meetings were told", LOG]),
        (lost_answer, [ACKNOWLEDGED]),
        (of_nothing, [NOTHING_ELSE, LOG]),
        (meeting_of_cancelled, [NOTHING_ELSE, LOG]),
        (two_ids, ["every event has one id", LOG]),
        (two_bodies, ["every id has one body"]),
        (overlap, ["no accepted bookings overlap"]),
        (gone, [STANDS]),
        (other_state, [STANDS]),
        (two_of_a_key, [KEYS]),
        (refused_and_there, [KEYS]),
        (both_won, ["of two moves one wins"]),
        (work_left, ["the queue is empty"]),
        (no_mail, ["committed events were mailed"]),
        (doubled_mail, [MAILS]),
        (mail_that_never_came, [MAILS]),
        (outdated_and_standing, [MAILS]),
        (crash, ["no answer is a crash"]),
    ],
)
def test_a_fault_is_found(
    outcome: Outcome, fault: Callable[[Outcome], None], broken: list[str]
) -> None:
    fault(outcome)
    assert outcome.broken() == broken
