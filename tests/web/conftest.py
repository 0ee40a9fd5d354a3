"""Bookings, and what a browser does with their pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest

from openslots.kernel.uow import Units
from tests.bookings.conftest import Bookings


@pytest.fixture
def bk(client: httpx.AsyncClient, units: Units) -> Bookings:
    return Bookings(client, units)


@dataclass(frozen=True)
class Form:
    """A form as a browser would send it: the fields with their values, and the names of all."""

    method: str
    action: str
    values: Mapping[str, str]
    names: frozenset[str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open: tuple[str, str] | None = None
        self._values: dict[str, str] = {}
        self._names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given["href"])
        elif tag == "form":
            self._open, self._values, self._names = (given["method"], given["action"]), {}, set()
        elif tag in ("input", "textarea", "select"):
            self._names.add(given["name"])
            if given.get("type") == "hidden":
                self._values[given["name"]] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open is not None:
            names = frozenset(self._names)
            self.forms.append(Form(*self._open, dict(self._values), names))
            self._open = None


@dataclass(frozen=True)
class Page:
    """A page that was opened."""

    answer: httpx.Response
    forms: list[Form]
    links: list[str]

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def words(self) -> str:
        """What a person reads."""
        body = re.sub(r"<(style|head)\b.*?</\1>", " ", self.text, flags=re.S)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    def form(self, do: str) -> Form:
        return next(form for form in self.forms if form.values.get("do") == do)

    @property
    def offers(self) -> set[str]:
        """What its forms do."""
        return {form.values["do"] for form in self.forms if "do" in form.values}


def page_of(answer: httpx.Response, status: int = 200) -> Page:
    """The page of an answer; every one is sealed."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:1500]}"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    reader = _Reader()
    reader.feed(answer.text)
    return Page(answer, reader.forms, reader.links)


class Browser:
    """Opens pages, follows their links and sends their forms, all as nobody."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def open(self, address: str, status: int = 200, **headers: str) -> Page:
        return page_of(await self.client.get(address, headers=headers), status)

    async def follow(self, page: Page, link: str, status: int = 200) -> Page:
        return await self.open(str(page.answer.url.join(link)), status)

    async def send(
        self, page: Page, form: Form, headers: Mapping[str, str] | None = None, **fields: str
    ) -> httpx.Response:
        """Sends a form with what somebody typed into it."""
        assert form.method == "post"
        assert set(fields) <= form.names
        return await self.client.post(
            str(page.answer.url.join(form.action)),
            data={**form.values, **fields},
            headers=dict(headers or {}),
        )

    async def landed(self, answer: httpx.Response) -> Page:
        """The page that a form led to."""
        assert answer.status_code == 303, f"{answer.status_code} {answer.text[:1500]}"
        return await self.open(str(answer.url.join(answer.headers["location"])))


@pytest.fixture
def browser(client: httpx.AsyncClient) -> Browser:
    return Browser(client)
