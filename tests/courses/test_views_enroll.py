import re
import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from academy.users.models import User
from cms.models import SiteSettings, StandardPage
from courses import enrollment as rules
from courses.models import CourseRun, Enrollment
from tests.factories import courses as make
from tests.factories import users
from tests.factories.cms import home_page

pytestmark = pytest.mark.django_db
Status = Enrollment.Status


def address(run):
    with override("en"):
        return reverse("courses:enroll", args=[run.code])


def state_of(run):
    """Every enrollment of the run as (e-mail, status)."""
    return sorted(run.enrollments.values_list("learner__email", "status"))


def test_enroll_page_shows_what_a_person_decides_by(client):
    run = make.run(capacity=20, price=1200, sessions=2)
    page = client.get(address(run)).content.decode()
    for fact in ["CZK\xa01,200", "20 of 20", "Prague time", "You can cancel in time until", "at least 80% of the time"]:
        assert fact in page
    assert not run.enrollments.exists()


def test_enroll_page_tells_a_newcomer_their_number_in_the_queue(client):
    run = make.run(capacity=1)
    rules.enroll(users.user(), run)
    rules.enroll(users.user(), run)
    assert "You would be number 2 on the waiting list." in client.get(address(run)).content.decode()


def test_enroll_page_gives_the_viewers_own_time_where_it_differs(client):
    run = make.run()
    client.force_login(users.user(time_zone="Europe/Lisbon"))
    assert "Lisbon time" in client.get(address(run)).content.decode()
    client.force_login(users.user(time_zone="Europe/Berlin"))
    assert "Berlin time" not in client.get(address(run)).content.decode()


def test_enroll_by_a_signed_in_person_leads_to_their_place(client):
    run, learner = make.run(), users.user(name="")
    client.force_login(learner)
    response = client.post(address(run), {"name": "Zdeňka Šťastná"})
    place = run.enrollments.get()
    assert (place.learner, place.status) == (learner, Status.CONFIRMED)
    assert response.url == f"/en/enrollments/{place.pk}/"
    learner.refresh_from_db()
    assert learner.name == "Zdeňka Šťastná"


def test_enroll_by_a_visitor_keeps_what_was_typed_and_asks_for_nothing_twice(
    client, django_capture_on_commit_callbacks
):
    run = make.run()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(address(run), {"email": "nova@example.org", "name": "Nová Osoba"})
    assert not run.enrollments.exists()
    code = re.search(r"\b[A-Z]{3}-[A-Z]{3}\b", mail.outbox[-1].body)[0]
    response = client.post(response.url, {"code": code})
    assert response.url == address(run)
    page = client.get(address(run))
    assert "Nová Osoba" in page.content.decode()
    assert not run.enrollments.exists()
    client.post(address(run), {"name": page.context["form"]["name"].value()})
    assert state_of(run) == [("nova@example.org", Status.CONFIRMED)]
    assert User.objects.get(email="nova@example.org").name == "Nová Osoba"


def test_enroll_form_keeps_what_was_typed_when_something_is_wrong(client):
    run = make.run()
    response = client.post(address(run), {"email": "not an address", "name": "Nová Osoba"})
    page = response.content.decode()
    assert response.status_code == 200
    assert 'value="not an address"' in page
    assert 'value="Nová Osoba"' in page
    assert "There is a problem" in page


def test_enroll_keeps_what_was_typed_for_a_visitor_who_comes_back(client):
    run = make.run()
    client.post(address(run), {"email": "nova@example.org", "name": "Nová Osoba"})
    assert 'value="nova@example.org"' in client.get(address(run)).content.decode()


def test_enroll_twice_changes_nothing_and_says_so(client):
    run, learner = make.run(), users.user()
    client.force_login(learner)
    first = client.post(address(run), {"name": learner.name})
    second = client.post(address(run), {"name": learner.name}, follow=True)
    assert state_of(run) == [(learner.email, Status.CONFIRMED)]
    assert second.redirect_chain == [(first.url, 302)]
    assert "You are enrolled in this run already. Nothing was changed." in second.content.decode()
    assert "You are enrolled in this run already." in client.get(address(run)).content.decode()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"closes_at": timezone.now() - timedelta(seconds=2)}, "Enrollment in this run is closed."),
        ({"opens_at": timezone.now() + timedelta(days=2)}, "Enrollment in this run has not opened yet."),
        ({"status": "cancelled", "cancelled_at": timezone.now()}, "This run was cancelled."),
        ({"starts_in": timedelta(days=-3)}, "This run is over."),
        ({"status": "closed", "closed_at": timezone.now()}, "This run is over."),
        ({"capacity": 0}, "Enrollment in this run is closed."),
    ],
)
def test_enroll_refuses_with_a_sentence_and_changes_nothing(client, facts, sentence):
    run, learner = make.run(**facts), users.user(name="Původní Jméno")
    client.force_login(learner)
    shown = client.get(address(run))
    assert (shown.status_code, sentence in shown.content.decode()) == (200, True)
    refused = client.post(address(run), {"name": "Jiné Jméno"})
    assert (refused.status_code, sentence in refused.content.decode()) == (409, True)
    learner.refresh_from_db()
    assert learner.name == "Původní Jméno"
    assert state_of(run) == []


