"""Registering OAuth clients."""

from __future__ import annotations

from openslots.access.scopes import LEGACY, Scope
from openslots.kernel import crypto, ids
from openslots.kernel.uow import UnitOfWork
from openslots.models import OAuthClient
from openslots.oauth import repository, rules
from openslots.oauth.errors import InvalidClient
from openslots.oauth.types import CreateClient, CreatedClient
from openslots.users import service as users

KNOWN_SCOPES = frozenset(str(scope) for scope in Scope) | LEGACY
HINT_LENGTH = 4


async def create_client(uow: UnitOfWork, command: CreateClient) -> CreatedClient:
    """A client that waits for approval, or with `approve` can be used by everybody at once.

    Raises InvalidClient or UserNotFound.
    """
    name, scopes = command.name.strip(), list(dict.fromkeys(command.scopes))
    if not 0 < len(name) <= rules.LONGEST_NAME:
        raise InvalidClient(f"A client needs a name of at most {rules.LONGEST_NAME} characters")
    problem = rules.redirect_problem(command.redirect_uris) or rules.scope_problem(
        scopes, KNOWN_SCOPES
    )
    if problem is not None:
        raise InvalidClient(problem)
    owner = await users.find_by_email(uow, command.owner_email)
    client = OAuthClient(
        id=ids.hex_token(32),
        owner_id=owner.id,
        name=name,
        type=command.type.upper(),
        redirect_uris=list(command.redirect_uris),
        scopes=scopes,
        status="APPROVED" if command.approve else "PENDING",
    )
    await repository.add_client(uow.session, client)
    if command.type == "public":
        return CreatedClient(client.id, None)
    secret = ids.hex_token(32)
    await repository.add_secret(
        uow.session, client.id, crypto.sha256(secret), secret[-HINT_LENGTH:]
    )
    return CreatedClient(client.id, secret)
