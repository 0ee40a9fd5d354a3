"""Forms in which the environment writes what is no plain text: time spans and addresses."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode


def _count_of(unit: str) -> BeforeValidator:
    """Reads a time span that is written as a number."""

    def read(value: object) -> object:
        if not isinstance(value, str | int | float):
            return value
        try:
            span = timedelta(**{unit: float(value)})
        except OverflowError:
            raise ValueError("the number is too large") from None
        if span < timedelta():
            raise ValueError("must not be negative")
        return span

    return BeforeValidator(read)


Milliseconds = Annotated[timedelta, _count_of("milliseconds")]
Seconds = Annotated[timedelta, _count_of("seconds")]
Days = Annotated[timedelta, _count_of("days")]
_UNITS = {"m": 60, "h": 3600, "d": 86_400}
MOST_LEADS = 5


def _leads(value: object) -> object:
    """Times before a start, longest first: `24h,1h`; `none` is no time at all."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == "none":
        return ()
    found = {re.fullmatch(r"([1-9]\d{0,3})([mhd])", part.strip()) for part in value.split(",")}
    if None in found or len(found) > MOST_LEADS:
        raise ValueError(f"must be none, or up to {MOST_LEADS} of 45m, 24h, 2d, between commas")
    seconds = {int(one[1]) * _UNITS[one[2]] for one in found if one is not None}
    return tuple(timedelta(seconds=one) for one in sorted(seconds, reverse=True))


Leads = Annotated[tuple[timedelta, ...], NoDecode, BeforeValidator(_leads)]


def _url_of(form: str, *schemes: str) -> AfterValidator:
    """Refuses what the library behind the URL would stumble over at its first use."""

    def check(value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        try:
            parts = urlsplit(text)
            fits = not text or (parts.scheme.partition("+")[0] in schemes and parts.port != 0)
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"must look like {form}, with %XX for special characters in a password"
            )
        return value

    return AfterValidator(check)


DatabaseUrl = Annotated[
    SecretStr, _url_of("postgresql://USER:PASSWORD@HOST:PORT/NAME", "postgres", "postgresql")
]
RedisUrl = Annotated[SecretStr, _url_of("redis://:PASSWORD@HOST:PORT/0", "redis", "rediss", "unix")]
