"""Listings, explanations, the check of a booking, and holds of a time."""

from openslots.slots.service.check import check
from openslots.slots.service.listing import Explanation, explanation, listing

__all__ = ["Explanation", "check", "explanation", "listing"]
