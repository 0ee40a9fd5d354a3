"""Verifying phone numbers over HTTP, with a stand-in for Twilio or the console of development."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from fastapi import FastAPI
from pydantic import AnyHttpUrl, SecretStr

from openslots.kernel.settings import Sms
from openslots.kernel.uow import Units
from openslots.providers.sms import TwilioVerify
from openslots.verified_resources import rules
from tests.factories import Person, make_user

URL = "/v2/verified-resources/phones"
NOT_REACHED = "Could not send verification code to this phone number."
NOT_VERIFIED = "Could not verify phone number."


class Twilio:
    """Answers as Twilio Verify does; the code is always 123456."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.status: int | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        self.calls.append((str(request.url), form))
        assert request.headers["authorization"].startswith("Basic ")
        if self.status is not None:
            return httpx.Response(self.status, json={"code": 60200})
        if request.url.path.endswith("/Verifications"):
            return httpx.Response(201, json={"status": "pending"})
        right = form["Code"] == "123456"
        return httpx.Response(200, json={"status": "approved" if right else "pending"})


@contextmanager
def settings_with(units: Units, **changes: Any) -> Iterator[None]:
    before = units.settings
    units.settings = before.model_copy(update=changes)
    try:
        yield
    finally:
        units.settings = before


@pytest.fixture
async def twilio(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Twilio]:
    made = Twilio()
    monkeypatch.setattr(TwilioVerify, "transport", httpx.MockTransport(made))
    sms = Sms(
        account="AC1",
        token=SecretStr("a token"),
        verify_service="VA1",
        verify_url=AnyHttpUrl("http://twilio.test/base/"),
    )
    with settings_with(app.state.units, sms=sms):
        yield made


@pytest.fixture
async def console(app: FastAPI) -> AsyncIterator[None]:
    with settings_with(app.state.units, dev=True):
        yield


async def post(client: httpx.AsyncClient, user: Person, what: str, **body: Any) -> httpx.Response:
    url = f"{URL}/verification-code/{what}"
    return await client.post(url, json=body, headers=user.headers)


def message(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"]


async def test_twilio_sends_and_checks_the_code(
    client: httpx.AsyncClient, units: Units, twilio: Twilio
) -> None:
    user = await make_user(units)
    asked = await post(client, user, "request", phone="+372 5555 6666")
    assert (asked.status_code, asked.json()) == (200, {"status": "success"})
    wrong = await post(client, user, "verify", phone="+37255556666", code="000000")
    assert message(wrong) == (400, NOT_VERIFIED)
    right = await post(client, user, "verify", phone="+372 55556666", code="123456")
    assert right.status_code == 200
    made = right.json()["data"]
    assert made == {"id": made["id"], "phoneNumber": "+37255556666", "userId": user.id}
    again = await post(client, user, "verify", phone="+37255556666", code="123456")
    assert again.json()["data"] == made
    base = "http://twilio.test/base/v2/Services/VA1"
    assert twilio.calls[:2] == [
        (f"{base}/Verifications", {"To": "+37255556666", "Channel": "sms"}),
        (f"{base}/VerificationCheck", {"To": "+37255556666", "Code": "000000"}),
    ]
    listed = await client.get(URL, headers=user.headers)
    assert listed.json()["data"] == [made]
    one = await client.get(f"{URL}/{made['id']}", headers=user.headers)
    assert one.json()["data"] == made


@pytest.mark.parametrize("status", [400, 404, 429, 503])
async def test_a_refusal_of_twilio(
    client: httpx.AsyncClient, units: Units, twilio: Twilio, status: int
) -> None:
    user = await make_user(units)
    twilio.status = status
    asked = await post(client, user, "request", phone="+37255556666")
    assert message(asked) == (400, NOT_REACHED)
    checked = await post(client, user, "verify", phone="+37255556666", code="123456")
    assert message(checked) == (400, NOT_VERIFIED)


@pytest.mark.usefixtures("twilio")
async def test_a_twilio_that_is_away(
    client: httpx.AsyncClient, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    monkeypatch.setattr(TwilioVerify, "transport", httpx.MockTransport(away))
    user = await make_user(units)
    assert message(await post(client, user, "request", phone="+37255556666"))[1] == NOT_REACHED
    checked = await post(client, user, "verify", phone="+37255556666", code="123456")
    assert message(checked) == (400, NOT_VERIFIED)


async def test_numbers_that_are_none(
    client: httpx.AsyncClient, units: Units, twilio: Twilio
) -> None:
    for phone in ("12", "5555 6666", "hello", "+1", "+" + "9" * 50):
        user = await make_user(units)
        assert message(await post(client, user, "request", phone=phone)) == (400, NOT_REACHED)
        checked = await post(client, user, "verify", phone=phone, code="123456")
        assert message(checked) == (400, NOT_VERIFIED)
    assert twilio.calls == []


async def test_without_a_provider_nothing_can_be_verified(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    assert message(await post(client, user, "request", phone="+37255556666"))[1] == NOT_REACHED
    checked = await post(client, user, "verify", phone="+37255556666", code="123456")
    assert message(checked) == (400, NOT_VERIFIED)


@pytest.mark.usefixtures("console")
async def test_in_development_the_code_is_in_the_log(
    client: httpx.AsyncClient, units: Units, caplog: pytest.LogCaptureFixture
) -> None:
    user = await make_user(units)
    assert (await post(client, user, "request", phone="+37255556666")).status_code == 200
    [line] = [
        record.__dict__["fields"]
        for record in caplog.records
        if record.getMessage() == "sms.console"
    ]
    assert line["phone"] == "+37255556666"
    wrong = f"{(int(line['code']) + 1) % 1_000_000:06d}"
    refused = await post(client, user, "verify", phone="+37255556666", code=wrong)
    assert message(refused) == (400, NOT_VERIFIED)
    right = await post(client, user, "verify", phone="+37255556666", code=line["code"])
    assert right.status_code == 200
    again = await post(client, user, "verify", phone="+37255556666", code=line["code"])
    assert again.status_code == 400


@pytest.mark.usefixtures("twilio")
async def test_numbers_are_private(client: httpx.AsyncClient, units: Units) -> None:
    user, other = await make_user(units), await make_user(units)
    made = (await post(client, user, "verify", phone="+37255556666", code="123456")).json()["data"]
    assert (await client.get(URL, headers=other.headers)).json()["data"] == []
    for number in (made["id"], 99999999, 2**70):
        answer = await client.get(f"{URL}/{number}", headers=other.headers)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("what", "body", "property_"),
    [
        ("request", {}, "phone"),
        ("request", {"phone": 37255556666}, "phone"),
        ("verify", {"code": "123456"}, "phone"),
        ("verify", {"phone": "+37255556666"}, "code"),
    ],
)
async def test_invalid_bodies(
    client: httpx.AsyncClient, units: Units, what: str, body: dict[str, Any], property_: str
) -> None:
    answer = await post(client, await make_user(units), what, **body)
    assert answer.status_code == 400
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == property_


async def test_limits_per_minute(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    for what in ("request", "verify"):
        answer = await post(client, user, what, phone="+37255556666", code="1")
        assert answer.headers["x-ratelimit-limit-default"] == "3"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+372 5555 6666", "+37255556666"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("0044 20 7946 0018", None),
        ("", None),
    ],
)
def test_the_form_of_numbers(text: str, number: str | None) -> None:
    assert rules.e164(text) == number
