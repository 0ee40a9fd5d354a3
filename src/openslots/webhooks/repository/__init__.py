"""Queries of webhooks: subscriptions, deliveries, and the meetings that triggers tell of."""
