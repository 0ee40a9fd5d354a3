"""What routes and other slices may ask of verified addresses and numbers."""

from openslots.verified_resources.service.emails import (
    add_own_email,
    addresses,
    email,
    emails,
    request_email,
    verify_email,
)
from openslots.verified_resources.service.phones import (
    phone,
    phones,
    request_phone,
    verify_phone,
)

__all__ = [
    "add_own_email",
    "addresses",
    "email",
    "emails",
    "phone",
    "phones",
    "request_email",
    "request_phone",
    "verify_email",
    "verify_phone",
]
