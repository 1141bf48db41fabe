"""A run's page in the admin and the actions on it: what they show, do, refuse, and to whom."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from academy.mail.models import Message
from academy.users.models import User
from courses.admin.enrollment_actions import ENROLLMENT_ACTIONS, AddPerson
from courses.admin.run_actions import RUN_ACTIONS, SESSION_ACTIONS
from courses.models import CourseRun, Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


@pytest.fixture
def office(client):
    """A client signed in as a programme manager, reading English."""
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    return client


def page(run):
    return reverse("wagtailsnippets_courses_courserun:inspect", args=[run.pk])


def act(office, action, instance, /, **data):
    return office.post(reverse(f"admin_{action}", args=[instance.pk]), data)


def over(**extra):
    """A run that ended yesterday."""
    return make.run(sessions=1, starts_in=timedelta(days=-1), **extra)


# --- the page -----------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 30])
def test_run_page_takes_the_same_queries_for_any_number_of_people(office, rows, django_assert_num_queries):
    run = make.run(sessions=2, capacity=None)
    for number in range(rows):
        made = make.enrollment(of=run)
        make.attendance(of=made, session=run.sessions.first())
        made.events.create(to_status=S.CONFIRMED, by=made.learner)
        Message.objects.create(
            key=f"k{number}", kind="k", recipient=made.learner, to="a@example.org", facts={"enrollment": made.pk}
        )
    office.get(page(run))

    with django_assert_num_queries(18):
        office.get(page(run))


def test_run_page_shows_people_with_the_buttons_their_state_allows(office):
    run = make.run(entry=CourseRun.Entry.APPROVAL)
    applied = make.enrollment(of=run, status=S.APPLIED, queue_number=1)
    confirmed = make.enrollment(of=run)
    gone = make.enrollment(of=run, status=S.CANCELLED)

    people = dict(office.get(page(run)).context["people"])

    labels = {row: [str(button.label) for button in buttons] for row, buttons in people.items()}
    assert labels == {
        applied: ["Approve", "Decline", "Give a place now", "Withdraw"],
        confirmed: ["Withdraw", "Move to another run"],
        gone: [],
    }


def test_run_page_of_an_unknown_run_is_not_found(office):
    run = make.run()
    run_page, run_pk = page(run), run.pk
    run.delete()

    assert office.get(run_page, follow=True).status_code == 404
    assert office.get(reverse("admin_courserun_publish", args=[run_pk]), follow=True).status_code == 404


# --- permissions --------------------------------------------------------------

ACTIONS = [*RUN_ACTIONS, AddPerson, *SESSION_ACTIONS, *ENROLLMENT_ACTIONS]


def an_instance(action):
    run = make.run(sessions=2)
    return {"courserun": run, "workshopsession": run.sessions.first()}.get(
        action.model._meta.model_name
    ) or make.enrollment(of=run)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.url_name())
def test_action_is_open_to_managers_closed_to_editors_learners_and_strangers(client, action):
    instance = an_instance(action)
    url = reverse(action.url_name(), args=[instance.pk])
    manager, editor, learner = users.user(), users.user(), users.user()
    manager.groups.add(Group.objects.get(name="Programme managers"))
    editor.groups.add(Group.objects.get(name="Editors"))

    def reaches(person):
        client.logout()
        if person:
            client.force_login(person)
        return client.get(url).status_code, client.post(url).status_code

    assert reaches(None) == (302, 302)
    assert reaches(learner) == (302, 302)
    assert reaches(editor) == (302, 302)
    assert client.get(url).url == reverse("wagtailadmin_home")
    assert reaches(manager)[0] == 200


def test_refused_action_changes_nothing(client):
    run = make.run(status=CourseRun.Status.DRAFT)
    client.force_login(users.user())

    act(client, "courserun_publish", run)

    run.refresh_from_db()
    assert run.status == CourseRun.Status.DRAFT


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.url_name())
def test_opening_an_action_changes_nothing(office, action, django_assert_num_queries):
    instance = an_instance(action)
    before = list(CourseRun.objects.values()), list(Enrollment.objects.values())

    office.get(reverse(action.url_name(), args=[instance.pk]))

    assert (list(CourseRun.objects.values()), list(Enrollment.objects.values())) == before
    assert not Message.objects.exists()


# --- actions ------------------------------------------------------------------


def test_publish_opens_a_draft_and_says_what_is_missing(office):
    run = make.run(of=make.course(public=False), status=CourseRun.Status.DRAFT)

    preview = office.get(reverse("admin_courserun_publish", args=[run.pk])).context["preview"]
    response = act(office, "courserun_publish", run)

    assert any("no published page" in sentence for sentence in preview)
    assert any("no title in this language: English" in sentence for sentence in preview)
    run.refresh_from_db()
    assert (response.url, run.status) == (page(run), CourseRun.Status.PUBLISHED)


def test_refusal_of_the_rule_is_shown_in_place(office):
    run = make.run(sessions=0, status=CourseRun.Status.DRAFT)

    response = act(office, "courserun_publish", run)

    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == ["Add at least one session before you publish the run."]


def test_cancel_run_wants_a_reason_and_tells_everybody(office):
    run = make.run()
    make.enrollment(of=run)

    refused = act(office, "courserun_cancel", run, reason="")
    assert refused.context["form"].errors == {"reason": ["This field is required."]}

    act(office, "courserun_cancel", run, reason="Trainer is ill.")

    run.refresh_from_db()
    assert run.status == CourseRun.Status.CANCELLED
    assert [row.status for row in run.enrollments.all()] == [S.WITHDRAWN]


def test_change_capacity_previews_who_moves_up_before_it_is_confirmed(office):
    run = make.run(capacity=1)
    make.enrollment(of=run)
    make.enrollment(of=run, learner=users.user("Jan Novák"), status=S.WAITING, queue_number=1)

    first = act(office, "courserun_capacity", run, capacity="2")
    run.refresh_from_db()
    assert (first.status_code, run.capacity) == (200, 1)
    assert "Jan Novák" in first.context["consequences"][0]

    act(office, "courserun_capacity", run, capacity="2", confirmed="1")
    run.refresh_from_db()
    assert run.capacity == 2
    assert {row.status for row in run.enrollments.all()} == {S.CONFIRMED}


@pytest.mark.parametrize(("capacity", "kept"), [("-1", 5), ("", None), ("0", 0)])
def test_change_capacity_below_zero_is_refused_empty_is_unlimited(office, capacity, kept):
    run = make.run(capacity=5)

    act(office, "courserun_capacity", run, capacity=capacity, confirmed="1")

    run.refresh_from_db()
    assert run.capacity == kept


def test_move_session_reads_the_sessions_own_clock_previews_and_tells(office):
    run = make.run(sessions=0)
    session = make.session(of=run, starts_at=datetime(2031, 3, 3, 9, tzinfo=UTC), time_zone="Europe/London")
    make.enrollment(of=run)
    data = {"starts_at": "2031-03-04 10:00", "ends_at": "2031-03-04 12:00", "venue": "", "reason": "Room"}

    first = act(office, "workshopsession_move", session, **data)
    assert "1 person is told by e-mail." in first.context["consequences"]
    assert not Message.objects.exists()

    response = act(office, "workshopsession_move", session, **data, confirmed="1")

    session.refresh_from_db()
    assert (session.starts_at, session.sequence) == (datetime(2031, 3, 4, 10, tzinfo=UTC), 1)
    assert response.url == page(run)
    assert Message.objects.count() == 1


def test_move_session_that_ends_before_it_starts_is_refused_in_place(office):
    session = make.run().sessions.get()

    response = act(
        office,
        "workshopsession_move",
        session,
        starts_at="2031-03-04 10:00",
        ends_at="2031-03-04 09:00",
        venue="",
        reason="",
        confirmed="1",
    )

    assert response.context["form"].non_field_errors() == ["A session ends after it starts."]


def test_add_session_tells_those_who_are_enrolled_and_is_added_once(office):
    run = make.run(sessions=1)
    make.enrollment(of=run)
    data = {
        "title_cs": "Navíc",
        "title_en": "Extra",
        "starts_at": "2031-03-04 10:00",
        "ends_at": "2031-03-04 12:00",
        "break_minutes": "0",
        "time_zone": "Europe/London",
        "mode": "online",
    }

    refused = act(office, "courserun_add_session", run, **data | {"ends_at": "2031-03-04 09:00"})
    assert refused.context["form"].errors == {"ends_at": ["A session ends after it starts."]}

    act(office, "courserun_add_session", run, **data)
    act(office, "courserun_add_session", run, **data)

    added = run.sessions.get(title_cs="Navíc")
    assert (added.title_en, added.starts_at) == ("Extra", datetime(2031, 3, 4, 10, tzinfo=UTC))
    assert [message.kind for message in Message.objects.all()] == ["session_added"]


def test_cancel_session_keeps_the_run(office):
    run = make.run(sessions=2)
    session = run.sessions.first()

    act(office, "workshopsession_cancel", session, reason="Snow")

    session.refresh_from_db()
    run.refresh_from_db()
    assert (session.status, run.status) == ("cancelled", "published")


def test_close_run_shows_who_meets_the_conditions_and_is_blocked_by_what_is_not_recorded(office):
    run = over()
    there, absent, unknown = make.enrollment(of=run), make.enrollment(of=run), make.enrollment(of=run)
    session = run.sessions.get()
    make.attendance(of=there, session=session)
    make.attendance(of=absent, session=session, status="absent")

    results = office.get(reverse("admin_courserun_close", args=[run.pk])).context["results"]
    response = act(office, "courserun_close", run)

    assert [(row, found.is_met, bool(found.unrecorded)) for row, found, _reasons in results] == [
        (there, True, False),
        (absent, False, False),
        (unknown, False, True),
    ]
    assert results[1][2] == ["Attended 0 % of the time; 80 % are needed."]
    assert response.context["form"].non_field_errors() == ["Attendance of 1 person is not recorded for every session."]


def test_close_run_writes_results(office):
    run = over(auto_issue=False)
    there = make.enrollment(of=run)
    make.attendance(of=there, session=run.sessions.get())

    act(office, "courserun_close", run)

    run.refresh_from_db()
    there.refresh_from_db()
    assert (run.status, there.status) == (CourseRun.Status.CLOSED, S.COMPLETED)


@pytest.mark.parametrize("rows", [1, 30])
def test_close_preview_takes_the_same_queries_for_any_number_of_people(office, rows, django_assert_num_queries):
    run = over(capacity=None)
    for _number in range(rows):
        make.attendance(of=make.enrollment(of=run), session=run.sessions.get())
    url = reverse("admin_courserun_close", args=[run.pk])
    office.get(url)

    with django_assert_num_queries(14):
        office.get(url)


def test_copy_run_makes_a_draft_with_shifted_sessions_and_nobody_on_it(office):
    venue, trainer = make.venue(), users.profile()
    run = make.run(sessions=0, venue=venue, trainers=[trainer], price=300)
    # Daylight saving begins on 30 March 2031 in Prague: 10:00 stays 10:00.
    make.session(of=run, starts_at=datetime(2031, 3, 25, 9, tzinfo=UTC), title_en="Route", venue=venue)
    make.session(of=run, status="cancelled")
    make.enrollment(of=run)

    response = act(office, "courserun_copy", run, code="KM-3", weeks="1")

    made = CourseRun.objects.get(code="KM-3")
    session = made.sessions.get()
    assert response.url == reverse("wagtailsnippets_courses_courserun:edit", args=[made.pk])
    assert (made.status, made.course, made.price, made.venue) == ("draft", run.course, 300, venue)
    assert set(made.trainers.all()) == {trainer}
    assert (session.starts_at, session.title_en) == (datetime(2031, 4, 1, 8, tzinfo=UTC), "Route")
    assert not made.enrollments.exists()


def test_copy_run_with_a_code_that_is_taken_is_refused(office):
    run = make.run()

    response = act(office, "courserun_copy", run, code=run.code, weeks="52")

    assert response.context["form"].non_field_errors() == ["There is already a run with this code."]
    assert CourseRun.objects.count() == 1


def test_add_person_opens_an_account_and_enrolls(office):
    run = make.run()

    act(office, "courserun_add_person", run, name="Petr Malý", email="Petr@Example.org", language="en", way="place")

    learner = User.objects.get(email="petr@example.org")
    made = run.enrollments.get()
    assert (made.learner, made.status, made.source) == (learner, S.CONFIRMED, Enrollment.Source.STAFF)
    assert (learner.name, learner.language, learner.has_usable_password()) == ("Petr Malý", "en", False)


def test_add_person_keeps_an_existing_account_as_it_is(office):
    run, known = make.run(), users.user("Petra Malá", email="petra@example.org")

    act(office, "courserun_add_person", run, name="Someone Else", email="petra@example.org", language="en", way="place")

    known.refresh_from_db()
    assert (known.name, run.enrollments.get().learner) == ("Petra Malá", known)


def test_add_person_over_capacity_needs_a_reason_else_waits(office):
    run = make.run(capacity=1)
    make.enrollment(of=run)
    person = {"name": "A", "language": "cs"}

    act(office, "courserun_add_person", run, email="a@example.org", way="waiting", **person)
    refused = act(office, "courserun_add_person", run, email="b@example.org", way="over", **person)
    act(office, "courserun_add_person", run, email="b@example.org", way="over", reason="Speaker", **person)

    assert refused.context["form"].errors == {"reason": ["Write the reason."]}

    rows = {row.learner.email: (row.status, row.is_overbooked) for row in run.enrollments.exclude(learner__name="x")}
    assert rows["a@example.org"] == (S.WAITING, False)
    assert rows["b@example.org"] == (S.CONFIRMED, True)


def test_add_person_to_a_cancelled_run_is_refused_and_opens_no_account(office):
    run = make.run(status=CourseRun.Status.CANCELLED, cancelled_at=timezone.now())

    response = act(office, "courserun_add_person", run, name="A", email="a@example.org", language="cs", way="place")

    assert response.context["form"].non_field_errors() == ["This run was cancelled."]
    assert not User.objects.filter(email="a@example.org").exists()


@pytest.mark.parametrize(
    ("action", "data", "status"),
    [
        ("approve", {}, S.CONFIRMED),
        ("decline", {"reason": ""}, S.DECLINED),
        ("give_seat", {"reason": ""}, S.CONFIRMED),
        ("withdraw", {"reason": "Wrote us"}, S.WITHDRAWN),
    ],
)
def test_application_is_decided_by_buttons(office, action, data, status):
    run = make.run(entry=CourseRun.Entry.APPROVAL)
    row = make.enrollment(of=run, status=S.APPLIED, queue_number=1)

    response = act(office, f"enrollment_{action}", row, **data)

    row.refresh_from_db()
    assert (response.url, row.status) == (page(run), status)


def test_withdraw_promotes_the_next_in_the_queue(office):
    run = make.run(capacity=1)
    first = make.enrollment(of=run)
    second = make.enrollment(of=run, status=S.WAITING, queue_number=1)

    act(office, "enrollment_withdraw", first, reason="Wrote us")

    second.refresh_from_db()
    assert second.status == S.CONFIRMED


def test_promote_fills_free_seats_inside_the_freeze(office):
    run = make.run(capacity=1, freeze_hours=24 * 30)
    waiting = make.enrollment(of=run, status=S.WAITING, queue_number=1)

    act(office, "courserun_promote", run)

    waiting.refresh_from_db()
    assert waiting.status == S.CONFIRMED


@pytest.mark.parametrize("url", ["//evil.example.org/", "https://evil.example.org/"])
def test_action_returns_to_this_site_only(office, url):
    run = make.run(status=CourseRun.Status.DRAFT)

    assert act(office, "courserun_publish", run, next=url).url == page(run)
