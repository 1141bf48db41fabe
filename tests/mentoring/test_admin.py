"""Coaching in the admin: mentors with weekly times, slots by the rule, bookings to look at."""

import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail.test.utils.form_data import querydict_from_html

from mentoring.models import Booking, CoachingSlot, Mentor, WeeklyPattern
from tests.factories.mentoring import booking, mentor, slot, weekly
from tests.factories.users import profile, staff, user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 6, tzinfo=UTC)  # a Monday
TEN = datetime(2026, 5, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
Status = Booking.Status
SNIPPETS = ["wagtailsnippets_mentoring_mentor", "wagtailsnippets_mentoring_coachingslot"]
LISTS = [f"{name}:list" for name in SNIPPETS] + ["booking:index"]
QUERIES = 9


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office(client):
    """A client signed in as the office, reading English."""
    client.force_login(staff(language="en"))
    return client


def _mentor_url(view, *args):
    return reverse(f"wagtailsnippets_mentoring_mentor:{view}", args=args)


def _slot_url(view, *args):
    return reverse(f"wagtailsnippets_mentoring_coachingslot:{view}", args=args)


def _text(response):
    return " ".join(response.content.decode().split())


def _form_of(office, url):
    """What a browser would post from the form at the address (dict)."""
    posted = querydict_from_html(office.get(url).content.decode(), form_id="w-editor-form")
    return {name: values[0] if len(values) == 1 else values for name, values in posted.lists()}


def _rows(response):
    """Cells of an exported sheet, without its heading."""
    sheet = openpyxl.load_workbook(io.BytesIO(response.getvalue())).active
    return [tuple(cell for cell in row) for row in sheet.iter_rows(min_row=2, values_only=True)]


# --- lists --------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_lists_open_empty_search_and_export(office, name):
    booking(of=slot(of=mentor(), starts_at=TEN))

    for query in ("", "?q=Rosůlková", "?export=xlsx"):
        assert office.get(reverse(name) + query).status_code == 200
    assert "/inspect/" in _text(office.get(reverse(name)))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("count", [1, 30])
def test_lists_cost_the_same_for_one_row_and_for_thirty(office, name, count, django_assert_num_queries):
    for number in range(count):
        person = mentor()
        weekly(of=person, weekday=2)
        booking(of=slot(of=person, starts_at=TEN + number * HOUR))
    office.get(reverse(name))

    with django_assert_num_queries(QUERIES):
        office.get(reverse(name))


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_for_those_with_permission(client, name):
    assert client.get(reverse(name)).status_code == 302
    outsider = user(language="en")
    outsider.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(outsider)
    assert client.get(reverse(name)).status_code == 302


@pytest.mark.parametrize("name", SNIPPETS)
def test_add_and_inspect_pages_open(office, name):
    made = slot(of=mentor(), starts_at=TEN)
    row = made if name.endswith("slot") else made.mentor

    assert office.get(reverse(f"{name}:add")).status_code == 200
    assert office.get(reverse(f"{name}:inspect", args=[row.pk])).status_code == 200


# --- mentors --------------------------------------------------------------------------


def _weekly_row(prefix, **changes):
    row = {
        "weekday": "2",
        "from_time": "14:00",
        "to_time": "17:00",
        "slot_minutes": "45",
        "break_minutes": "15",
        "mode": "online",
        "place": "",
        "valid_from": "",
        "valid_until": "",
        "id": "",
        "DELETE": "",
        **changes,
    }
    return {f"{prefix}-{name}": value for name, value in row.items()}


def test_mentor_is_made_with_weekly_times_and_slots_open(office):
    data = _form_of(office, _mentor_url("add"))
    data |= {"profile": profile().pk, "horizon_days": "10", "patterns-TOTAL_FORMS": "1"} | _weekly_row("patterns-0")

    response = office.post(_mentor_url("add"), data, follow=True)

    made = Mentor.objects.get()
    assert [one.starts_at for one in made.slots.all()][:2] == [TEN + 2 * HOUR, TEN + 3 * HOUR]
    assert made.slots.count() == 6
    assert "6 new slots are open." in _text(response)


def test_mentors_changed_weekly_time_moves_free_slots(office):
    person = mentor(horizon_days=5)
    pattern = weekly(of=person, weekday=2)
    data = _form_of(office, _mentor_url("edit", person.pk))
    data["patterns-0-weekday"] = "3"

    office.post(_mentor_url("edit", person.pk), data)

    pattern.refresh_from_db()
    assert pattern.weekday == 3
    assert {one.starts_at.date().isoformat() for one in person.slots.all()} == {"2026-05-06"}


def test_mentors_removed_weekly_time_leaves_booked_slots(office):
    person = mentor(horizon_days=5)
    weekly(of=person, weekday=2)
    office.post(_mentor_url("edit", person.pk), _form_of(office, _mentor_url("edit", person.pk)))
    booked = person.slots.first()
    booking(of=booked)
    data = _form_of(office, _mentor_url("edit", person.pk)) | {"patterns-0-DELETE": "1"}

    office.post(_mentor_url("edit", person.pk), data)

    assert not WeeklyPattern.objects.exists()
    assert list(person.slots.all()) == [booked]


def test_odd_weekly_time_is_an_error_beside_its_field(office):
    person = mentor()
    data = _form_of(office, _mentor_url("edit", person.pk))
    data |= {"patterns-TOTAL_FORMS": "1"} | _weekly_row("patterns-0", to_time="13:00")

    response = office.post(_mentor_url("edit", person.pk), data)

    assert response.status_code == 200
    assert "The time ends after it starts." in _text(response)
    assert not WeeklyPattern.objects.exists()


def test_mentor_with_slots_cannot_be_deleted(office):
    person = slot(of=mentor(), starts_at=TEN).mentor

    response = office.post(_mentor_url("delete", person.pk), follow=True)

    assert "cannot be deleted" in _text(response)
    assert Mentor.objects.exists()


# --- slots ------------------------------------------------------------------------------


def _slot_data(office, person, **changes):
    data = _form_of(office, _slot_url("add"))
    return {**data, "mentor": person.pk, "starts_at": "2026-05-06 10:00", **changes}


def test_slot_is_offered_on_the_mentors_clock(office):
    person = mentor()
    person.profile.time_zone = "America/New_York"
    person.profile.save()

    office.post(_slot_url("add"), _slot_data(office, person, capacity="3", place="Studio"))

    made = person.slots.get()
    assert made.starts_at == datetime(2026, 5, 6, 14, tzinfo=UTC)
    assert made.ends_at - made.starts_at == timedelta(minutes=45)
    assert made.busy_until - made.ends_at == timedelta(minutes=15)
    assert (made.capacity, made.place, made.is_generated) == (3, "Studio", False)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts_at": "2026-05-05 12:30"}, "This time overlaps another slot of the mentor, breaks included."),
        ({"starts_at": "2026-05-03 10:00"}, "A slot can only be offered in the future."),
        ({"starts_at": "2027-03-28 02:30"}, "interpreted in time zone Europe/Prague"),
        ({"starts_at": "9999-12-31 23:59"}, "Ensure this value is less than or equal to"),
        ({"starts_at": "soon"}, "Enter a valid date/time."),
        ({"starts_at": ""}, "This field is required."),
        ({"minutes": "0"}, "Ensure this value is greater than or equal to 10."),
        ({"capacity": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"mentor": "99999999"}, "Select a valid choice."),
        ({"mentor": "x"}, "Select a valid choice."),
    ],
)
def test_slot_is_refused_in_a_sentence(office, changes, sentence):
    person = slot(of=mentor(), starts_at=TEN).mentor  # 12:00 in Prague

    response = office.post(_slot_url("add"), _slot_data(office, person, **changes))

    assert response.status_code == 200
    assert sentence in _text(response)
    assert CoachingSlot.objects.count() == 1


