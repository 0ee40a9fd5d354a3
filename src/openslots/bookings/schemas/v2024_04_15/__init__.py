"""The contract of 2024-04-15, which the official React components still use."""
