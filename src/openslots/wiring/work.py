"""Which jobs exist, and who does them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from openslots.bookings import jobs as bookings
from openslots.notifications import jobs as notifications
from openslots.slots import jobs as slots
from openslots.users import jobs as users
from openslots.verified_resources import jobs as verified_resources
from openslots.webhooks import jobs as webhook_jobs

# kind -> handler(units, job); Any: JobFacts of jobs.queue
JOBS: dict[str, Callable[..., Awaitable[Any]]] = {
    "email_changes.purge": users.purge_changes,
    "idempotency.purge": bookings.purge_answers,
    "mail.booking": notifications.booking,
    "mail.reminder": notifications.reminder,
    "mail.send": notifications.send,
    "mail.purge": notifications.purge,
    "reservations.purge": slots.purge_holds,
    "verification.purge": verified_resources.purge,
    "webhooks.deliver": webhook_jobs.deliver,
    "webhooks.meeting": webhook_jobs.meeting,
    "webhooks.purge": webhook_jobs.purge,
    "webhooks.remove": webhook_jobs.remove,
}
