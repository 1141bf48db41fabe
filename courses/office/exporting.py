"""The list of a run's people as a file for a spreadsheet: columns chosen, Czech letters kept, no formula let in."""

import csv
import datetime
import io
import zoneinfo
from collections import defaultdict

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from academy import registry, times
from academy.registry import ExportColumn
from academy.users.models import Membership
from courses.models import Answer, Attendance, Completion
from courses.questions import asking
from courses.questions.permissions import visible

from .history import What, record

CSV, XLSX = "csv", "xlsx"
# Spreadsheets take a cell that starts so for a formula; the last four are what Excel makes of the first ones
# when it reads full-width text.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
ALWAYS = ["name", "email", "organisation", "status", "source", "created_at", "confirmed_at"]


def columns(run, user):
    """{key: ExportColumn} that the user may choose for this run: facts, attendance, answers they read.

    Statistics are never among them.
    """
    found = {**_facts(), **_attendance(run), **_answers(run, user)}
    for further in registry.run_export_columns.values():
        found |= further(run, user)
    return {key: column for key, column in found.items() if user.has_perm(column.permission)}


def _attribute(name):
    return lambda rows: {row.pk: getattr(row, name) for row in rows}


def _facts():
    return {
        "name": ExportColumn(_("Full name"), lambda rows: {row.pk: row.learner.name for row in rows}),
        "email": ExportColumn(_("E-mail address"), lambda rows: {row.pk: row.learner.email for row in rows}),
        "organisation": ExportColumn(_("Organisation"), _organisations),
        "language": ExportColumn(_("Language of mails"), lambda rows: {row.pk: row.learner.language for row in rows}),
        "status": ExportColumn(_("State"), lambda rows: {row.pk: row.get_status_display() for row in rows}),
        "source": ExportColumn(_("Enrolled by"), lambda rows: {row.pk: row.get_source_display() for row in rows}),
        "queue_number": ExportColumn(_("Queue number"), _attribute("queue_number")),
        "created_at": ExportColumn(_("Created"), _attribute("created_at")),
        "confirmed_at": ExportColumn(_("Confirmed"), _attribute("confirmed_at")),
        "ended_at": ExportColumn(_("Ended"), _attribute("ended_at")),
        "late": ExportColumn(_("Cancelled late"), _attribute("is_late_cancellation")),
        "over_capacity": ExportColumn(
            _("Reason for going over capacity"),
            lambda rows: {row.pk: _(row.overbooking_reason) if row.overbooking_reason else "" for row in rows},
        ),
        "result": ExportColumn(_("Conditions met"), _results),
    }


def _organisations(rows):
    names = defaultdict(list)
    accepted = Membership.objects.filter(user__in=[row.learner_id for row in rows], accepted_at__isnull=False)
    for membership in accepted.select_related("organisation").order_by("organisation__name"):
        names[membership.user_id].append(membership.organisation.name)
    return {row.pk: ", ".join(names[row.learner_id]) for row in rows}


def _results(rows):
    return dict(Completion.objects.filter(enrollment__in=rows).values_list("enrollment", "is_met"))


def _attendance(run):
    """One column per session, and the minutes of all; the marks are read once, when the first of them is filled."""

    def read():
        found = defaultdict(dict)
        for mark in Attendance.objects.filter(session__run=run):
            found[mark.session_id][mark.enrollment_id] = mark
        return found

    marks = SimpleLazyObject(read)

    def in_words(session):
        return lambda rows: {pk: mark.get_status_display() for pk, mark in marks[session.pk].items()}

    def minutes(rows):
        total = defaultdict(int)
        for of_session in marks.values():
            for pk, mark in of_session.items():
                total[pk] += mark.minutes
        return total

    allowed = "courses.view_attendance"
    found = {"minutes": ExportColumn(_("Minutes attended"), minutes, allowed)}
    for session in run.sessions.planned():
        label = f"{session.title}, {times.short_day(session.starts_at, session.time_zone)}"
        found[f"session-{session.pk}"] = ExportColumn(label, in_words(session), allowed)
    return found


def _answers(run, user):
    """One column per question that the run asks and the user's role reads."""
    condition = visible(user, run)

    def of(question):
        def values(rows):
            answers = Answer.objects.filter(condition, enrollment__run=run, question=question).distinct()
            return {answer.enrollment_id: answer.text for answer in answers}

        return values

    groups = set(user.groups.values_list("pk", flat=True))
    return {
        f"question-{question.pk}": ExportColumn(question.label, of(question))
        for question in asking.asked(run)
        if not question.is_sensitive or groups & {group.pk for group in question.seen_by.all()}
    }


def export(run, rows, chosen, file_format, *, user):
    """Return the file (bytes) with these enrollments (list) and columns (keys), and write down who took it.

    CSV is UTF-8 with a byte order mark and semicolons, as Excel in Czech opens it;
    XLSX has texts as texts and times as times of the office's zone. Keys that the
    user may not choose are left out.
    """
    allowed = columns(run, user)
    picked = [allowed[key] for key in chosen if key in allowed]
    values = [column.values(rows) for column in picked]
    table = [[of_column.get(row.pk) for of_column in values] for row in rows]
    labels = [str(column.label) for column in picked]
    with transaction.atomic():
        facts = {"format": file_format, "people": len(rows), "columns": labels}
        record(run, What.EXPORTED, by=user, at=timezone.now(), new=facts)
    return (as_csv if file_format == CSV else as_xlsx)(labels, table)


def as_csv(labels, table):
    """The table as CSV (bytes)."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([neutral(label) for label in labels])
    for row in table:
        writer.writerow([neutral(_words(value)) for value in row])
    return text.getvalue().encode("utf-8-sig")


def neutral(text):
    """Text that no spreadsheet takes for a formula: an apostrophe stands in front of one that would be."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _words(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime.datetime):
        return f"{_local(value):%Y-%m-%d %H:%M}"
    return str(value)


def _local(at):
    return at.astimezone(zoneinfo.ZoneInfo(settings.TIME_ZONE)).replace(tzinfo=None, microsecond=0)


def as_xlsx(labels, table):
    """The table as XLSX (bytes); every text is stored as a text, never as a formula."""
    book = Workbook()
    sheet = book.active
    sheet.title = _("People")
    for number, row in enumerate([labels, *table], 1):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place)
            if isinstance(value, datetime.datetime):
                cell.value = _local(value)
            elif isinstance(value, (int, float, datetime.date)) and not isinstance(value, bool):
                cell.value = value
            else:
                text = ILLEGAL_CHARACTERS_RE.sub("", _words(value))
                cell.value = text
                cell.data_type = "s"
                cell.quotePrefix = text.startswith(FORMULA_STARTS)
    for column in sheet.columns:
        longest = max(len(str(cell.value or "")) for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(50, max(10, longest + 2))
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
