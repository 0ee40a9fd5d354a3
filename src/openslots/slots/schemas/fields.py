"""Types of query values that more than one date of the contract uses."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

from openslots.kernel.http.validation import (
    INT4,
    IS_DATE_STRING,
    IS_NUMBER,
    Rule,
    broken,
    clean,
    comma_list,
    parse_instant,
)

# A meeting of more people than this is no question a person asks.
MOST_PEOPLE = 100
MOST_IDS = 1000

IS_FORMAT = Rule("slotFormat", "=slotFormat must be either 'range' or 'time'")
AT_LEAST_TWO = Rule("arrayMinSize", "=The array must contain at least 2 elements.")
AT_MOST_MANY = Rule("arrayMaxSize", f"must contain no more than {MOST_PEOPLE} elements")


def seconds(value: object) -> int:
    """The UTC seconds of a strict ISO 8601 text."""
    moment = parse_instant(value) if isinstance(value, str) else None
    if moment is None:
        raise IS_DATE_STRING.error()
    return int(moment.timestamp() // 1)


def whole_end(value: object) -> int:
    """The same for the end of a range: midnight is that of the following night.

    contract: `end=2050-09-09T00:00:00Z` includes all of the 9th, as 23:59:59.
    """
    end = seconds(value)
    return end + 86_399 if end % 86_400 == 0 else end


def _number(value: object) -> int:
    if not isinstance(value, str) or re.fullmatch(r"[+-]?\d{1,400}", value.strip()) is None:
        raise IS_NUMBER.error()
    return int(value)


def _minutes(value: object) -> int:
    match = re.fullmatch(
        r"([+-]?\d{1,400})(?:\.\d*)?", value.strip() if isinstance(value, str) else ""
    )
    if match is None:
        raise IS_NUMBER.error()
    minutes = int(match[1])
    if minutes < 1:
        raise broken("min", "must not be less than 1")
    if minutes > INT4:
        raise broken("max", f"must not be greater than {INT4}")
    return minutes


def _format(value: object) -> str:
    text = value.lower() if isinstance(value, str) else ""
    if text not in ("time", "range"):
        raise IS_FORMAT.error()
    return text


def _names(value: object) -> list[str]:
    listed = comma_list(value)
    names = [clean(name) for name in listed if name] if isinstance(listed, list) else []
    if len(names) < 2:
        raise AT_LEAST_TWO.error()
    if len(names) > MOST_PEOPLE:
        raise AT_MOST_MANY.error()
    return names


def _ids(value: object) -> list[int]:
    listed = comma_list(value)
    ids = [_number(item) for item in listed if item] if isinstance(listed, list) else []
    if len(ids) > MOST_IDS:
        raise broken("arrayMaxSize", f"must contain no more than {MOST_IDS} elements")
    return ids


Start = Annotated[int, BeforeValidator(seconds), IS_DATE_STRING]
WholeEnd = Annotated[int, BeforeValidator(whole_end), IS_DATE_STRING]
Number = Annotated[int, BeforeValidator(_number), IS_NUMBER]
Minutes = Annotated[int, BeforeValidator(_minutes), IS_NUMBER]
Format = Annotated[str, BeforeValidator(_format), IS_FORMAT]
Names = Annotated[list[str], BeforeValidator(_names), AT_LEAST_TWO]
Ids = Annotated[list[int], BeforeValidator(_ids)]
