"""Working hours: named schedules, a user's default one, and time zones by city."""
