"""Bodies and answers of schedules, one file per contract date."""
