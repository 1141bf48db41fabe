from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.models import Message
from courses import attendance, completion, enrollment
from courses.completion import Assessment
from courses.errors import NotEnrolled, NotPossible, NotRecorded, RunCancelled, RunNotOver
from courses.models import (
    Attendance,
    Completion,
    CourseRun,
    Curriculum,
    CurriculumCompletion,
    CurriculumStep,
    Enrollment,
    FinalTask,
    WorkshopSession,
)
from courses.signals import completion_changed, enrollment_completed
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

A = Attendance.Status
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=60)


@pytest.fixture
def staff():
    return users.staff()


@pytest.fixture
def news():
    """What the two signals said, in order: (name, enrollment, at, by)."""
    heard = []

    def hear(name):
        def receiver(sender, enrollment, at, by, **kwargs):
            heard.append((name, enrollment, at, by))

        return receiver

    receivers = {enrollment_completed: hear("completed"), completion_changed: hear("changed")}
    for signal, receiver in receivers.items():
        signal.connect(receiver, weak=False)
    yield heard
    for signal, receiver in receivers.items():
        signal.disconnect(receiver)


def finished_run(*, sessions=2, **course):
    """A run whose sessions are over and that issues no certificates by itself: those are tested elsewhere."""
    return make.run(of=make.course(**course), sessions=sessions, starts_in=timedelta(days=-20), auto_issue=False)


def person(run, **extra):
    extra.setdefault("confirmed_at", LONG_AGO)
    return make.enrollment(of=run, **extra)


def attend(row, *statuses, minutes=None):
    """Record statuses for the run's sessions in order; None leaves one out."""
    for session, status in zip(row.run.sessions.order_by("starts_at"), statuses, strict=True):
        if status:
            partly = status in (A.LATE, A.LEFT_EARLY)
            make.attendance(of=row, session=session, status=status, minutes=minutes if partly else None)


# --- Assessing ----------------------------------------------------------------------


def test_assess_counts_minutes_over_all_sessions():
    row = person(finished_run(min_attendance_percent=75))
    attend(row, A.PRESENT, A.LATE, minutes=60)

    assert completion.assess(row) == Assessment(180, 240, 75, True)


def test_assess_never_rounds_up():
    row = person(finished_run(min_attendance_percent=80))
    attend(row, A.PRESENT, A.LATE, minutes=71)

    found = completion.assess(row)

    assert (found.percent, found.is_met) == (79, False)
    assert found.reasons == [{"code": "attendance_below", "percent": 79, "needed": 80}]


def test_assess_leaves_a_cancelled_session_out():
    run = finished_run(sessions=3)
    row = person(run)
    attend(row, A.PRESENT, A.PRESENT, None)
    WorkshopSession.objects.filter(pk=run.sessions.order_by("starts_at").last().pk).update(status="cancelled")

    assert completion.assess(row) == Assessment(240, 240, 100, True)


def test_assess_leaves_sessions_before_somebody_joined_out():
    run = finished_run()
    first = run.sessions.order_by("starts_at").first()
    row = person(run, confirmed_at=first.ends_at + timedelta(hours=1))
    attend(row, None, A.PRESENT)

    assert completion.assess(row) == Assessment(120, 120, 100, True)


def test_assess_does_not_take_unrecorded_for_absent():
    run = finished_run(min_attendance_percent=100)
    row = person(run)
    attend(row, A.PRESENT, None)

    found = completion.assess(row)

    second = run.sessions.order_by("starts_at").last()
    assert (found.unrecorded, found.unrecorded_minutes) == ([second.pk], 120)
    assert (found.percent_so_far, found.percent_attainable) == (100, 100)


@pytest.mark.parametrize(("excused_counts", "minutes", "is_met"), [(True, 240, True), (False, 120, False)])
def test_assess_follows_the_policy_for_the_excused(excused_counts, minutes, is_met):
    row = person(finished_run(excused_counts=excused_counts))
    attend(row, A.PRESENT, A.EXCUSED)

    found = completion.assess(row)

    assert (found.minutes_attended, found.minutes_held, found.is_met) == (minutes, 240, is_met)


