"""An application in a browser: saved as it is written, sent, changed; with and without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import gettext, override

from courses.models import Answer, CourseRun, Enrollment
from tests.factories import courses as make
from tests.factories import questions as ask
from tests.factories import users

SCREENS = [
    pytest.param("cs", {"viewport": {"width": 320, "height": 640}, "java_script_enabled": False}, id="cs-phone-plain"),
    pytest.param("en", {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}, id="en-desktop-dark"),
]


@pytest.fixture
def run():
    """A run with applications that asks a question of most kinds."""
    made = make.run(entry=CourseRun.Entry.APPROVAL, closes_at=timezone.now() + timedelta(days=3))
    ask.question("multiple_choice", "Role", on=made, choices=["agent", "manager"], is_required=True)
    ask.question("long_text", "Why?", on=made, is_required=True)
    ask.question("number", "How many?", on=made, minimum=1, maximum=9)
    ask.question("file", "Deck", on=made)
    ask.question("consent", "I agree.", on=made, is_required=True)
    ask.sensitive("Diet", on=made)
    ask.statistics_question()
    return made


@pytest.mark.parametrize(("language", "screen"), SCREENS)
def test_applicant_saves_sends_and_changes_an_application(run, new_page, sign_in, assert_accessible, language, screen):
    def words(message):
        with override(language):
            return gettext(message)

    has_scripts = screen.get("java_script_enabled", True)
    learner = users.user(language=language)
    page = sign_in(new_page(**screen), learner)
    page.goto(f"/{language}/runs/{run.code}/enroll/")
    if has_scripts:
        assert_accessible(page)
    page.locator("textarea").first.fill("Half a sentence")
    if has_scripts:
        page.get_by_role("button", name=words("Send the application")).focus()
        page.locator("[data-autosave-status]", has_text=re.compile(r"\d\d:\d\d")).wait_for()
    page.get_by_role("button", name=words("Save and continue later")).click()
    page.wait_for_load_state()
    assert Enrollment.objects.get().status == Enrollment.Status.DRAFT
    assert page.locator("textarea").first.input_value() == "Half a sentence"

    deck = {"name": "deck.pdf", "mimeType": "application/pdf", "buffer": ask.PDF}
    page.locator("input[type=file]").set_input_files(files=[deck])
    page.locator("input[inputmode=decimal]").fill("12")
    page.get_by_role("button", name=words("Send the application")).click()
    page.wait_for_selector(".error-summary")
    if has_scripts:
        assert_accessible(page)
    assert "deck.pdf" in page.locator("form.form").inner_text()
    assert page.locator(".error-summary li").count() == 3
    page.locator("input[type=checkbox]").first.check()
    page.locator("input[inputmode=decimal]").fill("3")
    page.locator(".choice input[type=checkbox]").last.check()
    page.get_by_role("button", name=words("Send the application")).click()
    page.wait_for_url("**/enrollments/**")
    if has_scripts:
        assert_accessible(page)
    assert Enrollment.objects.get().status == Enrollment.Status.APPLIED
    assert "deck.pdf" in page.locator(".answers").inner_text()

    page.get_by_role("link", name=words("Change my answers")).click()
    page.locator("textarea").first.fill("A whole sentence.")
    if has_scripts:
        assert_accessible(page)
    page.get_by_role("button", name=words("Save the answers")).click()
    page.wait_for_url(re.compile(r"/enrollments/\d+/$"))
    assert Answer.objects.get(question__kind="long_text").value == "A whole sentence."
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
