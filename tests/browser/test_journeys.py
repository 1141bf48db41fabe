"""The main journeys in a browser over the demo, in both languages, with and without JavaScript."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from django.utils.translation import gettext, override

from academy.users.models import User
from certificates.models import Certificate
from courses.models import Attendance, CourseRun, Enrollment
from mentoring.models import Booking, CoachingSlot, Mentor
from tests.factories import courses as make
from tests.factories import users

LANGUAGES_AND_SCREENS = [
    pytest.param("cs", {"viewport": {"width": 320, "height": 640}, "java_script_enabled": False}, id="cs-phone-plain"),
    pytest.param("en", {"viewport": {"width": 1280, "height": 900}}, id="en-desktop"),
]


@pytest.fixture
def demo():
    """The demo, loaded as a newcomer sees it."""
    call_command("demo", stdout=StringIO())


def words(language):
    """Function that translates a message of ours, as the page of that language shows it."""

    def translate(message, **values):
        with override(language):
            return gettext(message) % values if values else gettext(message)

    return translate


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def calendar_method(message):
    """What the calendar part of a mail asks for (str), or None where it has none."""
    parts = message.message().walk()
    return next((part.get_param("method") for part in parts if part.get_content_type() == "text/calendar"), None)


def log_in_by_code(page, address):
    """Type the code that was mailed to the address into the page that asks for it."""
    code = re.search(r"\b[A-Z0-9]{3}-[A-Z0-9]{3}\b", next(m for m in reversed(mail.outbox) if m.to == [address]).body)
    page.locator("input[name=code]").fill(code[0])
    page.locator("form:has(input[name=code]) button").first.click()


@pytest.mark.parametrize(("language", "screen"), LANGUAGES_AND_SCREENS)
def test_newcomer_gets_a_place_and_cancels_it(demo, new_page, language, screen):
    _ = words(language)
    page = new_page(**screen)
    course = CourseRun.objects.get(code="BK-4").course

    page.goto(f"/{language}/")
    page.get_by_role("link", name=_("All courses"), exact=True).click()
    page.get_by_role("link", name=getattr(course, f"title_{language}"), exact=True).click()
    page.get_by_role("link", name=_("Enroll"), exact=True).first.click()
    page.locator("input[name=email]").fill("nova@example.org")
    page.locator("input[name=name]").fill("Nová Žákyně")
    press(page, _("Continue with a code from a mail"))
    log_in_by_code(page, "nova@example.org")
    assert page.locator("input[name=name]").input_value() == "Nová Žákyně"
    press(page, _("Confirm enrollment"))

    place = Enrollment.objects.get(learner__email="nova@example.org")
    assert page.locator("main").get_by_text(_("Enrollment confirmed")).first.is_visible()
    assert place.status == Enrollment.Status.CONFIRMED
    confirmation = next(m for m in reversed(mail.outbox) if m.to == ["nova@example.org"])
    assert calendar_method(confirmation) == "REQUEST"

    page.goto(f"/{language}/my/")
    page.get_by_role("link", name=getattr(course, f"title_{language}"), exact=True).first.click()
    page.get_by_role("link", name=_("Cancel my enrollment"), exact=True).click()
    press(page, _("Yes, cancel"))

    place.refresh_from_db()
    assert place.status == Enrollment.Status.CANCELLED
    assert page.locator("main").get_by_text(_("Enrollment cancelled")).first.is_visible()


@pytest.mark.parametrize(("language", "screen"), LANGUAGES_AND_SCREENS)
def test_learner_books_coaching_and_mentor_sees_it(demo, new_page, sign_in, language, screen):
    _ = words(language)
    mentor = Mentor.objects.get(profile__slug="matous-vrbensky")
    slot = CoachingSlot.objects.live().filter(mentor=mentor, bookings=None).order_by("starts_at")[3]
    learner = User.objects.get(email="p8@example.org")
    page = sign_in(new_page(**screen), learner)

    page.goto(f"/{language}/coaching/slots/{slot.pk}/book/")
    page.locator("textarea[name=brief]").fill("Trasa po Moravě")
    press(page, _("Book"))

    booking = Booking.objects.get(slot=slot)
    assert (booking.learner, booking.status, booking.brief) == (learner, Booking.Status.BOOKED, "Trasa po Moravě")
    told = {m.to[0] for m in mail.outbox if calendar_method(m)}
    assert {"p8@example.org", "matous.vrbensky@example.org"} <= told

    office = sign_in(new_page(**screen), mentor.profile.user)
    office.goto(f"/{language}/coaching/my-time/")
    assert office.get_by_role("link", name=str(learner)).first.is_visible()


@pytest.mark.parametrize(("language", "screen"), LANGUAGES_AND_SCREENS)
def test_trainer_records_the_room(new_page, sign_in, language, screen):
    _ = words(language)
    trainer = users.user("Hedvika Rosůlková")
    run = make.run(sessions=0, trainers=[users.profile(user=trainer)])
    session = make.session(of=run, starts_at=timezone.now() - timedelta(minutes=10))
    people = [make.enrollment(of=run, learner=users.user(name)) for name in ("Adéla Nová", "Bořek Starý")]
    for person in people:
        Enrollment.objects.filter(pk=person.pk).update(confirmed_at=timezone.now() - timedelta(days=1))
    page = sign_in(new_page(**screen), trainer)

    page.goto(f"/{language}/teaching/")
    page.get_by_role("link", name=session.title, exact=False).first.click()
    absent = page.get_by_role("group", name="Bořek Starý").get_by_text(_("Absent"), exact=True)
    absent.click()
    press(page, _("All present, but for what is chosen below"))

    assert dict(Attendance.objects.values_list("enrollment__learner__name", "status")) == {
        "Adéla Nová": "present",
        "Bořek Starý": "absent",
    }


def test_stranger_verifies_a_certificate(demo, page, plain_page):
    certificate = Certificate.objects.filter(status=Certificate.Status.READY).first()

    for stranger in (page, plain_page):
        stranger.goto(f"/c/{certificate.token}/")
        shown = stranger.locator("main").inner_text()
        assert "Platné osvědčení" in shown
        assert "Valid certificate" in shown
        assert certificate.serial in shown
        assert stranger.context.cookies() == []


PUBLIC = [
    "/", "/courses/", "/courses/live-production-rider-to-settlement/", "/courses/copyright-without-fog/", "/mentors/",
    "/learning-paths/", "/learning-paths/manager-path/", "/news/", "/news/how-a-delegation-is-made/",
    "/about/", "/accounts/login/", "/runs/BK-4/enroll/",
    "/runs/LP-5/enroll/", "/coaching/mentor/kaia-metsaluik/",
]  # fmt: skip
OWN = {
    "p3@example.org": ["/my/", "/profile/"],
    "matous.vrbensky@example.org": ["/teaching/", "/coaching/my-time/"],
}


def own_pages():
    """Addresses of rows, by the person who may see them."""
    waiting = Enrollment.objects.get(learner__email="p3@example.org", run__code="LP-5")
    done = Enrollment.objects.get(learner__email="p3@example.org", run__code="PR-6")
    session = CourseRun.objects.get(code="LP-5").sessions.first()
    free = CoachingSlot.objects.live().filter(bookings=None).order_by("starts_at").last()
    return {
        "p3@example.org": [
            *OWN["p3@example.org"],
            f"/enrollments/{waiting.pk}/",
            f"/enrollments/{waiting.pk}/cancel/",
            f"/enrollments/{done.pk}/",
            f"/coaching/slots/{free.pk}/book/",
        ],
        "matous.vrbensky@example.org": [*OWN["matous.vrbensky@example.org"], f"/teaching/sessions/{session.pk}/"],
    }


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)], ids=["light-phone", "dark-desktop"])
def test_every_page_type_is_accessible(demo, new_page, sign_in, assert_accessible, screenshot, scheme, width):
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    visitor = new_page(**options)
    pages = [(visitor, f"/en{path}") for path in PUBLIC]
    pages += [(visitor, "/c/"), (visitor, f"/c/{Certificate.objects.first().token}/")]
    for address, paths in own_pages().items():
        person = sign_in(new_page(**options), User.objects.get(email=address))
        pages += [(person, f"/en{path}") for path in paths]

    for page, path in pages:
        response = page.goto(path)
        assert response.status == 200, path
        assert_accessible(page)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{path} scrolls sideways by {wider} px"
        screenshot(page, f"{scheme}-{width}{path.replace('/', '_')}")


def test_text_of_twice_the_size_still_fits(demo, new_page):
    page = new_page(viewport={"width": 640, "height": 900})

    for path in ("/cs/", "/cs/kurzy/", "/cs/kurzy/copyright-without-fog/", "/cs/runs/BK-4/enroll/"):
        page.goto(path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{path} scrolls sideways by {wider} px"


def test_keyboard_reaches_the_content_first(demo, page):
    page.goto("/en/courses/")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == page.evaluate("'#' + document.querySelector('main').id")


def test_language_switch_stays_on_the_page(demo, page):
    page.goto("/cs/kurzy/copyright-without-fog/")
    page.locator("a[hreflang=en]").click()

    assert page.url.endswith("/en/courses/copyright-without-fog/")
    page.locator("a[hreflang=cs]").click()
    assert page.url.endswith("/cs/kurzy/copyright-without-fog/")
