"""The invariants: what must hold after the test, whatever was killed when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby, pairwise

from chaos.facts import Facts, Row
from chaos.ledger import Ledger
from chaos.receiver import Receiver
from chaos.world import (
    CANCELLED,
    CREATED,
    ENDED,
    MEETINGS,
    REJECTED,
    REQUESTED,
    RESCHEDULED,
    STARTED,
    Kind,
    World,
)

# A meeting that is cancelled within so much of its start may have been told of or not.
CLOSE = timedelta(seconds=15)
# What the keys of mails call an event.
IN_MAILS = {
    CREATED: "BookingCreated",
    REQUESTED: "BookingRequested",
    RESCHEDULED: "BookingRescheduled",
    CANCELLED: "BookingCancelled",
    REJECTED: "BookingRejected",
}
Broken = Iterator[str]
Effect = tuple[str, str, str]  # hook, trigger, uid of the booking


def required(row: Row, kind: Kind) -> set[str]:
    """The triggers of what happened to a booking, from the state in which it is."""
    told = {REQUESTED} if kind.waits else {RESCHEDULED if row.from_reschedule else CREATED}
    if kind.waits and row.status == "accepted":
        told.add(CREATED)
    if row.status == "cancelled" and not row.rescheduled:
        told.add(CANCELLED)
    if row.status == "rejected":
        told.add(REJECTED)
    return told


def required_by_clock(row: Row, facts: Facts) -> set[str]:
    if row.status != "accepted":
        return set()
    times = {STARTED: row.start_at, ENDED: row.end_at}
    return {trigger for trigger, at in times.items() if at <= facts.now}


def allowed(row: Row, kind: Kind, facts: Facts) -> set[str]:
    """What is required, and what may have happened before the booking came into its state."""
    told = required(row, kind) | required_by_clock(row, facts)
    if kind.waits and row.status == "cancelled":
        told.add(CREATED)
    if row.status == "cancelled":
        times = {STARTED: row.start_at, ENDED: row.end_at}
        told |= {trigger for trigger, at in times.items() if row.updated_at >= at - CLOSE}
    return told


class Checks:
    """Every check yields a sentence per violation."""

    def __init__(
        self, world: World, receiver: Receiver, ledger: Ledger, facts: Facts, copies: Counter[str]
    ) -> None:
        self._world, self._receiver, self._copies = world, receiver, copies
        self._ledger, self._facts = ledger, facts
        arrivals = receiver.arrivals
        self._came: set[Effect] = {(one.hook, one.trigger, one.uid) for one in arrivals}
        # after de-duplication by id: each should be there once
        ids = {((one.hook, one.trigger, one.uid), one.id) for one in arrivals if one.accepted}
        self.effects: Counter[Effect] = Counter(effect for effect, _ in ids)

    def _kind(self, row: Row) -> Kind:
        return self._world.kinds[row.event_type_id]

    def _expected(self, *, by_clock: bool) -> set[Effect]:
        """From the bookings alone."""
        return {
            (hook, trigger, row.uid)
            for row in self._facts.bookings.values()
            for trigger in (
                required_by_clock(row, self._facts) if by_clock else required(row, self._kind(row))
            )
            for hook in self._world.listeners(trigger, self._kind(row))
        }

    @property
    def expected_events(self) -> int:
        return len(self._expected(by_clock=False))

    @property
    def expected_meetings(self) -> int:
        return len(self._expected(by_clock=True))

    def committed_events_were_delivered(self) -> Broken:
        for hook, trigger, uid in sorted(self._expected(by_clock=False) - set(self.effects)):
            yield f"{trigger} of {uid} never reached {hook}"

    def meetings_were_told(self) -> Broken:
        for hook, trigger, uid in sorted(self._expected(by_clock=True) - set(self.effects)):
            yield f"{trigger} of {uid} never reached {hook}"

    def acknowledged_events_were_delivered(self) -> Broken:
        """The same from the answers of the API, without a look at the bookings."""
        for trigger, uid in sorted(self._ledger.events):
            kind = self._world.kinds[self._ledger.bookings[uid].kind_id]
            for hook in self._world.listeners(trigger, kind):
                if (hook, trigger, uid) not in self.effects:
                    yield f"{trigger} of {uid} was acknowledged and never reached {hook}"

    def nothing_else_was_delivered(self) -> Broken:
        """Nothing of a booking that was rolled back, and no event that did not happen."""
        for hook, trigger, uid in sorted(self._came):
            row = self._facts.bookings.get(uid)
            if row is None:
                yield f"{trigger} of {uid} came, and there is no such booking"
            elif trigger not in allowed(row, self._kind(row), self._facts):
                yield f"{trigger} of {uid} came, which is {row.status}"
            elif hook not in self._world.listeners(trigger, self._kind(row)):
                yield f"{trigger} of {uid} came to {hook}, which did not ask"

    def every_event_has_one_id(self) -> Broken:
        for effect, count in self.effects.items():
            if count > 1:
                yield f"{effect} came under {count} ids"

    def every_id_has_one_body(self) -> Broken:
        digests: dict[str, set[str]] = {}
        for one in self._receiver.arrivals:
            digests.setdefault(one.id, set()).add(one.digest)
            if not one.signed:
                yield f"{one.id} came with a wrong signature"
        for delivery_id, found in digests.items():
            if len(found) > 1:
                yield f"{delivery_id} came with {len(found)} bodies"
        if self._receiver.unreadable:
            yield f"{self._receiver.unreadable} requests could not be read"

    def the_log_agrees(self) -> Broken:
        """Every row of the delivery log is delivered, and the receiver took it."""
        taken = {one.id for one in self._receiver.arrivals if one.accepted}
        known = set()
        for row in self._facts.deliveries:
            known.add(row.id)
            if row.status != "delivered":
                yield f"{row.id} ({row.trigger} of {row.booking_uid}) is {row.status}"
            elif row.id not in taken:
                yield f"{row.id} is said to be delivered and never came"
        for delivery_id in sorted({one.id for one in self._receiver.arrivals} - known):
            yield f"{delivery_id} came and is not in the log"

    def no_accepted_bookings_overlap(self) -> Broken:
        for host, rows in groupby(self._facts.taken, key=lambda row: row.host_id):
            ordered = sorted(rows, key=lambda row: row.start_at)
            for one, other in pairwise(ordered):
                if other.start_at < one.end_at:
                    yield f"{one.uid} and {other.uid} of host {host} overlap"

    def acknowledged_bookings_stand(self) -> Broken:
        for told in self._ledger.bookings.values():
            row = self._facts.bookings.get(told.uid)
            if row is None:
                yield f"{told.uid} was acknowledged and is gone"
            elif row.status not in told.states:
                yield f"{told.uid} is {row.status}, acknowledged was {sorted(told.states)}"

    def keys_have_one_effect(self) -> Broken:
        made = Counter(
            row.booker for row in self._facts.bookings.values() if not row.from_reschedule
        )
        for booker, count in made.items():
            if count > 1 and booker in self._ledger.keyed_bookers:
                yield f"{booker} asked once with a key and has {count} bookings"
            if booker in self._ledger.refused:
                yield f"{booker} was refused and has a booking"

    def of_two_moves_one_wins(self) -> Broken:
        for uid in self._ledger.duels_won_twice:
            yield f"{uid} was cancelled and moved at once, and both were acknowledged"

    def the_queue_is_empty(self) -> Broken:
        for kind, count in self._facts.unfinished_jobs.items():
            yield f"{count} jobs {kind} are not done"
        yield from self._facts.failed_jobs
        for url in self._facts.inactive_hooks:
            yield f"the webhook {url} was switched off"

    def committed_events_were_mailed(self) -> Broken:
        """At least one mail was written of each event."""
        told = {tuple(mail.key.split(":")[:2]) for mail in self._facts.mails}
        for row in self._facts.bookings.values():
            for trigger in sorted(required(row, self._kind(row))):
                if (row.uid, IN_MAILS[trigger]) not in told:
                    yield f"no mail tells of {trigger} of {row.uid}"

    def mails_were_sent_and_none_is_doubled(self) -> Broken:
        """Each thing is told once to each reader, by a mail that the server took; or, late, not at
        all, once the booking is over. A mail that was taken just before a kill comes once more."""
        for key, count in Counter(mail.key for mail in self._facts.mails if mail.key).items():
            if count > 1:
                yield f"the mail {key} was written {count} times"
        for mail in self._facts.mails:
            booking = self._facts.bookings.get(mail.key.split(":")[0])
            over = booking is not None and booking.status in ("cancelled", "rejected")
            if mail.error == "outdated" and over:
                continue
            if not mail.ended or mail.error is not None:
                yield f"the mail {mail.key} is not sent: {mail.error}"
            elif not self._copies[mail.id]:
                yield f"the mail {mail.key} is said to be sent and never came"
        for uid in sorted({mail.key.split(":")[0] for mail in self._facts.mails if mail.key}):
            if uid not in self._facts.bookings:
                yield f"a mail tells of {uid}, and there is no such booking"

    def no_answer_is_a_crash(self) -> Broken:
        yield from (f"500: {text}" for text in self._ledger.crashes)

    def all(self) -> dict[str, list[str]]:
        """Sentence per violation by the name of the check, in the order of this class."""
        checks = (
            self.committed_events_were_delivered,
            self.acknowledged_events_were_delivered,
            self.meetings_were_told,
            self.nothing_else_was_delivered,
            self.every_event_has_one_id,
            self.every_id_has_one_body,
            self.the_log_agrees,
            self.no_accepted_bookings_overlap,
            self.acknowledged_bookings_stand,
            self.keys_have_one_effect,
            self.of_two_moves_one_wins,
            self.the_queue_is_empty,
            self.committed_events_were_mailed,
            self.mails_were_sent_and_none_is_doubled,
            self.no_answer_is_a_crash,
        )
        return {check.__name__.replace("_", " "): list(check()) for check in checks}

    @property
    def meetings_came(self) -> int:
        return sum(trigger in MEETINGS for _, trigger, _ in self.effects)
