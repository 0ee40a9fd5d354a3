"""openslots: a scheduling server that speaks the Cal.com API v2."""
