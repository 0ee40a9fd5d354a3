"""What other slices may ask of users."""

from openslots.users.service.creation import create
from openslots.users.service.email import Consent, consent
from openslots.users.service.limits import (
    booking_limits,
    change_booking_limits,
    clear_booking_limits,
)
from openslots.users.service.locks import lock, unlock
from openslots.users.service.profile import profile, update
from openslots.users.service.reads import find_by_email, get

__all__ = [
    "Consent",
    "booking_limits",
    "change_booking_limits",
    "clear_booking_limits",
    "consent",
    "create",
    "find_by_email",
    "get",
    "lock",
    "profile",
    "unlock",
    "update",
]
