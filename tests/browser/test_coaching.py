"""Coaching in a real browser: people book and cancel, mentors manage their time, on a phone and without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from academy import links
from mentoring.models import Booking, WeeklyPattern
from mentoring.slots import open_slots_ahead
from tests.factories.mentoring import booking, mentor, slot, weekly
from tests.factories.users import user

Status = Booking.Status


def _url(name, *args):
    with override("en"):
        return reverse(f"mentoring:{name}", args=args)


@pytest.fixture
def kaia():
    """A mentor in Tallinn with a weekly time, a group and a past coaching to confirm."""
    account = user("Kaia Metsaluik", language="en", time_zone="Europe/Tallinn")
    person = mentor(user=account, min_notice_hours=12, meeting_link="https://meet.example.org/kaia")
    person.profile.headline_en = "Export strategist for the Baltics and Scandinavia"
    person.profile.name, person.profile.time_zone = "Kaia Metsaluik", "Europe/Tallinn"
    person.profile.save()
    for weekday in (1, 4):
        weekly(of=person, weekday=weekday, begins="10:00", ends="13:00")
    open_slots_ahead(person)
    slot(of=person, starts_in=timedelta(days=2, hours=8), capacity=4, place="Telliskivi 60a, Tallinn", mode="onsite")
    booking(of=slot(of=person, starts_in=-timedelta(days=1)), learner=user("Bedřich Novotný"))
    return person


@pytest.fixture
def alzbeta():
    return user("Alžběta Koníčková", language="en")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_of_coaching_is_accessible(
    new_page, sign_in, assert_accessible, screenshot, kaia, alzbeta, scheme, width
):
    free, *_others = kaia.slots.live().free().filter(starts_at__gt=timezone.now() + timedelta(hours=13))
    taken = _others[0]
    booking(of=taken)
    coming = booking(of=_others[1], learner=alzbeta, brief="A plan for the year:\n- three showcases\n- one agent")
    gone = booking(
        of=_others[2], learner=alzbeta, status=Status.CANCELLED, cancelled_at=timezone.now(), cancel_reason="Ill"
    )
    past = Booking.objects.get(learner__name="Bedřich Novotný")
    token = links.sign("booking", coming.pk)
    learners = {
        "slots": _url("slots", kaia.profile.slug),
        "book": _url("book", free.pk),
        "taken": _url("book", taken.pk),
        "booking": _url("booking", coming.pk),
        "cancelled": _url("booking", gone.pk),
        "cancel": _url("cancel", coming.pk),
    }
    visitors = {"visitor": _url("book", free.pk), "manage": _url("manage", token)}
    mentors = {
        "my-time": _url("my_time"),
        "add-pattern": _url("add_pattern"),
        "change-pattern": _url("change_pattern", WeeklyPattern.objects.first().pk),
        "end-pattern": _url("end_pattern", WeeklyPattern.objects.first().pk),
        "add-slot": _url("add_slot"),
        "cancel-slot": _url("cancel_slot", coming.slot_id),
        "to-confirm": _url("booking", past.pk),
    }
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    for who, pages in ((None, visitors), (alzbeta, learners), (kaia.profile.user, mentors)):
        page = new_page(**options)
        if who:
            sign_in(page, who)
        for name, address in pages.items():
            page.goto(address)
            assert page.locator("h1").count() == 1
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls sideways"
            assert_accessible(page)
            screenshot(page, f"coaching/{scheme}-{width}-{name}")


def test_error_page_and_bad_link_are_accessible(new_page, sign_in, assert_accessible, screenshot, kaia):
    page = new_page(expect_errors="404")
    page.goto(_url("manage", "broken"))
    assert_accessible(page)
    sign_in(page, kaia.profile.user)
    page.goto(_url("add_slot"))
    page.get_by_role("button", name="Open the slot").click()
    assert page.get_by_role("alert").is_visible()
    assert_accessible(page)
    screenshot(page, "coaching/errors")


@pytest.mark.parametrize("javascript", [True, False])
def test_learner_books_and_cancels_on_a_phone(new_page, sign_in, kaia, alzbeta, javascript):
    page = sign_in(new_page(viewport={"width": 320, "height": 640}, java_script_enabled=javascript), alzbeta)

    page.goto(_url("slots", kaia.profile.slug))
    page.locator("main li a").first.click()
    page.get_by_label("What would you like to talk about?").fill("A plan for the year")
    page.get_by_role("button", name="Book", exact=True).click()

    assert page.locator("h1").inner_text() == "Coaching with Kaia Metsaluik"
    assert "Booking confirmed" in page.locator("main").inner_text()
    made = alzbeta.bookings.get()
    assert (made.status, made.brief) == (Status.BOOKED, "A plan for the year")
    page.get_by_role("link", name="Cancel the booking").click()
    page.get_by_role("button", name="Cancel the booking").click()
    assert "Booking cancelled" in page.locator("main").inner_text()
    made.refresh_from_db()
    assert made.status == Status.CANCELLED


def test_visitor_books_on_the_way_to_an_account(plain_page, kaia):
    page = plain_page
    page.goto(_url("slots", kaia.profile.slug))
    page.locator("main li a").first.click()
    page.get_by_label("E-mail address").fill("nova@example.org")
    page.get_by_label("Full name").fill("Nová Osoba")
    page.get_by_label("What would you like to talk about?").fill("My plan")
    page.get_by_role("button", name="Continue with a code from a mail").click()
    code = re.search(r"\b[A-Z]{3}-[A-Z]{3}\b", mail.outbox[-1].body)[0]
    page.get_by_role("textbox").first.fill(code)
    page.locator("main form button").first.click()
    assert page.get_by_label("What would you like to talk about?").input_value() == "My plan"
    page.get_by_role("button", name="Book", exact=True).click()

    made = Booking.objects.get(learner__email="nova@example.org")
    assert (made.status, made.brief, made.learner.name) == (Status.BOOKED, "My plan", "Nová Osoba")


def test_somebody_was_faster_and_the_next_time_is_one_click_away(new_page, sign_in, kaia, alzbeta):
    page = sign_in(new_page(java_script_enabled=False, expect_errors="409"), alzbeta)
    page.goto(_url("slots", kaia.profile.slug))
    page.locator("main li a").first.click()
    page.get_by_label("What would you like to talk about?").fill("A plan for the year")
    wanted = int(re.search(r"/slots/(\d+)/", page.url)[1])
    faster = kaia.slots.get(pk=wanted)
    for place in range(1, faster.capacity + 1):
        booking(of=faster, place=place)
    page.get_by_role("button", name="Book", exact=True).click()

    assert "Somebody else has just taken this slot." in page.locator("main").inner_text()
    page.locator("main button[formaction]").first.click()

    made = alzbeta.bookings.get()
    assert made.slot_id != wanted
    assert made.brief == "A plan for the year"


def test_mentor_manages_the_time_on_a_phone_without_javascript(new_page, sign_in):
    account = user("Hedvika Rosůlková", language="en")
    made = mentor(user=account)
    page = sign_in(new_page(viewport={"width": 320, "height": 640}, java_script_enabled=False), account)

    page.goto(_url("my_time"))
    page.get_by_role("link", name="Add a weekly time").click()
    page.get_by_label("Weekday").select_option("Tuesday")
    page.get_by_label("From", exact=True).fill("14:00")
    page.get_by_label("To", exact=True).fill("17:00")
    page.get_by_role("button", name="Save and open slots").click()
    assert "new slots are open" in page.locator("main").inner_text()
    slots = made.slots.count()
    assert slots >= 15
    page.get_by_role("link", name="Add a single slot").click()
    page.get_by_label("Day").fill((timezone.localdate() + timedelta(days=400)).isoformat())
    page.get_by_label("From").fill("09:00")
    page.get_by_role("button", name="Open the slot").click()
    assert made.slots.count() == slots + 1
    page.get_by_role("link", name=re.compile("^Cancel")).first.click()
    page.get_by_role("button", name="Cancel the slot").click()
    assert made.slots.live().count() == slots
    past = booking(of=slot(of=made, starts_in=-timedelta(hours=3)))
    page.goto(_url("my_time"))
    page.get_by_role("button", name=re.compile("It took place")).click()
    past.refresh_from_db()
    assert past.status == Status.TOOK_PLACE
