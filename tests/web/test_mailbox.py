"""The pages of `openslots dev` that show mails."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from openslots.kernel.settings import Email, Settings
from openslots.main import create_app
from openslots.providers import smtp
from openslots.providers.smtp import Attachment, Letter

ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.fixture
async def dev(settings: Settings, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings.model_copy(update={"dev": True, "data_dir": tmp_path}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
            yield made


def a_mail(subject: str, name: str = ONE) -> EmailMessage:
    letter = Letter(
        id=name,
        to="gus@example.com",
        subject=subject,
        text="Some <b>words</b>",
        html="<html><head></head><body>Rich <script>alert(1)</script></body></html>",
        at=datetime(2026, 6, 1, tzinfo=UTC),
        attachments=[
            Attachment("event.ics", "text/calendar; method=REQUEST", "BEGIN:VCALENDAR", True)
        ],
    )
    return smtp.compose(Email(sender="slots@example.org"), letter)


async def test_no_mails_yet(dev: httpx.AsyncClient) -> None:
    page = await dev.get("/dev/mails")
    assert page.status_code == 200
    assert "There are none yet" in page.text


async def test_mails_are_listed_newest_first(dev: httpx.AsyncClient, tmp_path: Path) -> None:
    for number, (name, subject) in enumerate(((ONE, "Older"), (TWO, "<i>Newer</i>"))):
        path = smtp.keep(tmp_path / "mail", name, a_mail(subject, name))
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    page = (await dev.get("/dev/mails")).text
    assert page.index(f"/dev/mails/{TWO}") < page.index(f"/dev/mails/{ONE}")
    assert "&lt;i&gt;Newer&lt;/i&gt;" in page
    assert "gus@example.com" in page


async def test_a_mail_is_shown_and_cannot_run_anything(
    dev: httpx.AsyncClient, tmp_path: Path
) -> None:
    smtp.keep(tmp_path / "mail", ONE, a_mail("Hello"))
    page = await dev.get(f"/dev/mails/{ONE}")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    assert "Some &lt;b&gt;words&lt;/b&gt;" in page.text
    assert "BEGIN:VCALENDAR" in page.text
    assert 'sandbox="allow-popups' in page.text


@pytest.mark.parametrize("name", [TWO, "..%2F..%2Fetc", "x", f"{ONE}.eml"])
async def test_what_is_no_mail(dev: httpx.AsyncClient, tmp_path: Path, name: str) -> None:
    smtp.keep(tmp_path / "mail", ONE, a_mail("Hello"))
    assert (await dev.get(f"/dev/mails/{name}")).status_code == 404


async def test_only_dev_shows_mails(client: httpx.AsyncClient) -> None:
    assert (await client.get("/dev/mails")).status_code == 404
