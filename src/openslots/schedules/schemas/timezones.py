"""Cities and their time zones."""

from __future__ import annotations

from openslots.kernel.http.envelope import Out


class CityOut(Out):
    """A city, the IANA zone it lies in, and how many people live there."""

    city: str
    timezone: str
    pop: int
