"""Routes of webhooks, one file per kind of owner."""
