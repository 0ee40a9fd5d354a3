"""`openslots admin`: what an operator does beside the API, without loading the API."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from openslots.cli import environment, jobs, keys, resident
from openslots.cli.action import Action, Work
from openslots.cli.folder import CommandError

if TYPE_CHECKING:
    from openslots.kernel.settings import Settings
    from openslots.kernel.uow import UnitOfWork, Units


def arguments(parser: argparse.ArgumentParser) -> None:
    nouns = parser.add_subparsers(dest="noun", required=True, metavar="NOUN")
    for noun in dict.fromkeys(action.noun for action in ACTIONS):
        verbs = nouns.add_parser(noun).add_subparsers(dest="verb", required=True, metavar="VERB")
        for action in ACTIONS:
            if action.noun == noun:
                verb = verbs.add_parser(action.verb, help=action.help, description=action.help)
                action.add_arguments(verb)
                verb.add_argument("--data-dir", help="data folder of a running `openslots dev`")
                verb.add_argument("--json", action="store_true", help="print one JSON object")
                verb.set_defaults(action=action)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """What `words`, those after `openslots admin`, ask for. Raises SystemExit when they make no
    sense."""
    parser = argparse.ArgumentParser(prog="openslots admin")
    arguments(parser)
    return parser.parse_args(words)


def run(given: argparse.Namespace) -> int:
    answer = _answer(given, given.words)
    print(given.action.shown(answer, as_json=given.json))
    return int(given.action.failed(answer))


def execute(words: Sequence[str]) -> dict[str, Any]:
    """Does what `openslots admin WORDS` does and returns its answer. Raises CommandError."""
    return _answer(parse(words), words)


def _answer(given: argparse.Namespace, words: Sequence[str]) -> dict[str, Any]:
    action: Action = given.action
    if action.alone is not None:
        return action.alone(given)
    return action.drive(lambda: _once(given, words))


def _once(given: argparse.Namespace, words: Sequence[str]) -> dict[str, Any]:
    """One transaction's worth, done by the running `dev` if there is one."""
    state = environment.folder(given.data_dir).state()
    if environment.alive(state.get("pid")) and environment.get("DATABASE_URL") in (
        "",
        state.get("database_url"),
    ):
        answer = resident.ask(state, words)
        if answer is not None:
            return answer
    environment.adopt(given.data_dir)
    return asyncio.run(_alone(given))


async def _alone(given: argparse.Namespace) -> dict[str, Any]:
    async with opened(environment.settings()) as units:
        return await perform(units, given.action.work, given)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Units]:
    """Units of work for admin commands.

    Nobody listens to the events of an admin command: the slices that would are not loaded.
    """
    from openslots.kernel.bus import Bus
    from openslots.kernel.db import create_engine
    from openslots.kernel.uow import Units

    units = Units(create_engine(settings.db, application="openslots-admin"), settings, Bus())
    try:
        yield units
    finally:
        await units.close()


async def perform(units: Units, work: Work, given: argparse.Namespace) -> dict[str, Any]:
    """Runs `work` in a unit of work of its own. Raises CommandError with what was refused."""
    from sqlalchemy.exc import DBAPIError

    from openslots.kernel.errors import DomainError

    try:
        async with units.begin() as uow:
            answer = await work(uow, given)
            await uow.commit()
    except DomainError as error:
        raise CommandError(str(error.message)) from None
    except (OSError, TimeoutError, DBAPIError) as error:
        reason = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        raise CommandError(f"the database answered: {reason.splitlines()[0]}") from None
    return answer


def _user_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True)
    parser.add_argument("--username", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--time-zone", required=True)
    parser.add_argument("--role", choices=("USER", "ADMIN"), default="USER")
    parser.add_argument(
        "--with-defaults", action="store_true", help="also a schedule and the first event types"
    )


async def _create_user(uow: UnitOfWork, given: argparse.Namespace) -> dict[str, Any]:
    from openslots.accounts import service
    from openslots.accounts.types import CreateUser

    made = await service.create_user(
        uow,
        CreateUser(
            email=given.email,
            username=given.username,
            name=given.name,
            password=given.password,
            time_zone=given.time_zone,
            role=given.role,
            with_defaults=given.with_defaults,
        ),
    )
    return {
        "id": made.id,
        "email": made.email,
        "username": made.username,
        "apiKey": made.api_key,
    }


def _key_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True)
    parser.add_argument("--days", type=int, help="until it expires; without it never")


