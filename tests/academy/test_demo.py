"""The demo is loaded through the rules, once, and says where its content is broken."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from academy.demo.content import ContentError, Entry, moment, read
from academy.management.commands.demo import DEFAULT_CONTENT
from academy.users.models import Membership, User
from certificates.models import Certificate
from cms.models import ArticlePage, CallPage, CoursePage
from courses.models import Conflict, Course, CourseRun, Enrollment, Selection
from mentoring.models import Booking, CoachingSlot, Mentor

MONDAY_MORNING = datetime(2026, 3, 23, 7, 0, tzinfo=UTC)  # the week before the clocks change in Europe


def load(path=DEFAULT_CONTENT):
    out = StringIO()
    call_command("demo", content=Path(path), stdout=out)
    return out.getvalue()


def counts():
    return {model: model.objects.count() for model in (User, Enrollment, CoachingSlot, CoursePage)}


def broken(tmp_path, replace, by):
    path = tmp_path / "content.yaml"
    text = DEFAULT_CONTENT.read_text(encoding="utf-8")
    assert replace in text
    path.write_text(text.replace(replace, by, 1), encoding="utf-8")
    return path


def line_of(path, text):
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.django_db
def test_demo_loads_people_in_their_states():
    printed = load()

    assert Course.objects.count() == 8
    assert CourseRun.objects.count() == 12
    assert CoursePage.objects.live().count() == 16
    assert Mentor.objects.count() == 6
    states = {
        (row.learner.email, row.run.code): row.status
        for row in Enrollment.objects.filter(learner__email__startswith="p").select_related("learner", "run")
    }
    assert states == {
        ("p1@example.org", "AP-3"): "completed",
        ("p1@example.org", "KM-2"): "offered",
        ("p2@example.org", "AP-3"): "completed",
        ("p2@example.org", "LP-5"): "confirmed",
        ("p3@example.org", "PR-6"): "completed",
        ("p3@example.org", "LP-5"): "waiting",
        ("p4@example.org", "PR-6"): "completed",
        ("p4@example.org", "SH-1"): "applied",
        ("p4@example.org", "BK-4"): "confirmed",
        ("p5@example.org", "PR-6"): "not_completed",
        ("p5@example.org", "LP-5"): "waiting",
        ("p6@example.org", "SY-2"): "applied",
        ("p7@example.org", "SH-1"): "applied",
        ("p7@example.org", "AP-3"): "cancelled",
        ("p8@example.org", "BK-4"): "confirmed",
    }
    full = CourseRun.objects.with_seats().get(code="LP-5")
    assert (full.seats_taken, full.people_waiting) == (15, 4)
    assert ArticlePage.objects.live().count() == 6
    completed = Enrollment.objects.filter(status=Enrollment.Status.COMPLETED)
    assert {certificate.enrollment for certificate in Certificate.objects.all()} == set(completed)
    assert {booking.slot.mentor for booking in Booking.objects.select_related("slot__mentor")} == set(
        Mentor.objects.all()
    )
    decided, still_open = (Selection.objects.get(run__code=code) for code in ("KM-2", "SH-1"))
    assert (decided.decided_at is None, still_open.decided_at) == (False, None)
    assert decided.run.enrollments.filter(verdict__outcome="reserve").count() >= 1
    assert Conflict.objects.filter(juror__selection=decided).count() == 1
    assert (decided.jurors.count(), still_open.jurors.count()) == (3, 3)
    assert CallPage.objects.live().count() == 4
    assert "office@example.org" in printed
    # an organisation: one place accepted, one given away, two open; and somebody who changed runs
    states = Enrollment.objects.filter(organisation__isnull=False).order_by("pk").values_list("status", flat=True)
    assert list(states) == ["confirmed", "cancelled", "offered", "offered"]
    assert Enrollment.objects.get(organisation__isnull=False, follows__isnull=False).learner.name == "Vendelín Nováček"
    moved = Enrollment.objects.get(moves=1)
    assert (moved.run.code, moved.follows.run.code, moved.follows.status) == ("BK-5", "BK-4", "cancelled")
    assert Membership.objects.filter(accepted_at=None).count() == 1


@pytest.mark.django_db
def test_demo_is_left_alone_when_loaded_again():
    load()
    before = counts()

    printed = load()

    assert counts() == before
    assert "left alone" in printed
    call_command("audit", stdout=StringIO())


@pytest.mark.django_db
def test_demo_refuses_a_site_that_has_people():
    User.objects.create_user("somebody@example.org")

    with pytest.raises(CommandError, match="empty site only"):
        load()

    assert not Course.objects.exists()


@pytest.mark.django_db
def test_demo_names_the_line_of_a_missing_key_and_loads_nothing(tmp_path):
    path = broken(tmp_path, "    capacity: 20\n", "")

    with pytest.raises(CommandError) as error:
        load(path)

    line = line_of(path, "booking-route-offer-deal")
    assert str(error.value) == f"content.yaml, line {line}: “capacity” is missing."
    assert not User.objects.exists()


def test_content_names_the_line_of_broken_yaml(tmp_path):
    path = tmp_path / "content.yaml"
    path.write_text("a: 1\nb: [1, 2\nc: 3\n")

    with pytest.raises(ContentError, match=r"^content\.yaml, line 3: "):
        read(path)


def test_content_refuses_an_empty_file(tmp_path):
    path = tmp_path / "content.yaml"
    path.write_text("")

    with pytest.raises(ContentError, match="holds no content"):
        read(path)


@pytest.mark.parametrize(
    ("week", "hour_utc"), [(0, 9), (1, 8)], ids=["before the clocks change", "after the clocks change"]
)
def test_moment_keeps_wall_clock_time_over_the_clock_change(week, hour_utc):
    at = moment(Entry(date=Entry(week=week, weekday=1)), "10:00", MONDAY_MORNING, "Europe/Prague")

    assert at.astimezone(UTC).hour == hour_utc


@pytest.mark.parametrize(("clock", "tz"), [("25:00", "Europe/Prague"), ("10.00", "Europe/Prague"), ("10:00", "Mars")])
def test_moment_names_the_line_of_an_impossible_time(clock, tz):
    entry = Entry(date=Entry(week=0, weekday=1))
    entry.line, entry.source = 7, "content.yaml"

    with pytest.raises(ContentError, match=r"^content\.yaml, line 7: "):
        moment(entry, clock, MONDAY_MORNING, tz)
