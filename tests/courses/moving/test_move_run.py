"""The office moves a whole run: what changes, who may leave without a mark, what the action shows."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from academy import times
from academy.mail.models import Message
from courses import attendance, runs
from courses import enrollment as enrolling
from courses.errors import BadTimes, NotPossible, RunCancelled, RunIsOver
from courses.models import Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)
WEEK = timedelta(days=7)
PRAGUE = ZoneInfo("Europe/Prague")


@pytest.fixture
def office(client):
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    return client


def a_week_later(run):
    return {s.pk: (s.starts_at + WEEK, s.ends_at + WEEK) for s in run.sessions.all()}


def test_moving_a_run_keeps_uids_raises_sequences_and_moves_the_deadline():
    run = make.run(sessions=2, cancel_until=NOW + timedelta(days=10))
    before = {session.pk: session for session in run.sessions.all()}

    moved = runs.move_run(run, a_week_later(run), by=users.staff(), at=NOW)

    assert {session.pk for session in moved} == set(before)
    for session in run.sessions.all():
        old = before[session.pk]
        assert (session.uid, session.sequence) == (old.uid, 1)
        assert (session.starts_at, session.ends_at) == (old.starts_at + WEEK, old.ends_at + WEEK)
    was = run.cancel_until.astimezone(PRAGUE).replace(tzinfo=None)
    run.refresh_from_db()
    assert run.cancel_until.astimezone(PRAGUE).replace(tzinfo=None) == was + WEEK


def test_the_same_times_again_change_nothing_and_tell_nobody():
    run = make.run()
    enrolling.enroll(users.user(), run, at=NOW)
    new_times = a_week_later(run)
    runs.move_run(run, new_times, by=users.staff(), at=NOW)

    assert runs.move_run(run, new_times, by=users.staff(), at=NOW) == []

    assert Message.objects.filter(kind="run_moved").count() == 1
    assert run.sessions.get().sequence == 1


def test_moved_run_may_be_left_without_a_mark_for_a_day():
    run = make.run(cancel_until=NOW - timedelta(days=9))
    rows = [make.enrollment(of=run, confirmed_at=NOW - timedelta(days=20)) for _number in range(2)]
    runs.move_run(run, a_week_later(run), by=users.staff(), at=NOW)

    in_time = enrolling.cancel(rows[0], at=NOW + timedelta(hours=24))
    late = enrolling.cancel(rows[1], at=NOW + timedelta(hours=24, seconds=1))

    assert (in_time.is_late_cancellation, late.is_late_cancellation) == (False, True)


def test_earlier_start_shortens_offers():
    run = make.run(capacity=1)
    offer = make.enrollment(of=run, status=S.OFFERED, queue_number=1, offered_until=NOW + timedelta(days=10))
    session = run.sessions.get()
    start = NOW + timedelta(days=3)

    runs.move_run(run, {session.pk: (start, start + timedelta(hours=2))}, by=users.staff(), at=NOW)

    offer.refresh_from_db()
    assert offer.offered_until == start


def test_move_run_refuses_and_changes_nothing():
    staff, run = users.staff(), make.run(sessions=2)
    first, second = run.sessions.order_by("starts_at")
    good = (second.starts_at + WEEK, second.ends_at + WEEK)
    with pytest.raises(BadTimes):
        runs.move_run(run, {second.pk: good, first.pk: (first.ends_at, first.starts_at)}, by=staff, at=NOW)
    row = enrolling.enroll(users.user(), run, at=NOW)
    attendance.mark(first, row, "present", by=staff, at=first.starts_at)
    with pytest.raises(NotPossible):
        runs.move_run(run, a_week_later(run), by=staff, at=NOW)
    for status, refusal in [("cancelled", RunCancelled), ("closed", RunIsOver)]:
        over = make.run(status=status, cancelled_at=NOW, closed_at=NOW)
        with pytest.raises(refusal):
            runs.move_run(over, a_week_later(over), by=staff, at=NOW)
        assert over.sessions.get().sequence == 0

    second.refresh_from_db()
    assert second.sequence == 0


def test_shift_keeps_ten_o_clock_over_the_change_of_clocks():
    before = datetime(2027, 3, 21, 10, 0, tzinfo=PRAGUE)

    assert times.days_later(before, 7, "Europe/Prague") == datetime(2027, 3, 28, 10, 0, tzinfo=PRAGUE)
    shifted = times.shifted(before, before, times.days_later(before, 7, "Europe/Prague"), "Europe/Prague")
    assert shifted == datetime(2027, 3, 28, 10, 0, tzinfo=PRAGUE)


def typed(run, **extra):
    """What the form shows, as a browser would send it back."""
    starts = {f"session_{s.pk}": s.starts_at.astimezone(s.zone).strftime("%Y-%m-%d %H:%M") for s in run.sessions.all()}
    return {"days": "", "reason": "", **starts, **extra}


def test_action_previews_old_and_new_times_and_who_is_told_before_it_moves(office):
    run = make.run(sessions=2)
    enrolling.enroll(users.user(), run)
    address = reverse("admin_courserun_move", args=[run.pk])
    page = office.get(address)
    assert run.sessions.first().title in page.content.decode()

    shown = office.post(address, typed(run, days="7"))
    assert "1 person is told by e-mail." in shown.context["consequences"]
    assert sum("→" in sentence for sentence in shown.context["consequences"]) == 2
    assert run.sessions.filter(sequence=0).count() == 2
    done = office.post(address, typed(run, days="7", confirmed="1"))

    assert done.status_code == 302
    assert run.sessions.filter(sequence=1).count() == 2
    assert Message.objects.filter(kind="run_moved").count() == 1


def test_action_takes_a_new_start_for_one_session(office):
    run = make.run(sessions=2)
    first, second = run.sessions.order_by("starts_at")
    start = first.starts_at.replace(second=0, microsecond=0) + timedelta(days=1, hours=1)
    value = start.astimezone(first.zone).strftime("%Y-%m-%d %H:%M")

    office.post(
        reverse("admin_courserun_move", args=[run.pk]), typed(run, **{f"session_{first.pk}": value, "confirmed": "1"})
    )

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.starts_at, first.sequence, second.sequence) == (start, 1, 0)


@pytest.mark.parametrize("data", [{}, {"days": "7", "both": True}, {"days": "many"}, {"days": "99999"}])
def test_action_says_beside_the_field_what_is_wrong(office, data):
    run = make.run(sessions=1)
    if data.pop("both", False):
        data[f"session_{run.sessions.get().pk}"] = "2031-01-01 10:00"

    page = office.post(reverse("admin_courserun_move", args=[run.pk]), typed(run, **data, confirmed="1"))

    assert page.context["form"].errors["days"]
    assert run.sessions.get().sequence == 0


def test_moving_runs_and_people_is_the_offices_only(client):
    run = make.run()
    row = enrolling.enroll(users.user(), run)
    for name, pk in [("admin_courserun_move", run.pk), ("admin_enrollment_change_run", row.pk)]:
        address = reverse(name, args=[pk])
        client.logout()
        assert client.post(address, typed(run, days="7", confirmed="1")).status_code == 302
        client.force_login(users.user(is_staff=True))
        assert client.post(address, typed(run, days="7", confirmed="1")).status_code in (302, 403)
    assert run.sessions.get().sequence == 0


def test_office_moves_a_person_to_another_run(office):
    run = make.run(max_moves=0)
    other = make.run(of=run.course, starts_in=timedelta(days=30), capacity=1)
    rows = [enrolling.enroll(users.user(), run) for _number in range(2)]
    addresses = [reverse("admin_enrollment_change_run", args=[row.pk]) for row in rows]
    assert other.code in office.get(addresses[0]).content.decode()

    office.post(addresses[0], {"to": other.pk})
    refused = office.post(addresses[1], {"to": other.pk})

    assert "That run is full" in refused.content.decode()
    assert list(other.enrollments.values_list("learner", "status")) == [(rows[0].learner_id, S.CONFIRMED)]
    rows[1].refresh_from_db()
    assert rows[1].status == S.CONFIRMED
