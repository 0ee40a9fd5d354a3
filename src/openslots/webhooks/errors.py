"""What the operations on webhooks may refuse."""

from __future__ import annotations

from openslots.kernel.errors import BadRequest, Conflict, Forbidden, NotFound

OWNER_NAMES = {
    "user": "user",
    "event_type": "event type",
    "team": "user",  # contract: organisations use the same words
    "oauth_client": "oAuth client",
}
OWNERS = {
    "user": "A user",
    "event_type": "An event type",
    "team": "A team",
    "oauth_client": "An OAuth client",
}
GUARD = "IsUserEventTypeWebhookGuard"


class WebhookNotFound(NotFound):
    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"Webhook ({webhook_id}) not found")


class DeliveryNotFound(NotFound):
    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"Delivery ({delivery_id}) not found")


class NotTheWebhookOwner(Forbidden):
    def __init__(self, user_id: int, webhook_id: str) -> None:
        super().__init__(
            f"IsUserWebhookGuard - user with id=({user_id}) is not the owner of webhook with "
            f"id=({webhook_id})"
        )


class EventTypeUnknown(NotFound):
    def __init__(self, event_type_id: int) -> None:
        super().__init__(f"{GUARD} - Event type ({event_type_id}) not found")


class NotTheEventTypeOwner(Forbidden):
    def __init__(self, user_id: int, event_type_id: int) -> None:
        super().__init__(
            f"{GUARD} - user with id=({user_id}) is not the owner of event type with "
            f"id=({event_type_id})"
        )


class NotOfThisEventType(Forbidden):
    def __init__(self, webhook_id: str, event_type_id: int | str) -> None:
        super().__init__(
            f"{GUARD} - webhook with id=({webhook_id}) is not part of event type with "
            f"id=({event_type_id})"
        )


class NotOfAnyEventType(BadRequest):
    def __init__(self, webhook_id: str) -> None:
        super().__init__(
            f"{GUARD} - webhook with id=({webhook_id}) is not associated with any event type"
        )


class UrlNotAllowed(BadRequest):
    def __init__(self, reason: str) -> None:
        super().__init__(f"Webhook URL is not allowed: {reason}")


class OrganizationTriggerOnly(BadRequest):
    message = "DELEGATION_CREDENTIAL_ERROR trigger is only available for organization webhooks"


class TimeIncomplete(BadRequest):
    message = (
        "time and timeUnit must be given together for the triggers "
        "AFTER_HOSTS_CAL_VIDEO_NO_SHOW and AFTER_GUESTS_CAL_VIDEO_NO_SHOW"
    )


class TooManyWebhooks(BadRequest):
    def __init__(self, owner_kind: str, most: int) -> None:
        super().__init__(f"{OWNERS[owner_kind]} has at most {most} webhooks.")


class WebhookIsOff(BadRequest):
    message = "The webhook is not active"


class UrlTaken(Conflict):
    def __init__(self, owner_kind: str) -> None:
        super().__init__(
            f"Webhook with this subscriber url already exists for this {OWNER_NAMES[owner_kind]}"
        )
