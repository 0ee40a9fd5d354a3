"""What `openslots dev` prints once everything runs: addresses, the demo key and a tour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from openslots.kernel import clock

TOUR_DAYS = 30


def welcome(base: str, demo: dict[str, Any]) -> list[str]:  # Any: values of demo.json
    """The lines; the four that begin with a command work as pasted, as often as one likes."""
    lines = ["", f"openslots runs at {base}   (API reference: {base}/docs, stop with Ctrl-C)"]
    if not demo:
        return [*lines, ""]
    return [
        *lines,
        f"demo key: {demo['api_key']}   (user {demo['username']}, {demo['email']})",
        "",
        "A tour to paste: the first free slot, a booking, the booking read back, its webhook.",
        "",
        *commands(base, demo),
        "",
    ]


def commands(base: str, demo: dict[str, Any]) -> list[str]:
    """The four lines of the tour; they need a POSIX shell, curl, grep and cut."""
    start = "$(date -u +%Y-%m-%d)"
    end = f"{clock.now() + timedelta(days=TOUR_DAYS):%Y-%m-%d}"
    user, slug, key = demo["username"], demo["event_type_slug"], demo["api_key"]
    body = (
        f'{{\\"start\\":\\"$SLOT\\",\\"username\\":\\"{user}\\",\\"eventTypeSlug\\":\\"{slug}\\",'
        '\\"attendee\\":{\\"name\\":\\"Ada\\",\\"email\\":\\"ada@example.com\\",'
        '\\"timeZone\\":\\"Europe/London\\"}}'
    )
    return [
        f'SLOT=$(curl -s -H "cal-api-version: 2024-09-04" "{base}/v2/slots?username={user}'
        f'&eventTypeSlug={slug}&start={start}&end={end}" '
        '| grep -o \'"start":"[^"]*"\' | head -n 1 | cut -d \'"\' -f 4); echo "$SLOT"',
        f'BOOKED=$(curl -s -X POST "{base}/v2/bookings" -H "cal-api-version: 2024-08-13" '
        f'-H "Content-Type: application/json" -d "{body}" '
        '| grep -o \'"uid":"[^"]*"\' | head -n 1 | cut -d \'"\' -f 4); echo "$BOOKED"',
        f'curl -s "{base}/v2/bookings/$BOOKED" -H "cal-api-version: 2024-08-13" '
        f'-H "Authorization: Bearer {key}"; echo',
        f'curl -s "{base}/dev/inbox?contains=$BOOKED&wait=10"; echo',
    ]
