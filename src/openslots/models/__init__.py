"""Tables, one file each; only the slice that owns a table writes it."""

from openslots.models.api_key import ApiKey, ApiKeyLimit
from openslots.models.base import Base
from openslots.models.booking import (
    Attendee,
    Booking,
    BookingHost,
    BookingReference,
    BookingSeat,
)
from openslots.models.credit import CreditBalance, CreditCharge
from openslots.models.email_change import EmailChange, SecondaryEmail
from openslots.models.event_type import EventType, Host
from openslots.models.idempotency import IdempotencyKey
from openslots.models.job import Job
from openslots.models.mail import Mail
from openslots.models.oauth_client import OAuthClient, OAuthClientSecret
from openslots.models.out_of_office import OutOfOffice, TravelSchedule
from openslots.models.private_link import PrivateLink
from openslots.models.push import PushSubscription
from openslots.models.schedule import Availability, Schedule
from openslots.models.slot_reservation import SlotReservation
from openslots.models.team import Membership, Profile, Team
from openslots.models.user import User
from openslots.models.verified import VerificationCode, VerifiedEmail, VerifiedPhone
from openslots.models.webhook import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "ApiKey",
    "ApiKeyLimit",
    "Attendee",
    "Availability",
    "Base",
    "Booking",
    "BookingHost",
    "BookingReference",
    "BookingSeat",
    "CreditBalance",
    "CreditCharge",
    "EmailChange",
    "EventType",
    "Host",
    "IdempotencyKey",
    "Job",
    "Mail",
    "Membership",
    "OAuthClient",
    "OAuthClientSecret",
    "OutOfOffice",
    "PrivateLink",
    "Profile",
    "PushSubscription",
    "Schedule",
    "SecondaryEmail",
    "SlotReservation",
    "Team",
    "TravelSchedule",
    "User",
    "VerificationCode",
    "VerifiedEmail",
    "VerifiedPhone",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
]
