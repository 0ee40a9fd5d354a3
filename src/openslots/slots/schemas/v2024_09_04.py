"""Slots, explanations and holds as of 2024-09-04."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.datastructures import QueryParams

from openslots.availability import civil
from openslots.kernel import clock
from openslots.kernel.errors import BadRequest
from openslots.kernel.http.envelope import Absent, Out
from openslots.kernel.http.validation import (
    IS_DATE_STRING,
    Body,
    BodyId,
    Int,
    Text,
    TimeZone,
    at_least,
    clean,
    is_iso,
    joined,
    parse_instant,
    tree,
)
from openslots.slots.schemas.fields import (
    Format,
    Ids,
    Minutes,
    Names,
    Number,
    Start,
    WholeEnd,
    seconds,
)
from openslots.slots.types import Hold, Listing, Reason, Reserve, Shape, Target, reason_kinds


class Ask(BaseModel):
    """What every way of asking has in common; names of another way are refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    start: Annotated[
        Start, Field(description="Start of the range, ISO 8601 in UTC. A date is its midnight.")
    ]
    end: Annotated[
        WholeEnd,
        Field(description="End of the range, ISO 8601 in UTC. A date, or midnight, is whole."),
    ]
    time_zone: Annotated[
        TimeZone | None,
        Field(description="IANA zone of the answer's days and times. Without one: UTC."),
    ] = None
    duration: Annotated[
        Minutes | None,
        Field(description="Length of a slot in minutes. Without one, that of the event type."),
    ] = None
    format: Annotated[
        Format, Field(description="`time` gives starts, `range` starts and ends.")
    ] = "time"
    booking_uid_to_reschedule: Annotated[
        Text | None,
        Field(description="A booking that is being moved: its own time counts as free."),
    ] = None
    rr_host_subset_ids: Annotated[
        Ids | None, Field(description="Only these hosts of a round robin, by id.")
    ] = None

    @abstractmethod
    def target(self) -> Target:
        """The event type that the question names."""

    def to_command(self) -> Listing:
        subset = self.rr_host_subset_ids
        return Listing(
            target=self.target(),
            start=self.start,
            end=self.end,
            zone=self.time_zone,
            duration=self.duration,
            shape=Shape.RANGE if self.format == "range" else Shape.TIME,
            reschedule_uid=self.booking_uid_to_reschedule or None,
            subset_ids=frozenset(subset) if subset else None,
        )


class AskById(Ask):
    event_type_id: Annotated[Number, Field(description="Id of the event type.")]

    def target(self) -> Target:
        return Target(event_type_id=self.event_type_id)


class AskByUsername(Ask):
    event_type_slug: Annotated[
        Text, Field(description="Slug of the event type; with `username` or `teamSlug`.")
    ]
    username: Annotated[Text, Field(description="Who owns the event type of that slug.")]
    organization_slug: Annotated[
        Text | None,
        Field(description="The organization in which user or team have the given name."),
    ] = None

    def target(self) -> Target:
        return Target(
            slug=self.event_type_slug,
            username=self.username,
            organization_slug=self.organization_slug or None,
        )


class AskByTeam(Ask):
    event_type_slug: Text
    team_slug: Annotated[Text, Field(description="The team that owns the event type of that slug.")]
    organization_slug: Text | None = None

    def target(self) -> Target:
        return Target(
            slug=self.event_type_slug,
            team_slug=self.team_slug,
            organization_slug=self.organization_slug or None,
        )


class AskByUsernames(Ask):
    usernames: Annotated[
        Names,
        Field(description="Two or more people, separated by commas: when all of them are free."),
    ]
    organization_slug: Text | None = None
    # Some clients send the first of the names here, too.
    username: Text | None = None

    def target(self) -> Target:
        return Target(
            usernames=tuple(self.usernames), organization_slug=self.organization_slug or None
        )


WAYS = (AskById, AskByUsername, AskByTeam, AskByUsernames)


