"""Settings whose values would wear out the server are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from openslots.kernel.settings import Jobs


@pytest.mark.parametrize(
    ("name", "field", "least"),
    [("OPENSLOTS_JOB_LEASE", "lease", 1.0), ("OPENSLOTS_JOB_POLL", "poll", 0.01)],
)
def test_jobs_are_not_looked_at_in_a_hot_loop(
    monkeypatch: pytest.MonkeyPatch, name: str, field: str, least: float
) -> None:
    for refused in ("0", "0.0", str(least - 0.001), "-1"):
        monkeypatch.setenv(name, refused)
        with pytest.raises(ValidationError):
            Jobs()
    monkeypatch.setenv(name, str(least))
    assert getattr(Jobs(), field) == timedelta(seconds=least)
