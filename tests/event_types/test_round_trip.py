"""Laws: what is read can be written back, and then nothing has changed."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openslots.event_types.rules.names import VARIABLES
from openslots.event_types.schemas.v2024_06_14.body import LANGUAGES
from openslots.event_types.schemas.v2024_06_14.out import EventTypeOut
from tests import factories
from tests.event_types.conftest import Host

OFF = {"disabled": True}
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
filled = texts.filter(lambda text: bool(text.strip()))
minutes = st.integers(0, 10_000)
flags = st.booleans()
urls = st.sampled_from(["https://example.com/a?b=c#d", "http://a.example.org:8080/"])
hexes = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def some(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def kind(name: str) -> st.SearchStrategy[str]:
    return st.just(name)


locations = st.one_of(
    st.just({"type": "integration", "integration": "cal-video"}),
    some({"type": kind("address"), "address": filled, "public": flags}, {}),
    some({"type": kind("link"), "link": urls, "public": flags}, {}),
    some({"type": kind("phone"), "phone": st.just("+37120993151"), "public": flags}, {}),
    st.sampled_from(["attendeeAddress", "attendeePhone", "attendeeDefined"]).map(
        lambda name: {"type": name}
    ),
)
looks = {"hidden": flags, "disableOnPrefill": flags}
asked = {"label": texts, "required": flags}


def custom(slug: str) -> st.SearchStrategy[dict[str, Any]]:
    base = {"slug": st.just(slug), **asked}
    plain = ("phone", "address", "text", "number", "textarea", "multiemail", "url")
    choices = {"options": st.lists(texts, max_size=3)}
    return st.one_of(
        some({"type": st.sampled_from(plain), **base}, {"placeholder": texts, **looks}),
        some({"type": kind("select"), **base, **choices}, {"placeholder": texts, **looks}),
        some(
            {"type": st.sampled_from(("multiselect", "checkbox", "radio")), **base, **choices},
            looks,
        ),
        some({"type": kind("boolean"), **base}, looks),
    )


def standard(slug: str) -> st.SearchStrategy[dict[str, Any]]:
    words = {"label": texts, "placeholder": texts, "required": flags}
    return some({"slug": st.just(slug)}, {**words, **looks})


names = st.one_of(
    some({"type": kind("name")}, {"label": texts, "placeholder": texts, "disableOnPrefill": flags}),
    some(
        {"type": kind("splitName")},
        {
            "firstNameLabel": texts,
            "firstNamePlaceholder": texts,
            "lastNameLabel": texts,
            "lastNamePlaceholder": texts,
            "lastNameRequired": flags,
            "disableOnPrefill": flags,
        },
    ),
)
emails = some({"type": kind("email")}, {"label": texts, "placeholder": texts})
places = some({"slug": st.just("location")}, {"label": texts})


@st.composite
def booking_fields(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = [draw(names), draw(emails), draw(places)]
    found += [draw(custom(slug)) for slug in draw(st.sampled_from(["", "a", "ab", "cab"]))]
    found += [draw(standard(s)) for s in ("title", "notes", "guests", "rescheduleReason")]
    kept = draw(st.lists(st.sampled_from(found), min_size=1, max_size=8, unique_by=id))
    return list(draw(st.permutations(kept)))


def limits(low: int) -> st.SearchStrategy[dict[str, Any]]:
    def ordered(values: list[int]) -> dict[str, int]:
        return dict(zip(("day", "week", "month", "year"), sorted(values), strict=False))

    return st.lists(st.integers(low, 5000), max_size=4).map(ordered) | st.just(OFF)


windows = st.one_of(
    st.just(OFF),
    some(
        {
            "type": st.sampled_from(["businessDays", "calendarDays"]),
            "value": st.integers(1, 4000),
        },
        {"rolling": flags},
    ),
    st.tuples(st.dates(), st.dates()).map(
        lambda pair: {"type": "range", "value": [day.isoformat() for day in sorted(pair)]}
    ),
)
policies = st.one_of(
    st.just(OFF),
    some({"type": kind("always")}, {"blockUnconfirmedBookingsInBooker": flags}),
    some(
        {
            "type": kind("time"),
            "noticeThreshold": some(
                {"unit": st.sampled_from(["minutes", "hours"]), "count": st.integers(1, 5000)}, {}
            ),
        },
        {"blockUnconfirmedBookingsInBooker": flags},
    ),
)
recurrences = st.just(OFF) | some(
    {
        "interval": st.integers(1, 10),
        "occurrences": st.integers(1, 32),
        "frequency": st.sampled_from(["weekly", "monthly", "yearly"]),
    },
    {"disabled": st.just(False)},
)
seats = st.just(OFF) | some(
    {
        "seatsPerTimeSlot": st.integers(1, 1000),
        "showAttendeeInfo": flags,
        "showAvailabilityCount": flags,
    },
    {},
)
layouts = st.lists(
    st.sampled_from(["month", "week", "column"]), min_size=1, max_size=3, unique=True
).map(lambda enabled: {"defaultLayout": enabled[-1], "enabledLayouts": enabled})
video = some(
    {},
    {
        "disableRecordingForOrganizer": flags,
        "disableRecordingForGuests": flags,
        "redirectUrlOnExit": urls | st.none(),
        "enableAutomaticRecordingForOrganizer": flags,
        "enableAutomaticTranscription": flags,
        "disableTranscriptionForGuests": flags,
        "disableTranscriptionForOrganizer": flags,
        "sendTranscriptionEmails": flags,
    },
)
lengths = st.lists(st.integers(1, 1000), min_size=1, max_size=5, unique=True)
WRITABLE: dict[str, st.SearchStrategy[Any]] = {
    "title": filled,
    "lengthInMinutes": st.integers(1, 1000),
    "lengthInMinutesOptions": lengths,
    "description": texts | st.just("") | st.none(),
    "locations": st.lists(locations, min_size=1, max_size=3),
    "bookingFields": booking_fields(),
    "disableGuests": flags,
    "slotInterval": minutes | st.none(),
    "minimumBookingNotice": minutes,
    "beforeEventBuffer": minutes,
    "afterEventBuffer": minutes,
    "bookingLimitsCount": limits(1),
    "bookingLimitsDuration": limits(15),
    "bookerActiveBookingsLimit": st.just(OFF)
    | some({}, {"maximumActiveBookings": st.integers(1, 50), "offerReschedule": flags}),
    "onlyShowFirstAvailableSlot": flags,
    "bookingWindow": windows,
    "offsetStart": minutes,
    "bookerLayouts": layouts,
    "confirmationPolicy": policies,
    "recurrence": recurrences,
    "requiresBookerEmailVerification": flags,
    "hideCalendarNotes": flags,
    "hideCalendarEventDetails": flags,
    "hideOrganizerEmail": flags,
    "lockTimeZoneToggleOnBookingPage": flags,
    "color": some({"lightThemeHex": hexes, "darkThemeHex": hexes}, {}),
    "seats": seats,
    "customName": st.lists(st.sampled_from(VARIABLES), max_size=3).map(" ".join),
    "useDestinationCalendarEmail": st.just(False),
    "successRedirectUrl": urls | st.just("") | st.none(),
    "calVideoSettings": video,
    "hidden": flags,
    "bookingRequiresAuthentication": flags,
    "disableCancelling": some({}, {"disabled": flags}),
    "disableRescheduling": some({}, {"disabled": flags, "minutesBefore": st.integers(1, 5000)}),
    "interfaceLanguage": st.sampled_from(LANGUAGES) | st.none(),
    "allowReschedulingPastBookings": flags,
    "allowReschedulingCancelledBookings": flags,
    "showOptimizedSlots": flags,
}


def without_conflicts(wanted: dict[str, Any]) -> dict[str, Any]:
    """Settings that may be active together."""
    out = dict(wanted)
    if out.get("seats", OFF) != OFF:
        out.pop("confirmationPolicy", None)
        out.pop("recurrence", None)
        if "locations" in out:
            out["locations"] = out["locations"][:1]
    if out.get("recurrence", OFF) != OFF:
        out.pop("bookerActiveBookingsLimit", None)
    return out


wanted_settings = some({}, WRITABLE).map(without_conflicts)
few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def test_every_writable_setting_is_tried() -> None:
    untried = {"slug", "scheduleId", "destinationCalendar", "teamId", "parentId"}
    from openslots.event_types.schemas.v2024_06_14.body import UpdateEventTypeIn

    names = {field.alias for field in UpdateEventTypeIn.model_fields.values()}
    assert names - untried == set(WRITABLE)


@few
@given(wanted=wanted_settings)
async def test_writing_back_what_was_read_changes_nothing(
    host: Host, wanted: dict[str, Any]
) -> None:
    created = await host.create(**wanted)
    EventTypeOut.model_validate(created, by_alias=True, by_name=False)
    found = await host.read(created["id"])
    assert found == created
    for name in WRITABLE:
        if name in found:
            assert await host.update(created["id"], **{name: found[name]}) == found, name
    assert await host.update(created["id"], **found) == found


@few
@given(wanted=wanted_settings)
async def test_a_whole_answer_makes_an_equal_event_type(host: Host, wanted: dict[str, Any]) -> None:
    first = await host.create(**wanted)
    second = await host.create(**{**first, "title": "Other", "slug": factories.unique("other")})
    own = ("id", "title", "slug", "bookingUrl")
    assert {**second, **{key: first[key] for key in own}} == first


@few
@given(before=wanted_settings, change=wanted_settings)
async def test_a_change_touches_only_what_it_names(
    host: Host, before: dict[str, Any], change: dict[str, Any]
) -> None:
    created = await host.create(**before)
    answer = await host.patch(created["id"], **change)
    found = await host.read(created["id"])
    if answer.status_code != 200:
        assert answer.status_code == 400
        assert found == created
        return
    linked = {
        "disableGuests": {"bookingFields"},
        "bookingFields": {"disableGuests"},
        "lengthInMinutesOptions": {"metadata"},
        "locations": {"calVideoSettings"},
    }
    touched = set(change).union(*(linked.get(name, set()) for name in change))
    assert {k: v for k, v in found.items() if k not in touched} == {
        k: v for k, v in created.items() if k not in touched
    }
