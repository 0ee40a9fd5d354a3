"""docs/openapi.json is current, and it documents every operation completely."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from openslots.cli import openapi
from tests.contract.rows import DATES, ROOT, rows, unnamed

if TYPE_CHECKING:
    import httpx

Json = dict[str, Any]  # Any: JSON


@cache
def document() -> Json:
    made: Json = json.loads(openapi.text())
    return made


def operations() -> Iterator[tuple[str, Json]]:
    """(`GET /path`, operation) of the document."""
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def _success(operation: Json) -> tuple[str, Json]:
    return next((s, r) for s, r in operation["responses"].items() if s < "400")


def test_the_committed_document_is_current() -> None:
    kept = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert kept == document(), "run `make openapi` and commit docs/openapi.json"


def test_every_built_operation_is_in_the_document() -> None:
    shown = {
        (method.upper(), unnamed(path))
        for path, item in document()["paths"].items()
        for method in item
    }
    rows_shown = [row for row in rows() if row.built and row.source != "legacy"]
    built = {(row.method, row.template) for row in rows_shown if row.path.startswith("/v2/")}
    assert built - shown == set()


def test_every_operation_has_a_summary_a_description_and_a_tag() -> None:
    bare = [
        name
        for name, operation in operations()
        if not (operation.get("summary") and operation.get("description") and operation.get("tags"))
    ]
    assert bare == []


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(ids) == len(set(ids))


def test_every_success_shows_its_shape() -> None:
    bare = []
    for name, operation in operations():
        status, response = _success(operation)
        contents = list(response.get("content", {}).values())
        shown = [c for c in contents if c.get("schema") or c.get("example") or c.get("examples")]
        if status not in {"204", "301", "302"} and not shown:
            bare.append(name)
    assert bare == []


def test_every_operation_of_the_api_shows_its_errors() -> None:
    wrong = []
    for name, operation in operations():
        if " /v2/" not in name:
            continue
        errors = {s: r for s, r in operation["responses"].items() if s >= "400"}
        expected = {"400", "429"} | ({"401"} if operation.get("security") else set())
        shaped = all("application/json" in error.get("content", {}) for error in errors.values())
        foreign = "HTTPValidationError" in json.dumps(errors)
        if not expected <= set(errors) or not shaped or foreign:
            wrong.append(f"{name}: {sorted(errors)}")
    assert wrong == []


def test_required_access_is_a_security_requirement() -> None:
    access = {(row.method, row.template): row.access for row in rows()}
    wrong = []
    for name, operation in operations():
        method, path = name.split()
        declared = operation.get("security", [])
        found = "public" if not declared else "optional" if {} in declared else "required"
        if path.startswith("/v2/") and found != access[method, unnamed(path)]:
            wrong.append(f"{name}: {found}")
    assert wrong == []


def test_references_lead_somewhere() -> None:
    schemas = document().get("components", {}).get("schemas", {})
    text = json.dumps(document())
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named - set(schemas) == set()


@pytest.mark.anyio
@pytest.mark.parametrize("date", [None, *DATES])
async def test_the_server_shows_the_document_of_a_date(
    date: str | None, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/openapi.json", params={"version": date} if date else {})
    shown = answer.json()
    assert answer.status_code == 200
    assert shown["openapi"].startswith("3.")
    if date is None:
        assert shown["paths"].keys() == document()["paths"].keys()


@pytest.mark.anyio
async def test_the_manual_is_served_without_a_third_party(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert (await client.get(f"/docs/{name}")).status_code == 200
