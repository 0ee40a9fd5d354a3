"""Locations: their stored (internal) form and the API's form.

Stored form, one dictionary per location (event type notes, 7.1): `type` is the internal name and
beside it stand

- inPerson: `address`, `displayLocationPublicly`; link: `link`, `displayLocationPublicly`;
  userPhone: `hostPhoneNumber`, `displayLocationPublicly`
- `integrations:<app>`: `link` and `credentialId` where known
- attendeeInPerson, phone (of the attendee), somewhereElse, conferencing (the organiser's default
  app): nothing

Anything else was stored by the oldest contract and is kept as it is. The first location is the
default of a booking.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from openslots.event_types.errors import AppNotConnected
from openslots.event_types.types import Stored

# API name -> internal name, in the documented order
INTEGRATIONS: dict[str, str] = {
    "cal-video": "integrations:daily",
    "google-meet": "integrations:google:meet",
    "zoom": "integrations:zoom",
    "whereby-video": "integrations:whereby_video",
    "whatsapp-video": "integrations:whatsapp_video",
    "webex-video": "integrations:webex_video",
    "telegram-video": "integrations:telegram_video",
    "tandem": "integrations:tandem",
    "sylaps-video": "integrations:sylaps_video",
    "skype-video": "integrations:skype_video",
    "sirius-video": "integrations:sirius_video_video",
    "signal-video": "integrations:signal_video",
    "shimmer-video": "integrations:shimmer_video",
    "salesroom-video": "integrations:salesroom_video",
    "roam-video": "integrations:roam_video",
    "riverside-video": "integrations:riverside_video",
    "ping-video": "integrations:ping_video",
    "office365-video": "integrations:office365_video",
    "mirotalk-video": "integrations:mirotalk_video",
    "jitsi": "integrations:jitsi",
    "jelly-video": "integrations:jelly_video",
    "jelly-conferencing": "integrations:jelly_conferencing",
    "huddle": "integrations:huddle01",
    "facetime-video": "integrations:facetime_video",
    "element-call-video": "integrations:element-call_video",
    "eightxeight-video": "integrations:eightxeight_video",
    "discord-video": "integrations:discord_video",
    "demodesk-video": "integrations:demodesk_video",
    "campfire-video": "integrations:campfire_video",
}
# internal name -> API name
API_INTEGRATIONS: dict[str, str] = {internal: name for name, internal in INTEGRATIONS.items()}

CAL_VIDEO = INTEGRATIONS["cal-video"]
_APP_SLUGS = {"cal-video": "daily-video", "office365-video": "msteams", "huddle": "huddle01"}

# API type -> (internal type, key of its text in the API, key of its text when stored)
_PLACES = {
    "address": ("inPerson", "address", "address"),
    "link": ("link", "link", "link"),
    "phone": ("userPhone", "phone", "hostPhoneNumber"),
}
# API type -> internal type of those that carry nothing
_BARE = {
    "attendeeAddress": "attendeeInPerson",
    "attendeePhone": "phone",
    "attendeeDefined": "somewhereElse",
    "organizersDefaultApp": "conferencing",
}
_PLACE_OF = {internal: (name, key, stored) for name, (internal, key, stored) in _PLACES.items()}
_BARE_OF = {internal: name for name, internal in _BARE.items()}

# slugs of the apps that every account has
BUILT_IN = frozenset({"daily-video"})

PERSONAL_KINDS = ("address", "link", "phone", "integration", *list(_BARE)[:3])
TEAM_KINDS = (*PERSONAL_KINDS, "organizersDefaultApp")


def cal_video() -> Stored:
    """The stored location of an event type that was given none."""
    return {"type": CAL_VIDEO}


def app_slug(integration: str) -> str:
    """The slug of the conferencing app behind an integration's API name."""
    return _APP_SLUGS.get(integration, integration.removesuffix("-video"))


def app_location(slug: str) -> Stored | None:
    """The stored location of a conferencing app, None when it has none."""
    for name, internal in INTEGRATIONS.items():
        if app_slug(name) == slug:
            return {"type": internal}
    return None


def to_stored(kind: str, given: Mapping[str, Any]) -> Stored:
    """The stored form of a validated location of a body."""
    if kind in _PLACES:
        internal, key, stored_key = _PLACES[kind]
        return {
            "type": internal,
            stored_key: given[key],
            "displayLocationPublicly": bool(given.get("public")),
        }
    if kind == "integration":
        out: Stored = {"type": INTEGRATIONS[given["integration"]]}
        return out | {k: given[k] for k in ("link", "credentialId") if given.get(k) is not None}
    if kind == "unknown":
        return dict(json.loads(given["location"]))
    return {"type": _BARE[kind]}


def api_location(stored: Stored) -> Stored:
    """A location as the API shows it."""
    kind = stored.get("type")
    if kind in _PLACE_OF:
        name, key, stored_key = _PLACE_OF[kind]
        if isinstance(stored.get(stored_key), str):
            public = bool(stored.get("displayLocationPublicly"))
            return {"type": name, key: stored[stored_key], "public": public}
    if kind in API_INTEGRATIONS:
        out: Stored = {"type": "integration", "integration": API_INTEGRATIONS[kind]}
        return out | {k: stored[k] for k in ("link", "credentialId") if stored.get(k) is not None}
    if kind in _BARE_OF:
        return {"type": _BARE_OF[kind]}
    return {"type": "unknown", "location": json.dumps(stored, ensure_ascii=False)}


def api_locations(stored: Iterable[Stored]) -> list[Stored]:
    """Locations as the API shows them, those it does not know last."""
    shown = [api_location(location) for location in stored]
    return sorted(shown, key=lambda location: location["type"] == "unknown")


def without_private(stored: Iterable[Stored]) -> list[Stored]:
    """Stored locations for callers who may not read the event type: addresses, links and numbers
    that are not public are blank, what only the host needs is gone."""
    out = []
    for location in stored:
        place = _PLACE_OF.get(str(location.get("type")))
        if place is not None and not location.get("displayLocationPublicly"):
            location = {**location, place[2]: ""}
        elif place is None:
            location = {"type": location.get("type")}
        out.append(location)
    return out


def require_installed(stored: Iterable[Stored], installed: Collection[str]) -> None:
    """Raises AppNotConnected for the first conferencing app that is not among the installed."""
    for location in stored:
        name = API_INTEGRATIONS.get(str(location.get("type")))
        if name is not None and app_slug(name) not in installed:
            raise AppNotConnected(app_slug(name))


def has_cal_video(stored: Sequence[Stored]) -> bool:
    return any(location.get("type") == CAL_VIDEO for location in stored)
