"""Sign-up and API keys: how a person gets an account and a credential."""
