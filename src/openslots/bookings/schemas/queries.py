"""Query parameters of the lists."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from openslots.bookings.types import (
    CursorList,
    Filters,
    OffsetList,
    SortKey,
    Status,
)
from openslots.kernel.http.validation import (
    QueryInt,
    Rule,
    Text,
    broken,
    comma_list,
    one_of,
    parse_instant,
    query_int,
)

STATUSES: tuple[Status, ...] = ("upcoming", "recurring", "past", "cancelled", "unconfirmed")
REFERENCES = (
    "google_calendar",
    "office365_calendar",
    "daily_video",
    "google_video",
    "office365_video",
    "zoom_video",
)
STATUS_TEXT = "=Invalid status. Allowed are upcoming, recurring, past, cancelled, unconfirmed"


def _status(value: object) -> str:
    if value not in STATUSES:
        raise broken("isEnum", STATUS_TEXT)
    return str(value)


def _int_list(value: object) -> object:
    items = comma_list(value)
    return [item for item in items if item != ""] if isinstance(items, list) else items


def _plus(value: object) -> object:
    """A plus sign that URL decoding made a blank (contract: bookings notes, 9.2)."""
    return value.strip().replace(" ", "+") if isinstance(value, str) else value


def _sort(name: str) -> Any:  # Any: metadata of Annotated
    text = f'={name} must be either "asc" or "desc".'

    def check(value: object) -> object:
        if value not in ("asc", "desc"):
            raise broken("isEnum", text)
        return value

    return BeforeValidator(check)


def _moment(name: str) -> Any:  # Any: metadata of Annotated
    rule = Rule("isISO8601", f"={name} must be a valid ISO 8601 date.")

    def check(value: object) -> object:
        moment = parse_instant(value) if isinstance(value, str) else value
        if moment is None:
            raise rule.error()
        return moment

    return BeforeValidator(check)


Direction = Annotated[str, Field(json_schema_extra={"enum": ["asc", "desc"]})]
InstantText = Any  # a datetime once validated; Any: shown as text in the document


class ListQuery(BaseModel):
    """The filters that every list takes; all combine with AND."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    status: Annotated[
        list[
            Annotated[
                str,
                BeforeValidator(_status),
                Field(json_schema_extra={"enum": list(STATUSES)}),
            ]
        ]
        | None,
        BeforeValidator(comma_list),
    ] = None
    attendee_email: Annotated[Text | None, BeforeValidator(_plus)] = None
    attendee_name: Text | None = None
    booking_uid: Text | None = None
    event_type_ids: Annotated[list[QueryInt] | None, BeforeValidator(_int_list)] = None
    event_type_id: QueryInt | None = None
    teams_ids: Annotated[list[QueryInt] | None, BeforeValidator(_int_list)] = None
    team_ids: Annotated[list[QueryInt] | None, BeforeValidator(_int_list)] = None
    team_id: QueryInt | None = None
    after_start: Annotated[InstantText, _moment("fromDate")] = None
    before_end: Annotated[InstantText, _moment("toDate")] = None
    after_created_at: Annotated[InstantText, _moment("afterCreatedAt")] = None
    before_created_at: Annotated[InstantText, _moment("beforeCreatedAt")] = None
    after_updated_at: Annotated[InstantText, _moment("afterUpdatedAt")] = None
    before_updated_at: Annotated[InstantText, _moment("beforeUpdatedAt")] = None
    sort_start: Annotated[Direction | None, _sort("SortStart")] = None
    sort_end: Annotated[Direction | None, _sort("SortEnd")] = None
    sort_created: Annotated[Direction | None, _sort("SortCreated")] = None
    sort_updated_at: Annotated[Direction | None, _sort("SortCreated")] = None

    def filters(self) -> Filters:
        statuses = [status for status in STATUSES if status in (self.status or ())]
        types = self.event_type_ids or (
            None if self.event_type_id is None else [self.event_type_id]
        )
        teams = (
            self.teams_ids or self.team_ids or (None if self.team_id is None else [self.team_id])
        )
        return Filters(
            statuses=tuple(statuses),
            attendee_email=self.attendee_email,
            attendee_name=self.attendee_name,
            booking_uid=self.booking_uid,
            event_type_ids=None if types is None else tuple(types),
            team_ids=None if teams is None else tuple(teams),
            after_start=self.after_start,
            before_end=self.before_end,
            after_created=self.after_created_at,
            before_created=self.before_created_at,
            after_updated=self.after_updated_at,
            before_updated=self.before_updated_at,
        )

    def sort(self) -> tuple[SortKey, bool] | None:
        """The first sort parameter that was given, in the documented order."""
        given: tuple[tuple[SortKey, str | None], ...] = (
            ("start", self.sort_start),
            ("end", self.sort_end),
            ("created", self.sort_created),
            ("updated", self.sort_updated_at),
        )
        return next(((key, way == "desc") for key, way in given if way is not None), None)


class ReferenceQuery(BaseModel):
    """Which provider's references are wanted."""

    type: Annotated[
        str | None,
        one_of(REFERENCES)[0],
        Field(json_schema_extra={"enum": list(REFERENCES)}),
    ] = None


class OffsetQuery(ListQuery):
    take: Annotated[int, *query_int(1, 250)] = 100
    skip: Annotated[int, *query_int(0)] = 0

    def to_query(self) -> OffsetList:
        return OffsetList(self.filters(), take=self.take, skip=self.skip, sort=self.sort())


class CursorQuery(ListQuery):
    limit: Annotated[int, *query_int(1, 100)] = 50
    cursor: Text | None = None

    def to_query(self) -> CursorList:
        return CursorList(self.filters(), limit=self.limit, cursor=self.cursor)


class OldListQuery(BaseModel):
    """The list of 2024-04-15: one status, and a number as cursor."""

    model_config = ConfigDict(populate_by_name=True, extra="ignore")

    status: Annotated[
        str,
        BeforeValidator(_status),
        Field(alias="filters[status]", json_schema_extra={"enum": list(STATUSES)}),
    ] = "upcoming"
    limit: Annotated[int, *query_int(1, 100)] = 10
    cursor: Annotated[int, *query_int(0)] = 0

    def to_query(self) -> OffsetList:
        statuses = tuple(status for status in STATUSES if status == self.status)
        return OffsetList(Filters(statuses=statuses), take=self.limit, skip=self.cursor)
