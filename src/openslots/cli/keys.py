"""`openslots admin keys rotate`: encrypts stored secrets anew with the current key."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openslots.cli import environment
from openslots.cli.action import Action, Answer
from openslots.cli.folder import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Table
    from tqdm import tqdm

    from openslots.kernel.crypto import Keyring
    from openslots.kernel.uow import UnitOfWork, Units

BATCH = 200  # rows of one transaction: short locks, and little to do again after a kill
NAMED = 20  # unreadable rows that a person is told by id
KINDS = ("current", "old", "clear", "unreadable")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check",
        action="store_true",
        help="change nothing; status 1 where secrets are not encrypted with the current key",
    )


def rotate(given: argparse.Namespace) -> Answer:
    """Encrypts everything anew, or with `--check` only counts."""
    environment.adopt(given.data_dir)
    return asyncio.run(_rotate(check=given.check))


async def _rotate(*, check: bool) -> Answer:
    from sqlalchemy.exc import DBAPIError

    from openslots.cli import admin
    from openslots.kernel.crypto import keyring
    from openslots.models import Base
    from openslots.models.base import sealed_columns

    settings = environment.settings()
    keys = keyring(settings.security)
    answer: Answer = {"key": keys.current}
    try:
        async with admin.opened(settings) as units:
            for column in sealed_columns(Base.metadata):
                place = Place(column, keys)
                changed = 0 if check else await _Rotation(units, place).run()
                answer[place.name] = {"changed": changed} | await _report(units, place)
    except (OSError, TimeoutError, DBAPIError) as error:
        reason = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        raise CommandError(f"the database answered: {reason.splitlines()[0]}") from None
    return answer


@dataclass(frozen=True)
class Place:
    """A column of sealed texts, in a table with a primary key of one column."""

    column: Column[str]
    keys: Keyring

    @property
    def table(self) -> Table:
        return self.column.table

    @property
    def id(self) -> Column[Any]:  # Any: numbers or texts
        [column] = self.table.primary_key.columns
        return column

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"

    @property
    def stale(self) -> ColumnElement[bool]:
        """Not null and not of the current key."""
        from openslots.kernel.crypto import SEALED

        return self.column.is_not(None) & ~self.column.startswith(
            f"{SEALED}{self.keys.current}:", autoescape=True
        )

    def opened(self, row_id: object, stored: str) -> str:
        """Raises Unreadable."""
        from openslots.kernel.crypto import place

        return self.keys.open(stored, place(self.table.name, self.column.name, row_id))

    def sealed(self, row_id: object, clear: str) -> str:
        from openslots.kernel.crypto import place

        return self.keys.seal(clear, place(self.table.name, self.column.name, row_id))


@dataclass
class _Rotation:
    """One column, batch after batch, each in a transaction of its own.

    What is done is told by the rows themselves, so a run that was killed is continued by the
    next one, and two at once share the work: rows that somebody else holds are left for later.
    """

    units: Units
    place: Place
    changed: int = 0
    unreadable: set[Any] = field(default_factory=set)  # Any: ids

    async def run(self) -> int:
        """Returns how many rows were changed."""
        from tqdm import tqdm

        total = await self._left()
        with tqdm(
            total=total, desc=self.place.name, unit="", disable=not total or not sys.stderr.isatty()
        ) as bar:
            wait = False
            while await self._left() > 0:
                before = self.changed
                await self._pass(bar, wait=wait)
                wait = self.changed == before  # the rest is held by others: wait for them
        return self.changed

    async def _left(self) -> int:
        """Rows that still have to be changed, without those that nobody can."""
        from sqlalchemy import func, select

        async with self.units.begin(read_only=True) as uow:
            stale = await uow.session.scalar(select(func.count()).where(self.place.stale))
        return (stale or 0) - len(self.unreadable)

    async def _pass(self, bar: tqdm[Any], *, wait: bool) -> None:
        """Once through the table in the order of ids."""
        from sqlalchemy import select

        after: Any = None  # Any: an id
        while True:
            statement = (
                select(self.place.id, self.place.column)
                .where(self.place.stale)
                .order_by(self.place.id)
                .limit(BATCH)
                .with_for_update(skip_locked=not wait, key_share=True)
            )
            if after is not None:
                statement = statement.where(self.place.id > after)
            async with self.units.begin() as uow:
                rows = [(row[0], row[1]) for row in await uow.session.execute(statement)]
                if not rows:
                    return
                done = await self._change(uow, rows)
                await uow.commit()
            self.changed += done
            bar.update(done)
            after = rows[-1][0]

    async def _change(self, uow: UnitOfWork, rows: list[tuple[Any, str]]) -> int:
        from sqlalchemy import String, bindparam, column, table, update

        from openslots.kernel.crypto import Unreadable

        new = []
        for row_id, stored in rows:
            try:
                clear = self.place.opened(row_id, stored)
            except Unreadable:
                self.unreadable.add(row_id)
            else:
                new.append({"row": row_id, "text": self.place.sealed(row_id, clear)})
        if new:
            # a table without the model's defaults: `updated_at` says when people changed a row
            key = column(self.place.id.name, self.place.id.type)
            kept = column(self.place.column.name, String())
            statement = (
                update(table(self.place.table.name, key, kept))
                .where(key == bindparam("row"))
                .values({kept.name: bindparam("text")})
            )
            connection = await uow.session.connection()
            await connection.execute(statement, new)
        return len(new)


async def _report(units: Units, place: Place) -> dict[str, Any]:
    """How many rows are encrypted how, and the ids of those that no key opens."""
    from sqlalchemy import func, select

    from openslots.kernel.crypto import Unreadable, key_of

    async with units.begin(read_only=True) as uow:
        total = await uow.session.scalar(select(func.count()).where(place.column.is_not(None)))
    counts: dict[str, Any] = dict.fromkeys(KINDS, 0)
    lost: list[str] = []
    after: Any = None  # Any: an id
    while True:
        statement = select(place.id, place.column).where(place.stale).order_by(place.id)
        if after is not None:
            statement = statement.where(place.id > after)
        async with units.begin(read_only=True) as uow:
            rows = [(row[0], row[1]) for row in await uow.session.execute(statement.limit(BATCH))]
        if not rows:
            break
        for row_id, stored in rows:
            try:
                place.opened(row_id, stored)
            except Unreadable:
                counts["unreadable"] += 1
                lost += [str(row_id)] if len(lost) < NAMED else []
            else:
                counts["clear" if key_of(stored) is None else "old"] += 1
        after = rows[-1][0]
    stale = counts["old"] + counts["clear"] + counts["unreadable"]
    counts["current"] = max(0, (total or 0) - stale)
    return counts | {"unreadableIds": lost}


def _failed(answer: Answer) -> bool:
    """Whether something is not encrypted with the current key."""
    return any(
        value["old"] or value["clear"] or value["unreadable"]
        for value in answer.values()
        if isinstance(value, dict)
    )


def _lines(answer: Answer) -> str:
    lines = [f"current key: {answer['key']}"]
    for name, value in answer.items():
        if not isinstance(value, dict):
            continue
        counts = ", ".join(f"{value[kind]} {kind}" for kind in ("changed", *KINDS))
        lines.append(f"{name}: {counts}")
        if value["unreadable"]:
            more = value["unreadable"] - len(value["unreadableIds"])
            shown = ", ".join(value["unreadableIds"]) + (f" and {more} more" if more else "")
            lines.append(
                f"  no key here opens the {name} of {shown}: left as they are; add the key they "
                "were encrypted with to OPENSLOTS_OLD_ENCRYPTION_KEYS, or set them anew"
            )
    return "\n".join(lines)


async def _not_here(_: UnitOfWork, __: argparse.Namespace) -> Answer:
    raise CommandError("this command runs in a process of its own")


ACTIONS = (
    Action(
        "keys",
        "rotate",
        "Encrypt stored secrets anew with CALENDSO_ENCRYPTION_KEY.",
        _arguments,
        _not_here,
        "openslots.models",
        show=_lines,
        alone=rotate,
        failed=_failed,
    ),
)
