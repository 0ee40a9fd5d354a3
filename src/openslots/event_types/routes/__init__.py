"""Routes of event types, one router per kind of owner and resource."""
