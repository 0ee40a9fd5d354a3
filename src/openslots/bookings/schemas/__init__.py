"""Bodies and answers of the bookings slice, one module per contract date."""