def test_assess_asks_for_every_required_session():
    run = finished_run(min_attendance_percent=50, all_required_sessions=True)
    required = run.sessions.order_by("starts_at").last()
    required.is_required = True
    required.save()
    row = person(run)
    attend(row, A.PRESENT, A.ABSENT)

    found = completion.assess(row)

    assert found.reasons == [{"code": "required_session_missed", "session": required.pk, "title": "Trasa"}]
    assert completion.reason_sentences(found.reasons) != []


def test_assess_asks_for_the_final_task():
    row = person(finished_run(has_final_task=True))
    attend(row, A.PRESENT, A.PRESENT)

    assert completion.assess(row).reasons == [{"code": "final_task_missing"}]
    FinalTask.objects.create(enrollment=row, is_met=False)
    assert completion.assess(row).reasons == [{"code": "final_task_not_met"}]
    FinalTask.objects.update(is_met=True)
    assert completion.assess(row).is_met


def test_assess_finds_nobody_successful_where_nothing_was_held():
    row = person(make.run(sessions=0))

    assert completion.assess(row) == Assessment(0, 0, 0, False, [{"code": "nothing_held"}])


# --- Closing ------------------------------------------------------------------------


def test_close_writes_results_and_says_who_met_the_rule(staff, news):
    run = finished_run(min_attendance_percent=80)
    good, bad = person(run), person(run)
    attend(good, A.PRESENT, A.PRESENT)
    attend(bad, A.PRESENT, A.ABSENT)

    results = completion.close_run(run, by=staff, at=NOW)
    again = completion.close_run(run, by=staff)

    assert results == again
    assert {
        result.enrollment_id: (result.is_met, result.minutes_attended, result.minutes_held) for result in results
    } == {
        good.pk: (True, 240, 240),
        bad.pk: (False, 120, 240),
    }
    assert {result.decided_at for result in results} == {NOW}
    assert list(run.enrollments.order_by("pk").values_list("status", flat=True)) == [S.COMPLETED, S.NOT_COMPLETED]
    assert list(good.events.values_list("from_status", "to_status", "by")) == [(S.CONFIRMED, S.COMPLETED, staff.pk)]
    assert news == [("completed", good, NOW, staff)]
    run.refresh_from_db()
    assert (run.status, run.closed_at) == (CourseRun.Status.CLOSED, NOW)
    assert list(Message.objects.values_list("kind", "recipient")) == [("course_not_completed", bad.learner_id)]


def test_close_refuses_while_somebody_is_not_recorded(staff):
    run = finished_run()
    one, two, three = (person(run) for _number in range(3))
    attend(one, A.PRESENT, A.PRESENT)
    attend(two, A.PRESENT, None)
    attend(three, None, None)

    with pytest.raises(NotRecorded, match="2"):
        completion.close_run(run, by=staff)

    assert not Completion.objects.exists()
    run.refresh_from_db()
    assert run.status == CourseRun.Status.PUBLISHED


def test_close_refuses_while_a_final_task_is_not_assessed(staff):
    run = finished_run(has_final_task=True)
    row = person(run)
    attend(row, A.PRESENT, A.PRESENT)

    with pytest.raises(NotRecorded, match="1"):
        completion.close_run(run, by=staff)
    completion.record_final_task(row, is_met=False, by=staff)

    assert completion.close_run(run, by=staff)[0].reasons == [{"code": "final_task_not_met"}]


def test_close_waits_for_the_end_of_the_last_session(staff):
    run = make.run(sessions=2)
    ends_at = run.sessions.order_by("starts_at").last().ends_at

    with pytest.raises(RunNotOver):
        completion.close_run(run, by=staff, at=ends_at - timedelta(seconds=1))
    assert completion.close_run(run, by=staff, at=ends_at) == []


@pytest.mark.parametrize(("status", "error"), [("draft", NotPossible), ("cancelled", RunCancelled)])
def test_close_refuses_drafts_and_cancelled_runs(staff, status, error):
    run = finished_run()
    CourseRun.objects.filter(pk=run.pk).update(status=status, cancelled_at=NOW)

    with pytest.raises(error):
        completion.close_run(run, by=staff)


