"""Making organisations, as the admin command does."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from openslots.kernel.errors import DomainError
from openslots.kernel.uow import Units
from openslots.models import Membership, Profile, Team, User
from openslots.organizations import rules, service
from openslots.organizations.errors import InvalidOrganization, SlugTaken
from openslots.organizations.types import CreatedOrganization, CreateOrganization
from openslots.users.errors import UserNotFound
from tests.factories import Person, make_team, make_user, unique


async def create(
    units: Units, owner: Person, *, slug: str | None = None, name: str = "Acme", **flags: bool
) -> CreatedOrganization:
    async with units.begin() as uow:
        command = CreateOrganization(name, slug or unique("acme"), owner.email, **flags)
        made = await service.create(uow, command)
        await uow.commit()
        return made


async def test_an_organisation_with_its_owner(units: Units) -> None:
    name = unique("owner")
    owner = await make_user(units, email=f"{name}@acme.io", time_zone="Europe/Rome")
    slug = unique("acme")
    made = await create(units, owner, slug=slug.upper(), pbac=True, platform=True)
    assert made.slug == slug
    async with units.begin() as uow:
        team = await uow.session.get_one(Team, made.id)
        assert (team.is_organization, team.pbac_enabled, team.is_platform) == (True, True, True)
        assert team.home_tz == "Europe/Rome"
        assert team.settings == {
            "isOrganizationVerified": True,
            "orgAutoAcceptEmail": "acme.io",
            "isAdminAPIEnabled": True,
        }
        member = await uow.session.scalar(select(Membership).where(Membership.team_id == team.id))
        assert member is not None
        assert (member.user_id, member.role, member.accepted) == (owner.id, "OWNER", True)
        profile = await uow.session.scalar(
            select(Profile).where(Profile.organization_id == team.id)
        )
        assert profile is not None
        assert (profile.user_id, profile.username) == (owner.id, owner.username)


async def test_the_slug_comes_from_the_name(units: Units) -> None:
    owner = await make_user(units)
    name = unique("Ümlaut & Söhne")
    async with units.begin() as uow:
        made = await service.create(uow, CreateOrganization(name, None, owner.email))
    assert made.slug == rules.slugify(name)
    assert made.slug.startswith("umlaut-sohne-")


async def test_a_taken_slug(units: Units) -> None:
    owner = await make_user(units)
    slug = unique("taken")
    await make_team(units, slug=slug)
    with pytest.raises(SlugTaken, match="is taken"):
        await create(units, owner, slug=slug)


async def test_one_slug_wanted_twice_at_once(units: Units) -> None:
    owner = await make_user(units)
    slug = unique("race")
    made = await asyncio.gather(
        *(create(units, owner, slug=slug) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in made) == [
        "CreatedOrganization",
        "SlugTaken",
        "SlugTaken",
    ]


@pytest.mark.parametrize(
    ("name", "slug"),
    [(" ", "fine"), ("Acme", "with blank"), ("Acme", "-a"), ("Acme", "a" * 64), ("Acme", "ä")],
)
async def test_what_no_organisation_can_be(units: Units, name: str, slug: str) -> None:
    owner = await make_user(units)
    with pytest.raises(InvalidOrganization):
        await create(units, owner, name=name, slug=slug)


async def test_an_owner_has_to_exist(units: Units) -> None:
    async with units.begin() as uow:
        command = CreateOrganization("Acme", unique("acme"), "nobody@example.com")
        with pytest.raises(UserNotFound) as refused:
            await service.create(uow, command)
        assert isinstance(refused.value, DomainError)


async def test_an_owner_without_a_username_gets_one_inside(units: Units) -> None:
    owner = await make_user(units, email=f"{unique('ann')}@gmail.com")
    async with units.begin() as uow:
        (await uow.session.get_one(User, owner.id)).username = None
        await uow.session.flush()
        await uow.commit()
    made = await create(units, owner)
    async with units.begin() as uow:
        found = select(Profile.username).where(Profile.organization_id == made.id)
        assert await uow.session.scalar(found) == f"{owner.email.partition('@')[0]}-gmail"


@pytest.mark.parametrize(
    ("username", "email", "domain", "inside"),
    [
        ("ann", "other@acme.com", "acme.com", "ann"),
        (None, "ann.lee@acme.com", "acme.com", "ann.lee"),
        (None, "ann.lee@gmail.com", "acme.com", "ann.lee-gmail"),
        (None, "ann.lee@gmail.com", None, "ann.lee-gmail"),
        (None, "ü@gmail.com", None, "u-gmail"),
    ],
)
def test_names_inside(username: str | None, email: str, domain: str | None, inside: str) -> None:
    assert rules.username_inside(username, email, domain) == inside


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("a@acme.io", "acme.io"),
        ("a@gmail.com", None),
        ("a@example.com", None),
        ("a@host.test", None),
    ],
)
def test_domains_whose_people_join_by_themselves(email: str, domain: str | None) -> None:
    assert rules.employer_domain(email) == domain
