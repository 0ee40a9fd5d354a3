"""Routes of the users slice."""
