"""How mails and their parts are written: no I/O, no clock."""

from __future__ import annotations

from openslots.notifications.rules.notices import notice

__all__ = ["notice"]