def test_close_releases_those_who_never_got_a_place(staff):
    run = finished_run()
    for status in (S.APPLIED, S.WAITING, S.DRAFT):
        person(run, status=status, queue_number=None if status == S.DRAFT else run.enrollments.count() + 1)
    offered = person(run, status=S.OFFERED, offered_until=NOW - timedelta(days=30))

    completion.close_run(run, by=staff, at=NOW)

    assert not run.enrollments.active().exists()
    offered.refresh_from_db()
    assert offered.status == S.CANCELLED
    assert set(run.enrollments.exclude(pk=offered.pk).values_list("status", "ended_at")) == {(S.WITHDRAWN, NOW)}


def test_close_takes_the_same_number_of_queries_for_any_number_of_people(staff, django_assert_num_queries):
    for people in (1, 30):
        run = finished_run()
        for _number in range(people):
            attend(person(run), A.PRESENT, A.PRESENT)

        with django_assert_num_queries(20):
            completion.close_run(run, by=staff)


# --- Correcting ---------------------------------------------------------------------


def test_correction_changes_the_result_and_says_so(staff, news):
    run = finished_run(sessions=1)
    row = person(run)
    attend(row, A.PRESENT)
    completion.close_run(run, by=staff, at=NOW)
    session = run.sessions.get()

    attendance.mark(session, row, A.ABSENT, by=staff, reason="A namesake.", at=NOW)
    attendance.mark(session, row, A.ABSENT, by=staff, reason="Again.", at=NOW)
    row.refresh_from_db()
    assert (row.status, row.completion.is_met) == (S.NOT_COMPLETED, False)
    attendance.mark(session, row, A.PRESENT, by=staff, reason="It was them after all.", at=NOW)

    row = Enrollment.objects.get(pk=row.pk)
    assert (row.status, row.completion.is_met) == (S.COMPLETED, True)
    assert [name for name, *_rest in news] == ["completed", "changed", "changed"]
    assert list(row.events.order_by("pk").values_list("to_status", flat=True)) == [
        S.COMPLETED,
        S.NOT_COMPLETED,
        S.COMPLETED,
    ]


def test_correction_of_minutes_alone_is_news_too(staff, news):
    run = finished_run(sessions=1, min_attendance_percent=50)
    row = person(run)
    attend(row, A.PRESENT)
    completion.close_run(run, by=staff, at=NOW)

    attendance.mark(run.sessions.get(), row, A.LATE, minutes=90, by=staff, reason="The door's log.", at=NOW)

    row.refresh_from_db()
    assert (row.status, row.completion.minutes_attended) == (S.COMPLETED, 90)
    assert news[1:] == [("changed", row, NOW, staff)]


def test_final_task_is_recorded_once_and_corrects_a_closed_run(staff, news):
    run = finished_run(sessions=1, has_final_task=True)
    row = person(run)
    attend(row, A.PRESENT)
    first = completion.record_final_task(row, is_met=False, by=staff, at=NOW)
    assert completion.record_final_task(row, is_met=False, by=users.user()) == first
    completion.close_run(run, by=staff, at=NOW)

    completion.record_final_task(row, is_met=True, comment="Handed in again.", by=staff, at=NOW)

    row.refresh_from_db()
    assert row.status == S.COMPLETED
    assert news == [("changed", row, NOW, staff)]
    assert FinalTask.objects.count() == 1


def test_final_task_needs_a_course_that_has_one_and_a_place(staff):
    with pytest.raises(NotPossible):
        completion.record_final_task(person(finished_run()), is_met=True, by=staff)
    waiting = person(finished_run(has_final_task=True), status=S.WAITING, queue_number=1)
    with pytest.raises(NotEnrolled):
        completion.record_final_task(waiting, is_met=True, by=staff)


# --- Learning paths -----------------------------------------------------------------


def path(*courses, optional=(), optional_at_least=0):
    made = Curriculum.objects.create(slug=f"path-{Curriculum.objects.count()}", optional_at_least=optional_at_least)
    for course in courses:
        CurriculumStep.objects.create(curriculum=made, course=course)
    for course in optional:
        CurriculumStep.objects.create(curriculum=made, course=course, is_required=False)
    return made


