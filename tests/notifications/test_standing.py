"""What a late mail depends on, as its row has it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from openslots.notifications.rules import standing
from openslots.notifications.types import Standing

START = datetime(2026, 5, 5, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "told", [Standing("uid"), Standing("uid", START), Standing("uid", START, "seat")]
)
def test_it_is_read_as_it_was_written(told: Standing) -> None:
    assert standing.of_facts(standing.facts(told)) == told
