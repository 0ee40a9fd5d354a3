"""The 2024-06-14 contract of event types: bodies, answers and their presentation."""
