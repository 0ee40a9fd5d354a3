"""People: their profile, e-mail address and booking limits."""
