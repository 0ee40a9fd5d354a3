"""Who takes push messages."""

from __future__ import annotations

from openslots.kernel.uow import UnitOfWork
from openslots.notifications.errors import SubscriptionNotFound
from openslots.notifications.repository import push as repository
from openslots.notifications.types import NewSubscription, Subscription


async def subscribe(uow: UnitOfWork, user_id: int, new: NewSubscription) -> Subscription:
    """Registers a device. A token belongs to one user: registering another's moves it."""
    return await repository.put_subscription(uow.session, user_id, new, uow.now)


async def unsubscribe(uow: UnitOfWork, user_id: int, token: str) -> None:
    """Raises SubscriptionNotFound, also for somebody else's token."""
    if not await repository.drop_subscription(uow.session, user_id, token):
        raise SubscriptionNotFound
