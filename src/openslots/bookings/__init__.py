"""Bookings: making, moving, confirming, cancelling and reading them."""
