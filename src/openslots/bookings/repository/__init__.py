"""Every statement of the bookings slice."""
