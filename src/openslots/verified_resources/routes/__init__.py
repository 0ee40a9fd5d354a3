"""Routes of verified addresses and numbers."""
