"""Bodies and answers of the users slice."""
