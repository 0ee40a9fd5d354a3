"""What every table shares: naming of constraints, ids and timestamps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Identity,
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from openslots.kernel import clock, ids
from openslots.kernel.db import int8

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Any: a JSON document whose shape the owning slice knows
Json = Annotated[dict[str, object], mapped_column(JSONB)]
JsonList = Annotated[list[dict[str, object]], mapped_column(JSONB)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]

# A secret that has to be read again: `kernel.crypto` seals it, `openslots admin keys rotate` finds
# it by this mark. Rows from before may hold it in clear.
SEALED = {"sealed": True}


def sealed_columns(metadata: MetaData) -> list[Column[str]]:
    """Every column whose text is sealed, in the order of tables."""
    return [
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if column.info.get("sealed")
    ]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it as a class attribute)
        datetime: DateTime(timezone=True),
        str: String(),
    }


class BigId(TypeDecorator[int]):
    """A bigint id. A number that no bigint can hold is no row's id, so it is asked for as 0."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None else int8(value)


class IntId:
    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)


class UuidId:
    """A uuid4 kept as text, made by us."""

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=ids.uuid4)


class Timestamps:
    created_at: Mapped[Instant] = mapped_column(default=clock.now)
    updated_at: Mapped[Instant] = mapped_column(default=clock.now, onupdate=clock.now)
