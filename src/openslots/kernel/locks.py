"""Classes of advisory locks: the first number of `pg_advisory_xact_lock(class, id)`."""

from __future__ import annotations

from openslots.kernel import crypto

HOST = 1  # the time of one host
EVENT_TYPE = 2  # limits and seats of one event type
RESERVATION = 3  # reservations of one event type
USER = 4  # what one user owns: default schedule, slugs
IDEMPOTENCY = 5
WEBHOOKS = 7  # the subscriptions of one owner: how many
CREDITS = 8
VERIFICATION = 9


def number_of(text: str) -> int:
    """The id of what has no number; two texts may share one, and then wait for each other."""
    return int(crypto.sha256(text)[:7], 16)
