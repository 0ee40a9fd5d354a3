"""The caller's own profile."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from openslots.kernel.http.envelope import Absent, Numeric, Out
from openslots.kernel.http.validation import (
    Body,
    BodyId,
    Email,
    Text,
    TimeZone,
    Url,
    broken,
    clean,
    one_of,
)
from openslots.users import rules
from openslots.users.types import KEEP, Profile, ProfileChanges


def _metadata(value: object) -> dict[str, Any]:  # Any: the caller's own values
    if not isinstance(value, dict) or not rules.is_metadata(value):
        raise broken("ValidateMetadata", f"={rules.METADATA_TEXT}")
    for key, item in value.items():
        clean(key)
        if isinstance(item, str):
            clean(item)
    return value


Metadata = Annotated[dict[str, str | Numeric | bool], BeforeValidator(_metadata)]


class UpdateMeIn(Body):
    """Fields that are not named stay as they are; null is refused but for name, bio and avatar.

    The defaults only stand for "not named"; `given` tells.
    """

    email: Email = ""
    name: Text | None = None
    bio: Text | None = None
    time_format: Annotated[int, *one_of([12, 24])] = Field(default=0, examples=[24])
    default_schedule_id: BodyId = 0
    week_start: Annotated[str, *one_of(rules.WEEKDAYS)] = Field(default="", examples=["Monday"])
    time_zone: TimeZone = Field(default="", examples=["Europe/Rome"])
    locale: Annotated[str, *one_of(rules.LOCALES)] = Field(default="", examples=["en"])
    avatar_url: Url | None = None
    metadata: Metadata = Field(default_factory=dict, examples=[{"key": "value"}])

    def to_command(self) -> ProfileChanges:
        return ProfileChanges(
            **{
                name: getattr(self, name) if self.given(name) else KEEP
                for name in type(self).model_fields
            }
        )


class BookingLimitsOut(Out):
    """Most bookings of a calendar period; null is no limit."""

    per_day: int | None
    per_week: int | None
    per_month: int | None
    per_year: int | None


class OrganizationOut(Out):
    is_platform: bool
    id: int


class MeOut(Out):
    """A profile; `organization` only where the operation documents it, for members of one."""

    id: int
    username: str | None
    email: str
    name: str | None
    avatar_url: str | None
    bio: str | None
    time_format: int
    default_schedule_id: int | None
    week_start: str
    time_zone: str
    organization_id: int | None
    booking_limits: BookingLimitsOut
    organization: Absent[OrganizationOut] = None

    @classmethod
    def of(cls, profile: Profile, *, with_organization: bool = False) -> MeOut:
        organization = None
        if with_organization and profile.organization_id is not None:
            organization = OrganizationOut(
                is_platform=profile.organization_is_platform, id=profile.organization_id
            )
        return cls(
            id=profile.id,
            username=profile.username,
            email=profile.email,
            name=profile.name,
            avatar_url=profile.avatar_url,
            bio=profile.bio,
            time_format=profile.time_format,
            default_schedule_id=profile.default_schedule_id,
            week_start=profile.week_start,
            time_zone=profile.time_zone,
            organization_id=profile.organization_id,
            booking_limits=BookingLimitsOut.model_validate(profile.booking_limits),
            organization=organization,
        )
