"""Answers under internal names: raw event types, the settings form, the booking page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ConfigDict

from openslots.event_types.rules import internal
from openslots.event_types.types import HostFacts, Person, Stored, TeamFacts
from openslots.kernel import clock
from openslots.kernel.http.envelope import Out
from openslots.models import EventType, Membership, PrivateLink, Schedule, User, Webhook

_SUMMARY = (
    "id",
    "title",
    "description",
    "length",
    "schedulingType",
    "recurringEvent",
    "slug",
    "hidden",
    "price",
    "currency",
    "lockTimeZoneToggleOnBookingPage",
    "requiresConfirmation",
    "requiresBookerEmailVerification",
    "metadata",
)


class InternalOut(Out):
    """An object with more keys than are named here."""

    model_config = ConfigDict(extra="allow")


class _EventTypeOut(InternalOut):
    """An event type under its internal names; nulls are present."""

    id: int
    title: str
    slug: str
    length: int
    description: str | None
    hidden: bool
    locations: list[dict[str, Any]]
    booking_fields: list[dict[str, Any]] | None
    user_id: int | None
    team_id: int | None
    parent_id: int | None
    metadata: dict[str, Any]


class LegacyEventTypeOut(_EventTypeOut):
    """An event type under its internal names; nulls are present."""

    schedule_id: int | None


class FormEventTypeOut(_EventTypeOut):
    """An event type as its settings form knows it: `schedule` is the schedule that applies."""

    schedule: int | None
    schedule_name: str | None


class SettingsOut(InternalOut):
    """An event type with what its settings form shows."""

    event_type: FormEventTypeOut
    location_options: list[dict[str, Any]]
    destination_calendar: dict[str, Any] | None
    team: dict[str, Any] | None
    team_members: list[dict[str, Any]]
    current_user_membership: dict[str, Any] | None
    is_user_organization_admin: bool


class EventTypeGroupOut(InternalOut):
    team_id: int | None
    booker_url: str
    membership_role: str | None
    profile: dict[str, Any]
    metadata: dict[str, Any]
    event_types: list[LegacyEventTypeOut]


class EventTypeGroupsOut(Out):
    event_type_groups: list[EventTypeGroupOut]
    profiles: list[dict[str, Any]]


class PublicEventTypeOut(InternalOut):
    """An event type for its booking page."""

    id: int
    title: str
    slug: str
    length: int
    description: str | None
    locations: list[dict[str, Any]]
    booking_fields: list[dict[str, Any]]
    profile: dict[str, Any]
    entity: dict[str, Any]


class LegacyDeletedOut(Out):
    id: int
    length: int
    slug: str
    title: str


class MyEventTypeOut(Out):
    id: int
    title: str
    slug: str
    description: str | None
    length: int
    locations: list[dict[str, Any]]
    parent_id: int | None


class MyEventTypesOut(Out):
    event_types: list[MyEventTypeOut]


class NamedTeamOut(Out):
    id: int
    name: str


class ListedEventTypeOut(Out):
    id: int
    title: str
    slug: str
    length: int
    team: NamedTeamOut | None
    username: str | None


class ChangedOut(InternalOut):
    event_type: FormEventTypeOut


def event_type(row: EventType) -> Stored:
    return internal.raw(row)


def deleted(row: EventType) -> Stored:
    return {"id": row.id, "length": row.length, "slug": row.slug, "title": row.title}


def user(person: Person) -> Stored:
    return {
        "id": person.id,
        "name": person.name,
        "username": person.username,
        "avatarUrl": person.avatar_url,
        "avatar": person.avatar_url,
        "weekStart": person.week_start,
        "timeZone": person.time_zone,
        "brandColor": person.brand_color,
        "darkBrandColor": person.dark_brand_color,
        "theme": person.theme,
        "defaultScheduleId": person.default_schedule_id,
        "metadata": dict(person.metadata),
        "bookerUrl": person.base,
        "profile": {"username": person.page_name, "organization": None},
    }


def listed(row: EventType, people: Sequence[Person] = ()) -> Stored:
    """A raw event type in a group of the list."""
    return {
        **internal.raw(row),
        "users": [user(person) for person in people],
        "hosts": [],
        "children": [],
        "safeDescription": internal.safe_html(row.description),
    }


def group(
    of: Person | TeamFacts, rows: Sequence[EventType], *, role: str | None, count: int
) -> Stored:
    """One group of the list: a person's own, or a team's."""
    mine = isinstance(of, Person)
    people = [of] if isinstance(of, Person) else []
    return {
        "teamId": None if mine else of.id,
        "bookerUrl": of.base if isinstance(of, Person) else of.pages,
        "membershipRole": role,
        "profile": profile_of(of),
        "metadata": {"membershipCount": count, "readOnly": role == "MEMBER"},
        "eventTypes": [listed(row, people) for row in rows],
    }


def profile_of(of: Person | TeamFacts) -> Stored:
    slug = of.page_name if isinstance(of, Person) else of.slug
    image = of.avatar_url if isinstance(of, Person) else of.logo_url
    return {"slug": slug, "name": of.name, "image": image}


def summary(row: EventType) -> Stored:
    """A raw event type in the public list of a person."""
    raw = internal.raw(row)
    return {
        **{key: raw[key] for key in _SUMMARY},
        "descriptionAsSafeHTML": internal.safe_html(row.description),
    }


def settings_event_type(
    row: EventType,
    owner: Person | None,
    *,
    schedule: Schedule | None,
    links: Sequence[PrivateLink],
    hooks: Sequence[Webhook],
    hosts: Sequence[HostFacts],
    team: TeamFacts | None,
    booker_url: str,
) -> Stored:
    """The event type of a settings form; without what a form must not send back."""
    out = internal.raw(row)
    schedule_id = out.pop("scheduleId")
    people = [owner] if owner is not None else []
    return {
        **out,
        "bookingFields": internal.completed_fields(row),
        "metadata": {"apps": {}, **out["metadata"]},
        "schedule": schedule.id if schedule is not None else schedule_id,
        "scheduleName": schedule.name if schedule is not None else None,
        "users": [user(person) for person in people],
        "owner": {"id": owner.id, "email": owner.email} if owner is not None else None,
        "team": {"id": team.id, "name": team.name, "slug": team.slug} if team else None,
        "hosts": [_host(host) for host in hosts],
        "children": [],
        "childrenCount": 0,
        "webhooks": [_hook(hook) for hook in hooks],
        "workflows": [],
        "customInputs": [],
        "hashedLink": [_link(link) for link in links],
        "bookerUrl": booker_url,
        "calVideoSettings": row.cal_video_settings,
        "destinationCalendar": row.destination_calendar,
    }


def _host(host: HostFacts) -> Stored:
    return {
        "userId": host.user_id,
        "isFixed": host.mandatory,
        "priority": 2 if host.priority is None else host.priority,
        "weight": 100,
        "scheduleId": None,
        "user": {
            "id": host.user_id,
            "name": host.name,
            "username": host.username,
            "avatarUrl": host.avatar_url,
        },
    }


def _hook(hook: Webhook) -> Stored:
    return {
        "id": hook.id,
        "subscriberUrl": hook.subscriber_url,
        "active": hook.active,
        "eventTriggers": list(hook.triggers),
        "payloadTemplate": hook.payload_template,
        "eventTypeId": hook.event_type_id,
    }


def _link(link: PrivateLink) -> Stored:
    return {
        "link": link.link,
        "expiresAt": clock.iso(link.expires_at) if link.expires_at is not None else None,
        "maxUsageCount": link.max_usage_count,
        "usageCount": link.usage_count,
    }


def settings_form(
    event_type: Stored,
    *,
    options: Sequence[tuple[str, Sequence[tuple[str, str, str | None]]]],
    members: Sequence[tuple[Membership, User]],
    membership: Membership | None,
    is_org_admin: bool,
) -> Stored:
    """Everything that opens a settings form."""
    return {
        "eventType": event_type,
        "locationOptions": [
            {"label": label, "options": [_option(*choice) for choice in choices]}
            for label, choices in options
        ],
        "destinationCalendar": event_type["destinationCalendar"],
        "team": event_type["team"],
        "teamMembers": [_member(m, person) for m, person in members],
        "currentUserMembership": None
        if membership is None
        else {"role": membership.role, "teamId": membership.team_id, "userId": membership.user_id},
        "isUserOrganizationAdmin": is_org_admin,
    }


def _option(label: str, value: str, app: str | None) -> Stored:
    out: Stored = {"label": label, "value": value, "disabled": False}
    return out | ({"slug": app} if app is not None else {})


def _member(membership: Membership, person: User) -> Stored:
    return {
        "id": person.id,
        "name": person.name,
        "username": person.username,
        "email": person.email,
        "avatarUrl": person.avatar_url,
        "membership": membership.role,
    }


def public(
    row: EventType,
    people: Sequence[Person],
    *,
    schedule: Schedule | None,
    team: TeamFacts | None,
    hosts: Sequence[HostFacts],
    org_slug: str | None,
    is_dynamic: bool,
) -> Stored:
    """An event type for its booking page, without what is not public."""
    raw = internal.raw(row)
    raw.pop("userId")
    users = [user(person) for person in people]
    first = people[0] if people else None
    layouts = raw["metadata"].get("bookerLayouts") or internal.EVERY_LAYOUT
    return {
        **raw,
        "id": 0 if is_dynamic else row.id,
        "description": internal.safe_html(row.description),
        "locations": internal.public_locations(row.locations),
        "bookingFields": internal.completed_fields(row),
        "profile": _public_profile(first, team, layouts),
        "owner": users[0] if users and not is_dynamic and team is None else None,
        "users": users,
        "subsetOfUsers": users,
        "hosts": [_host(host) for host in hosts],
        "subsetOfHosts": [_host(host) for host in hosts],
        "schedule": None
        if schedule is None
        else {"id": schedule.id, "timeZone": schedule.local_tz},
        "restrictionScheduleId": None,
        "useBookerTimezone": False,
        "team": None
        if team is None
        else {"id": team.id, "name": team.name, "slug": team.slug, "logoUrl": team.logo_url},
        "entity": {
            "considerUnpublished": False,
            "fromRedirectOfNonOrgLink": False,
            "orgSlug": org_slug,
            "teamSlug": team.slug if team is not None else None,
            "name": team.name if team is not None else (first.name if first else None),
            "hideProfileLink": False,
        },
        "bookerLayouts": raw["metadata"].get("bookerLayouts"),
        "isDynamic": is_dynamic,
        "workflows": [],
        "customInputs": [],
    }


def _public_profile(first: Person | None, team: TeamFacts | None, layouts: object) -> Stored:
    if team is not None or first is None:
        name, username, image, week = (
            (team.name, team.slug, team.logo_url, team.week_start)
            if team is not None
            else (None, None, None, "Sunday")
        )
    else:
        name, username, image, week = (
            first.name,
            first.page_name,
            first.avatar_url,
            first.week_start,
        )
    return {
        "name": name,
        "username": username,
        "image": image,
        "weekStart": week,
        "brandColor": None,
        "darkBrandColor": None,
        "theme": None,
        "bookerLayouts": layouts,
    }
