"""Devices of the caller that take push messages."""

from __future__ import annotations

from openslots.access.guards import Authenticated
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Write
from openslots.notifications.schemas import (
    SubscribeIn,
    SubscriptionOut,
    UnsubscribedOut,
    UnsubscribeIn,
)
from openslots.notifications.service import push

router = Router(prefix="/v2/notifications/subscriptions/app-push", tags=["Notifications"])


@router.post("", status_code=201, summary="Register an app push subscription")
async def subscribe(
    caller: Authenticated, body: SubscribeIn, uow: Write
) -> Success[SubscriptionOut]:
    """Registers the device of a mobile app; doing it again updates it. A token that another user
    registered before is the caller's from now on."""
    made = await push.subscribe(uow, caller.user_id, body.to_command())
    return Success(data=SubscriptionOut.of(made))


@router.delete("", summary="Remove an app push subscription")
async def unsubscribe(caller: Authenticated, body: UnsubscribeIn, uow: Write) -> UnsubscribedOut:
    """Ends the push messages to a device of the caller."""
    await push.unsubscribe(uow, caller.user_id, body.token)
    return UnsubscribedOut()
