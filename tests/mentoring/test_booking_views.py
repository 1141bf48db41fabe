"""Coaching on the site, as a learner sees it."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils.translation import override

from academy import links
from academy.mail.models import Message
from mentoring import booking as rules
from mentoring.models import Booking, CoachingSlot
from tests.factories.mentoring import booking, mentor, slot
from tests.factories.users import staff, user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 6, tzinfo=ZoneInfo("UTC"))  # a Monday
TEN = datetime(2026, 5, 5, 10, tzinfo=ZoneInfo("UTC"))
HOUR = timedelta(hours=1)
Status = Booking.Status
SLOTS_QUERIES = 7


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel(NOW, tick=False):
        yield


def _url(name, *args):
    with override("en"):
        return reverse(f"mentoring:{name}", args=args)


def _text(response):
    return " ".join(response.content.decode().split())


# --- a mentor's free time -------------------------------------------------------


def test_slots_shows_free_times_on_both_clocks(client):
    person = mentor()
    person.profile.time_zone = "Europe/Tallinn"
    person.profile.save()
    free = slot(of=person, starts_at=TEN)
    taken = slot(of=person, starts_at=TEN + HOUR)
    booking(of=taken)
    client.force_login(user(time_zone="Europe/London"))

    page = client.get(_url("slots", person.profile.slug))

    assert "Free times, 4–10 May 2026" in _text(page)
    assert "Tuesday, 5 May 2026" in _text(page)
    assert "11:00–11:45" in _text(page)
    assert "(13:00–13:45, Tallinn time)" in _text(page)
    assert "Times are in London time. The mentor is on Tallinn time." in _text(page)
    assert _url("book", free.pk) in _text(page)
    assert _url("book", taken.pk) not in _text(page)


def test_slots_shows_visitors_the_offices_clock_once_where_it_is_the_mentors(client):
    person = mentor()
    slot(of=person, starts_at=TEN)

    page = _text(client.get(_url("slots", person.profile.slug)))

    assert "12:00–12:45" in page
    assert "Prague time" in page
    assert "The mentor is on" not in page


def test_slots_leaves_out_what_cannot_be_booked(client):
    person = mentor(min_notice_hours=24, horizon_days=10)
    gone = [
        slot(of=person, starts_at=NOW + 23 * HOUR),
        slot(of=person, starts_at=NOW + timedelta(days=12)),
        slot(of=person, starts_at=TEN, status=CoachingSlot.Status.CANCELLED),
    ]
    free = slot(of=person, starts_at=TEN)
    full = slot(of=person, starts_at=TEN + HOUR, capacity=2)
    for place in (1, 2):
        booking(of=full, place=place)

    page = _text(client.get(_url("slots", person.profile.slug)))

    assert _url("book", free.pk) in page
    assert not [one for one in [*gone, full] if _url("book", one.pk) in page]


def test_slots_says_how_many_places_a_group_has_left(client):
    person = mentor()
    booking(of=slot(of=person, starts_at=TEN, capacity=3))

    assert "group, 2 places left" in _text(client.get(_url("slots", person.profile.slug)))


def test_slots_walks_by_weeks_that_have_free_time(client):
    person = mentor()
    slot(of=person, starts_at=TEN)
    slot(of=person, starts_at=TEN + timedelta(days=21))
    address = _url("slots", person.profile.slug)

    first = _text(client.get(address))
    last = _text(client.get(f"{address}?week=2026-05-27"))
    between = _text(client.get(f"{address}?week=2026-05-12"))

    assert "?week=2026-05-25" in first
    assert "Earlier" not in first
    assert "?week=2026-05-04" in last
    assert "Later" not in last
    assert "Nothing is free in this week." in between
    assert "?week=2026-05-04" in between
    assert "?week=2026-05-25" in between


@pytest.mark.parametrize("asked", ["", "tomorrow", "2026-13-01", "0001-01-01", "9999-12-31", "\x00", "2026-W19"])
def test_slots_bears_odd_weeks(client, asked):
    person = mentor()
    slot(of=person, starts_at=TEN)

    assert client.get(_url("slots", person.profile.slug), {"week": asked}).status_code == 200


def test_slots_without_free_time_says_so(client):
    assert "has no free time just now" in _text(client.get(_url("slots", mentor().profile.slug)))


@pytest.mark.parametrize("slug", ["nobody", None])
def test_slots_of_unknown_and_unlisted_mentors_are_not_found(client, slug):
    hidden = mentor(is_public=False)

    assert client.get(_url("slots", slug or hidden.profile.slug)).status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_slots_costs_the_same_for_one_slot_and_for_thirty(client, django_assert_num_queries, count):
    person = mentor()
    for number in range(count):
        slot(of=person, starts_at=TEN + number * HOUR)
    client.force_login(user())
    client.get(_url("slots", person.profile.slug))

    with django_assert_num_queries(SLOTS_QUERIES):
        client.get(_url("slots", person.profile.slug))


# --- booking ----------------------------------------------------------------------


def test_book_shows_the_facts_and_changes_nothing(client):
    person = mentor()
    free = slot(of=person, starts_at=TEN)
    client.force_login(user())

    page = client.get(_url("book", free.pk))

    assert "Tuesday, 5 May 2026, 12:00–12:45 (Prague time)" in _text(page)
    assert "You can cancel in time until Monday, 4 May 2026, 12:00 (Prague time)." in _text(page)
    assert not Booking.objects.exists()


def test_book_books_and_leads_to_the_booking(client):
    learner = user()
    free = slot(of=mentor(), starts_at=TEN)
    client.force_login(learner)

    response = client.post(_url("book", free.pk), {"brief": "A plan"})

    made = learner.bookings.get()
    assert (made.slot, made.brief, made.status, made.booked_by) == (free, "A plan", Status.BOOKED, learner)
    assert response.url == _url("booking", made.pk)


def test_book_twice_leads_to_the_same_booking(client):
    learner = user()
    free = slot(of=mentor(), starts_at=TEN)
    client.force_login(learner)

    answers = [client.post(_url("book", free.pk), {"brief": "A plan"}).url for _time in range(2)]

    assert answers == [_url("booking", learner.bookings.get().pk)] * 2
    assert client.get(_url("book", free.pk)).url == answers[0]


def test_book_of_a_taken_slot_keeps_what_was_written_and_offers_others(client):
    person = mentor()
    taken, other = slot(of=person, starts_at=TEN), slot(of=person, starts_at=TEN + HOUR)
    booking(of=taken)
    client.force_login(user())

    response = client.post(_url("book", taken.pk), {"brief": "A plan for the year"})

    assert response.status_code == 409
    assert "Somebody else has just taken this slot." in _text(response)
    assert "A plan for the year" in _text(response)
    assert f'formaction="{_url("book", other.pk)}"' in _text(response)
    assert taken.bookings.count() == 1


@pytest.mark.parametrize(
    ("terms", "starts_at", "sentence"),
    [
        ({"min_notice_hours": 48}, TEN, "This mentor can be booked at the latest 48 hours ahead."),
        ({"horizon_days": 0}, TEN, "This mentor can be booked at the earliest 0 days ahead."),
        ({}, NOW, "This slot has already begun."),
    ],
)
def test_book_refuses_in_a_sentence_before_and_after_the_button(client, terms, starts_at, sentence):
    closed = slot(of=mentor(**terms), starts_at=starts_at)
    client.force_login(user())

    shown, posted = client.get(_url("book", closed.pk)), client.post(_url("book", closed.pk), {"brief": ""})

    assert (shown.status_code, posted.status_code) == (200, 409)
    assert sentence in _text(shown)
    assert sentence in _text(posted)
    assert not Booking.objects.exists()


def test_book_refuses_ones_own_time(client):
    person = user()
    own = slot(of=mentor(user=person), starts_at=TEN)
    client.force_login(person)

    assert "You cannot book your own time." in _text(client.post(_url("book", own.pk), {"brief": ""}))


def test_book_refuses_an_overlong_brief_and_keeps_it(client):
    free = slot(of=mentor(), starts_at=TEN)
    client.force_login(user())

    response = client.post(_url("book", free.pk), {"brief": "ž" * 2001})

    assert "There is a problem" in _text(response)
    assert "ž" * 2001 in _text(response)
    assert not Booking.objects.exists()


def test_book_bears_odd_texts(client):
    learner = user()
    free = slot(of=mentor(user=user()), starts_at=TEN)
    client.force_login(learner)
    odd = "A\u0301 <script>alert(1)</script> 🎺 \u202eקול " + "x" * 300

    client.post(_url("book", free.pk), {"brief": odd})

    made = learner.bookings.get()
    assert made.brief == odd
    assert "<script>alert" not in _text(client.get(_url("booking", made.pk)))


def test_book_can_keep_the_time_while_one_writes(client):
    learner = user()
    free = slot(of=mentor(), starts_at=TEN)
    client.force_login(learner)

    client.post(_url("book", free.pk), {"brief": "A pl", "hold": "1"})
    page = _text(client.get(_url("book", free.pk)))

    assert learner.bookings.get().status == Status.HELD
    assert "This time is kept for you until Monday, 4 May 2026, 08:15 (Prague time)." in page
    assert "A pl" in page
    client.post(_url("book", free.pk), {"brief": "A plan"})
    assert learner.bookings.get().status == Status.BOOKED


def test_book_by_a_visitor_keeps_what_was_typed_and_comes_back_to_the_same_slot(
    client, django_capture_on_commit_callbacks
):
    free = slot(of=mentor(), starts_at=TEN)
    shown = client.get(_url("book", free.pk))
    assert "Continue with a code from a mail" in _text(shown)

    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post(
            _url("book", free.pk), {"email": "nova@example.org", "name": "Nová Osoba", "brief": "My plan"}
        )
    assert not Booking.objects.exists()
    code = re.search(r"\b[A-Z]{3}-[A-Z]{3}\b", mail.outbox[-1].body)[0]
    assert client.post(asked.url, {"code": code}).url == _url("book", free.pk)
    back = client.get(_url("book", free.pk))
    assert "My plan" in _text(back)
    assert not Booking.objects.exists()
    client.post(_url("book", free.pk), {"brief": back.context["form"]["brief"].value()})

    made = free.bookings.get()
    assert (made.learner.email, made.learner.name, made.brief) == ("nova@example.org", "Nová Osoba", "My plan")
    assert made.status == Status.BOOKED


def test_book_by_a_visitor_is_refused_before_a_code_is_sent(client):
    person = mentor()
    taken, other = slot(of=person, starts_at=TEN), slot(of=person, starts_at=TEN + HOUR)
    booking(of=taken)

    response = client.post(_url("book", taken.pk), {"email": "nova@example.org", "name": "Nová", "brief": "My plan"})

    assert response.status_code == 409
    assert "Somebody else has just taken this slot." in _text(response)
    assert f'formaction="{_url("book", other.pk)}"' in _text(response)
    assert not Message.objects.exists()


def test_book_asks_for_the_name_of_somebody_who_has_none(client):
    learner = user(name="")
    free = slot(of=mentor(), starts_at=TEN)
    client.force_login(learner)

    assert "This field is required." in _text(client.post(_url("book", free.pk), {"brief": ""}))
    client.post(_url("book", free.pk), {"brief": "", "name": "Zdeňka Šťastná"})

    learner.refresh_from_db()
    assert (learner.name, learner.bookings.count()) == ("Zdeňka Šťastná", 1)


def test_book_of_unknown_slots_and_unlisted_mentors_is_not_found(client):
    hidden = slot(of=mentor(is_public=False), starts_at=TEN)
    client.force_login(user())

    for pk in (hidden.pk, hidden.pk + 1):
        assert client.get(_url("book", pk)).status_code == 404
        assert client.post(_url("book", pk), {"brief": ""}).status_code == 404


# --- the booking's page ---------------------------------------------------------------


def test_booking_shows_the_learner_the_link_and_the_brief(client):
    person = mentor(user=user("Hedvika"), meeting_link="https://meet.example.org/hedvika")
    made = booking(of=slot(of=person, starts_at=TEN), brief="My plan")
    client.force_login(made.learner)

    page = _text(client.get(_url("booking", made.pk)))

    assert "https://meet.example.org/hedvika" in page
    assert "My plan" in page
    assert _url("cancel", made.pk) in page


def test_booking_shows_the_mentor_the_learner_and_the_brief(client):
    account = user("Hedvika")
    made = booking(of=slot(of=mentor(user=account), starts_at=TEN), learner=user("Alžběta"), brief="My plan")
    client.force_login(account)

    page = _text(client.get(_url("booking", made.pk)))

    assert "Coaching for Alžběta" in page
    assert made.learner.email in page
    assert "My plan" in page


def test_link_to_join_is_not_shown_once_the_booking_is_cancelled(client):
    person = mentor(meeting_link="https://meet.example.org/hedvika")
    made = booking(of=slot(of=person, starts_at=TEN), status=Status.CANCELLED, cancelled_at=NOW)
    client.force_login(made.learner)

    page = _text(client.get(_url("booking", made.pk)))

    assert "meet.example.org" not in page
    assert "Booking cancelled" in page
    assert _url("slots", person.profile.slug) in page


@pytest.mark.parametrize("page", ["booking", "cancel"])
def test_pages_of_other_peoples_bookings_are_not_found(client, page):
    made = booking(of=slot(of=mentor(user=user()), starts_at=TEN))
    for stranger in (user(), mentor(user=user()).profile.user, staff()):
        client.force_login(stranger)

        assert client.get(_url(page, made.pk)).status_code == 404
        assert client.post(_url(page, made.pk), {}).status_code in (404, 405)

    made.refresh_from_db()
    assert made.status == Status.BOOKED


@pytest.mark.parametrize("page", ["booking", "cancel"])
def test_pages_of_bookings_ask_visitors_to_log_in(client, page):
    made = booking(of=slot(of=mentor(), starts_at=TEN))

    response = client.get(_url(page, made.pk))

    assert response.url == f"/en/accounts/login/?next={_url(page, made.pk)}"


# --- cancelling ---------------------------------------------------------------------


@pytest.mark.parametrize("side", ["learner", "mentor"])
def test_cancel_asks_first_and_then_cancels(client, side):
    account = user()
    made = booking(of=slot(of=mentor(user=account), starts_at=TEN))
    who = made.learner if side == "learner" else account
    client.force_login(who)

    asked = client.get(_url("cancel", made.pk))
    made.refresh_from_db()
    assert (asked.status_code, made.status) == (200, Status.BOOKED)
    response = client.post(_url("cancel", made.pk), {"reason": "Ill"})

    made.refresh_from_db()
    assert (made.status, made.cancelled_by, made.cancel_reason) == (Status.CANCELLED, who, "Ill")
    assert response.url == _url("booking", made.pk)


def test_cancel_says_beforehand_that_it_will_be_late(client):
    made = booking(of=slot(of=mentor(cancel_hours=48), starts_at=TEN))
    client.force_login(made.learner)

    assert "it will be recorded as late" in _text(client.get(_url("cancel", made.pk)))
    done = client.post(_url("cancel", made.pk), {"reason": ""}, follow=True)
    assert "It was recorded as late." in _text(done)


def test_cancel_of_what_is_over_is_refused_in_a_sentence(client):
    made = booking(of=slot(of=mentor(), starts_at=NOW - HOUR))
    client.force_login(made.learner)

    assert "There is nothing to cancel." in _text(client.get(_url("cancel", made.pk)))
    response = client.post(_url("cancel", made.pk), {"reason": ""})

    made.refresh_from_db()
    assert (response.status_code, made.status) == (409, Status.BOOKED)
    assert "has already begun, so it can no longer be cancelled" in _text(response)


def test_cancel_twice_says_that_nothing_changed(client):
    made = booking(of=slot(of=mentor(), starts_at=TEN))
    client.force_login(made.learner)
    client.post(_url("cancel", made.pk), {"reason": ""})

    again = client.post(_url("cancel", made.pk), {"reason": ""}, follow=True)

    assert "This booking was cancelled before." in _text(again)
    made.refresh_from_db()
    assert made.sequence == 1


# --- the link in mails ---------------------------------------------------------------


def _manage(made):
    return _url("manage", links.sign("booking", made.pk))


def test_manage_shows_the_booking_without_a_login_and_opening_changes_nothing(client):
    made = booking(of=slot(of=mentor(), starts_at=TEN))

    for _time in range(3):
        page = client.get(_manage(made))

    assert "Tuesday, 5 May 2026, 12:00–12:45 (Prague time)" in _text(page)
    made.refresh_from_db()
    assert made.status == Status.BOOKED
    assert "noindex" in _text(page)


def test_manage_cancels_by_its_button(client):
    made = booking(of=slot(of=mentor(), starts_at=TEN))

    response = client.post(_manage(made), {"reason": "Ill"}, follow=True)

    made.refresh_from_db()
    assert (made.status, made.cancelled_by, made.cancel_reason) == (Status.CANCELLED, made.learner, "Ill")
    assert "The booking is cancelled." in _text(response)


def test_manage_refuses_what_is_over_in_a_sentence(client):
    made = booking(of=slot(of=mentor(), starts_at=NOW - HOUR))

    response = client.post(_manage(made), {"reason": ""})

    assert response.status_code == 409
    assert "has already begun, so it can no longer be cancelled" in _text(response)


@pytest.mark.parametrize("token", ["1", "x.y", "1.wrong", "%00", "a" * 500])
def test_manage_of_a_broken_link_says_so(client, token):
    response = client.get(_url("manage", token))

    assert response.status_code == 404
    assert "This link does not work" in _text(response)


def test_manage_of_another_kind_of_link_says_so(client):
    made = booking(of=slot(of=mentor(), starts_at=TEN))

    response = client.post(_url("manage", links.sign("enrollment", made.pk)), {"reason": ""})

    made.refresh_from_db()
    assert (response.status_code, made.status) == (404, Status.BOOKED)


def test_expired_hold_is_shown_as_expired_though_no_job_ran(client):
    learner = user()
    held = rules.hold(slot(of=mentor(), starts_at=TEN), learner, by=learner, at=NOW - HOUR)
    client.force_login(learner)

    page = _text(client.get(_url("booking", held.pk)))

    assert "Hold expired" in page
    assert _url("cancel", held.pk) not in page
