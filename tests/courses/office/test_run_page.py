"""The page of a run: seats, tabs, filters, history; who may open them and what they cost."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from academy import registry
from academy.mail.models import Message
from academy.registry import RunSection
from academy.users.models import Membership, Organisation, User
from courses import attendance, enrollment, runs
from courses.admin.run_page import seats_of
from courses.models import CourseRun, Enrollment
from courses.notifications import about_run
from courses.seats import tally
from tests.factories import certificates as certificate_factory
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


def page(run, **params):
    query = "&".join(f"{name}={value}" for name, value in params.items())
    return reverse("wagtailsnippets_courses_courserun:inspect", args=[run.pk]) + (f"?{query}" if query else "")


def shown(office, run, **params):
    return {row for row, _buttons in office.get(page(run, **params)).context["people"]}


def fill(run, rows):
    """So many people in each state, with attendance, history and messages."""
    for number in range(rows):
        made = make.enrollment(of=run)
        make.attendance(of=made, session=run.sessions.first())
        made.events.create(to_status=S.CONFIRMED, by=made.learner)
        make.enrollment(of=run, status=S.WAITING, queue_number=number + 1)
        for status in (Message.Status.QUEUED, Message.Status.FAILED):
            Message.objects.create(
                key=f"{status}{number}",
                kind="k",
                recipient=made.learner,
                to="a@example.org",
                about=about_run(run.pk),
                status=status,
            )


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(
    ("part", "queries"),
    [("people", 18), ("queue", 23), ("sessions", 15), ("attendance", 17), ("messages", 16), ("history", 17)],
)
def test_each_tab_takes_the_same_queries_for_any_number_of_people(
    office, rows, part, queries, django_assert_num_queries
):
    run = make.run(sessions=2, capacity=None)
    fill(run, rows)
    office.get(page(run, part=part))

    with django_assert_num_queries(queries):
        office.get(page(run, part=part))


def test_queue_of_300_is_paged_and_takes_the_queries_of_a_short_one(office, django_assert_num_queries):
    run = make.run(capacity=1)
    people = [User(email=f"w{n}@example.org", name=f"W{n}") for n in range(300)]
    User.objects.bulk_create(people)
    Enrollment.objects.bulk_create(
        Enrollment(run=run, learner=person, status=S.WAITING, queue_number=n) for n, person in enumerate(people, 1)
    )
    office.get(page(run, part="queue"))

    with django_assert_num_queries(23):
        context = office.get(page(run, part="queue", p="2")).context

    assert [position for position, *_rest in context["queue"]] == list(range(51, 101))


def test_seats_say_what_is_taken_offered_free_and_over_capacity(office):
    run = make.run(capacity=4)
    make.enrollment(of=run)
    make.enrollment(of=run, is_overbooked=True, overbooking_reason="Interpreter")
    make.enrollment(of=run, status=S.OFFERED, offered_until=timezone.now() + timedelta(hours=1))
    make.enrollment(of=run, status=S.OFFERED, offered_until=timezone.now() - timedelta(hours=1))
    make.enrollment(of=run, status=S.WAITING, queue_number=1)
    make.enrollment(of=run, status=S.APPLIED, queue_number=2)

    response = office.get(page(run))

    seats = {"taken": 2, "offered": 1, "free": 1, "waiting": 1, "applied": 1, "over": 1, "late": 0}
    assert response.context["seats"] == seats
    assert "over capacity: Interpreter" in response.content.decode()


def test_a_place_that_has_lapsed_is_free_before_anything_has_noticed(office):
    run = make.run(capacity=2)
    make.enrollment(of=run, lapses_at=timezone.now() - timedelta(minutes=1))
    make.enrollment(of=run)

    seats = seats_of(run, timezone.now())

    assert (seats["taken"], seats["free"]) == (1, 1) == (tally(run, timezone.now()).taken, 1)


def test_people_are_filtered_by_state_organisation_source_and_text(office):
    run = make.run()
    label = Organisation.objects.create(name="Sever")
    jan = make.enrollment(of=run, learner=users.user("Jan Novák", email="jan@example.org"))
    eva = make.enrollment(of=run, status=S.WAITING, queue_number=1, source="staff")
    late = make.enrollment(of=run, status=S.CANCELLED, is_late_cancellation=True)
    elsewhere = make.enrollment(of=make.run())
    Membership.objects.create(organisation=label, user=eva.learner, accepted_at=timezone.now())
    Membership.objects.create(organisation=label, user=jan.learner)  # not accepted, so not of the organisation
    Membership.objects.create(organisation=label, user=elsewhere.learner, accepted_at=timezone.now())

    assert shown(office, run) == {jan, eva, late}
    assert shown(office, run, status="waiting") == {eva}
    assert shown(office, run, status="late") == {late}
    assert shown(office, run, source="staff") == {eva}
    assert shown(office, run, organisation=label.pk) == {eva}
    assert shown(office, run, q="JAN@") == {jan}
    assert shown(office, run, status="nonsense") == {jan, eva, late}


def test_queue_says_why_nobody_moves_up_and_who_is_busy(office):
    run = make.run(capacity=1, freeze_hours=24 * 30)
    waiting = make.enrollment(of=run, status=S.WAITING, queue_number=7)
    other = make.run(starts_in=timedelta(days=14))
    make.enrollment(of=other, learner=waiting.learner)

    context = office.get(page(run, part="queue")).context

    assert [(position, row, reasons) for position, row, reasons, _buttons in context["queue"]] == [
        (1, waiting, ["has another course at the same time, so gets an offer, not a place"])
    ]
    assert context["standstill"].startswith("It is less than 720 hours to the start")


def test_mail_that_did_not_arrive_is_shown_beside_the_person_and_among_the_messages(office):
    run = make.run()
    row = make.enrollment(of=run)
    facts = {"kind": "k", "recipient": row.learner, "to": "gone@example.org", "about": about_run(run.pk)}
    failed = Message.objects.create(key="a", status=Message.Status.FAILED, error="550 no such user", **facts)
    Message.objects.create(key="b", **facts)

    people = [row.failure for row, _buttons in office.get(page(run)).context["people"]]
    messages = office.get(page(run, part="messages")).context

    assert people == [failed]
    assert (messages["failed"], len(messages["page"])) == ([failed], 2)


def test_history_merges_changes_of_run_people_attendance_and_certificates_by_time(office, manager):
    run = make.run(capacity=1, status=CourseRun.Status.DRAFT)
    runs.publish(run, by=manager)
    row = enrollment.enroll(users.user("Jan Novák"), run, by=manager, source="staff")
    runs.change_capacity(run, 3, by=manager)
    session = run.sessions.get()
    attendance.mark(session, row, "present", by=manager, at=session.starts_at)
    attendance.mark(session, row, "absent", by=manager, reason="Wrong person", at=session.ends_at)

    lines = [
        (line.what, line.about, line.change, line.who, line.why)
        for _at, line in office.get(page(run, part="history")).context["page"].lines
    ]

    assert lines == [
        (
            "Correction of attendance",
            f"Jan Novák, {session.title}",
            "Present, 120 min → Absent",
            "Kancelář",
            "Wrong person",
        ),
        ("Capacity changed", "", "Capacity: 1 → 3", "Kancelář", ""),
        ("Enrollment", "Jan Novák", "Enrollment confirmed", "Kancelář", ""),
        ("Published", "", "", "Kancelář", ""),
    ]


def test_history_names_certificates_of_the_run(office):
    made = certificate_factory.certificate()

    lines = office.get(page(made.enrollment.run, part="history")).context["page"].lines

    assert [(line.what, line.about, line.change) for _at, line in lines] == [
        ("Certificate", f"{made.holder_name}, {made.serial}", "Issued")
    ]


def test_history_is_paged(office):
    run = make.run()
    row = make.enrollment(of=run)
    for number in range(60):
        row.events.create(to_status=S.CONFIRMED, at=timezone.now() - timedelta(minutes=number))

    second = office.get(page(run, part="history", p="2")).context["page"]

    assert (second.paginator.num_pages, len(second.lines)) == (2, 10)


def test_edit_of_a_run_leaves_a_line_with_old_and_new(office, manager):
    run = make.run(sessions=0, capacity=5, minimum=1, status=CourseRun.Status.DRAFT)
    edit = reverse("wagtailsnippets_courses_courserun:edit", args=[run.pk])
    data = {
        "course": run.course_id,
        "code": run.code,
        "language": "cs",
        "mode": "onsite",
        "time_zone": "Europe/Prague",
        "capacity": "7",
        "minimum": "3",
        "price": "0",
        "entry": "open",
        "promotion": "automatic",
        "offer_hours": "48",
        "max_moves": "2",
        "payment_days": "14",
        "payment_reminder_days": "3",
        "lapse_hours": "72",
        "freeze_hours": "0",
        "auto_issue": "on",
        "reminders": run.reminders,
        "sessions-TOTAL_FORMS": "0",
        "sessions-INITIAL_FORMS": "0",
        "question_picks-TOTAL_FORMS": "0",
        "question_picks-INITIAL_FORMS": "0",
        "quotas-TOTAL_FORMS": "0",
        "quotas-INITIAL_FORMS": "0",
    }

    page_after = office.post(edit, data)
    assert page_after.status_code == 302, page_after.context["form"].errors

    assert [(event.what, event.old, event.new, event.by) for event in run.events.all()] == [
        ("capacity", {"capacity": 5}, {"capacity": 7}, manager),
        ("edited", {"minimum": 1}, {"minimum": 3}, manager),
    ]


def test_tabs_of_other_apps_appear_where_the_person_may_see_them(office, monkeypatch):
    run = make.run()
    section = RunSection("Payments", "courses/admin/run/sessions.html", lambda run, request: {"sessions": []})
    hidden = RunSection("Secret", "courses/admin/run/sessions.html", lambda run, request: {}, permission="no.such")
    monkeypatch.setitem(registry.run_sections, "payments", section)
    monkeypatch.setitem(registry.run_sections, "secret", hidden)

    response = office.get(page(run, part="payments"))

    assert ("payments", "Payments") in response.context["tabs"]
    assert "secret" not in dict(response.context["tabs"])
    assert office.get(page(run, part="secret")).status_code == 404
    assert office.get(page(run, part="nonsense")).status_code == 404


def test_page_is_for_the_office_only(client):
    run = make.run()
    learner, editor = users.user(), users.user()
    editor.groups.add(Group.objects.get(name="Editors"))

    def reaches(person):
        client.logout()
        if person:
            client.force_login(person)
        return client.get(page(run)).status_code

    administrator = users.user()
    administrator.groups.add(Group.objects.get(name="Administrators"))
    assert [reaches(None), reaches(learner), reaches(editor), reaches(administrator)] == [302, 302, 302, 200]
