"""Listings, explanations, the check of a booking, and holds of a time."""

from openslots.slots.service.check import check
from openslots.slots.service.holds import consume, drop, move, read, reserve, reserve_old
from openslots.slots.service.listing import Explanation, explanation, listing, old_listing

__all__ = [
    "Explanation",
    "check",
    "consume",
    "drop",
    "explanation",
    "listing",
    "move",
    "old_listing",
    "read",
    "reserve",
    "reserve_old",
]
