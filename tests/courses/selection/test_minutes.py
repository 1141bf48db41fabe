"""The minutes: what they say, in both languages and both kinds of file, and who may have them."""

import io
import subprocess
from datetime import timedelta

import openpyxl
import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone, translation

from courses.selection import decisions, documents, jury
from courses.selection.minutes import minutes_of
from tests import needs
from tests.factories import selection as make
from tests.factories import users

pytestmark = pytest.mark.django_db
POPPLER = "install it with: apt-get install poppler-utils"


def decided(name="Žluťoučký Kůň"):
    """A decided call with everything that minutes tell: (selection, rows)."""
    selection = make.call(capacity=1, reserve_places=1)
    judges = [make.juror(selection, user=users.user(f"Porotce {number}")) for number in range(2)]
    rows = [
        make.application(selection, learner=users.user(name)),
        make.application(selection),
        make.application(selection),
    ]
    make.application(selection, checked=False)
    jury.declare_conflict(judges[1], rows[0], reason="Společná firma.", by=judges[1].user)
    for place, row in enumerate(rows):
        for judge in judges[: 1 if place == 0 else 2]:
            make.review(judge, row, 5 - place, 5 - place)
    jury.close_scoring(selection, by=None)
    decisions.move_to(rows[2], 2, reason="Jediný z východu.", by=users.staff())
    for row in rows:
        decisions.say(row, "Chyběl plán.", by=None)
    staff = users.user("Vedoucí Programu")
    return decisions.decide(selection, offer_until=timezone.now() + timedelta(days=5), by=staff), rows


def sheets(content):
    """{name of sheet: rows} of a spreadsheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [list(row) for row in sheet.values] for sheet in book}


def address(selection, language="en", kind="xlsx"):
    return reverse("admin_selection_minutes", args=[selection.pk, language, kind])


def test_minutes_tell_who_scored_conflicts_ranking_decision_and_reasons():
    selection, rows = decided()

    with translation.override("en"):
        minutes = minutes_of(selection)

    tables = {table.name: table.rows for table in minutes.tables}
    facts = dict(minutes.facts)
    assert (facts["Places given"], facts["Decided by"]) == ("1", "Vedoucí Programu")
    assert tables["Criteria"] == [["Criterion 1", 60], ["Criterion 2", 40]]
    assert tables["Jury"] == [["Porotce 0", 3, 0, ""], ["Porotce 1", 2, 0, ""]]
    assert [row[:3] for row in tables["Conflicts of interest"]] == [
        ["Porotce 1", f"{rows[0].pk}, Žluťoučký Kůň", "Společná firma."]
    ]
    assert [(row[0], row[2], row[3], row[5]) for row in tables["Ranking"]] == [
        ("1.", "5.00", "5.00 / –", "Accepted"),
        ("2.", "3.00", "3.00 / 3.00", "Reserve list 1"),
        ("3.", "4.00", "4.00 / 4.00", "Declined"),
    ]
    assert "Out of order: Jediný z východu." in tables["Ranking"][1][6]
    assert [row[1] for row in tables["Conditions not met"]] == ["No company seat."]
    assert [row[1] for row in tables["Course of the decision"]] == [
        "Scoring closed",
        "Rank changed by hand",
        "Decisions sent",
    ]


def test_czech_minutes_name_the_columns_of_what_happened():
    with translation.override("cs"):
        history = minutes_of(make.call()).tables[-1]

    assert history.headings == ["Kdy", "Co", "Čeho se týká", "Kdo", "Proč"]


def test_minutes_before_the_decision_say_so():
    selection, _rows = make.judged(5)

    with translation.override("en"):
        assert ("Decision", "Not decided yet.") in minutes_of(selection).facts


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("cs", ["Zápis z jednání komise", "Žluťoučký Kůň", "Společná firma.", "Náhradníci 1", "5,00"]),
        ("en", ["Minutes of the jury", "Žluťoučký Kůň", "Reserve list 1", "5.00"]),
    ],
)
def test_pdf_says_it_in_both_languages(tmp_path, language, words):
    needs.program("pdftotext", POPPLER)
    selection, _rows = decided()
    with translation.override(language):
        (tmp_path / "minutes.pdf").write_bytes(documents.pdf(minutes_of(selection), language=language))

    read = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "minutes.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()

    assert [word for word in words if word not in read] == []


def test_pdf_of_many_applications_has_several_numbered_pages(tmp_path):
    needs.program("pdftotext", POPPLER)
    selection, _rows = make.judged(*[3] * 60, capacity=None)
    with translation.override("en"):
        (tmp_path / "minutes.pdf").write_bytes(documents.pdf(minutes_of(selection), language="en"))

    read = subprocess.run(["pdftotext", tmp_path / "minutes.pdf", "-"], capture_output=True, check=True).stdout.decode()

    assert "Page 1 of" in read
    assert read.count("\f") >= 3


def test_spreadsheet_keeps_czech_letters_and_takes_no_formulas():
    selection, rows = decided(name='=HYPERLINK("https://evil.example","x")')

    with translation.override("en"):
        content = documents.xlsx(minutes_of(selection))

    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert sheets(content)["Conflicts of interest"][1][:3] == [
        "Porotce 1",
        f'{rows[0].pk}, =HYPERLINK("https://evil.example","x")',
        "Společná firma.",
    ]


def test_a_reason_that_looks_like_a_formula_stays_a_text():
    selection = make.call()
    row = make.application(selection, checked=None)
    jury.check_application(row, is_eligible=False, reason="=1+1", by=None)

    with translation.override("en"):
        content = documents.xlsx(minutes_of(selection))

    cell = openpyxl.load_workbook(io.BytesIO(content))["Conditions not met"]["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_minutes_are_for_programme_managers_only(client, kind):
    selection, _rows = make.judged(5)
    manager, judge = users.user(), selection.jurors.get().user
    manager.groups.add(Group.objects.get(name="Programme managers"))

    assert client.get(address(selection, kind=kind)).status_code == 302
    client.force_login(judge)
    assert client.get(address(selection, kind=kind)).status_code == 302
    client.force_login(manager)
    response = client.get(address(selection, kind=kind))

    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="{selection.run.code}-en.{kind}"'


@pytest.mark.parametrize(("language", "kind"), [("de", "pdf"), ("en", "doc")])
def test_unknown_minutes_are_not_found(client, language, kind):
    selection, _rows = make.judged(5)
    client.force_login(users.staff())

    assert client.get(address(selection, language, kind)).status_code == 404


@pytest.mark.parametrize("rows", [1, 30])
def test_minutes_take_the_same_queries_for_any_number(rows, django_assert_num_queries):
    selection, _rows = make.judged(*[3] * rows, capacity=None)

    with django_assert_num_queries(13):
        minutes_of(selection)
