"""The header `cal-api-version` against the running application: the whole table of versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.contract.routes import answering, declared
from tests.contract.rows import DATES, rows
from tests.contract.version_table import FAMILIES, HEADERS, Family

if TYPE_CHECKING:
    import httpx

OPERATIONS = [
    pytest.param(family, method, path, id=f"{method} {path}")
    for family in FAMILIES
    for method, path in family.operations
]


def _built_shapes(family: Family, method: str, path: str) -> set[str]:
    """Shapes of the family that docs/operations.json calls built for this operation."""
    built = {
        row.dates for row in rows() if row.built and (row.method, row.template) == (method, path)
    }
    return {shape for shape, dates in family.declared().items() if dates in built}


@pytest.mark.anyio
@pytest.mark.parametrize(("family", "method", "path"), OPERATIONS)
async def test_every_header_is_answered_as_the_table_says(
    family: Family, method: str, path: str, client: httpx.AsyncClient
) -> None:
    marks = dict(family.by_date())
    built = _built_shapes(family, method, path)
    target = re.sub(r"\{\}", "1", path)
    for header, date in HEADERS:
        mark = marks[date].upper()
        if mark != "-" and mark not in built:
            continue
        headers = {} if header is None else {"cal-api-version": header}
        answer = await client.request(method, target, headers=headers)
        unknown = answer.status_code == 404 and answer.json()["error"]["message"] == (
            f"Cannot {method} {target}"
        )
        assert unknown is (mark == "-"), f"{header}: {answer.status_code} {answer.text[:200]}"
        assert answer.status_code < 500
        assert "cal-api-version" not in answer.headers


@pytest.mark.parametrize(("family", "method", "path"), OPERATIONS)
def test_every_date_goes_to_the_shape_of_the_table(family: Family, method: str, path: str) -> None:
    built = _built_shapes(family, method, path)
    parameters = path.replace("{}", "{id}")
    found = answering(method, parameters)
    for date, mark in family.by_date():
        if mark == "-":
            assert date not in found
        elif mark.upper() in built:
            assert set(family.declared()[mark.upper()]) <= set(declared(found[date]))


@pytest.mark.anyio
@pytest.mark.parametrize("header", [header for header, _ in HEADERS])
async def test_undated_paths_do_not_look_at_the_header(
    header: str | None, client: httpx.AsyncClient
) -> None:
    headers = {} if header is None else {"cal-api-version": header}
    assert (await client.get("/v2/me", headers=headers)).status_code == 401
    assert (await client.get("/health", headers=headers)).text == "OK"


@pytest.mark.anyio
@pytest.mark.parametrize("header", [None, *DATES])
async def test_an_unknown_route_and_a_wrong_method_are_404_on_every_date(
    header: str | None, client: httpx.AsyncClient
) -> None:
    headers = {} if header is None else {"cal-api-version": header}
    for method, path in (("PUT", "/v2/me?x=1"), ("GET", "/v2/nothing"), ("GET", "/v2")):
        answer = await client.request(method, path, headers=headers)
        assert answer.status_code == 404
        assert answer.json()["error"]["message"] == f"Cannot {method} {path}"


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/v2/me/", "/V2/ME", "/api/v2/me", "/v2/ee/me", "/api/v2/ee/Me/"])
async def test_spellings_of_a_path_are_one_path(path: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(path)
    assert answer.status_code == 401
