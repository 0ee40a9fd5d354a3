"""Bodies and answers of webhooks, the same for every contract date and owner."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from openslots.kernel.http.envelope import Absent, Out
from openslots.kernel.http.validation import (
    IS_ARRAY,
    Body,
    Bool,
    Int,
    Rule,
    Text,
    at_least,
    broken,
    one_of,
    query_int,
)
from openslots.models import Webhook
from openslots.webhooks import rules
from openslots.webhooks.types import CreateWebhook, UpdateWebhook

_EACH = Rule(
    "isEnum",
    f"=each value in triggers must be one of the following values: {', '.join(rules.TRIGGERS)}",
)


def _triggers(value: Any) -> Any:  # Any: whatever JSON was sent
    if not isinstance(value, list):
        raise IS_ARRAY.error()
    if any(not isinstance(item, str) or item not in rules.TRIGGERS for item in value):
        raise broken(_EACH.name, _EACH.text)
    return value


Triggers = Annotated[list[str], BeforeValidator(_triggers), _EACH, IS_ARRAY]
Version = Annotated[str, *one_of(rules.VERSIONS)]
Minutes = Annotated[Int, at_least(1)]
TimeUnit = Annotated[str, *one_of(rules.TIME_UNITS)]

Take = Annotated[int, *query_int(1, 250)]
Skip = Annotated[int, *query_int(0)]

_TEMPLATE = Field(
    default=None,
    description="What to send instead of the usual body; `{{title}}` and the like are filled in.",
    examples=['{"text": "{{title}} at {{startTime}}"}'],
)


class CreateWebhookIn(Body):
    active: Bool
    subscriber_url: Annotated[Text, Field(examples=["https://example.com/hooks/bookings"])]
    triggers: Annotated[Triggers, Field(examples=[["BOOKING_CREATED", "BOOKING_CANCELLED"]])]
    payload_template: Text | None = _TEMPLATE
    secret: Text | None = None
    version: Version | None = None
    time: Minutes | None = None
    time_unit: TimeUnit | None = None

    def to_command(self) -> CreateWebhook:
        return CreateWebhook(
            subscriber_url=self.subscriber_url,
            triggers=tuple(self.triggers),
            active=self.active,
            payload_template=self.payload_template,
            secret=self.secret,
            version=self.version,
            time=self.time,
            time_unit=self.time_unit,
        )


class UpdateWebhookIn(Body):
    """What is left out stays; null clears template, secret, time and unit, and else counts as
    left out."""

    active: Bool | None = None
    subscriber_url: Text | None = None
    triggers: Triggers | None = None
    payload_template: Text | None = _TEMPLATE
    secret: Text | None = None
    version: Version | None = None
    time: Minutes | None = None
    time_unit: TimeUnit | None = None

    def to_command(self) -> UpdateWebhook:
        clearable = {"payload_template", "secret", "time", "time_unit"}
        return UpdateWebhook(
            {
                name: value
                for name in type(self).model_fields
                if self.given(name)
                and ((value := getattr(self, name)) is not None or name in clearable)
            }
        )


class WebhookOut(Out):
    """A subscription; exactly one of the owner's ids is there."""

    id: str
    subscriber_url: str
    triggers: list[str]
    active: bool
    payload_template: str | None
    secret: str | None
    version: str
    time: int | None
    time_unit: str | None
    user_id: Absent[int] = None
    event_type_id: Absent[int] = None
    team_id: Absent[int] = None
    oauth_client_id: Annotated[Absent[str], Field(alias="oAuthClientId")] = None

    @classmethod
    def of(cls, row: Webhook) -> WebhookOut:
        return cls.model_validate(row)