def test_slots_time_stays_and_its_place_may_change(office):
    made = slot(of=mentor(), starts_at=TEN, is_generated=True)
    data = _form_of(office, _slot_url("edit", made.pk))
    data |= {"place": "Studio", "starts_at": "2026-06-01 10:00", "minutes": "200", "capacity": "9"}

    office.post(_slot_url("edit", made.pk), data)

    made.refresh_from_db()
    assert (made.place, made.is_generated) == ("Studio", False)
    assert (made.starts_at, made.ends_at, made.capacity) == (TEN, TEN + timedelta(minutes=45), 1)


def test_slot_without_bookings_is_deleted(office):
    made = slot(of=mentor(), starts_at=TEN)

    office.post(_slot_url("delete", made.pk))

    assert not CoachingSlot.objects.exists()


def test_slot_with_bookings_is_cancelled_not_deleted(office):
    made = slot(of=mentor(), starts_at=TEN)
    kept = booking(of=made)
    bulk = reverse("wagtail_bulk_action", args=["mentoring", "coachingslot", "delete"])

    for response in (
        office.post(_slot_url("delete", made.pk), follow=True),
        office.post(f"{bulk}?id={made.pk}", follow=True),
    ):
        assert "Somebody has booked this slot, so it cannot be deleted. Cancel it instead." in _text(response)
    office.post(reverse("admin_coachingslot_cancel", args=[made.pk]), {"reason": "Ill"})

    made.refresh_from_db()
    kept.refresh_from_db()
    assert (made.status, kept.status, kept.cancel_reason) == (CoachingSlot.Status.CANCELLED, Status.CANCELLED, "Ill")


