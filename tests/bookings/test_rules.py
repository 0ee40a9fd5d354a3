"""The pure rules of bookings as tables of cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from openslots.bookings.rules import fields, locations, states, titles
from openslots.bookings.rules.states import Act, By, ReasonRule
from openslots.kernel.errors import SchemaError

NOW = datetime(2050, 1, 1, tzinfo=UTC)
STATES = ("accepted", "pending", "cancelled", "rejected", "awaiting_host")

# the table of section 4: what each act makes of each state; what is missing is refused
EXPECTED: Mapping[Act, Mapping[str, str]] = {
    Act.CONFIRM: {"pending": "accepted"},
    Act.DECLINE: {"pending": "rejected"},
    Act.CANCEL: dict.fromkeys(("pending", "accepted", "awaiting_host"), "cancelled"),
    Act.RESCHEDULE: dict.fromkeys(("pending", "accepted"), "cancelled"),
    Act.REQUEST_RESCHEDULE: dict.fromkeys(("pending", "accepted"), "cancelled"),
    Act.REASSIGN: {"pending": "pending", "accepted": "accepted"},
    Act.MARK_ABSENT: {"pending": "pending", "accepted": "accepted"},
    Act.ADD_PEOPLE: {"pending": "pending", "accepted": "accepted"},
    Act.RELOCATE: {"pending": "pending", "accepted": "accepted"},
}


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("state", STATES)
def test_every_move_is_in_the_table(state: str, act: Act) -> None:
    found = states.move(state, act)
    assert (found.to if found else None) == EXPECTED[act].get(state)


@pytest.mark.parametrize(
    ("act", "by"),
    [
        (Act.CONFIRM, By.ACCESS),
        (Act.CANCEL, By.ANYONE),
        (Act.RESCHEDULE, By.ANYONE),
        (Act.REQUEST_RESCHEDULE, By.ORGANIZER),
        (Act.RELOCATE, By.ADMIN),
        (Act.ADD_PEOPLE, By.PARTICIPANT),
    ],
)
def test_the_table_says_who(act: Act, by: By) -> None:
    assert {m.by for (_, a), m in states.MOVES.items() if a is act} == {by}


def test_a_cancelled_booking_moves_once_when_its_host_asked_for_it() -> None:
    cases = {
        (False, False): False,
        (True, False): True,
        (True, True): False,
    }
    for (rescheduled, successor), movable in cases.items():
        assert (
            states.reschedulable("cancelled", rescheduled=rescheduled, has_successor=successor)
            is movable
        )


def test_reasons() -> None:
    table = {
        ReasonRule.HOST: (True, False),
        ReasonRule.ATTENDEE: (False, True),
        ReasonRule.BOTH: (True, True),
        ReasonRule.NOBODY: (False, False),
    }
    for rule, needed in table.items():
        assert tuple(states.needs_reason(rule, by_host=host) for host in (True, False)) == needed
    assert states.needs_reason(None, by_host=True)
    assert not states.needs_reason(None, by_host=False)


@pytest.mark.parametrize(
    ("required", "threshold", "price", "minutes", "waits"),
    [
        (False, None, 0, 60, False),
        (True, None, 0, 60, True),
        (True, 60, 0, 60, True),
        (True, 60, 0, 61, False),
        (False, None, 1, 60, True),
    ],
)
def test_confirmation(
    required: bool, threshold: int | None, price: int, minutes: int, waits: bool
) -> None:
    start = NOW + timedelta(minutes=minutes)
    assert (
        states.needs_confirmation(
            required=required, threshold=threshold, price=price, start=start, now=NOW
        )
        is waits
    )


def test_no_booking_ends_beyond_the_calendar() -> None:
    assert states.end_of(datetime.max.replace(tzinfo=UTC), 1) is None
    assert states.end_of(NOW, 60) == NOW + timedelta(hours=1)


# -- titles


NAMES = titles.Names("Intro", "Ada Host", "Bob Van Guest", 30, "Cal Video")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (None, "Intro between Ada Host and Bob Van Guest"),
        ("  ", "Intro between Ada Host and Bob Van Guest"),
        ("{HOST/ATTENDEE} {Event duration}", "Bob Van Guest 30 mins"),
        ("{Scheduler first name}|{Scheduler last name}", "Bob|Guest"),
        ("{Organiser}{USER}{HOST}", "Ada HostAda HostAda Host"),
        ("{Location}{LOCATION}", "Cal VideoCal Video"),
        ("{a}{b}{c}{missing}", "1true"),
        ("{ {x} }", "{  }"),
    ],
)
def test_titles(template: str | None, expected: str) -> None:
    answers = {"a": 1, "b": True, "c": None}
    assert titles.title(template, NAMES, answers) == expected


def test_a_split_name_wins_over_words() -> None:
    names = titles.Names(
        "E", "H", "Anna Maria Lind", 30, attendee_first="Anna Maria", attendee_last="Lind"
    )
    made = titles.title("{Scheduler first name}/{Scheduler last name}", names, {})
    assert made == "Anna Maria/Lind"


def test_a_team_stands_for_its_hosts() -> None:
    names = titles.Names("Call", "Ada", "Bob", 30, team="Sales")
    assert titles.title(None, names, {}) == "Call between Sales and Bob"


# -- texts


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://x.org/a", "link"),
        ("WWW.x.org", "link"),
        ("+37120993151", "phone"),
        ("+371 20 993 151", "phone"),
        ("12", "somewhereElse"),
        ("http://", "somewhereElse"),
        ("http://[", "somewhereElse"),
        ("the park", "somewhereElse"),
    ],
)
def test_old_location_texts(text: str, kind: str) -> None:
    assert locations.classify(text) == kind


@pytest.mark.parametrize("text", ["a@b.co", "a+b@x.example.org", "o.k@münchen.de"])
def test_addresses(text: str) -> None:
    assert fields.is_email(text)


@pytest.mark.parametrize("text", ["", "a", "a@b", "a@b.c", "a b@c.de", "a..b@c.de", "@c.de"])
def test_no_addresses(text: str) -> None:
    assert not fields.is_email(text)


def test_numbers_have_bounds() -> None:
    field = {"name": "n", "type": "number", "required": False, "min": 1, "max": 5}
    fields.check_responses([field], {"email": "a@b.co", "n": 5})
    for value in (0, 6):
        with pytest.raises(SchemaError, match="number_range_error"):
            fields.check_responses([field], {"email": "a@b.co", "n": value})


def test_zero_is_an_answer_and_no_is_none() -> None:
    number = {"name": "n", "type": "number", "required": True}
    fields.check_responses([number], {"email": "a@b.co", "n": 0})
    agree = {"name": "agree", "type": "boolean", "required": True}
    with pytest.raises(SchemaError, match="agree"):
        fields.check_responses([agree], {"email": "a@b.co", "agree": False})
