"""Pure rules of event types: stored forms, their conversions and what may not go together."""
