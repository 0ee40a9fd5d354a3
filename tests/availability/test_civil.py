"""Zones, local days and texts, against `datetime` and `zoneinfo`."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openslots.availability import civil
from openslots.availability.spans import DAY, HOUR
from tests.availability.build import at
from tests.availability.test_model import quick

FIRST, LAST = at("2020-01-01"), at("2036-01-01")
NAMES = sorted(name for name in available_timezones() if civil.canonical_zone(name))


def offset(info: ZoneInfo, instant: int) -> int:
    found = datetime.fromtimestamp(instant, info).utcoffset()
    assert found is not None
    return round(found.total_seconds())


def wall_to_instant(info: ZoneInfo, wall: int) -> int:
    """A wall-clock time by Python's own rule for `fold=0`, which is that of the notes."""
    naive = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=wall)
    return round(naive.replace(tzinfo=info, fold=0).timestamp())


@pytest.fixture(scope="module")
def zones() -> dict[tuple[tuple[int, ...], tuple[int, ...]], str]:
    """One name for each distinct history of the years looked at; hundreds of names are aliases."""
    tables = [civil.zone(name, FIRST, LAST) for name in NAMES]
    return {(table.instants, table.offsets): table.name for table in tables}


def test_no_change_of_any_zone_is_missed() -> None:
    for name in NAMES:
        info, local = ZoneInfo(name), civil.zone(name, FIRST, LAST)
        for instant in range(FIRST, LAST, 19 * DAY):
            assert local.offset(instant) == offset(info, instant)


def test_every_zone_round_trips_on_the_days_its_clocks_change(
    zones: dict[tuple[tuple[int, ...], tuple[int, ...]], str],
) -> None:
    around = [*range(-190, 190, 23), -1_500, -720, 720, 1_500]
    for name in zones.values():
        info, local = ZoneInfo(name), civil.zone(name, FIRST, LAST)
        for change in (t for t in local.instants if FIRST <= t < LAST):
            assert offset(info, change - 1) != offset(info, change)
            for instant in (change + minutes * 60 for minutes in around):
                assert local.offset(instant) == offset(info, instant)
                wall = instant + local.offset(instant)
                assert local.instant(wall) == wall_to_instant(info, wall)
                skipped = instant + local.offset(change - 1)
                assert local.instant(skipped) == wall_to_instant(info, skipped)
                day = local.day(instant)
                assert civil.calendar_date(day) == datetime.fromtimestamp(instant, info).date()
                low, high = local.days(day, day)
                assert low <= instant < high


def test_days_of_a_change_are_23_and_25_hours() -> None:
    york = civil.zone("America/New_York", at("2050-01-01"), at("2051-01-01"))
    lengths = {
        day: (lambda span: (span.end - span.start) // HOUR)(york.days(number, number))
        for day in (date(2050, 3, 13), date(2050, 11, 6), date(2050, 7, 1))
        for number in (civil.day_number(day),)
    }
    assert list(lengths.values()) == [23, 25, 24]


def test_a_skipped_date_has_no_time() -> None:
    apia = civil.zone("Pacific/Apia", at("2011-12-01"), at("2012-01-31"))
    skipped = civil.day_number(date(2011, 12, 30))
    assert apia.midnight(skipped) == apia.midnight(skipped + 1)


def test_names_match_in_any_case_and_unknown_ones_do_not() -> None:
    assert civil.canonical_zone("europe/rome") == "Europe/Rome"
    assert civil.zone("EUROPE/ROME", FIRST, LAST).name == "Europe/Rome"
    for name in ("Mars/Phobos", "", "+02:00", "localtime", "../etc/passwd"):
        assert civil.canonical_zone(name) is None
        with pytest.raises(civil.UnknownZone):
            civil.zone(name, FIRST, LAST)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (None, "2050-01-05T09:00:00.000Z"),
        ("UTC", "2050-01-05T09:00:00.000Z"),
        ("gmt", "2050-01-05T09:00:00.000Z"),
        ("Etc/UTC", "2050-01-05T09:00:00.000+00:00"),
        ("Europe/London", "2050-01-05T09:00:00.000+00:00"),
        ("Europe/Rome", "2050-01-05T10:00:00.000+01:00"),
        ("Asia/Kathmandu", "2050-01-05T14:45:00.000+05:45"),
        ("America/St_Johns", "2050-01-05T05:30:00.000-03:30"),
    ],
)
def test_texts_carry_z_or_the_offset(zone: str | None, text: str) -> None:
    assert civil.format_instants([at("2050-01-05T09:00")], zone) == [text]


def test_seconds_are_kept_and_no_instants_give_nothing() -> None:
    assert civil.format_instants([at("2050-01-05T09:00:07")]) == ["2050-01-05T09:00:07.000Z"]
    assert civil.format_instants([]) == []
    assert civil.group_by_day([], "Europe/Rome") == {}


@quick
@given(
    st.sampled_from(NAMES),
    st.integers(FIRST, LAST),
    st.lists(st.integers(0, 40 * DAY), max_size=30).map(sorted),
)
def test_texts_are_those_of_datetime(name: str, start: int, steps: list[int]) -> None:
    instants = [start + step for step in steps]
    expected = [datetime.fromtimestamp(t, ZoneInfo(name)) for t in instants]
    texts = civil.format_instants(instants, name)
    assert [datetime.fromisoformat(text) for text in texts] == expected
    grouped = civil.group_by_day(instants, name)
    assert [text for some in grouped.values() for text in some] == texts
    assert list(grouped) == sorted({moment.date().isoformat() for moment in expected})


def test_a_datetime_becomes_whole_seconds() -> None:
    moment = datetime(2050, 1, 5, 9, 0, 7, 900_000, tzinfo=UTC)
    assert civil.moment(civil.seconds(moment)) == moment.replace(microsecond=0)