def test_enroll_refuses_a_visitor_before_sending_a_code(client):
    run = make.run(closes_at=timezone.now() - timedelta(seconds=2))
    response = client.post(address(run), {"email": "nova@example.org", "name": "Nová Osoba"})
    assert response.status_code == 409
    assert mail.outbox == []


def test_enroll_keeps_the_form_when_too_many_codes_were_asked_for(client):
    run = make.run()
    typed = {"email": "nova@example.org", "name": "Nová Osoba"}
    answers = [client.post(address(run), typed) for _attempt in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 409]
    page = answers[-1].content.decode()
    assert "Too many codes were asked for." in page
    assert 'value="nova@example.org"' in page


def test_enroll_page_links_to_what_happens_to_the_data(client):
    run = make.run()
    texts = [
        home_page(language).add_child(
            instance=StandardPage(
                title="Data",
                slug=f"data-{language}",
                translation_key=uuid.UUID(int=7),
                locale=home_page(language).locale,
            )
        )
        for language in ("cs", "en")
    ]
    site = SiteSettings.load()
    site.privacy_page = texts[0]
    site.save()
    assert 'href="/en/data-en/"' in client.get(address(run)).content.decode()


def test_enroll_in_a_draft_or_unknown_run_is_not_found(client):
    draft = make.run(status=CourseRun.Status.DRAFT)
    unpublished = make.run(of=make.course(public=False))
    for code in [draft.code, unpublished.code, "NO-SUCH"]:
        assert client.get(f"/en/runs/{code}/enroll/").status_code == 404
        assert client.post(f"/en/runs/{code}/enroll/", {"name": "X"}).status_code == 404


def test_enroll_warns_of_an_overlap_and_goes_on(client):
    learner = users.user()
    rules.enroll(learner, make.run(of=make.course("Jiný kurz", title_en="The other course")))
    run = make.run()
    client.force_login(learner)
    page = client.get(address(run)).content.decode()
    assert "You have something else at the same time" in page
    assert "The other course" in page
    client.post(address(run), {"name": learner.name})
    assert state_of(run) == [(learner.email, Status.CONFIRMED)]


def test_enroll_with_approval_sends_an_application(client):
    run, learner = make.run(entry=CourseRun.Entry.APPROVAL), users.user()
    client.force_login(learner)
    assert "Send the application" in client.get(address(run)).content.decode()
    client.post(address(run), {"name": learner.name})
    assert state_of(run) == [(learner.email, Status.APPLIED)]


def test_enroll_again_after_an_offer_expired(client):
    run, learner = make.run(capacity=1), users.user()
    make.enrollment(
        of=run,
        learner=learner,
        status=Status.OFFERED,
        queue_number=1,
        offered_until=timezone.now() - timedelta(hours=1),
    )
    client.force_login(learner)
    assert "You are enrolled in this run already." not in client.get(address(run)).content.decode()
    client.post(address(run), {"name": learner.name})
    assert state_of(run) == [(learner.email, Status.CANCELLED), (learner.email, Status.CONFIRMED)]


@pytest.mark.parametrize(
    "name",
    ["Ž" * 93, "Zoë\u0301 \u0303", "🎸 Kytarista", "\u202eאבג", "محمد", "O’Neill-Švarc, ml."],
)
def test_enroll_takes_odd_names(client, name):
    run = make.run()
    client.force_login(users.user(name=""))
    assert client.post(address(run), {"name": name}).status_code == 302
    assert client.get("/en/my/").status_code == 200


def test_enroll_refuses_names_that_are_too_long_or_empty(client):
    run = make.run()
    client.force_login(users.user(name=""))
    for name in ["x" * 151, "   ", ""]:
        assert client.post(address(run), {"name": name}).status_code == 200
    assert state_of(run) == []


def test_enroll_page_costs_the_same_with_1_and_30_sessions(client, django_assert_num_queries):
    learner = users.user()
    client.force_login(learner)
    for run in [make.run(sessions=1), make.run(sessions=30)]:
        client.get(address(run))
        with django_assert_num_queries(7):
            client.get(address(run))
