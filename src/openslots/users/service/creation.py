"""Making a user."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from openslots.kernel.http.validation import is_email, zone_name
from openslots.kernel.uow import UnitOfWork
from openslots.models import User
from openslots.users import repository, rules
from openslots.users.errors import EmailTaken, InvalidUser, UsernameTaken
from openslots.users.types import NewUser


async def create(uow: UnitOfWork, new: NewUser) -> User:
    """The new user, flushed. Raises InvalidUser, EmailTaken or UsernameTaken.

    E-mail addresses and usernames are kept in lower case; both are unique in any case.
    """
    email = new.email.strip().lower()
    username = new.username.strip().lower() if new.username is not None else None
    zone = zone_name(new.time_zone)
    if not is_email(email):
        raise InvalidUser(f"{new.email!r} is not an e-mail address.")
    if zone is None:
        raise InvalidUser(f"{new.time_zone!r} is not an IANA time zone.")
    if username is not None and (problem := rules.username_problem(username)):
        raise InvalidUser(problem)
    if await repository.email_taken(uow.session, email):
        raise EmailTaken(email)
    if username is not None and await repository.username_taken(uow.session, username):
        raise UsernameTaken(username)
    user = User(
        email=email,
        username=username,
        name=new.name,
        home_tz=zone,
        password_hash=new.password_hash,
        role=new.role,
        locale=new.locale,
        email_verified_at=uow.now if new.verified else None,
    )
    try:
        async with uow.session.begin_nested():
            uow.session.add(user)
            await uow.session.flush()
    except IntegrityError as error:  # somebody else was faster
        if "username" in str(error.orig) and username is not None:
            raise UsernameTaken(username) from None
        if "email" in str(error.orig):
            raise EmailTaken(email) from None
        raise
    return user
