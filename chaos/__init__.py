"""The chaos test: bookings while servers are killed, then a proof that nothing is lost."""
