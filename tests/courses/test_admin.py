"""Lists, forms and deletion of what is taught, in the admin."""

import io
import re
from datetime import UTC, datetime

import openpyxl
import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, querydict_from_html

from courses.admin.run_form import RUN_LOCKED, SESSION_LOCKED
from courses.models import Course, CourseRun
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
SNIPPETS = ["course", "courserun", "curriculum", "venue", "funder", "segment"]


@pytest.fixture
def office(client):
    """A client signed in as the office, reading English."""
    client.force_login(users.staff(language="en"))
    return client


@pytest.mark.parametrize("name", SNIPPETS)
def test_list_and_add_form_open(office, name):
    for view in ("list", "add"):
        response = office.get(reverse(f"wagtailsnippets_courses_{name}:{view}"))
        assert response.status_code == 200


def run_url(run, view="edit"):
    return reverse(f"wagtailsnippets_courses_courserun:{view}", args=[run.pk])


def form_of(office, url):
    """What a browser would post from the edit form at the address (dict)."""
    posted = querydict_from_html(office.get(url).content.decode(), form_id="w-editor-form")
    return {name: values[0] if len(values) == 1 else values for name, values in posted.lists()}


def test_run_form_saves_run_and_sessions_together(office):
    run = make.run(sessions=1)
    data = form_of(office, run_url(run))
    data["capacity"] = "31"
    data["sessions-0-title_en"] = "Route"
    data["sessions-TOTAL_FORMS"] = "2"
    data |= {
        "sessions-1-title_cs": "Nabídka",
        "sessions-1-starts_at": "2030-01-15 10:00",
        "sessions-1-ends_at": "2030-01-15 12:00",
        "sessions-1-break_minutes": "0",
        "sessions-1-time_zone": "Europe/London",
        "sessions-1-mode": "online",
        "sessions-1-joining_link": "",
        "sessions-1-id": "",
        "sessions-1-DELETE": "",
    }

    response = office.post(run_url(run), data)

    run.refresh_from_db()
    first, second = run.sessions.order_by("pk")
    assert response.url == run_url(run, "inspect")
    assert run.capacity == 31
    assert first.title_en == "Route"
    assert first.sequence == 0
    assert second.starts_at == datetime(2030, 1, 15, 10, tzinfo=UTC)  # London's clock, not Prague's


def test_run_form_shows_times_on_the_sessions_own_clock_and_raises_sequence_when_they_change(office):
    run = make.run(sessions=0)
    session = make.session(of=run, starts_at=datetime(2030, 7, 1, 9, tzinfo=UTC), time_zone="America/New_York")
    data = form_of(office, run_url(run))
    assert data["sessions-0-starts_at"] == "2030-07-01 05:00"

    data["sessions-0-starts_at"] = "2030-07-01 05:30"
    office.post(run_url(run), data)

    session.refresh_from_db()
    assert session.starts_at == datetime(2030, 7, 1, 9, 30, tzinfo=UTC)
    assert session.sequence == 1


def test_run_form_wants_a_title_in_the_default_language_only(office):
    run = make.run(sessions=1)
    data = form_of(office, run_url(run))
    data["sessions-0-title_cs"], data["sessions-0-title_en"] = "", "Route"

    response = office.post(run_url(run), data)

    assert response.status_code == 200
    assert response.context["form"].formsets["sessions"].errors == [{"title_cs": ["This field is required."]}]


@pytest.mark.parametrize("status", ["confirmed", "waiting", "applied"])
def test_run_form_locks_dates_place_and_capacity_once_anybody_is_enrolled(office, status):
    run = make.run(sessions=1)
    make.enrollment(of=run, status=status, queue_number=1)

    form = office.get(run_url(run)).context["form"]

    session = form.formsets["sessions"].forms[0]
    assert {name for name, field in form.fields.items() if field.disabled} == set(RUN_LOCKED)
    assert {name for name, field in session.fields.items() if field.disabled} == set(SESSION_LOCKED)


def test_run_form_refuses_locked_facts_that_are_posted_all_the_same(office):
    run = make.run(sessions=1, capacity=20)
    before = run.sessions.get()
    make.enrollment(of=run)

    for name, value in [("capacity", "99"), ("sessions-0-starts_at", "2031-01-01 10:00")]:
        response = office.post(run_url(run), form_of(office, run_url(run)) | {name: value})
        assert response.status_code == 200
        assert "Somebody is enrolled" in response.content.decode()

    run.refresh_from_db()
    assert (run.capacity, run.sessions.get().starts_at) == (20, before.starts_at)


def test_run_form_keeps_texts_editable_once_anybody_is_enrolled(office):
    run = make.run(sessions=0, capacity=20)
    before = make.session(of=run, starts_at=datetime(2030, 7, 1, 9, tzinfo=UTC))
    make.enrollment(of=run)
    data = form_of(office, run_url(run))
    data["sessions-0-title_cs"], data["price"] = "Nový název", "500"

    response = office.post(run_url(run), data)

    run.refresh_from_db()
    after = run.sessions.get()
    assert response.status_code == 302
    assert (run.price, run.capacity, after.title_cs, after.starts_at) == (500, 20, "Nový název", before.starts_at)


def test_run_form_adds_no_session_once_anybody_is_enrolled(office):
    run = make.run(sessions=1)
    make.enrollment(of=run)
    data = form_of(office, run_url(run))
    data["sessions-TOTAL_FORMS"] = "2"
    data |= {"sessions-1-title_cs": "Nabídka", "sessions-1-id": "", "sessions-1-DELETE": ""}

    response = office.post(run_url(run), data)

    assert "a session is added by the action" in response.content.decode()
    assert run.sessions.count() == 1


