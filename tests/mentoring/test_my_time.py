"""The mentor's own page."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils.translation import override

from mentoring.models import Booking, CoachingSlot, WeeklyPattern
from tests.factories.mentoring import booking, mentor, slot, weekly
from tests.factories.users import user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 6, tzinfo=UTC)  # a Monday
TEN = datetime(2026, 5, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
Status = Booking.Status
MY_TIME_QUERIES = 8
PATTERN = {
    "weekday": 2,
    "from_time": "14:00",
    "to_time": "17:00",
    "slot_minutes": 45,
    "break_minutes": 15,
    "mode": "online",
    "place": "",
    "valid_from": "",
    "valid_until": "",
}
SINGLE = {
    "day": "2026-05-06",
    "from_time": "10:00",
    "minutes": 60,
    "break_minutes": 15,
    "capacity": 1,
    "mode": "online",
    "place": "",
    "meeting_link": "",
}


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def person(client):
    """A mentor in Prague, signed in."""
    made = mentor(user=user("Hedvika"), horizon_days=10)
    client.force_login(made.profile.user)
    return made


def _url(name, *args):
    with override("en"):
        return reverse(f"mentoring:{name}", args=args)


def _text(response):
    return " ".join(response.content.decode().split())


def test_my_time_shows_what_comes_and_what_to_confirm(client, person):
    coming = booking(of=slot(of=person, starts_at=TEN), learner=user("Alžběta", time_zone="Europe/London"))
    past = booking(of=slot(of=person, starts_at=NOW - HOUR), learner=user("Bedřich"))
    booking(of=slot(of=mentor(), starts_at=TEN), learner=user("Cecílie"))
    booking(
        of=slot(of=person, starts_at=TEN + HOUR), learner=user("Dalimil"), status=Status.CANCELLED, cancelled_at=NOW
    )

    page = _text(client.get(_url("my_time")))

    unmarked, rest = page.split("Coming bookings", 1)
    assert "Bedřich" in unmarked
    assert _url("mark", past.pk) in unmarked
    assert "Alžběta" in rest
    assert "12:00–12:45 (Prague time)" in rest
    assert "11:00–11:45 (London time)" in rest
    assert _url("booking", coming.pk) in rest
    assert "Cecílie" not in page
    assert "Dalimil" not in page


def test_my_time_without_anything_says_what_to_do(client, person):
    page = _text(client.get(_url("my_time")))

    assert "You offer no weekly time yet. Add one, and slots are opened by themselves." in page
    assert "Nobody has booked yet." in page


@pytest.mark.parametrize("count", [1, 30])
def test_my_time_costs_the_same_for_one_row_and_for_thirty(client, person, django_assert_num_queries, count):
    for number in range(count):
        booking(of=slot(of=person, starts_at=TEN + number * HOUR))
        booking(of=slot(of=person, starts_at=NOW - (number + 1) * HOUR))
        past = slot(of=person, starts_at=NOW - (number + 100) * HOUR)
        booking(of=past, status=Status.TOOK_PLACE, marked_at=NOW)
        weekly(of=person, weekday=number % 7 + 1)
    client.get(_url("my_time"))

    with django_assert_num_queries(MY_TIME_QUERIES):
        client.get(_url("my_time"))


@pytest.mark.parametrize("page", ["my_time", "add_pattern", "add_slot"])
def test_pages_are_for_mentors_only(client, page):
    assert client.get(_url(page)).url == f"/en/accounts/login/?next={_url(page)}"

    client.force_login(user())
    assert client.get(_url(page)).status_code == 404


def test_rows_of_another_mentor_are_not_found(client, person):
    other = mentor(user=user())
    theirs = booking(of=slot(of=other, starts_at=NOW - HOUR))
    pattern = weekly(of=other, weekday=2)
    future = slot(of=other, starts_at=TEN)

    for address in (
        _url("mark", theirs.pk),
        _url("change_pattern", pattern.pk),
        _url("end_pattern", pattern.pk),
        _url("cancel_slot", future.pk),
    ):
        assert client.post(address, {}).status_code == 404

    theirs.refresh_from_db()
    future.refresh_from_db()
    assert (theirs.status, future.is_open, list(other.patterns.all())) == (Status.BOOKED, True, [pattern])


# --- weekly times ------------------------------------------------------------------


def test_add_pattern_opens_slots(client, person):
    response = client.post(_url("add_pattern"), PATTERN, follow=True)

    pattern = WeeklyPattern.objects.get(mentor=person)
    assert (pattern.weekday, pattern.from_time, pattern.to_time) == (2, time(14), time(17))
    assert person.slots.filter(pattern=pattern).count() == 6
    assert "6 new slots are open." in _text(response)


def test_change_pattern_moves_what_is_free(client, person):
    client.post(_url("add_pattern"), PATTERN)
    pattern = WeeklyPattern.objects.get()

    shown = _text(client.get(_url("change_pattern", pattern.pk)))
    client.post(_url("change_pattern", pattern.pk), {**PATTERN, "weekday": 3, "valid_until": "2026-05-06"})

    assert 'value="14:00"' in shown
    pattern.refresh_from_db()
    assert pattern.valid_until == date(2026, 5, 6)
    assert {one.starts_at.date() for one in person.slots.live()} == {date(2026, 5, 6)}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to_time": "14:00"}, "The time ends after it starts."),
        ({"to_time": "13:00"}, "The time ends after it starts."),
        ({"slot_minutes": 200}, "Not even one slot of this length fits between these times."),
        ({"slot_minutes": 0}, "Ensure this value is greater than or equal to 10."),
        ({"from_time": "25:00"}, "Enter a valid time."),
        ({"valid_from": "9999-12-31", "valid_until": "9999-12-30"}, "The last day is not before the first."),
        ({"break_minutes": 10**15}, "Ensure this value is less than or equal to 240."),
        ({"break_minutes": -1}, "Ensure this value is greater than or equal to 0."),
        ({"valid_from": "2026-05-10", "valid_until": "2026-05-09"}, "The last day is not before the first."),
    ],
)
def test_add_pattern_refuses_odd_times_in_a_sentence(client, person, changes, sentence):
    response = client.post(_url("add_pattern"), {**PATTERN, **changes})

    assert sentence in _text(response)
    assert not WeeklyPattern.objects.exists()


def test_end_pattern_asks_first_and_leaves_booked_slots(client, person):
    client.post(_url("add_pattern"), PATTERN)
    pattern = WeeklyPattern.objects.get()
    booked = person.slots.first()
    booking(of=booked)

    client.get(_url("end_pattern", pattern.pk))
    assert WeeklyPattern.objects.exists()
    client.post(_url("end_pattern", pattern.pk))

    assert not WeeklyPattern.objects.exists()
    assert list(person.slots.all()) == [booked]


# --- single slots --------------------------------------------------------------------


def test_add_slot_opens_it_on_the_mentors_clock(client, person):
    person.profile.time_zone = "Europe/Tallinn"
    person.profile.save()

    client.post(_url("add_slot"), {**SINGLE, "capacity": 4, "place": "Studio", "meeting_link": "meet.example.org/x"})

    made = person.slots.get()
    assert made.starts_at == datetime(2026, 5, 6, 7, tzinfo=UTC)
    assert made.ends_at - made.starts_at == HOUR
    assert made.busy_until - made.ends_at == timedelta(minutes=15)
    assert (made.capacity, made.place, made.meeting_link) == (4, "Studio", "https://meet.example.org/x")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"day": "2026-05-05", "from_time": "12:30"},
            "This time overlaps another slot of the mentor, breaks included.",
        ),
        ({"day": "2026-05-03"}, "A slot can only be offered in the future."),
        ({"day": "2027-03-28", "from_time": "02:30"}, "The clock skips this time on that day"),
        ({"minutes": 5}, "Ensure this value is greater than or equal to 10."),
        ({"capacity": 0}, "Ensure this value is greater than or equal to 1."),
        ({"day": "9999-12-31", "from_time": "23:59"}, "There is a problem"),
        ({"day": "0001-01-01", "from_time": "00:00"}, "There is a problem"),
    ],
)
def test_add_slot_refuses_in_a_sentence(client, person, changes, sentence):
    slot(of=person, starts_at=TEN)  # 12:00 in Prague

    response = client.post(_url("add_slot"), {**SINGLE, **changes})

    assert response.status_code == 200
    assert sentence in _text(response)
    assert person.slots.count() == 1


def test_cancel_slot_says_who_is_told_and_tells_them(client, person):
    gone = slot(of=person, starts_at=TEN)
    made = booking(of=gone, learner=user("Alžběta"))

    asked = _text(client.get(_url("cancel_slot", gone.pk)))
    assert "1 person has booked it and will be told" in asked
    assert "Alžběta" in asked
    gone.refresh_from_db()
    assert gone.is_open
    client.post(_url("cancel_slot", gone.pk), {"reason": "Ill"})

    gone.refresh_from_db()
    made.refresh_from_db()
    assert (gone.status, made.status, made.cancel_reason) == (CoachingSlot.Status.CANCELLED, Status.CANCELLED, "Ill")


def test_cancel_slot_that_has_begun_is_refused_in_a_sentence(client, person):
    begun = slot(of=person, starts_at=NOW - HOUR)

    response = client.post(_url("cancel_slot", begun.pk), {"reason": ""})

    assert "This slot has already begun, so it can no longer be cancelled." in _text(response)
    begun.refresh_from_db()
    assert begun.is_open


# --- outcomes ------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Status.TOOK_PLACE, Status.NO_SHOW])
def test_mark_records_the_outcome(client, person, outcome):
    made = booking(of=slot(of=person, starts_at=NOW - HOUR))

    response = client.post(_url("mark", made.pk), {"outcome": outcome}, follow=True)

    made.refresh_from_db()
    assert (made.status, made.marked_by) == (outcome, person.profile.user)
    assert made.get_status_display() in _text(response)


def test_mark_before_the_coaching_is_refused_in_a_sentence(client, person):
    made = booking(of=slot(of=person, starts_at=TEN))

    response = client.post(_url("mark", made.pk), {"outcome": "took_place"}, follow=True)

    assert "This coaching has not begun yet." in _text(response)
    made.refresh_from_db()
    assert made.status == Status.BOOKED


def test_mark_is_not_for_the_learner(client):
    made = booking(of=slot(of=mentor(user=user()), starts_at=NOW - HOUR))
    client.force_login(made.learner)

    assert client.post(_url("mark", made.pk), {"outcome": "took_place"}).status_code == 404


def test_mark_by_get_changes_nothing(client, person):
    made = booking(of=slot(of=person, starts_at=NOW - HOUR))

    assert client.get(_url("mark", made.pk)).status_code == 405
