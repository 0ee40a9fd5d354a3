"""What can be done with bookings."""
