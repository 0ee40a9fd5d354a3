"""Secrets of subscriptions: encrypted in the table, in clear in answers and for signing."""

from __future__ import annotations

from openslots.kernel import crypto
from openslots.kernel.crypto import Unreadable
from openslots.kernel.logging import Log
from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook

log = Log("webhooks")


def put(uow: UnitOfWork, row: Webhook, secret: str | None) -> None:
    """Gives a subscription, whose id is known, another secret, or none."""
    keys = crypto.keyring(uow.settings.security)
    row.sealed_secret = None if secret is None else keys.seal(secret, _place(row.id))
    row.show_secret(secret)


def show(uow: UnitOfWork, row: Webhook) -> None:
    """Opens the secret of a row for the answer, which has none where no key opens it."""
    try:
        row.show_secret(opened(uow, row.id, row.sealed_secret))
    except Unreadable:
        row.show_secret(None)


def opened(uow: UnitOfWork, webhook_id: str, stored: str | None) -> str | None:
    """The secret in clear. Raises Unreadable, and logs it, where no key opens it."""
    if stored is None:
        return None
    try:
        return crypto.keyring(uow.settings.security).open(stored, _place(webhook_id))
    except Unreadable as error:
        log.error("webhooks.secret_unreadable", webhook_id=webhook_id, key=error.key)
        raise


def _place(webhook_id: str) -> str:
    return crypto.place("webhooks", "secret", webhook_id)
