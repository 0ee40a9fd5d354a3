"""Credits: what accounts may spend on messages, calls and agents."""
