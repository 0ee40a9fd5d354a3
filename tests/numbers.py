"""Numbers in answers are written as JavaScript writes them."""

from __future__ import annotations

import json

import httpx


async def check(response: httpx.Response) -> None:
    """Fails on 30.0 where 30 is meant: a client with a type for integers refuses it."""
    json_follows = response.headers.get("content-type", "").startswith("application/json")
    if json_follows and (body := await response.aread()):
        json.loads(body, parse_float=_fraction)


def _fraction(text: str) -> float:
    found = float(text)
    assert not (text.endswith(".0") and found.is_integer()), f"{text} in an answer"
    return found
