"""The contract of 2024-08-13, which later dates share."""
