"""Clients of outside services; each knows one provider and no slice."""
