"""Validation of one element of a body's list by the model of its kind."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from openslots.event_types.errors import failed
from openslots.kernel.http import validation
from openslots.kernel.http.validation import Body

M = TypeVar("M", bound=Body)


def _texts(problems: list[dict[str, Any]]) -> Iterator[str]:
    for problem in problems:
        yield from problem.get("constraints", {}).values()
        yield from _texts(problem.get("children", []))


def _refuse(text: str) -> None:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def object_in(text: str) -> dict[str, Any] | None:
    """The JSON object that a text holds; None for anything that Postgres could not keep."""
    try:
        found = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        again = json.dumps(found, ensure_ascii=False)
        again.encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "\\u0000" not in again else None


def checked(model: type[M], value: object, kind: str, what: str) -> M:
    """The value as a model. Raises `Validation failed for {kind} {what}: ...` with every broken
    constraint (event type notes, 6.1 and 7.2)."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = [
            {**problem, "loc": ("body", *problem["loc"])}
            for problem in error.errors(include_url=False, include_input=False)
        ]
        received = value if isinstance(value, Mapping) else {}
        raise failed(kind, what, _texts(validation.tree(found, received, model))) from None