async def _create_key(uow: UnitOfWork, given: argparse.Namespace) -> dict[str, Any]:
    from openslots.accounts import service

    return {"apiKey": await service.create_api_key(uow, given.email, given.days)}


def _revoke_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--email", help="every key of this user")
    which.add_argument("--key", help="this key, as it was shown")


async def _revoke(uow: UnitOfWork, given: argparse.Namespace) -> dict[str, Any]:
    from openslots.accounts import service

    if given.key is not None:
        return {"revoked": await service.revoke_key(uow, given.key)}
    return {"revoked": await service.revoke_keys(uow, given.email)}


def _lock_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True)


async def _lock(uow: UnitOfWork, given: argparse.Namespace) -> dict[str, Any]:
    from openslots.users import service

    change = service.lock if given.verb == "lock" else service.unlock
    user = await change(uow, given.email)
    return {"id": user.id, "email": user.email, "locked": user.locked_at is not None}


def _org_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True)
    parser.add_argument("--slug", required=True)
    parser.add_argument("--owner", required=True, help="e-mail address of a user")
    parser.add_argument("--pbac", action="store_true", help="with roles of permissions")
    parser.add_argument("--platform", action="store_true", help="may have managed users")


async def _create_org(uow: UnitOfWork, given: argparse.Namespace) -> dict[str, Any]:
    from openslots.organizations import service
    from openslots.organizations.types import CreateOrganization

    made = await service.create(
        uow,
        CreateOrganization(
            name=given.name,
            slug=given.slug,
            owner_email=given.owner,
            pbac=given.pbac,
            platform=given.platform,
        ),
    )
    return {"id": made.id, "slug": made.slug}


def _client_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True)
    parser.add_argument("--owner", required=True, help="e-mail address of a user")
    parser.add_argument("--type", choices=("confidential", "public"), required=True)
    parser.add_argument("--redirect-uri", action="extend", nargs="+", required=True)
    parser.add_argument("--scope", action="extend", nargs="+", required=True)
    parser.add_argument("--approve", action="store_true", help="for everybody at once")


async def _create_client(uow: UnitOfWork, given: argparse.Namespace) -> dict[str, Any]:
    from openslots.oauth import service
    from openslots.oauth.types import CreateClient

    made = await service.create_client(
        uow,
        CreateClient(
            name=given.name,
            owner_email=given.owner,
            type=given.type,
            redirect_uris=given.redirect_uri,
            scopes=given.scope,
            approve=given.approve,
        ),
    )
    return {"clientId": made.id, "clientSecret": made.secret}


ACTIONS = (
    Action(
        "user",
        "create",
        "Make a user and an API key.",
        _user_arguments,
        _create_user,
        "openslots.accounts.service",
    ),
    Action(
        "user",
        "lock",
        "Take none of a user's credentials from now on.",
        _lock_arguments,
        _lock,
        "openslots.users.service",
    ),
    Action(
        "user",
        "unlock",
        "Take a locked user's credentials again.",
        _lock_arguments,
        _lock,
        "openslots.users.service",
    ),
    Action(
        "api-key",
        "create",
        "Make one more API key.",
        _key_arguments,
        _create_key,
        "openslots.accounts.service",
    ),
    Action(
        "api-key",
        "revoke",
        "End one API key, or all of a user.",
        _revoke_arguments,
        _revoke,
        "openslots.accounts.service",
    ),
    Action(
        "org",
        "create",
        "Make an organization and its owner.",
        _org_arguments,
        _create_org,
        "openslots.organizations.service",
    ),
    Action(
        "oauth-client",
        "create",
        "Register an OAuth client.",
        _client_arguments,
        _create_client,
        "openslots.oauth.service",
    ),
    *jobs.ACTIONS,
    *keys.ACTIONS,
)
