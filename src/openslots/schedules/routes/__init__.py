"""Routes of schedules and time zones."""
