"""What the notifications slice refuses."""

from __future__ import annotations

from openslots.kernel.errors import NotFound


class SubscriptionNotFound(NotFound):
    message = "App push subscription not found for the given token"
