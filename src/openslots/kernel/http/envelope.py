"""What every answer looks like: success with data, pages, and the base of dated shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

T = TypeVar("T")


def _is_none(value: object) -> bool:
    return value is None


# The key is left out of the answer while the value is None; give the field the default None.
Absent = Annotated[T | None, Field(exclude_if=_is_none)]


# A number as JavaScript writes it: 30, not 30.0, which a client that expects an integer refuses.
Numeric = Annotated[int | float, WithJsonSchema({"type": "number"})]

# contract: the published document names both values here, and generated clients know them
Status = Annotated[Literal["success"], Field(json_schema_extra={"enum": ["success", "error"]})]


class Out(BaseModel):
    """Base of answers: snake_case fields, camelCase on the wire."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        from_attributes=True,
    )


class Success(BaseModel, Generic[T]):
    """`{"status": "success", "data": ...}`."""

    status: Status = "success"
    data: T


class Done(BaseModel):
    """`{"status": "success"}` of operations that return nothing else."""

    status: Status = "success"


class Pagination(Out):
    """Counts of an offset page (auth notes, section 2.2)."""

    returned_items: int
    total_items: int
    items_per_page: int
    remaining_items: int
    current_page: int
    total_pages: int
    has_next_page: bool
    has_previous_page: bool

    @classmethod
    def of(cls, *, total: int, skip: int, take: int) -> Pagination:
        skip = min(skip, total)
        pages = -(-total // take)
        current = min(max(skip // take + 1, 1), pages) if pages else 0
        return cls(
            returned_items=min(max(total - skip, 0), take),
            total_items=total,
            items_per_page=take,
            remaining_items=max(0, total - skip - take),
            current_page=current,
            total_pages=pages,
            has_next_page=current < pages,
            has_previous_page=current > 1,
        )


class Page(BaseModel, Generic[T]):
    status: Status = "success"
    data: list[T]
    pagination: Pagination


class CursorPagination(Out):
    next_cursor: str | None
    has_more: bool


class CursorPage(BaseModel, Generic[T]):
    status: Status = "success"
    data: list[T]
    pagination: CursorPagination


# Any: JSON
def raw(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A success answer from plain JSON values, for hot paths that need no model per item."""
    body = json.dumps({"status": "success", "data": data}, ensure_ascii=False)
    return Response(
        body.encode(),
        status_code=status,
        media_type="application/json",
        headers=dict(headers or {}),
    )
