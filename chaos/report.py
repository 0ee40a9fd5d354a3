"""The summary of a run, for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from chaos.checks import Checks
from chaos.facts import Facts
from chaos.world import MEETINGS

if TYPE_CHECKING:
    from chaos.run import Run

SHOWN = 10


def text(
    run: Run, checks: Checks, facts: Facts, drained: float, broken: Mapping[str, Sequence[str]]
) -> str:
    lines = [
        "",
        f"Chaos: {run.seconds / 60:g} minutes, seed {run.seed}",
        *_bookings(run, facts),
        *_deliveries(run, checks, facts),
        *_kills(run, drained),
        "",
    ]
    for name, found in broken.items():
        lines.append(f"{'BROKEN' if found else 'holds '}  {name}")
        lines += [f"          {one}" for one in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(f"          and {len(found) - SHOWN} more")
    return "\n".join(lines)


def _bookings(run: Run, facts: Facts) -> list[str]:
    ledger = run.ledger
    states = Counter(row.status for row in facts.bookings.values())
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(ledger.statuses.items()))
    common = ", ".join(f"{count} x {why!r}" for why, count in ledger.refusals.most_common(4))
    return [
        f"bookings: {len(facts.bookings)} ({_counts(states)}); acknowledged "
        f"{len(ledger.bookings)} bookings, {len(ledger.events)} events",
        f"answers: {answers}; {ledger.lost} lost, {ledger.in_doubt} left in doubt, "
        f"{len(ledger.keyed)} keys replayed",
        f"refusals: {common}",
    ]


def _deliveries(run: Run, checks: Checks, facts: Facts) -> list[str]:
    arrivals = run.receiver.arrivals
    ids = {one.id for one in arrivals}
    fates = Counter(one.fate for one in arrivals)
    copies = run.mailbox.copies
    outdated = sum(mail.error == "outdated" for mail in facts.mails)
    first: dict[str, float] = {}
    for one in arrivals:
        first.setdefault(one.id, one.at)
    waits = [
        first[row.id] - row.created_at.timestamp()
        for row in facts.deliveries
        if row.id in first and row.trigger not in MEETINGS
    ]
    starts = {(row.uid, "MEETING_STARTED"): row.start_at for row in facts.bookings.values()}
    ends = {(row.uid, "MEETING_ENDED"): row.end_at for row in facts.bookings.values()}
    due = starts | ends
    late = [
        first[row.id] - due[row.booking_uid, row.trigger].timestamp()
        for row in facts.deliveries
        if row.id in first and row.trigger in MEETINGS
    ]
    return [
        f"events to deliver: {checks.expected_events} of bookings, {checks.expected_meetings} of "
        f"meetings ({checks.meetings_came} came)",
        f"deliveries: {len(ids)} in {len(arrivals)} requests, "
        f"{len(arrivals) - len(ids)} repeated ({_counts(fates)})",
        f"mails: {len(copies)} in {copies.total()} copies, {outdated} not sent as outdated",
        f"commit to first request: {_spread(waits)}",
        f"due time to first request of meetings: {_spread(late)}",
    ]


def _kills(run: Run, drained: float) -> list[str]:
    monkey = run.monkey
    recoveries = "; ".join(
        f"{kind} {max(found):.1f} s" for kind, found in sorted(monkey.recoveries.items())
    )
    return [
        f"kills: {monkey.kills.total()} ({_counts(monkey.kills)})",
        f"worst recovery, from the kill to readiness: {recoveries}",
        f"longest time without any answer: {run.ledger.longest_silence:.1f} s; "
        f"drained {drained:.0f} s after the end",
    ]


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _spread(values: Iterable[float]) -> str:
    found = sorted(values)
    if not found:
        return "none"
    p50, p99 = (found[min(len(found) - 1, int(len(found) * share))] for share in (0.5, 0.99))
    return f"p50 {p50 * 1000:.0f} ms, p99 {p99:.1f} s, worst {found[-1]:.1f} s"
