"""Rows of mails, of push subscriptions, and what reminders need of bookings."""
