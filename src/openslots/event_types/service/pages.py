"""Where booking pages live."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from openslots.event_types.repository import Owner
from openslots.event_types.types import Person, TeamFacts
from openslots.kernel.settings import Settings
from openslots.models import Team


def org_base(base: str, slug: str | None) -> str:
    """The address of an organisation's pages: its slug as a sub-domain of the web address."""
    if not slug:
        return base
    parts = urlsplit(base)
    return urlunsplit(parts._replace(netloc=f"{slug}.{parts.netloc}"))


def person(owner: Owner, settings: Settings) -> Person:
    """A user as answers show them."""
    user = owner.user
    return Person(
        id=user.id,
        name=user.name,
        username=user.username,
        email=user.email,
        avatar_url=user.avatar_url,
        brand_color=None,
        dark_brand_color=None,
        week_start=user.week_start,
        time_zone=user.home_tz,
        theme=None,
        metadata=user.metadata_,
        default_schedule_id=user.default_schedule_id,
        base=org_base(settings.web.base, owner.org_slug),
        page_name=owner.org_username or user.username,
    )


def team(found: Team, organization: Team | None, settings: Settings) -> TeamFacts:
    """A team as answers show it."""
    base = settings.web.base
    if organization is not None:
        pages = f"{org_base(base, organization.slug)}/{found.slug}"
    else:
        pages = f"{base}/team/{found.slug}"
    return TeamFacts(
        id=found.id,
        name=found.name,
        slug=found.slug,
        logo_url=None,
        week_start="Sunday",
        pages=pages if found.slug else "",
    )
