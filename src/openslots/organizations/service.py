"""Making organisations."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from openslots.kernel.uow import UnitOfWork
from openslots.models import Team
from openslots.organizations import repository, rules
from openslots.organizations.errors import InvalidOrganization, SlugTaken
from openslots.organizations.types import CreatedOrganization, CreateOrganization
from openslots.users import service as users


async def create(uow: UnitOfWork, command: CreateOrganization) -> CreatedOrganization:
    """An organisation with its owner as an accepted member, and the owner's profile in it.

    Raises UserNotFound, InvalidOrganization or SlugTaken.
    """
    name = command.name.strip()
    slug = command.slug.strip().lower() if command.slug is not None else rules.slugify(name)
    if not name:
        raise InvalidOrganization("An organization needs a name.")
    if not rules.is_slug(slug):
        raise InvalidOrganization(
            "The slug of an organization holds letters and digits with single hyphens between "
            f"them, at most {rules.LONGEST_SLUG} characters."
        )
    owner = await users.find_by_email(uow, command.owner_email)
    domain = rules.employer_domain(owner.email)
    if await repository.slug_taken(uow.session, slug):
        raise SlugTaken(slug)
    team = Team(
        name=name,
        slug=slug,
        is_organization=True,
        is_platform=command.platform,
        pbac_enabled=command.pbac,
        home_tz=owner.home_tz,
        settings={
            "isOrganizationVerified": True,
            "orgAutoAcceptEmail": domain,
            "isAdminAPIEnabled": True,
        },
    )
    try:
        async with uow.session.begin_nested():
            await repository.add(uow.session, team)
    except IntegrityError:  # somebody else was faster
        raise SlugTaken(slug) from None
    username = rules.username_inside(owner.username, owner.email, domain)
    await repository.add_owner(uow.session, team.id, owner.id, username)
    return CreatedOrganization(team.id, slug)