def test_closing_completes_a_path_once_every_step_is_done(staff):
    first, second = finished_run(sessions=1), finished_run(sessions=1)
    both, one = path(first.course, second.course), path(first.course)
    choice = path(optional=[first.course, second.course], optional_at_least=2)
    learner = users.user()
    for run in (first, second):
        attend(person(run, learner=learner), A.PRESENT)
        attend(person(run), A.ABSENT)

    completion.close_run(first, by=staff, at=NOW)
    assert set(CurriculumCompletion.objects.values_list("curriculum", "learner")) == {(one.pk, learner.pk)}
    completion.close_run(second, by=staff, at=NOW)

    assert set(CurriculumCompletion.objects.values_list("curriculum", "learner", "completed_at")) == {
        (path.pk, learner.pk, NOW) for path in (one, both, choice)
    }


def test_closing_hears_of_the_path_before_the_news_is_sent(staff):
    run = finished_run(sessions=1)
    path(run.course)
    attend(person(run), A.PRESENT)
    seen = []

    def receiver(sender, enrollment, **kwargs):
        seen.append(CurriculumCompletion.objects.filter(learner=enrollment.learner).count())

    enrollment_completed.connect(receiver)
    completion.close_run(run, by=staff)
    enrollment_completed.disconnect(receiver)

    assert seen == [1]


def completed_path(staff, *, optional=0, optional_at_least=0):
    """A path of one required course and `optional` others, all completed by one learner: (runs, learner, row)."""
    runs = [finished_run(sessions=1) for _number in range(1 + optional)]
    path(runs[0].course, optional=[run.course for run in runs[1:]], optional_at_least=optional_at_least)
    learner = users.user()
    for run in runs:
        attend(person(run, learner=learner), A.PRESENT)
        completion.close_run(run, by=staff, at=NOW)
    return runs, learner, CurriculumCompletion.objects.get()


def correct(run, status, staff, at):
    attendance.mark(run.sessions.get(), run.enrollments.get(), status, by=staff, reason="The sheet was misread.", at=at)


def test_a_correction_undoes_a_path_and_another_completes_it_again(staff):
    runs, _learner, row = completed_path(staff)
    later, latest = NOW + timedelta(days=1), NOW + timedelta(days=2)

    correct(runs[0], A.ABSENT, staff, later)
    row.refresh_from_db()
    assert (row.completed_at, row.undone_at) == (NOW, later)
    assert not CurriculumCompletion.objects.standing().exists()
    correct(runs[0], A.PRESENT, staff, latest)

    row.refresh_from_db()
    assert (row.completed_at, row.undone_at) == (latest, None)


def test_a_correction_leaves_a_path_that_has_optional_courses_to_spare(staff):
    runs, _learner, row = completed_path(staff, optional=2, optional_at_least=1)

    correct(runs[1], A.ABSENT, staff, NOW)
    row.refresh_from_db()
    assert row.undone_at is None
    correct(runs[2], A.ABSENT, staff, NOW)

    row.refresh_from_db()
    assert row.undone_at == NOW


def test_a_correction_leaves_a_path_whose_course_was_completed_another_time(staff):
    runs, learner, row = completed_path(staff)
    again = make.run(of=runs[0].course, starts_in=timedelta(days=-20), auto_issue=False)
    attend(person(again, learner=learner), A.PRESENT)
    completion.close_run(again, by=staff, at=NOW)

    correct(again, A.ABSENT, staff, NOW)

    row.refresh_from_db()
    assert row.undone_at is None


def test_a_step_put_into_the_path_later_takes_nothing_away(staff):
    runs, _learner, row = completed_path(staff, optional=1)
    CurriculumStep.objects.create(curriculum=row.curriculum, course=make.course(public=False))

    correct(runs[1], A.ABSENT, staff, NOW)

    row.refresh_from_db()
    assert row.undone_at is None


def test_a_refused_correction_leaves_the_path(staff):
    runs, _learner, row = completed_path(staff)

    def refuse(sender, **kwargs):
        raise NotPossible("No.")

    completion_changed.connect(refuse)
    try:
        with pytest.raises(NotPossible):
            correct(runs[0], A.ABSENT, staff, NOW)
    finally:
        completion_changed.disconnect(refuse)

    row.refresh_from_db()
    assert row.undone_at is None


def test_cancelling_what_is_completed_is_refused(staff):
    run = finished_run(sessions=1)
    row = person(run)
    attend(row, A.PRESENT)
    completion.close_run(run, by=staff)

    with pytest.raises(enrollment.NotPossible):
        enrollment.cancel(row)
    with pytest.raises(enrollment.NotPossible):
        enrollment.withdraw(row, by=staff, reason="x")
