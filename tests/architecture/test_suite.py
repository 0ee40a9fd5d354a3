"""What the suite's own tools must do for it."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("suite")
def test_groups_of_tests_stay_in_one_process(request: pytest.FixtureRequest) -> None:
    """Where pytest-xdist cannot mark a test with its group, it deals the tests of a group out to
    all processes, and says nothing."""
    grouped = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@suite") == grouped
