"""Bodies and answers of push subscriptions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from openslots.kernel.clock import iso
from openslots.kernel.http.envelope import Out
from openslots.kernel.http.validation import Body, Text, matching, not_empty, one_of
from openslots.notifications.types import NewSubscription, Subscription

Token = Annotated[
    Text,
    matching(
        r"ExponentPushToken\[.{1,500}\]",
        "must be a valid Expo Push Token (ExponentPushToken[...])",
    ),
]


class SubscribeIn(Body):
    token: Token = Field(examples=["ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]"])
    platform: Annotated[str, *one_of(["IOS", "ANDROID"])] = Field(examples=["IOS"])
    device_id: Annotated[Text, not_empty()] = Field(examples=["a-device"])

    def to_command(self) -> NewSubscription:
        return NewSubscription(self.token, self.platform, self.device_id)


class UnsubscribeIn(Body):
    token: Token = Field(examples=["ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]"])


class SubscriptionOut(Out):
    """A device of the caller; `identifier` is its push token."""

    id: int
    user_id: int
    type: Literal["APP_PUSH"] = "APP_PUSH"
    platform: str
    identifier: str
    device_id: str
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, found: Subscription) -> SubscriptionOut:
        return cls(
            id=found.id,
            user_id=found.user_id,
            platform=found.platform,
            identifier=found.token,
            device_id=found.device_id,
            created_at=iso(found.created_at),
            updated_at=iso(found.updated_at),
        )


class UnsubscribedOut(BaseModel):
    status: Literal["success"] = "success"
    message: str = "App push subscription removed successfully"
