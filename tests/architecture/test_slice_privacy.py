"""The slice_privacy contract sees what it must and allows what it should."""

from __future__ import annotations

import pytest
from grimp import ImportGraph

from tests.architecture.slice_privacy import SlicePrivacy


def _contract() -> SlicePrivacy:
    return SlicePrivacy(
        name="privacy",
        session_options={"root_packages": ["openslots"]},
        contract_options={
            "private": ["repository", "routes"],
            "wiring": ["openslots.wiring"],
        },
    )


def _broken(importer: str, imported: str) -> list[str]:
    graph = ImportGraph()
    graph.add_module(importer)
    graph.add_module(imported)
    graph.add_import(importer=importer, imported=imported)
    check = _contract().check(graph, verbose=False)
    broken: list[str] = check.metadata["broken"]
    assert check.kept is (broken == [])
    return broken


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("openslots.slots.service", "openslots.bookings.repository"),
        ("openslots.slots.service", "openslots.bookings.repository.reads"),
        ("openslots.main", "openslots.bookings.routes.user"),
        ("openslots.access.guards", "openslots.users.repository"),
    ],
)
def test_a_private_module_is_closed_to_others(importer: str, imported: str) -> None:
    assert _broken(importer, imported) == [f"{importer} -> {imported}"]


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("openslots.bookings.service.create", "openslots.bookings.repository"),
        ("openslots.wiring", "openslots.bookings.routes.user"),
        ("openslots.slots.service", "openslots.bookings.service"),
        ("openslots.slots.service", "openslots.repository"),
    ],
)
def test_own_modules_services_and_the_wiring_are_open(importer: str, imported: str) -> None:
    assert _broken(importer, imported) == []
