"""Rows that rules write: listed, inspected and exported in the admin, changed by nobody there."""

import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from django.urls import reverse

from courses.models import Attendance, Completion, CourseRun, Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
RECORDS = ["enrollment", "attendance", "completion"]


@pytest.fixture
def office(client):
    """A client signed in as a superuser, reading English."""
    client.force_login(users.staff(language="en"))
    return client


def make_rows(count):
    """So many enrollments with attendance and result; return the last of each by name."""
    run = make.run(sessions=1, capacity=None)
    for _number in range(count):
        row = make.enrollment(of=run)
        mark = make.attendance(of=row, session=run.sessions.get())
        result = Completion.objects.create(enrollment=row, is_met=True, minutes_attended=1, minutes_held=1)
    return {"enrollment": row, "attendance": mark, "completion": result}


@pytest.mark.parametrize("name", RECORDS)
def test_record_is_listed_inspected_and_exported(office, name):
    row = make_rows(1)[name]

    for url in (reverse(f"{name}:index"), reverse(f"{name}:inspect", args=[row.pk])):
        response = office.get(url)
        assert response.status_code == 200
        assert "Alžběta Koníčková" in response.content.decode()
    export = office.get(reverse(f"{name}:index") + "?export=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(export.streaming_content))).active
    assert sheet["A2"].value == "Alžběta Koníčková"


@pytest.mark.parametrize("name", RECORDS)
def test_record_is_not_added_edited_or_deleted_even_by_a_superuser(office, name):
    row = make_rows(1)[name]
    urls = [
        reverse(f"{name}:add"),
        reverse(f"{name}:edit", args=[row.pk]),
        reverse(f"{name}:delete", args=[row.pk]),
    ]

    for url in urls:
        assert office.get(url).url == reverse("wagtailadmin_home")
        assert office.post(url).url == reverse("wagtailadmin_home")

    assert Enrollment.objects.count() == Attendance.objects.count() == Completion.objects.count() == 1
    listing = office.get(reverse(f"{name}:index")).content.decode()
    for url in urls:
        assert f'href="{url}"' not in listing


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("rows", [1, 30])
def test_record_list_takes_the_same_queries_for_any_number_of_rows(office, name, rows, django_assert_num_queries):
    make_rows(rows)
    url = reverse(f"{name}:index")
    office.get(url)

    with django_assert_num_queries(9):
        office.get(url)


def test_enrollment_list_offers_the_actions_of_the_row(office):
    row = make.enrollment(of=make.run(entry=CourseRun.Entry.APPROVAL), status="applied", queue_number=1)

    listing = office.get(reverse("enrollment:index")).content.decode()

    assert reverse("admin_enrollment_approve", args=[row.pk]) in listing
    assert reverse("admin_enrollment_final_task", args=[row.pk]) not in listing


@pytest.mark.parametrize("query", ["Koníč", "person", "R-"])
def test_enrollments_are_found_by_name_address_and_run(office, query):
    row = make.enrollment(of=make.run())

    found = office.get(reverse("enrollment:index"), {"q": query}).context["object_list"]

    assert list(found) == [row]


def test_export_shows_the_offices_time(office):
    run = make.run()
    make.enrollment(of=run, created_at=datetime(2031, 7, 1, 10, tzinfo=UTC))

    export = office.get(reverse("enrollment:index") + "?export=xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(export.streaming_content))).active
    headings = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, headings.index("Created") + 1).value.hour == 12


def test_front_page_names_runs_to_close_and_applications_to_decide(office):
    over = make.run(starts_in=timedelta(days=-3))
    asked = make.run(entry=CourseRun.Entry.APPROVAL)
    calm = make.run()
    for number in (1, 2):
        make.enrollment(of=asked, status="applied", queue_number=number)

    page = office.get(reverse("wagtailadmin_home")).content.decode()

    assert f"The run {over.code} ({over.course}) is over: close it." in page
    assert f"{asked.code} ({asked.course}): 2 applications to decide." in page
    assert calm.code not in page


def test_no_show_is_whoever_held_a_place_and_was_marked_absent_throughout(client):
    run = make.run(sessions=2, starts_in=timedelta(days=-3))
    first, second = run.sessions.order_by("starts_at")
    never, once, excused, unrecorded, gone = (make.enrollment(of=run, confirmed_at=first.starts_at) for _n in range(5))
    for row in (never, once, gone):
        make.attendance(of=row, session=first, status="absent")
    make.attendance(of=once, session=second)
    make.attendance(of=excused, session=first, status="excused")
    make.attendance(of=excused, session=second, status="absent")
    Enrollment.objects.filter(pk=gone.pk).update(status="cancelled")

    marks = {row: row.is_no_show for row in Enrollment.objects.with_no_show()}

    assert {row for row, is_no_show in marks.items() if is_no_show} == {never}
    assert unrecorded in marks
    office = users.staff(language="en")
    client.force_login(office)
    page = client.get(reverse("enrollment:index"), {"is_no_show": "true"})
    assert [row.pk for row in page.context["object_list"]] == [never.pk]
    people = client.get(
        reverse("wagtailsnippets_courses_courserun:inspect", args=[run.pk]), {"part": "people", "status": "no_show"}
    )
    assert [row for row, _buttons in people.context["people"]] == [never]
    assert "no-show" in people.content.decode()
