"""Routes of bookings."""
