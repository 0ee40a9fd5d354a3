"""Looking at credits and charging them."""

from __future__ import annotations

from openslots.billing import repository, rules
from openslots.billing.types import Account, Balance, Charge, Charged
from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork
from openslots.notifications import service as notifications


async def available(uow: UnitOfWork, user_id: int) -> Balance:
    """What is left on the account that a charge of this user would be taken from."""
    ids = await repository.team_ids(uow.session, user_id)
    return (await _payer(uow, user_id, ids)).balance


async def _payer(uow: UnitOfWork, user_id: int, ids: list[int]) -> Account:
    """The first of the user's teams that has credits, else the user's own account."""
    month = rules.first_of(uow.now.date())
    teams = await repository.team_accounts(
        uow.session, ids, per_seat=uow.settings.credits.org_monthly, month=month
    )
    for account in teams:
        if account.balance.total > 0:
            return account
    return await repository.own_account(uow.session, user_id, month)


async def charge(uow: UnitOfWork, user_id: int, wanted: Charge) -> Charged:
    """Takes credits, at most what there is, and never twice for one external reference."""
    ids = await repository.team_ids(uow.session, user_id)
    await uow.lock(locks.CREDITS, user_id, *ids)
    if wanted.external_ref is not None:
        before = await repository.charged_before(uow.session, user_id, ids, wanted.external_ref)
        if before is not None:
            return await _as_it_is(uow, user_id, before)
    account = await _payer(uow, user_id, ids)
    month = rules.first_of(uow.now.date())
    balance_id = await repository.ensure(uow.session, account, user_id, month)
    split = rules.split(account.balance, wanted.credits)
    await repository.take(uow.session, balance_id, user_id, wanted, split, uow.now)
    after = Balance(account.balance.monthly - split[0], account.balance.additional - split[1])
    if what := rules.notice_due(account, after, month):
        await repository.mark_told(uow.session, balance_id, what, month)
        await _tell(uow, account, user_id, after)
    return Charged(account.team_id, after)


async def _as_it_is(uow: UnitOfWork, user_id: int, team_id: int) -> Charged:
    """The present balance of the account that paid before; 0 stands for the user's own."""
    month = rules.first_of(uow.now.date())
    if not team_id:
        own = await repository.own_account(uow.session, user_id, month)
        return Charged(None, own.balance)
    [account] = await repository.team_accounts(
        uow.session, [team_id], per_seat=uow.settings.credits.org_monthly, month=month
    )
    return Charged(team_id, account.balance)


async def _tell(uow: UnitOfWork, account: Account, user_id: int, after: Balance) -> None:
    name = None
    if account.team_id is not None:
        name = await repository.team_name(uow.session, account.team_id)
    whose = f"The credits of {name}" if name else "Your credits"
    left = f"{after.total} of them are left." if after.total else "None are left."
    subject = f"{whose} are {'running low' if after.total else 'used up'}"
    for address, person in await repository.owners(uow.session, account, user_id):
        lines = [f"{subject}. {left}", "Messages and calls that cost credits stop without them."]
        await notifications.send_notice(uow, address, subject, lines, to_name=person)
