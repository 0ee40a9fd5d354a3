"""What the engine tells of statements that fail."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from openslots.kernel.uow import Units

pytestmark = pytest.mark.anyio


async def test_an_error_does_not_show_what_the_statement_was_given(units: Units) -> None:
    async with units.begin() as uow:
        with pytest.raises(DBAPIError) as caught:
            await uow.session.execute(
                text("SELECT 1 / CAST(:zero AS int), CAST(:secret AS text)"),
                {"zero": 0, "secret": "s3cret of a person"},
            )
    assert "s3cret" not in str(caught.value)
