"""Pure rules: the retry schedule, Retry-After, endings, signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from openslots.webhooks import rules, signing
from openslots.webhooks.errors import OrganizationTriggerOnly, TimeIncomplete
from openslots.webhooks.types import WebhookOwner

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
HOUR = 3600


def test_the_schedule_ends_after_three_days() -> None:
    waits = [rules.after_failure("connect", attempt, 0).seconds for attempt in range(1, 13)]
    assert waits[:5] == [5, 300, 1800, 2 * HOUR, 5 * HOUR]
    assert waits[5:] == [10 * HOUR] * 6 + [None]
    assert 2.5 * 24 * HOUR < sum(wait or 0 for wait in waits) < 3 * 24 * HOUR


@pytest.mark.parametrize(("spread", "seconds"), [(-1, 240), (0, 300), (1, 360), (9, 360)])
def test_waits_are_spread_by_a_fifth(spread: float, seconds: float) -> None:
    assert rules.after_failure("connect", 2, spread).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("status", "attempt", "asked", "seconds"),
    [
        (500, 1, None, 5),
        (404, 1, None, 5),
        (408, 1, None, 5),
        (429, 1, None, 60),
        (429, 2, None, 300),
        (410, 1, None, None),
        (301, 1, None, 5),
        (301, 2, None, None),
        (503, 1, 30, 30),
        (503, 1, 1, 5),
        (503, 1, 100_000, 120),
        (503, 2, 400, 400),
        (503, 2, 100_000, 600),
        (500, 12, None, None),
    ],
)
def test_what_follows_an_answer(
    status: int, attempt: int, asked: float | None, seconds: float | None
) -> None:
    assert rules.after_answer(status, attempt, asked, 0).seconds == seconds


def test_what_follows_silence_and_refusal() -> None:
    assert rules.after_failure("timeout", 1, 0).seconds == 60
    assert rules.after_failure("dns", 1, 0).seconds == 5
    assert rules.after_refusal("Blocked hostname", 1, 0).seconds == 5
    assert rules.after_refusal("Blocked hostname", 2, 0).seconds is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 0 ", 0),
        ("Mon, 04 May 2026 10:01:00 GMT", 60),
        ("Mon, 04 May 2026 09:00:00 GMT", 0),
        ("Mon, 04 May 2026 10:01:00", None),
        ("Mon, 04 May 2026 10:01:00 +99999999999999999999", None),
        ("soon", None),
        ("-5", None),
        ("9" * 400, None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert rules.retry_after(header, NOW) == seconds


def test_a_run_of_failures_slows_down_and_ends() -> None:
    assert rules.probe_pause(4) is None
    pauses = [rules.probe_pause(count) for count in (5, 6, 7, 8, 50)]
    assert pauses == [timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 300)]
    assert not rules.should_disable(None, NOW)
    assert not rules.should_disable(NOW - timedelta(days=5, seconds=-1), NOW)
    assert rules.should_disable(NOW - timedelta(days=5), NOW)


def test_timed_triggers_expire_after_a_day() -> None:
    assert not rules.expired(None, NOW)
    assert not rules.expired(NOW - timedelta(hours=23, minutes=59), NOW)
    assert rules.expired(NOW - timedelta(hours=24), NOW)


def test_the_no_show_window() -> None:
    no_show = [rules.GUESTS_NO_SHOW]
    assert rules.window(no_show, None, None) == (5, "MINUTE")
    assert rules.window(no_show, 2, "DAY") == (2, "DAY")
    assert rules.window([rules.CREATED], 2, None) == (2, None)
    for half in ((2, None), (None, "DAY")):
        with pytest.raises(TimeIncomplete):
            rules.window(no_show, *half)


def test_organizations_may_hear_of_delegation_errors() -> None:
    rules.check_triggers(WebhookOwner("team", 1), [rules.DELEGATION_ERROR])
    for kind in ("user", "event_type", "oauth_client"):
        with pytest.raises(OrganizationTriggerOnly):
            rules.check_triggers(WebhookOwner(kind, 1), [rules.DELEGATION_ERROR])


def test_signatures() -> None:
    body = b'{"a":1}'
    assert signing.hexadecimal("s3cret", body) == (
        hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    )
    for nothing in (None, ""):
        assert signing.hexadecimal(nothing, body) == "no-secret-provided"
        assert signing.standard(nothing, "id", 1, body) is None


def test_the_published_example_of_standard_webhooks() -> None:
    signature = signing.standard(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("secret", "key"),
    [("plain", b"plain"), ("whsec_!!!", b"whsec_!!!"), ("schlüssel", b"schl\xc3\xbcssel")],
)
def test_keys_of_standard_signatures(secret: str, key: bytes) -> None:
    digest = hmac.new(key, b"m.7.x", hashlib.sha256).digest()
    assert signing.standard(secret, "m", 7, b"x") == f"v1,{base64.b64encode(digest).decode()}"
