"""Webhooks: subscriptions, what is sent to them, and a log of every attempt."""
