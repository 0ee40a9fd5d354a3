"""Rows to the engine's question, and who may hold a time."""
