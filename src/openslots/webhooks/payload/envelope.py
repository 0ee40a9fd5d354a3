"""PURE. The envelope around payloads, and the body that a subscription asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

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


def rendered(envelope: Mapping[str, Any], custom: str | None) -> tuple[str, str]:
    """(body, content type) of an envelope, through the subscription's template if it has one.

    A template that cannot be filled in counts as none.
    """
    if custom:
        context = {**envelope["payload"], **envelope}
        try:
            text, is_json = template.render(custom, context)
            text.encode()
            return text, JSON if is_json else FORM
        except ValueError:
            return plain(envelope), JSON
    return plain(envelope), JSON


def plain(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)
