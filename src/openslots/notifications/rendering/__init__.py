"""Mails about bookings as people read them: words, times, layout. Used by the worker alone."""