def test_cancelling_a_slot_that_has_begun_is_refused_in_a_sentence(office):
    begun = slot(of=mentor(), starts_at=NOW - HOUR)

    response = office.post(reverse("admin_coachingslot_cancel", args=[begun.pk]), {"reason": "Ill"})

    assert "This slot has already begun" in _text(response)
    begun.refresh_from_db()
    assert begun.is_open


# --- bookings -----------------------------------------------------------------------------


def test_bookings_are_view_only(office):
    made = booking(of=slot(of=mentor(), starts_at=TEN), brief="My secret plan")

    page = _text(office.get(reverse("booking:inspect", args=[made.pk])))

    assert made.learner.name in page
    assert "secret" not in page
    for view in ("add", "edit", "delete"):
        args = [] if view == "add" else [made.pk]
        assert office.post(reverse(f"booking:{view}", args=args)).status_code == 302
    assert Booking.objects.get() == made


def test_booking_is_cancelled_by_the_rule(office):
    made = booking(of=slot(of=mentor(), starts_at=TEN))
    address = reverse("admin_booking_cancel", args=[made.pk])

    asked = office.get(address)
    made.refresh_from_db()
    assert (asked.status_code, made.status) == (200, Status.BOOKED)
    office.post(address, {"reason": "The mentor called"})

    made.refresh_from_db()
    assert (made.status, made.cancel_reason, made.sequence) == (Status.CANCELLED, "The mentor called", 1)


def test_cancelling_what_is_over_is_refused_in_a_sentence(office):
    made = booking(of=slot(of=mentor(), starts_at=NOW - HOUR))

    response = office.post(reverse("admin_booking_cancel", args=[made.pk]), {"reason": "x"})

    assert "has already begun, so it can no longer be cancelled" in _text(response)


def test_office_sees_of_confidential_coaching_only_that_it_took_place(office):
    person = mentor(is_confidential=True)
    learner = user("Tajemná Osoba", email="tajemna@example.org")
    held = booking(
        of=slot(of=person, starts_at=NOW - HOUR),
        learner=learner,
        brief="My secret plan",
        status=Status.TOOK_PLACE,
        marked_at=NOW,
    )
    coming = booking(of=slot(of=person, starts_at=TEN), learner=learner)
    other = booking(of=slot(of=mentor(), starts_at=TEN + 5 * HOUR), learner=learner)

    index = reverse("booking:index")
    listed = _text(office.get(index))
    searched = _text(office.get(f"{index}?q=Tajemná"))
    inspected = _text(office.get(reverse("booking:inspect", args=[held.pk])))
    exported = _rows(office.get(f"{index}?export=xlsx"))

    assert listed.count("Tajemná Osoba") == 1
    assert "confidential" in listed
    assert reverse("booking:inspect", args=[other.pk]) in searched
    assert reverse("booking:inspect", args=[held.pk]) not in searched
    for secret in ("Tajemná", "tajemna", "secret"):
        assert secret not in inspected
    assert sorted(row[3] for row in exported) == ["Tajemná Osoba", "confidential"]
    assert office.get(reverse("booking:inspect", args=[coming.pk])).status_code == 404
    assert office.get(reverse("admin_booking_cancel", args=[coming.pk])).status_code == 404
