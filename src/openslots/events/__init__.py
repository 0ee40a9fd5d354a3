"""What happened, as frozen dataclasses; published inside the transaction that made it so."""
