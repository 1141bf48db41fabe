"""The list of a run's people for a spreadsheet: Czech letters, no formulas, only what the role reads, and a trace."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from openpyxl import load_workbook

from courses.models import Answer, Enrollment, Question, QuestionPick
from courses.office import exporting
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


def download(office, run, file_format, columns, **filters):
    url = reverse("admin_courserun_export_people", args=[run.pk])
    return office.post(url, {"file_format": file_format, "columns": columns, **filters})


def rows_of_csv(response):
    assert response.content.startswith(b"\xef\xbb\xbf")  # without it Excel takes UTF-8 for the local code page
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline=""), delimiter=";"))


def sheet(response):
    return load_workbook(io.BytesIO(response.content)).active


def test_csv_has_a_byte_order_mark_semicolons_and_czech_letters(office):
    run = make.run()
    make.enrollment(of=run, learner=users.user("Žaneta Příšerně Žluťoučká", email="z@example.org"))

    response = download(office, run, "csv", ["name", "email", "status"])

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{run.code}.csv"'
    assert rows_of_csv(response) == [
        ["Full name", "E-mail address", "State"],
        ["Žaneta Příšerně Žluťoučká", "z@example.org", "Enrollment confirmed"],
    ]


def test_xlsx_has_texts_as_texts_and_times_as_times_of_the_office(office):
    run = make.run()
    created = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
    make.enrollment(of=run, learner=users.user("Žaneta Žluťoučká"), created_at=created)

    cells = list(sheet(download(office, run, "xlsx", ["name", "created_at"])).values)

    assert cells == [("Full name", "Created"), ("Žaneta Žluťoučká", datetime(2026, 7, 1, 10, 30))]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_csv_lets_no_formula_in(start):
    content = exporting.as_csv(["Name"], [[f'{start}HYPERLINK("http://evil.example")']]).decode("utf-8-sig")

    assert next(iter(csv.reader(io.StringIO(content.partition("\r\n")[2], newline=""))))[0].startswith(f"'{start}")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_xlsx_lets_no_formula_in(start):
    book = load_workbook(io.BytesIO(exporting.as_xlsx(["Name"], [[f"{start}1+1"]])))

    cell = book.active["A2"]
    assert (cell.data_type, bool(cell.quotePrefix)) == ("s", True)
    assert cell.value.strip() == f"{start}1+1".strip()


def test_headings_let_no_formula_in():
    assert exporting.as_csv(["=1+1"], []).decode("utf-8-sig") == "'=1+1\r\n"
    assert load_workbook(io.BytesIO(exporting.as_xlsx(["=1+1"], []))).active["A1"].data_type == "s"


def test_xlsx_survives_characters_that_excel_does_not_take():
    book = load_workbook(io.BytesIO(exporting.as_xlsx(["Name"], [["a\x0bb"]])))

    assert book.active["A2"].value == "ab"


def test_export_takes_the_people_of_the_filter_and_is_written_down(office, manager):
    run = make.run()
    make.enrollment(of=run)
    make.enrollment(of=run, status=S.WAITING, queue_number=1, learner=users.user(email="w@example.org"))

    content = rows_of_csv(download(office, run, "csv", ["email"], status="waiting"))

    assert content == [["E-mail address"], ["w@example.org"]]
    event = run.events.get()
    assert (event.what, event.by) == ("exported", manager)
    assert event.new == {"format": "csv", "people": 1, "columns": ["E-mail address"]}


def test_opening_the_form_writes_nothing_down(office):
    run = make.run()

    office.get(reverse("admin_courserun_export_people", args=[run.pk]))

    assert not run.events.exists()


def test_attendance_is_a_column_per_session_and_the_minutes(office):
    run = make.run(sessions=2)
    first, second = run.sessions.all()
    row = make.enrollment(of=run)
    make.attendance(of=row, session=first)
    make.attendance(of=row, session=second, status="late", minutes=60)

    content = rows_of_csv(download(office, run, "csv", ["minutes", f"session-{first.pk}", f"session-{second.pk}"]))

    assert content[1] == ["180", "Present", "Came late"]


def question(run, label, **extra):
    made = Question.objects.create(label_cs=label, label_en=label, kind="short_text", **extra)
    QuestionPick.objects.create(run=run, question=made)
    return made


def answer(row, to, text):
    return Answer.objects.create(enrollment=row, question=to, label=to.label, language="en", version=1, value=text)


def test_answers_are_exported_but_sensitive_ones_only_to_the_roles_named(office, manager):
    run = make.run()
    row = make.enrollment(of=run)
    open_question = question(run, "Why do you come?", for_selection=True)
    hidden = question(run, "What do you not eat?", for_organisation=True, is_sensitive=True, delete_days=30)
    kitchen = question(run, "Do you need a ramp?", for_organisation=True, is_sensitive=True, delete_days=30)
    role = Group.objects.create(name="Kitchen")
    kitchen.seen_by.add(role)
    kitchen.save()
    for to in (open_question, hidden, kitchen):
        answer(row, to, f"answer to {to.label}")
    chosen = [f"question-{to.pk}" for to in (open_question, hidden, kitchen)]

    keys = set(exporting.columns(run, manager))
    assert keys & set(chosen) == {chosen[0]}
    manager.groups.add(role)
    assert set(exporting.columns(run, manager)) & set(chosen) == {chosen[0], chosen[2]}

    content = rows_of_csv(download(office, run, "csv", [chosen[0], chosen[2]]))
    assert content[1] == ["answer to Why do you come?", "answer to Do you need a ramp?"]
    refused = download(office, run, "csv", chosen)
    assert refused.status_code == 200
    assert "columns" in refused.context["form"].errors


def test_statistics_are_never_a_column(manager):
    assert not [key for key in exporting.columns(make.run(), manager) if "statist" in key]


def test_choosing_no_column_is_a_sentence(office):
    response = download(office, make.run(), "csv", [])

    assert response.context["form"].errors == {"columns": ["This field is required."]}


@pytest.mark.parametrize("rows", [1, 30])
def test_export_takes_the_same_queries_for_any_number_of_people(office, manager, rows, django_assert_num_queries):
    run = make.run(sessions=2, capacity=None)
    for _number in range(rows):
        make.attendance(of=make.enrollment(of=run), session=run.sessions.first())
    columns = list(exporting.columns(run, manager))
    download(office, run, "xlsx", columns)

    with django_assert_num_queries(19):
        download(office, run, "xlsx", columns)


def test_export_is_for_whoever_may_see_enrollments(client):
    run = make.run()
    viewer, editor = users.user(), users.user()
    editor.groups.add(Group.objects.get(name="Editors"))
    viewer.user_permissions.add(
        *Permission.objects.filter(codename__in=["access_admin", "view_enrollment", "view_courserun"])
    )

    def reaches(person):
        client.logout()
        if person:
            client.force_login(person)
        return download(client, run, "csv", ["name"]).status_code

    assert [reaches(None), reaches(users.user()), reaches(editor), reaches(viewer)] == [302, 302, 302, 200]
    assert run.events.count() == 1
