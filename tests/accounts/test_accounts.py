"""Making accounts and keys through the service, as the admin commands do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from openslots.accounts import rules, service
from openslots.accounts.errors import InvalidLifetime, WeakPassword
from openslots.accounts.types import CreatedUser, CreateUser
from openslots.kernel.crypto import Passwords
from openslots.kernel.uow import Units
from openslots.models import ApiKey, EventType, Schedule, User
from openslots.users.errors import EmailTaken, InvalidUser, UsernameTaken, UserNotFound
from tests.clock import Clock
from tests.factories import make_user, unique

GOOD = "Correct-horse-42"


def command(**given: object) -> CreateUser:
    name = unique("person")
    values: dict[str, object] = {
        "email": f"{name}@example.com",
        "username": name,
        "name": "A Person",
        "password": GOOD,
        "time_zone": "europe/rome",
        **given,
    }
    return CreateUser(**values)  # type: ignore[arg-type]  # the values of a test


async def create(units: Units, **given: object) -> CreatedUser:
    async with units.begin() as uow:
        made = await service.create_user(uow, command(**given))
        await uow.commit()
        return made


async def test_a_new_account_has_a_key_and_nothing_to_book(units: Units) -> None:
    made = await create(units)
    assert made.api_key.startswith("cal_")
    assert len(made.api_key) == len("cal_") + 32
    async with units.begin() as uow:
        user = await uow.session.get_one(User, made.id)
        assert (user.home_tz, user.role, user.default_schedule_id) == ("Europe/Rome", "USER", None)
        assert user.email_verified_at is not None
        assert Passwords(cheap=True).verify(GOOD, user.password_hash)
        for table in (Schedule.user_id, EventType.owner_id):
            count = select(func.count()).where(table == made.id)
            assert await uow.session.scalar(count) == 0


async def test_defaults_are_a_working_week_and_three_event_types(units: Units) -> None:
    made = await create(units, with_defaults=True)
    async with units.begin() as uow:
        user = await uow.session.get_one(User, made.id)
        schedule = await uow.session.scalar(select(Schedule).where(Schedule.user_id == made.id))
        assert schedule is not None
        assert user.default_schedule_id == schedule.id
        assert schedule.local_tz == "Europe/Rome"
        types = await uow.session.execute(
            select(EventType.slug, EventType.length, EventType.hidden)
            .where(EventType.owner_id == made.id)
            .order_by(EventType.id)
        )
        assert [tuple(row) for row in types] == [
            ("15min", 15, False),
            ("30min", 30, False),
            ("secret", 15, True),
        ]


async def test_address_and_username_are_kept_in_lower_case(units: Units) -> None:
    name = unique("Mixed")
    made = await create(units, email=f"{name}@Example.COM", username=name)
    assert (made.email, made.username) == (f"{name}@Example.COM".lower(), name.lower())


async def test_a_taken_address_or_username_is_refused_in_any_case(units: Units) -> None:
    there = await make_user(units)
    with pytest.raises(EmailTaken, match="already exists"):
        await create(units, email=there.email.upper())
    with pytest.raises(UsernameTaken, match="already exists"):
        await create(units, username=there.username.upper())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"email": "nobody"}, "is not an e-mail address"),
        ({"time_zone": "Mars/Olympus"}, "is not an IANA time zone"),
        ({"username": "with blank"}, "A username holds"),
        ({"username": ""}, "A username holds"),
        ({"username": "x" * 129}, "at most 128"),
    ],
)
async def test_values_no_user_can_have(units: Units, given: dict[str, object], text: str) -> None:
    with pytest.raises(InvalidUser, match=text):
        await create(units, **given)


@pytest.mark.parametrize(
    ("password", "admin", "missing"),
    [
        ("Abc1", False, "at least 7 characters"),
        ("abcdefg1", False, "an upper-case letter"),
        ("ABCDEFG1", False, "a lower-case letter"),
        ("Abcdefgh", False, "a digit"),
        ("Abcdef12345", True, "at least 15 characters"),
        ("Aa1" * 400, False, "at most 1024"),
    ],
)
def test_weak_passwords_say_what_is_missing(password: str, admin: bool, missing: str) -> None:
    assert missing in (rules.password_problem(password, admin=admin) or "")


@pytest.mark.parametrize(("password", "admin"), [("Abcdef1", False), ("Abcdefghijklmn1", True)])
def test_passwords_that_are_strong_enough(password: str, admin: bool) -> None:
    assert rules.password_problem(password, admin=admin) is None


async def test_a_weak_password_makes_no_account(units: Units) -> None:
    address = f"{unique('weak')}@example.com"
    with pytest.raises(WeakPassword):
        await create(units, email=address, password="short")
    async with units.begin() as uow:
        assert await uow.session.scalar(select(User.id).where(User.email == address)) is None


async def test_a_key_for_some_days_ends_with_the_last_of_them(units: Units, clock: Clock) -> None:
    clock.set("2030-03-05T10:00:00Z")
    user = await make_user(units)
    async with units.begin() as uow:
        await service.create_api_key(uow, user.email.upper(), 2)
        row = await uow.session.scalar(
            select(ApiKey).where(ApiKey.user_id == user.id, ApiKey.id != user.key_id)
        )
        assert row is not None
        assert row.expires_at == datetime(2030, 3, 7, 23, 59, 59, 999000, UTC)


async def test_a_key_without_days_has_no_end(units: Units) -> None:
    user = await make_user(units)
    async with units.begin() as uow:
        key = await service.create_api_key(uow, user.email, None)
        row = await uow.session.scalar(
            select(ApiKey).where(ApiKey.user_id == user.id, ApiKey.id != user.key_id)
        )
        assert row is not None
        assert row.expires_at is None
        assert key.startswith("cal_")


async def test_a_key_needs_an_existing_person_and_a_sensible_time(units: Units) -> None:
    user = await make_user(units)
    async with units.begin() as uow:
        with pytest.raises(UserNotFound):
            await service.create_api_key(uow, "nobody@example.com", None)
        for days in (0, -1, 100_001):
            with pytest.raises(InvalidLifetime):
                await service.create_api_key(uow, user.email, days)