def listing_of(query: QueryParams) -> Listing:
    """The question of a query. The first way that matches wins; BadRequest with every problem in
    one message."""
    values: dict[str, str | list[str]] = {}
    for name in query:
        found = query.getlist(name)
        values[name] = found[0] if len(found) == 1 else found
    return read(_way(values), values).to_command()


def _way(values: Mapping[str, object]) -> type[Ask]:
    if values.get("eventTypeId"):
        return AskById
    if values.get("eventTypeSlug") and values.get("username"):
        return AskByUsername
    if values.get("eventTypeSlug") and values.get("teamSlug"):
        return AskByTeam
    return AskByUsernames


def read(model: type[Ask], values: Mapping[str, object]) -> Ask:
    """The values as that model. Raises BadRequest as `joined_errors` does."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = [{**one, "loc": ("query", *one["loc"])} for one in error.errors()]
        raise BadRequest(joined(tree(found, values, model))) from None


def parameters(*more: dict[str, Any]) -> dict[str, Any]:  # Any: a piece of an OpenAPI document
    """The query parameters of all ways, for the document."""
    found: dict[str, dict[str, Any]] = {}  # Any: as above
    for way in WAYS:
        schema = way.model_json_schema()
        always = ("start", "end")
        for name, facts in schema["properties"].items():
            known = found.setdefault(
                name, {"name": name, "in": "query", "required": name in always, "schema": {}}
            )
            if "description" in facts:
                known["description"] = facts["description"]
            known["schema"] = _plain(name, facts)
    return {"parameters": [*found.values(), *more]}


def _plain(name: str, facts: dict[str, Any]) -> dict[str, Any]:  # Any: JSON schema
    if name in ("start", "end"):
        return {"type": "string", "examples": ["2050-09-05"]}
    if name == "format":
        return {"type": "string", "enum": ["time", "range"], "default": "time"}
    if name == "usernames":
        return {"type": "string", "examples": ["alice,bob"]}
    kinds = [one for one in facts.get("anyOf", [facts]) if one.get("type") != "null"]
    return {key: value for key, value in kinds[0].items() if key in ("type", "items")}


class SlotOut(Out):
    """One slot: when it starts and, as far as asked for, ends; seats of a seated event type."""

    start: str
    end: Absent[str] = None
    seats_booked: Absent[int] = None
    seats_remaining: Absent[int] = None
    seats_total: Absent[int] = None
    booking_uid: Absent[str] = None


class At(BaseModel):
    """The start that is asked about."""

    at: Annotated[int, BeforeValidator(seconds), IS_DATE_STRING]


def explain_of(query: QueryParams) -> tuple[Listing, int]:
    """The question and the instant of an explanation. Without a range it is the UTC day of the
    instant and the one after. Raises BadRequest."""
    text = query.get("at", "")
    moment = parse_instant(text)
    if moment is None:
        problem = {"type": "missing", "loc": ("query", "at")}
        raise BadRequest(joined(tree([problem], {"at": text} if text else {}, At)))
    day = moment.date().isoformat()
    items = [(name, value) for name, value in query.multi_items() if name != "at"]
    ask = QueryParams([*([] if "start" in query else [("start", day)]), *items])
    if "end" not in query:
        midnight = int(moment.timestamp()) // 86_400 * 86_400
        following = civil.moment(min(midnight + 86_400, civil.LATEST))
        ask = QueryParams([*ask.multi_items(), ("end", following.date().isoformat())])
    return listing_of(ask), int(moment.timestamp() // 1)


class LimitOut(Out):
    """A limit that is reached: of what, in which period, and how far it is used up."""

    scope: str
    measure: str
    unit: str
    limit: int
    used: int


class ReasonOut(Out):
    """One reason; everything but `kind` is for the host and whoever administers the event type."""

    kind: str
    message: Absent[str] = None
    host_id: Absent[int] = None
    schedule_id: Absent[int] = None
    booking_uid: Absent[str] = None
    reservation_uid: Absent[str] = None
    out_of_office_id: Absent[int] = None
    calendar: Absent[str] = None
    buffer: Absent[str] = None
    limit: Absent[LimitOut] = None
    start: Absent[str] = None
    end: Absent[str] = None

    @classmethod
    def of(cls, reason: Reason) -> ReasonOut:
        limit, span = reason.limit, reason.span
        return cls(
            kind=str(reason.kind),
            message=reason.text,
            host_id=reason.host_id,
            schedule_id=reason.schedule_id,
            booking_uid=reason.booking_uid,
            reservation_uid=reason.reservation_uid,
            out_of_office_id=None if reason.away_id is None else int(reason.away_id),
            calendar=reason.source,
            buffer=None if reason.buffer == "none" else reason.buffer,
            limit=None
            if limit is None
            else LimitOut(
                scope=limit.scope,
                measure=limit.measure,
                unit=limit.unit,
                limit=limit.limit,
                used=limit.used,
            ),
            start=None if span is None else clock.iso(civil.moment(span.start)),
            end=None if span is None else clock.iso(civil.moment(span.end)),
        )


class ExplanationOut(Out):
    at: str
    offered: bool
    reasons: list[ReasonOut]

    @classmethod
    def of(
        cls, at: int, reasons: tuple[Reason, ...], detailed: frozenset[int] | None
    ) -> ExplanationOut:
        """`detailed` are the hosts of whom more than the kind is told; None is all."""
        told = [r for r in reasons if detailed is None or r.host_id in detailed]
        kinds = reason_kinds(r for r in reasons if r not in told)
        return cls(
            at=clock.iso(civil.moment(at)),
            offered=not reasons,
            reasons=[*map(ReasonOut.of, told), *(ReasonOut(kind=kind) for kind in kinds)],
        )


def _date_text(value: object) -> str:
    if not isinstance(value, str) or not is_iso(value):
        raise IS_DATE_STRING.error()
    return clean(value)


class ReserveIn(Body):
    """A time to hold; lengths are minutes."""

    event_type_id: Annotated[BodyId, Field(description="Id of the event type.")]
    slot_start: Annotated[
        str,
        BeforeValidator(_date_text),
        IS_DATE_STRING,
        Field(
            description="Start of the slot, ISO 8601; UTC unless it says otherwise.",
            examples=["2050-09-05T09:00:00Z"],
        ),
    ]
    slot_duration: Annotated[
        Int | None,
        Field(description="One of the lengths of an event type that has several."),
    ] = None
    reservation_duration: Annotated[
        Annotated[Int, at_least(1)] | None,
        Field(description="Minutes that the hold lasts; 5 unless an entitled caller says so."),
    ] = None

    def to_command(self, caller_id: int | None) -> Reserve:
        return Reserve(
            event_type_id=self.event_type_id,
            start=parse_instant(self.slot_start),
            start_text=self.slot_start,
            slot_minutes=self.slot_duration,
            minutes=self.reservation_duration,
            caller_id=caller_id,
        )


class HoldRead(Out):
    """A hold of a time."""

    event_type_id: int
    slot_start: str
    slot_end: str
    slot_duration: int
    reservation_uid: str
    reservation_until: str

    @classmethod
    def of(cls, hold: Hold) -> HoldRead:
        return cls(**_facts(hold))


class HoldOut(HoldRead):
    """A hold just made or moved, and how long it was made for."""

    reservation_duration: int

    @classmethod
    def of(cls, hold: Hold) -> HoldOut:
        return cls(**_facts(hold), reservation_duration=hold.minutes or 0)


def _facts(hold: Hold) -> dict[str, Any]:  # Any: fields of HoldRead
    return {
        "event_type_id": hold.event_type_id,
        "slot_start": clock.iso(hold.start),
        "slot_end": clock.iso(hold.end),
        "slot_duration": int((hold.end - hold.start).total_seconds() // 60),
        "reservation_uid": hold.uid,
        "reservation_until": clock.iso(hold.until),
    }
