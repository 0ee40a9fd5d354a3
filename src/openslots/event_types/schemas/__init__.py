"""Bodies and answers of event types, one module per contract date."""
