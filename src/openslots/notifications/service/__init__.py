"""What other slices may ask for: mails, now and after a transaction. What only the worker needs to
write them, templates and languages, is imported by its jobs alone."""

from __future__ import annotations

from openslots.notifications.service.mails import send_mail, send_mails, send_notice

__all__ = ["send_mail", "send_mails", "send_notice"]
