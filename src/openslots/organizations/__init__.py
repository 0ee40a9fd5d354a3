"""Organisations: a team with members, sub-teams and settings of its own."""
