"""What surrounds every endpoint: envelope, errors, bodies, headers, versions."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from openslots.kernel.uow import Units

pytestmark = pytest.mark.anyio

THINGS = "/v2/frame/things"


def error(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body = response.json()
    assert body["status"] == "error"
    found: dict[str, Any] = body["error"]
    return found


async def test_success_envelope(framed: httpx.AsyncClient) -> None:
    answer = await framed.post(THINGS, json={"title": "a", "count": 5.0, "unknown": 1})
    assert answer.status_code == 201
    assert answer.json()["status"] == "success"
    assert answer.json()["data"]["count"] == 5
    assert "unknown" not in answer.json()["data"]


async def test_unknown_route_names_method_path_and_query(framed: httpx.AsyncClient) -> None:
    answer = await framed.put("/v2/me?x=1")
    found = error(answer, 404)
    assert found == {
        "code": "NotFoundException",
        "message": "Cannot PUT /v2/me?x=1",
        "details": {"message": "Cannot PUT /v2/me?x=1", "error": "Not Found", "statusCode": 404},
    }
    assert answer.json()["path"] == "/v2/me?x=1"


async def test_wrong_method_is_404_and_never_405(framed: httpx.AsyncClient) -> None:
    assert error(await framed.delete(THINGS), 404)["message"] == f"Cannot DELETE {THINGS}"


async def test_validation_error_has_the_shape_of_class_validator(
    framed: httpx.AsyncClient,
) -> None:
    sent = {"count": "5", "flag": "yes", "timeZone": "Mars/Base", "kind": "huge", "contact": "no"}
    found = error(await framed.post(THINGS, json=sent), 400)
    assert (found["code"], found["message"]) == ("BadRequestException", "Bad Request Exception")
    by_name = {problem["property"]: problem for problem in found["details"]["errors"]}
    assert {name: p["constraints"] for name, p in by_name.items()} == {
        "title": {"isString": "title must be a string"},
        "count": {"isInt": "count must be an integer number"},
        "flag": {"isBoolean": "flag must be a boolean value"},
        "timeZone": {"isTimeZone": "timeZone must be a valid IANA time-zone"},
        "kind": {"isEnum": "kind must be one of the following values: small, large"},
        "contact": {"isEmail": "contact must be an email"},
    }
    assert "value" not in by_name["title"]
    assert by_name["count"]["value"] == "5"
    assert by_name["count"]["target"] == sent
    assert all(problem["children"] == [] for problem in by_name.values())


async def test_nested_problems_come_as_children(framed: httpx.AsyncClient) -> None:
    sent = {"title": "a", "count": 1, "items": [{"name": "ok", "size": 1}, {"name": 3, "size": 0}]}
    [top] = error(await framed.post(THINGS, json=sent), 400)["details"]["errors"]
    assert top["property"] == "items"
    assert "constraints" not in top
    [second] = top["children"]
    assert second["property"] == "1"
    assert {child["property"]: child["constraints"] for child in second["children"]} == {
        "name": {"isString": "name must be a string"},
        "size": {"min": "size must not be less than 1"},
    }


async def test_zone_names_match_in_any_case(framed: httpx.AsyncClient) -> None:
    answer = await framed.post(THINGS, json={"title": "a", "count": 1, "timeZone": "europe/rome"})
    assert answer.json()["data"]["timeZone"] == "Europe/Rome"


async def test_strict_body_refuses_unknown_properties_in_one_message(
    framed: httpx.AsyncClient,
) -> None:
    answer = await framed.post("/v2/frame/strict", json={"extra": 1})
    message = error(answer, 400)["message"]
    assert "title property is wrong,title must be a string " in message
    assert "extra property is wrong,property extra should not exist " in message


async def test_strict_query(framed: httpx.AsyncClient) -> None:
    found = error(await framed.get("/v2/frame/filters?foo=1&start=a"), 400)
    assert found["message"] == "foo property is wrong,property foo should not exist "


@pytest.mark.parametrize(
    "query", ["zones=a,b", "zones=a&zones=b", "zones[]=a&zones[]=b", "zones%5B0%5D=a&zones[1]=b"]
)
async def test_query_arrays_in_every_form(framed: httpx.AsyncClient, query: str) -> None:
    answer = await framed.get(f"/v2/frame/filters?start=x&{query}")
    assert answer.json()["data"] == ["a", "b"]


async def test_query_of_a_thousand_items_is_refused(framed: httpx.AsyncClient) -> None:
    query = "&".join("zones=a" for _ in range(1001))
    error(await framed.get(f"/v2/frame/filters?{query}"), 400)


@pytest.mark.parametrize("take", ["0", "251", "x", "1.5"])
async def test_take_out_of_range(framed: httpx.AsyncClient, take: str) -> None:
    [problem] = error(await framed.get(f"/v2/frame/pages?take={take}"), 400)["details"]["errors"]
    assert problem["property"] == "take"


async def test_unreadable_number_reports_every_rule(framed: httpx.AsyncClient) -> None:
    [problem] = error(await framed.get("/v2/frame/pages?take=x"), 400)["details"]["errors"]
    assert set(problem["constraints"]) == {"min", "max", "isNumber"}


@pytest.mark.parametrize(
    "body",
    [
        b"{bad",
        b"5",
        b'"text"',
        b"null",
        b"",
        b"[]",
        b'{"title": "\\u0000", "count": 1}',
        b'{"title": "\\ud800", "count": 1}',
        b'{"title": NaN, "count": 1}',
        b'{"title": "a", "count": 1180591620717411303424}',
        b'{"title": "a", "count": 1e400}',
        b'{"title": "a", "unknown": -1e400}',
        b'{"title": "a", "unknown": "\xed\xa0\x80"}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"[" * 50_000,
    ],
)
async def test_hostile_bodies_are_400(framed: httpx.AsyncClient, body: bytes) -> None:
    answer = await framed.post(THINGS, content=body, headers={"content-type": "application/json"})
    error(answer, 400)


async def test_other_content_types_count_as_empty(framed: httpx.AsyncClient) -> None:
    sent = json.dumps({"title": "a", "count": 1})
    answer = await framed.post(THINGS, content=sent, headers={"content-type": "text/plain"})
    problems = error(answer, 400)["details"]["errors"]
    assert {problem["property"] for problem in problems} == {"title", "count"}


async def test_large_body_is_413_in_the_envelope(framed: httpx.AsyncClient) -> None:
    found = error(await framed.post(THINGS, content=b" " * 100_001), 413)
    assert found["code"] == "PayloadTooLargeException"


async def test_large_body_without_a_length_is_413(framed: httpx.AsyncClient) -> None:
    async def chunks() -> Any:  # Any: an async iterator of bytes
        for _ in range(11):
            yield b" " * 10_000

    error(await framed.post(THINGS, content=chunks()), 413)


async def test_malformed_body_is_reported_before_routing(framed: httpx.AsyncClient) -> None:
    answer = await framed.post(
        "/v2/nowhere", content=b"{", headers={"content-type": "application/json"}
    )
    error(answer, 400)


@pytest.mark.parametrize("path", ["/v2/frame/%00", "/v2/frame/pages?take=%00"])
async def test_nul_in_the_address(framed: httpx.AsyncClient, path: str) -> None:
    error(await framed.get(path), 400)


async def test_request_id_is_fresh_on_every_answer(framed: httpx.AsyncClient) -> None:
    sent = {"x-request-id": "mine"}
    answers = [
        await framed.get("/health", headers=sent),
        await framed.get("/v2/nowhere", headers=sent),
        await framed.post(THINGS, content=b" " * 100_001, headers=sent),
        await framed.post("/v2/frame/fails", headers=sent),
    ]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 4
    assert all(uuid.UUID(one) for one in ids)


async def test_preflight_and_cors(framed: httpx.AsyncClient) -> None:
    preflight = await framed.options("/v2/anything")
    assert preflight.status_code == 204
    allowed = preflight.headers["access-control-allow-headers"].lower()
    for name in ("authorization", "x-cal-atoms-version", "cal-api-version", "x-cal-client-id"):
        assert name in allowed
    assert (await framed.get("/v2/nowhere")).headers["access-control-allow-origin"] == "*"


async def test_security_headers(framed: httpx.AsyncClient) -> None:
    headers = (await framed.get("/health")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'self'"} <= set(
        headers["content-security-policy"].split(";")
    )
    assert "server" not in headers
    assert "x-powered-by" not in headers


@pytest.mark.parametrize("path", ["/health", "/v2/nowhere", "/v2/frame/pages", "/v2/me"])
async def test_nothing_is_kept_by_a_cache_unless_its_route_says_so(
    framed: httpx.AsyncClient, path: str
) -> None:
    assert (await framed.get(path)).headers.get_list("cache-control") == ["no-store"]


async def test_what_a_route_says_of_caching_stands(framed: httpx.AsyncClient) -> None:
    answer = await framed.get("/docs/start.js")
    assert answer.headers.get_list("cache-control") == ["max-age=86400"]


async def test_the_manual_runs_no_foreign_script_and_stands_in_no_frame(
    framed: httpx.AsyncClient,
) -> None:
    answer = await framed.get("/docs")
    policy = set(answer.headers["content-security-policy"].split("; "))
    assert {"default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"} <= policy
    assert "<script>" not in answer.text
    assert "://" not in answer.text


async def test_trace_tells_nothing(framed: httpx.AsyncClient) -> None:
    answer = await framed.request("TRACE", "/v2/me", headers={"X-Secret": "told"})
    assert answer.status_code == 404
    assert "told" not in answer.text


async def test_health(framed: httpx.AsyncClient) -> None:
    answer = await framed.get("/health")
    assert (answer.status_code, answer.text) == (200, "OK")


async def test_uncaught_failure_is_an_enveloped_500_without_detail(
    framed: httpx.AsyncClient,
) -> None:
    found = error(await framed.post("/v2/frame/fails"), 500)
    assert found == {
        "code": "INTERNAL_SERVER_ERROR",
        "message": "There was an error, please try again later.",
    }


async def test_write_in_a_get_fails(framed: httpx.AsyncClient) -> None:
    error(await framed.get("/v2/frame/write-in-get"), 500)


async def test_nothing_is_committed_when_the_answer_cannot_be_made(
    framed: httpx.AsyncClient, units: Units
) -> None:
    error(await framed.post("/v2/frame/unserialisable"), 500)
    async with units.begin() as uow:
        found = await uow.session.execute(text("SELECT 1 FROM teams WHERE slug = 'lost-team'"))
        assert found.first() is None


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2024-06-14", "2024-06-14"),
        ("2024-08-13", "2024-06-14"),
        ("2024-09-04", "2024-09-04"),
        ("2026-06-12", "2024-09-04"),
        ("2024-06-15", "2024-06-14"),
    ],
)
async def test_dates_expand_to_the_nearest_older_shape(
    framed: httpx.AsyncClient, date: str, expected: str
) -> None:
    answer = await framed.get("/v2/frame/dated", headers={"cal-api-version": date})
    assert answer.json()["data"] == expected


@pytest.mark.parametrize("date", [None, "", "newest", "2024-04-15", "2020-01-01", "2024-6-14"])
async def test_nothing_older_is_a_404(framed: httpx.AsyncClient, date: str | None) -> None:
    headers = {} if date is None else {"cal-api-version": date}
    answer = await framed.get("/v2/frame/dated", headers=headers)
    assert error(answer, 404)["message"] == "Cannot GET /v2/frame/dated"


@pytest.mark.parametrize(
    "path", ["/v2/frame/pages/", "/V2/Frame/PAGES", "/api/v2/frame/pages", "/v2/ee/frame/pages"]
)
async def test_path_aliases(framed: httpx.AsyncClient, path: str) -> None:
    assert (await framed.get(path)).status_code == 200


async def test_manual_and_document(framed: httpx.AsyncClient) -> None:
    page = await framed.get("/docs")
    assert "text/html" in page.headers["content-type"]
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert f"/docs/{name}" in page.text
        assert (await framed.get(f"/docs/{name}")).status_code == 200
    assert (await framed.get("/docs/../../pyproject.toml")).status_code == 404
    document = (await framed.get("/openapi.json?version=2024-06-14")).json()
    assert "/v2/frame/dated" in document["paths"]
    older = (await framed.get("/openapi.json?version=2024-04-15")).json()
    assert "/v2/frame/dated" not in older["paths"]
