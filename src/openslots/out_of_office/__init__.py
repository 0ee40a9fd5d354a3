"""Absences: days on which a user cannot be booked, and who takes over."""
