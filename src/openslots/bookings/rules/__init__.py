"""The rules of bookings, free of any input or output."""