def test_run_form_deletes_no_session_once_anybody_is_enrolled(office):
    run = make.run(sessions=2)
    make.enrollment(of=run)

    response = office.post(run_url(run), form_of(office, run_url(run)) | {"sessions-0-DELETE": "1"})

    assert "a session is cancelled by its button" in response.content.decode().replace("&#x27;", "'")
    assert run.sessions.count() == 2


def test_run_list_leads_to_the_runs_page(office):
    run = make.run()

    listing = office.get(reverse("wagtailsnippets_courses_courserun:list")).content.decode()

    assert f'<a href="{run_url(run, "inspect")}"' in re.sub(r"\s+", " ", listing)


def test_run_form_does_not_undo_what_a_rule_wrote_meanwhile(office):
    run = make.run(sessions=1)
    data = form_of(office, run_url(run))
    CourseRun.objects.filter(pk=run.pk).update(next_queue_number=7)

    office.post(run_url(run), data | {"price": "100"})

    run.refresh_from_db()
    assert (run.price, run.next_queue_number) == (100, 7)


def test_run_status_cannot_be_posted(office):
    run = make.run(sessions=1, status=CourseRun.Status.DRAFT)

    office.post(run_url(run), form_of(office, run_url(run)) | {"status": "published"})

    run.refresh_from_db()
    assert run.status == CourseRun.Status.DRAFT


def test_session_with_attendance_is_not_deleted_but_explained(office):
    run = make.run(sessions=2)
    kept = run.sessions.first()
    made = make.enrollment(of=run, status="cancelled")
    make.attendance(of=made, session=kept)

    response = office.post(run_url(run), form_of(office, run_url(run)) | {"sessions-0-DELETE": "1"})

    assert response.status_code == 200
    assert "attendance records (1)" in response.content.decode()
    assert run.sessions.count() == 2


def test_run_with_enrollments_is_not_deleted_but_explained(office):
    run, free, other = make.run(sessions=1), make.run(sessions=2), make.run(sessions=2)
    make.enrollment(of=run, status="cancelled")

    for url in (run_url(run, "delete"), bulk_delete(run), bulk_delete(run, free)):
        response = office.post(url, follow=True)
        assert response.redirect_chain[-1][0] == reverse("wagtailsnippets_courses_courserun:list")
        assert "enrollments (1)" in response.content.decode()
    assert {run, free, other} == set(CourseRun.objects.all())

    office.post(run_url(free, "delete"))
    office.post(bulk_delete(other))
    assert {run} == set(CourseRun.objects.all())


def bulk_delete(*rows):
    opts = type(rows[0])._meta
    url = reverse("wagtail_bulk_action", args=[opts.app_label, opts.model_name, "delete"])
    return url + "?" + "&".join(f"id={row.pk}" for row in rows)


def test_course_with_runs_is_not_deleted_but_explained(office):
    used, free = make.course(public=False), make.course(public=False)
    make.run(of=used, sessions=0)

    response = office.post(bulk_delete(used), follow=True)
    assert "runs (1)" in response.content.decode()
    office.post(bulk_delete(free))

    assert {used} == set(Course.objects.all())


def test_course_step_and_outcomes_are_saved_with_the_course(office):
    data = nested_form_data(
        {
            "code": "new-course",
            "title_cs": "Kurz",
            "title_en": "",
            "hours": "4",
            "format": "workshop",
            "level": "all",
            "mode": "onsite",
            "language": "cs",
            "certificate_kind": "none",
            "min_attendance_percent": "80",
            "outcomes": inline_formset([{"text_cs": "Umí smlouvu.", "text_en": "Knows a contract."}]),
        }
    )

    response = office.post(reverse("wagtailsnippets_courses_course:add"), data)

    assert response.status_code == 302
    made = Course.objects.get(code="new-course")
    assert (made.title_cs, made.title_en) == ("Kurz", None)
    assert [(outcome.text_cs, outcome.text_en) for outcome in made.outcomes.all()] == [
        ("Umí smlouvu.", "Knows a contract.")
    ]


def test_labels_say_the_language(office):
    course = make.course(public=False)

    for view, args in (("add", []), ("edit", [course.pk]), ("inspect", [course.pk])):
        page = office.get(reverse(f"wagtailsnippets_courses_course:{view}", args=args)).content.decode()
        assert "Title (Czech)" in page
        assert "Title (English)" in page
        assert "[cs]" not in page


@pytest.mark.parametrize("rows", [1, 30])
def test_run_list_takes_the_same_queries_for_any_number_of_rows(office, rows, django_assert_num_queries):
    course = make.course()
    for _number in range(rows):
        make.enrollment(of=make.run(of=course, sessions=2))
    url = reverse("wagtailsnippets_courses_courserun:list")
    office.get(url)

    with django_assert_num_queries(11):
        office.get(url)


def test_run_list_exports_czech_and_no_formulas(office):
    course = make.course(title="=HYPERLINK(1) Příliš žluťoučký\x0b kůň", public=False)
    make.run(of=course, sessions=1)

    response = office.get(reverse("wagtailsnippets_courses_course:list") + "?export=xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    cell = sheet["B2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1) Příliš žluťoučký kůň", "s")
    assert [cell.value for cell in sheet[1]][:3] == ["Code", "Title (Czech)", "Title (English)"]


def test_lists_export_no_csv(office):
    response = office.get(reverse("wagtailsnippets_courses_course:list") + "?export=csv")

    assert response["Content-Type"].startswith("text/html")
    assert "export=csv" not in response.content.decode()
