"""Slots and holds as of 2024-04-15."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from openslots.kernel.http.envelope import Absent, Out
from openslots.kernel.http.validation import (
    IS_ARRAY,
    Body,
    BodyId,
    Bool,
    Instant,
    QueryBool,
    Rule,
    Text,
    TimeZone,
    broken,
    clean,
    comma_list,
)
from openslots.slots.schemas.fields import (
    AT_MOST_MANY,
    IS_FORMAT,
    MOST_PEOPLE,
    Format,
    Ids,
    Number,
    Start,
)
from openslots.slots.types import Listing, OldReserve, Shape, Target

IS_POSITIVE = Rule("min", "=Duration must be a positive number")


def _minutes(value: object) -> int:
    text = value.strip() if isinstance(value, str) else ""
    match = re.fullmatch(r"\+?(\d{1,9})(?:\.\d*)?", text)
    if match is None or int(match[1]) < 1:
        raise IS_POSITIVE.error()
    return int(match[1])


def _usernames(value: object) -> list[str]:
    listed = comma_list(value)
    names = [clean(name) for name in listed if name] if isinstance(listed, list) else []
    if len(names) > MOST_PEOPLE:
        raise AT_MOST_MANY.error()
    return names


class OldQuery(BaseModel):
    """Names of the query that are not known are dropped."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True
    )

    start_time: Annotated[Start, Field(description="Start of the range, ISO 8601.")]
    end_time: Annotated[
        Start, Field(description="End of the range, ISO 8601; a date is its first instant.")
    ]
    event_type_id: Annotated[Number | None, Field(description="Id of the event type.")] = None
    event_type_slug: Annotated[
        Text | None, Field(description="Slug of the event type, with `usernameList`.")
    ] = None
    username_list: Annotated[
        Annotated[list[str], BeforeValidator(_usernames), IS_ARRAY] | None,
        Field(description="Who owns the slug; two or more people are asked for together."),
    ] = None
    org_slug: Annotated[Text | None, Field(description="Organization of the names.")] = None
    is_team_event: Annotated[
        QueryBool | None, Field(description="The one name is the slug of a team.")
    ] = None
    duration: Annotated[
        Annotated[int, BeforeValidator(_minutes), IS_POSITIVE] | None,
        Field(description="Length of a slot in minutes."),
    ] = None
    time_zone: Annotated[TimeZone | None, Field(description="Zone of the answer.")] = None
    reschedule_uid: Annotated[Text | None, Field(description="A booking being moved.")] = None
    slot_format: Annotated[
        Annotated[Format, IS_FORMAT] | None, Field(description="`range` adds the ends.")
    ] = None
    dry_run: Annotated[
        QueryBool | None, Field(alias="_isDryRun", description="Try a routing form.")
    ] = None
    routing_form_response_id: Annotated[
        Number | None, Field(description="Answer of a routing form, if there was one.")
    ] = None
    routed_team_member_ids: Annotated[
        Ids | None, Field(description="Hosts that a routing form led to.")
    ] = None
    rr_host_subset_ids: Annotated[
        Ids | None, Field(description="Only these hosts of a round robin.")
    ] = None
    team_member_email: Annotated[
        Text | None, Field(description="The host who owns the contact goes first.")
    ] = None
    skip_contact_owner: Annotated[
        QueryBool | None, Field(description="The owner of the contact does not matter.")
    ] = None

    @field_validator("routing_form_response_id")
    @classmethod
    def _response(cls, value: int | None, info: ValidationInfo) -> int | None:
        if info.data.get("dry_run"):
            if value not in (None, 0):
                raise broken("routingFormResponseIdValidator", "must be 0 for dry run")
        elif value is not None and value < 1:
            raise broken("routingFormResponseIdValidator", "must be a positive number")
        return value

    def to_command(self, own_reservation: str | None) -> Listing:
        # OBSERVED: any format at all, even `time`, gives ranges
        routed, subset = self.routed_team_member_ids, self.rr_host_subset_ids
        return Listing(
            target=self._target(),
            start=self.start_time,
            end=self.end_time,
            zone=self.time_zone,
            duration=self.duration,
            shape=Shape.OLD_TIME if self.slot_format is None else Shape.OLD_RANGE,
            reschedule_uid=self.reschedule_uid or None,
            subset_ids=frozenset(subset) if subset else None,
            routed_ids=frozenset(routed) if routed else None,
            contact_owner_email=None if self.skip_contact_owner else self.team_member_email,
            own_reservation=own_reservation,
        )

    def _target(self) -> Target:
        """Nothing, or a slug alone, names nothing: no event type has the id 0."""
        names = tuple(dict.fromkeys(self.username_list or ()))
        organization = self.org_slug or None
        if self.event_type_id is not None:
            return Target(event_type_id=self.event_type_id)
        if len(names) > 1:
            return Target(usernames=names, organization_slug=organization)
        if names and self.event_type_slug:
            return Target(
                slug=self.event_type_slug,
                username=None if self.is_team_event else names[0],
                team_slug=names[0] if self.is_team_event else None,
                organization_slug=organization,
            )
        return Target(event_type_id=0)


_ALIASES = {"start": "startTime", "end": "endTime", "eventSlug": "eventTypeSlug"}


class AliasQuery(OldQuery):
    """The same question under the names that a guide for agents gives it."""

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, values: Any) -> Any:  # Any: what pydantic hands over
        if not isinstance(values, dict):
            return values
        found = {name: value for name, value in values.items() if value is not None}
        for short, name in _ALIASES.items():
            if found.get(short):
                found.setdefault(name, found[short])
        if found.get("username"):
            found.setdefault("usernameList", [found["username"]])
        return found


class OldSlot(Out):
    """One slot; seats only where there is a booking to join."""

    time: Absent[str] = None
    start_time: Absent[str] = None
    end_time: Absent[str] = None
    attendees: Absent[int] = None
    booking_uid: Absent[str] = None


class OldSlots(Out):
    slots: dict[str, list[OldSlot]]


class OldReserveIn(Body):
    """A time to hold under the booker's uid."""

    event_type_id: Annotated[BodyId, Field(description="Id of the event type.")]
    slot_utc_start_date: Annotated[Instant, Field(description="Start of the slot.")]
    slot_utc_end_date: Annotated[Instant, Field(description="End of the slot.")]
    booking_uid: Annotated[
        Text | None, Field(description="The booking whose seat is to be held.")
    ] = None
    dry_run: Annotated[
        Bool | None, Field(alias="_isDryRun", description="Answer without holding anything.")
    ] = None

    @field_validator("slot_utc_end_date")
    @classmethod
    def _after(cls, value: Any, info: ValidationInfo) -> Any:  # Any: the validated instant
        start = info.data.get("slot_utc_start_date")
        if start is not None and value <= start:
            raise broken("isAfter", "must be after slotUtcStartDate")
        return value

    def to_command(self, uid: str | None) -> OldReserve:
        return OldReserve(
            event_type_id=self.event_type_id,
            start=self.slot_utc_start_date,
            end=self.slot_utc_end_date,
            uid=uid,
            booking_uid=self.booking_uid,
            dry_run=bool(self.dry_run),
        )
