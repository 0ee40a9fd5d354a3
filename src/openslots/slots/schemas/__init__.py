"""Queries, bodies and answers of slots, by contract date."""
