"""Values that break programs, and where to put them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

Json = Any  # any JSON value
Place = tuple[Any, ...]  # keys and indexes that lead to a value

TEXTS = (
    "", " ", "\t\n", "0", "-1", "null", "undefined", "true", "[]", "{}", "NaN",
    "a" * 300, "a" * 5000, "é" * 3000, "\u202e\u200b", "\ufeff", "😀" * 100, "İıſK",
    "a\u0301" * 200, "\x01\x7f\x85", "\r\nX-Injected: 1", "%00", "%s%n%x", "${7*7}{{7*7}}",
    "' OR 1=1 --", "\\", '"', "<script>alert(1)</script>", "../../etc/passwd", "file:///etc/passwd",
    "http://[::1]/", "http://a b/", "http://" + "a" * 300 + ".com", "http://127.0.0.1:99999/",
    "http://user:pass@host:x/", "https://xn--\u2603/", "mailto:", "javascript:alert(1)",
    "a@b", "@", "a@" + "b." * 130 + "com", '"a b"@example.com', "a@[127.0.0.1]", "é@example.com",
    "+" + "9" * 40, "+1", "tel:", "Etc/GMT+99", "Europe/../London", "europe/london", "GMT", "zone",
    "0000-00-00", "9999-12-31", "2024-02-30", "10000-01-01", "-000001-01-01", "+275760-09-13",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.123456789Z", "2026-01-01", "20260101", "T",
    "2026-W01-1", "1e400", "1" * 400, "٣", "１２", "25:61", "24:00", "-00:01", "9:5", "09:00:00",
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 2**64,
    10**30, 10**308, 0.1, -0.0, 1.5, 1e-320, 1e308, 5.0, 99999, 100000000,
)  # fmt: skip
OTHERS: tuple[Json, ...] = (
    None, True, False, [], {}, [[]], [None], [{}], {"": ""}, {"a": None}, [0] * 200, ["x"] * 500,
    {"__proto__": {"a": 1}}, {"id": 1}, {"type": "x"}, {"type": None}, {"$ref": "#"}, [[[[[[]]]]]],
    {str(number): number for number in range(300)},
)  # fmt: skip


def hostile(rng: Random) -> Json:
    return rng.choice(rng.choice((TEXTS, TEXTS, NUMBERS, OTHERS)))


def places(value: Json, at: Place = ()) -> Iterator[Place]:
    """Every place in a JSON value, the value itself first."""
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*at, index))


def put(value: Json, at: Place, new: Json) -> Json:
    """The value with another one at a place; what it does not touch is shared."""
    if not at:
        return new
    key, rest = at[0], at[1:]
    if isinstance(value, dict):
        return {**value, key: put(value[key], rest, new)}
    return [*value[:key], put(value[key], rest, new), *value[key + 1 :]]


def mutated(value: Json, rng: Random) -> Json:
    """One to three places of a body hold something else; now and then a member comes or goes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        found = list(places(value))
        at = rng.choice(found[1:] or found)
        if isinstance(value, dict) and value and rng.random() < 0.1:
            value = {key: inner for key, inner in value.items() if key != rng.choice(list(value))}
        else:
            value = put(value, at, hostile(rng))
    return value
