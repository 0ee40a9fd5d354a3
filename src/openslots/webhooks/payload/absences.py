"""PURE. Payload of a new absence (webhook notes, 6.9)."""

from __future__ import annotations

from openslots.events.out_of_office import AbsentPerson, OutOfOfficeCreated
from openslots.webhooks.payload import parts
from openslots.webhooks.payload.parts import Json

# reason -> (id, emoji)
REASONS = {
    "unspecified": (1, "🕒"),
    "vacation": (2, "🌴"),
    "travel": (3, "✈️"),
    "sick": (4, "🤒"),
    "public_holiday": (5, "📅"),
}
_KEYS = {"sick": "sick_leave"}


def created(event: OutOfOfficeCreated) -> Json:
    """Start and end are local times of the person who is away."""
    number, emoji = REASONS.get(event.reason, REASONS["unspecified"])
    zone = event.user.time_zone
    return {
        "oooEntry": {
            "id": event.id,
            "start": parts.with_offset(event.start, zone),
            "end": parts.with_offset(event.end, zone),
            "createdAt": parts.milliseconds(event.created_at),
            "updatedAt": parts.milliseconds(event.updated_at),
            "notes": event.notes,
            "reason": {
                "emoji": emoji,
                "reason": f"ooo_reasons_{_KEYS.get(event.reason, event.reason)}",
            },
            "reasonId": number,
            "user": _person(event.user),
            "toUser": None if event.to_user is None else _person(event.to_user),
            "uuid": event.uuid,
        }
    }


def _person(one: AbsentPerson) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "username": one.username,
        "email": one.email,
        "timeZone": one.time_zone,
    }
