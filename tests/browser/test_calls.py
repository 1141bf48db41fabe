"""A call from the application to the accepted offer, with and without JavaScript."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from cms.models import CallIndexPage, CallPage
from courses.models import Enrollment
from courses.selection import jury
from tests.factories import questions as ask
from tests.factories import selection as make
from tests.factories import users
from tests.factories.cms import home_page


def press(page, name):
    page.get_by_role("button", name=name, exact=True).first.click()


@pytest.fixture
def call():
    """An open call with a question and a page in English, one seat and one reserve."""
    selection = make.call(is_open=True, capacity=1, reserve_places=1)
    ask.question(label="Your project", on=selection.run)
    home_page("cs")
    home = home_page("en")
    index = home.add_child(instance=CallIndexPage(title="Calls", slug="calls", locale=home.locale, show_in_menus=True))
    index.add_child(instance=CallPage(title="The tour call", slug="tour", run=selection.run, locale=home.locale))
    return selection


def close(selection):
    """Let the call close, as if its last day had passed."""
    selection.run.closes_at = timezone.now() - timedelta(minutes=5)
    selection.run.save()


@pytest.mark.parametrize("with_scripts", [True, False], ids=["scripts", "plain"])
def test_from_the_application_to_the_accepted_offer(
    call, new_page, live_server, assert_accessible, screenshot, with_scripts
):
    def sign_in(page, user):
        """Sign in with a session of its own: several people work side by side here."""
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    def look(page, name):
        if with_scripts:
            assert_accessible(page)
            screenshot(page, f"call-{name}")

    tablet = {"viewport": {"width": 820, "height": 1100}, "java_script_enabled": with_scripts}
    person = users.user("Ema Žadatelka", language="en")
    # What is saved by itself while the button is pressed finds the application sent already.
    page = sign_in(new_page(expect_errors="409", **tablet), person)
    page.goto("/en/calls/")
    look(page, "1-list")
    page.get_by_role("link", name="The tour call").first.click()
    look(page, "2-page")
    page.get_by_role("link", name="Apply", exact=True).first.click()
    page.get_by_label("Your project").fill("Ten clubs in May.")
    press(page, "Send the application")
    page.get_by_role("link", name="Withdraw my application").wait_for()
    row = Enrollment.objects.get(learner=person)
    assert row.status == "applied"
    rivals = [make.application(call, checked=None) for _number in range(2)]
    close(call)

    # Staff check the applications; what they press is tested in tests/courses/selection/test_admin.py.
    jury.check_the_rest(call, by=None)
    judges = [make.juror(call, user=users.user(f"Juror {number}", language="en")) for number in range(3)]
    for number, judge in enumerate(judges):
        desk = sign_in(new_page(**tablet), judge.user)
        desk.goto("/en/my/")
        desk.get_by_role("link", name="My jury work", exact=True).click()
        desk.get_by_role("link", name=call.run.course.title_en).click()
        if number == 0:
            look(desk, "3-jury")
        for place, applicant in enumerate([row, *rivals]):
            desk.goto(f"/en/jury/{call.run.code}/{applicant.pk}/")
            if number == 1 and place == 2:
                desk.locator("summary", has_text="I cannot be impartial").click()
                desk.locator("textarea[name=conflict-reason]").fill("We share a label.")
                press(desk, "Declare a conflict of interest")
                desk.get_by_text("Your conflict of interest is on record.").wait_for()
                continue
            if place == 0:
                assert desk.get_by_text("Ten clubs in May.").is_visible()
                press(desk, "Submit the review")
                desk.get_by_text("Choose a score.").first.wait_for()
                look(desk, f"4-errors-{number}")
            for criterion in call.criteria.all():
                desk.locator(f"input[name=score_{criterion.pk}][value='{5 - place}']").check()
            desk.locator("input[name=no_conflict]").check()
            press(desk, "Submit the review")
            desk.get_by_text("The review is submitted.").wait_for()
        if number:
            look(desk, f"5-review-{number}")
    assert call.jurors.get(pk=judges[1].pk).conflicts.count() == 1

    office = sign_in(new_page(expect_errors=r".", viewport={"width": 1280, "height": 1000}), users.staff(language="en"))
    office.goto(f"/admin/snippets/courses/selection/inspect/{call.pk}/")
    screenshot(office, "call-6-ranking")
    for action, label, done in (
        ("close-scoring", "Close the scoring", "The scoring is closed."),
        ("sentences", "Save the sentences", "The sentences are saved."),
    ):
        office.goto(f"/admin/selection/{call.pk}/{action}/")
        if action == "sentences":
            office.locator("textarea[name=for_the_rest]").fill("Others were nearer to the market.")
        press(office, label)
        office.get_by_text(done).wait_for()
    office.goto(f"/admin/selection/{call.pk}/decide/")
    press(office, "Show what will happen")
    office.get_by_role("heading", name="Every mail as it will be sent").wait_for()
    assert office.locator(".a-letter").count() == 3
    screenshot(office, "call-7-decide")
    press(office, "Send the decisions")
    office.get_by_text("The decisions are sent.").wait_for()
    statuses = Enrollment.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["offered", "waiting", "declined"]

    letter = next(one for one in reversed(mail.outbox) if one.to == [person.email])
    assert letter.subject.startswith("You were chosen")
    page.goto("/en/my/")
    look(page, "8-offer")
    press(page, "Accept the place")
    page.get_by_text("The place is yours.").wait_for()
    row.refresh_from_db()
    assert row.status == "confirmed"
