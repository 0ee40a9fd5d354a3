"""PURE. The envelope around payloads, and the body that a subscription asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from openslots.webhooks.payload import parts, template
from openslots.webhooks.payload.parts import Json

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def wrapped(trigger: str, at: datetime, payload: Mapping[str, Any]) -> Json:
    """`{triggerEvent, createdAt, payload}`; `at` is when it happened."""
    return {
        "triggerEvent": trigger,
        "createdAt": parts.milliseconds(at),
        "payload": dict(payload),
    }


class Rendered(NamedTuple):
    """What is sent. `problem` says why a template was left out."""

    body: str
    content_type: str
    problem: str | None = None


def rendered(envelope: Mapping[str, Any], custom: str | None) -> Rendered:
    """An envelope, through the subscription's template if it has one.

    A template that cannot be filled in counts as none.
    """
    if custom:
        context = {**envelope["payload"], **envelope}
        try:
            text, is_json = template.render(custom, context)
            text.encode()
            return Rendered(text, JSON if is_json else FORM)
        except ValueError as error:
            return Rendered(plain(envelope), JSON, str(error))
    return Rendered(plain(envelope), JSON)


def plain(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)
