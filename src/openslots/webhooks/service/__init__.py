"""What webhooks do: keep subscriptions, write deliveries, send them, and keep a log."""
