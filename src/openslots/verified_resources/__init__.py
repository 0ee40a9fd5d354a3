"""E-mail addresses and phone numbers that somebody proved to read."""
