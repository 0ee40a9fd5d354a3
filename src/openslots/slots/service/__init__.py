"""Listings, explanations, the check of a booking, and holds of a time."""

from openslots.slots.service.check import check

__all__ = ["check"]
