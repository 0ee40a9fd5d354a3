"""Names of OAuth scopes and the rule that says when a token's scopes suffice."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from openslots.kernel.errors import Forbidden


class Scope(StrEnum):
    """Every scope that opens an operation (auth notes, section 9)."""

    EVENT_TYPE_READ = "EVENT_TYPE_READ"
    EVENT_TYPE_WRITE = "EVENT_TYPE_WRITE"
    BOOKING_READ = "BOOKING_READ"
    BOOKING_WRITE = "BOOKING_WRITE"
    SCHEDULE_READ = "SCHEDULE_READ"
    SCHEDULE_WRITE = "SCHEDULE_WRITE"
    APPS_READ = "APPS_READ"
    APPS_WRITE = "APPS_WRITE"
    PROFILE_READ = "PROFILE_READ"
    PROFILE_WRITE = "PROFILE_WRITE"
    WEBHOOK_READ = "WEBHOOK_READ"
    WEBHOOK_WRITE = "WEBHOOK_WRITE"
    VERIFIED_RESOURCES_READ = "VERIFIED_RESOURCES_READ"
    VERIFIED_RESOURCES_WRITE = "VERIFIED_RESOURCES_WRITE"
    CREDITS_READ = "CREDITS_READ"
    CREDITS_WRITE = "CREDITS_WRITE"
    TEAM_EVENT_TYPE_READ = "TEAM_EVENT_TYPE_READ"
    TEAM_EVENT_TYPE_WRITE = "TEAM_EVENT_TYPE_WRITE"
    TEAM_BOOKING_READ = "TEAM_BOOKING_READ"
    TEAM_BOOKING_WRITE = "TEAM_BOOKING_WRITE"
    TEAM_SCHEDULE_READ = "TEAM_SCHEDULE_READ"
    TEAM_SCHEDULE_WRITE = "TEAM_SCHEDULE_WRITE"
    TEAM_PROFILE_READ = "TEAM_PROFILE_READ"
    TEAM_PROFILE_WRITE = "TEAM_PROFILE_WRITE"
    TEAM_MEMBERSHIP_READ = "TEAM_MEMBERSHIP_READ"
    TEAM_MEMBERSHIP_WRITE = "TEAM_MEMBERSHIP_WRITE"
    TEAM_APPS_READ = "TEAM_APPS_READ"
    TEAM_APPS_WRITE = "TEAM_APPS_WRITE"
    TEAM_ROUTING_FORM_READ = "TEAM_ROUTING_FORM_READ"
    TEAM_ROUTING_FORM_WRITE = "TEAM_ROUTING_FORM_WRITE"
    TEAM_WORKFLOW_READ = "TEAM_WORKFLOW_READ"
    TEAM_WORKFLOW_WRITE = "TEAM_WORKFLOW_WRITE"
    TEAM_VERIFIED_RESOURCES_READ = "TEAM_VERIFIED_RESOURCES_READ"
    TEAM_VERIFIED_RESOURCES_WRITE = "TEAM_VERIFIED_RESOURCES_WRITE"
    ORG_EVENT_TYPE_READ = "ORG_EVENT_TYPE_READ"
    ORG_EVENT_TYPE_WRITE = "ORG_EVENT_TYPE_WRITE"
    ORG_BOOKING_READ = "ORG_BOOKING_READ"
    ORG_BOOKING_WRITE = "ORG_BOOKING_WRITE"
    ORG_SCHEDULE_READ = "ORG_SCHEDULE_READ"
    ORG_SCHEDULE_WRITE = "ORG_SCHEDULE_WRITE"
    ORG_PROFILE_READ = "ORG_PROFILE_READ"
    ORG_PROFILE_WRITE = "ORG_PROFILE_WRITE"
    ORG_MEMBERSHIP_READ = "ORG_MEMBERSHIP_READ"
    ORG_MEMBERSHIP_WRITE = "ORG_MEMBERSHIP_WRITE"
    ORG_ROUTING_FORM_READ = "ORG_ROUTING_FORM_READ"
    ORG_ROUTING_FORM_WRITE = "ORG_ROUTING_FORM_WRITE"
    ORG_WEBHOOK_READ = "ORG_WEBHOOK_READ"
    ORG_WEBHOOK_WRITE = "ORG_WEBHOOK_WRITE"
    ORG_ATTRIBUTES_READ = "ORG_ATTRIBUTES_READ"
    ORG_ATTRIBUTES_WRITE = "ORG_ATTRIBUTES_WRITE"
    INSIGHTS_READ = "INSIGHTS_READ"
    TEAM_INSIGHTS_READ = "TEAM_INSIGHTS_READ"
    ORG_INSIGHTS_READ = "ORG_INSIGHTS_READ"


LEGACY = frozenset({"READ_BOOKING", "READ_PROFILE"})


class ScopeNotAvailable(Forbidden):
    message = "insufficient_scope: this endpoint is not available for third-party OAuth tokens"


class ScopeMissing(Forbidden):
    def __init__(self, required: Iterable[str], held: Iterable[str]) -> None:
        super().__init__(
            "insufficient_scope: token does not have the required scopes. "
            f"Required: {', '.join(required)}. Token has: {', '.join(sorted(held))}"
        )


def satisfies(held: frozenset[str], required: str) -> bool:
    """An organisation's scope covers the team's of the same name, never the reverse."""
    return required in held or (
        required.startswith("TEAM_") and f"ORG_{required.removeprefix('TEAM_')}" in held
    )


def check(held: frozenset[str] | None, required: tuple[str, ...]) -> None:
    """Raises ScopeNotAvailable or ScopeMissing; None and legacy scopes are unrestricted."""
    if held is None or held <= LEGACY:
        return
    if not required:
        raise ScopeNotAvailable
    if not all(satisfies(held, scope) for scope in required):
        raise ScopeMissing(required, held)
