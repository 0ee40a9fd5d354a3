"""Event types: what can be booked, with every setting of it, and its private links."""
