"""Every kind of public page in a real browser: seen by axe, on a narrow phone, in the dark, without JavaScript."""

import re
from datetime import timedelta

import pytest

from cms.models import ArticleIndexPage, ArticlePage, CurriculumPage, MentorIndexPage, StandardPage
from courses.models import Curriculum, CurriculumStep, Funder, LearningOutcome, Segment
from tests.factories import courses as make
from tests.factories import mentoring, users
from tests.factories.cms import course_page, home_page

LOOKS = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 320, "height": 640}},
    "desktop-dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone-dark": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
}
BUDGET = 150_000  # bytes of a course page, fonts included, before compression


@pytest.fixture
def addresses():
    """A small site in English; returns the address of a page of every kind (dict)."""
    home_page("cs")
    home = home_page("en")
    home.about = [("text", "<p>We are a small office.</p>")]
    home.save()
    segment = Segment.objects.create(slug="booking", name_cs="Booking", name_en="Booking and touring")
    course = make.course(public=False, summary_en="One day over a map.", certificate_kind="attendance")
    course.segments.set([segment])
    course.save()
    LearningOutcome.objects.create(course=course, text_cs="Umíte", text_en="You can route a tour.")
    page = course_page(course, language="en")
    mentor = mentoring.mentor()
    teacher = users.profile("Matouš")
    funder = Funder.objects.create(slug="f", kind="company", name_cs="Fond", website="https://fund.example.org")
    for weeks in (2, 6):
        run = make.run(of=course, sessions=2, starts_in=timedelta(weeks=weeks), trainers=[mentor.profile, teacher])
        run.funders.set([funder])
        run.save()
    full = make.run(of=course, capacity=1)
    make.enrollment(of=full)
    mentoring.slot(of=mentor)
    curriculum = Curriculum.objects.create(slug="path", title_cs="Dráha", title_en="Manager path")
    CurriculumStep.objects.create(curriculum=curriculum, course=course)
    news = home.add_child(instance=ArticleIndexPage(title="News", slug="news", locale=home.locale))
    body = [("heading", "What works"), ("text", "<p>Much.</p><ul><li>One</li></ul>")]
    for child in (
        MentorIndexPage(title="Mentors", slug="mentors", show_in_menus=True, locale=home.locale),
        CurriculumPage(title="Path", slug="path", curriculum=curriculum, locale=home.locale),
        StandardPage(title="Accessibility", slug="accessibility", body=body, locale=home.locale),
    ):
        home.add_child(instance=child)
    news.add_child(instance=ArticlePage(title="Three numbers", slug="three", lead="Lead.", locale=home.locale))
    return {
        "home": "/en/",
        "catalogue": "/en/kurzy/",
        "course": f"/en/kurzy/{page.slug}/",
        "mentors": "/en/mentors/",
        "mentor": f"/en/mentors/{mentor.profile.slug}/",
        "path": "/en/path/",
        "text": "/en/accessibility/",
        "news": "/en/news/",
        "article": "/en/news/three/",
    }


@pytest.mark.parametrize("look", LOOKS)
def test_public_pages_are_accessible_and_fit_the_screen(new_page, addresses, assert_accessible, look):
    page = new_page(reduced_motion="reduce", **LOOKS[look])
    for address in addresses.values():
        page.goto(address)
        assert page.locator("h1").count() == 1
        assert_accessible(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= LOOKS[look]["viewport"]["width"], address


def test_missing_page_is_accessible(new_page, addresses, assert_accessible):
    page = new_page(expect_errors="404")
    page.goto("/en/nothing-here/")
    assert page.locator("h1").inner_text() == "Page not found"
    assert_accessible(page)


def test_pages_fit_the_screen_at_twice_the_text(new_page, addresses):
    page = new_page(viewport={"width": 640, "height": 900})
    for address in addresses.values():
        page.goto(address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, address


def test_course_page_keeps_its_weight_budget(page, addresses):
    weights = {}
    page.on("response", lambda response: weights.update({response.url: len(response.body())}))
    page.goto(addresses["course"], wait_until="networkidle")

    assert any("public-sans" in url for url in weights)
    assert sum(weights.values()) < BUDGET, weights


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_catalogue_is_narrowed_with_and_without_java_script(new_page, addresses, java_script_enabled):
    other = make.course(public=False, title_en="Online course", mode="online")
    course_page(other, language="en")
    make.run(of=other, mode="online")
    page = new_page(java_script_enabled=java_script_enabled)
    page.goto(addresses["catalogue"])
    assert page.get_by_role("heading", name="2 courses").is_visible()

    page.get_by_label("How").select_option("online")
    if not java_script_enabled:
        page.get_by_role("button", name="Show").click()

    page.get_by_role("heading", name=re.compile("^1 course ")).wait_for()
    assert "mode=online" in page.url
    assert page.get_by_role("link", name="Online course").is_visible()
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("heading", name="2 courses").wait_for()


def test_visitor_comes_from_the_home_page_to_enrolling(plain_page, addresses):
    page = plain_page
    page.goto("/en/")
    page.get_by_role("link", name="Booking: route, offer, deal").click()
    assert page.get_by_text("20 places free").first.is_visible()
    page.get_by_role("link", name="Enroll", exact=True).click()
    assert re.search(r"/en/(runs/[^/]+/enroll|accounts/login)/", page.url)


def test_keyboard_reaches_the_content_first(page, addresses):
    page.goto(addresses["course"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
