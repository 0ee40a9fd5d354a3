"""Bodies, queries and answers of absences."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from openslots.kernel.clock import iso
from openslots.kernel.http.envelope import Out
from openslots.kernel.http.validation import (
    Body,
    BodyId,
    Rule,
    Text,
    broken,
    one_of,
    parse_instant,
    query_int,
)
from openslots.out_of_office.errors import InvalidDate
from openslots.out_of_office.types import (
    REASONS,
    AbsenceChanges,
    AbsenceFacts,
    AbsencePage,
    NewAbsence,
    Order,
)

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z")
IS_DATE = Rule("isDate", "must be a Date instance")


def _date(value: object) -> datetime:
    if value is None:
        raise IS_DATE.error()
    moment = parse_instant(value) if isinstance(value, str) and _FORM.fullmatch(value) else None
    if moment is None:
        raise InvalidDate
    return moment


Date = Annotated[datetime, BeforeValidator(_date), IS_DATE]
Reason = Annotated[str, *one_of(REASONS)]


class CreateAbsenceIn(Body):
    """Absences are whole UTC days: of `start` and `end` only the date counts."""

    start: Date = Field(examples=["2030-05-01T00:00:00.000Z"])
    end: Date = Field(examples=["2030-05-10T23:59:59.999Z"])
    notes: Text | None = Field(default=None, examples=["Reachable by phone"])
    to_user_id: BodyId | None = Field(default=None, examples=[2])
    reason: Reason | None = Field(default=None, examples=["vacation"])

    def to_command(self) -> NewAbsence:
        return NewAbsence(
            start=self.start,
            end=self.end,
            reason=self.reason or "unspecified",
            notes=self.notes,
            to_user_id=self.to_user_id,
        )


class UpdateAbsenceIn(Body):
    """`start` and `end` are given together; null removes notes and redirect."""

    start: Date | None = None
    end: Date | None = None
    notes: Text | None = None
    to_user_id: BodyId | None = None
    reason: Reason | None = None

    def to_command(self) -> AbsenceChanges:
        return AbsenceChanges(
            start=self.start,
            end=self.end,
            reason=self.reason,
            notes=self.notes,
            to_user_id=self.to_user_id,
            clears=frozenset(name for name in ("notes", "to_user_id") if self.given(name)),
        )


def _order(value: object, field: str) -> object:
    if value not in ("asc", "desc"):
        raise broken("isEnum", f'={field} must be either "asc" or "desc".')
    return value


class AbsenceQuery(Body):
    """Paging and order of a list; `sortEnd` wins over `sortStart`."""

    take: Annotated[int, *query_int(1, 250)] = 250
    skip: Annotated[int, *query_int(0)] = 0
    sort_start: Annotated[
        Literal["asc", "desc"] | None, BeforeValidator(lambda value: _order(value, "SortStart"))
    ] = None
    sort_end: Annotated[
        Literal["asc", "desc"] | None, BeforeValidator(lambda value: _order(value, "SortEnd"))
    ] = None

    def to_page(self) -> AbsencePage:
        by_start: Order | None = self.sort_start
        return AbsencePage(self.take, self.skip, by_start, self.sort_end)


class AbsenceOut(Out):
    """An absence from the start of its first to the end of its last UTC day."""

    user_id: int
    to_user_id: int | None
    id: int
    uuid: str
    start: str
    end: str
    notes: str | None
    reason: str

    @classmethod
    def of(cls, absence: AbsenceFacts) -> AbsenceOut:
        return cls(
            user_id=absence.user_id,
            to_user_id=absence.to_user_id,
            id=absence.id,
            uuid=absence.uuid,
            start=iso(absence.start),
            end=iso(absence.end),
            notes=absence.notes,
            reason=absence.reason,
        )
