"""The history of a run: every change of the run, of its people and of attendance, merged by time and paged."""

from datetime import UTC, datetime

from django.core.paginator import Paginator
from django.db.models import F, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy import registry, times
from academy.registry import TimelineLine, TimelineSource
from courses.models import Attendance, AttendanceChange, CourseRun, EnrollmentEvent, RunEvent, Venue

PER_PAGE = 50


def sources():
    """Every TimelineSource by name: those of courses and those that other apps added."""
    return {**OWN, **registry.run_timeline}


def page_of(run, number, user):
    """Page `number` (str or int; a wrong one gives the nearest) of the run's history, the latest first.

    It has the kinds of changes that the user may see.
    Its `lines` is a list of (moment, TimelineLine). Queries: two, and those of each kind of change on the page.
    """
    kinds = {name: source for name, source in sources().items() if user.has_perm(source.permission)}
    moments = [
        source.rows(run)
        .order_by()
        .annotate(of_kind=Value(name), of_moment=F(source.moment))
        .values_list("of_kind", "pk", "of_moment")
        for name, source in kinds.items()
    ]
    merged = moments[0].union(*moments[1:], all=True).order_by("-of_moment", "of_kind", "-pk")
    page = Paginator(merged, PER_PAGE).get_page(number)
    rows = list(page.object_list)
    lines = {}
    for name, source in kinds.items():
        ids = [pk for kind, pk, _at in rows if kind == name]
        if ids:
            lines |= {(name, pk): line for pk, line in source.lines(source.rows(run).filter(pk__in=ids)).items()}
    page.lines = [(_aware(at), lines[kind, pk]) for kind, pk, at in rows]
    return page


def _aware(at):
    """SQLite gives the moments of a union as text or without a zone; they are UTC."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def arrow(old, new):
    """“old → new” (str); only the new value where there was none."""
    return f"{old} → {new}" if old else str(new)


def _enrollment_lines(rows):
    return {
        row.pk: TimelineLine(
            what=_("Enrollment"),
            about=str(row.enrollment.learner),
            change=arrow(row.get_from_status_display() if row.from_status else "", row.get_to_status_display()),
            who=str(row.by or ""),
            # Reasons that rules write are message ids.
            why=_(row.reason) if row.reason else "",
        )
        for row in rows.select_related("enrollment__learner", "by")
    }


def _mark(status, minutes):
    label = Attendance.Status(status).label
    return f"{label}, {minutes} min" if minutes else str(label)


def _attendance_lines(rows):
    return {
        row.pk: TimelineLine(
            what=_("Attendance"),
            about=f"{row.enrollment.learner}, {row.session.title}",
            change=_mark(row.status, row.minutes),
            who=str(row.recorded_by or ""),
            why=row.note,
        )
        for row in rows.select_related("enrollment__learner", "session", "recorded_by")
    }


def _correction_lines(rows):
    return {
        row.pk: TimelineLine(
            what=_("Correction of attendance"),
            about=f"{row.attendance.enrollment.learner}, {row.attendance.session.title}",
            change=arrow(_mark(row.old_status, row.old_minutes), _mark(row.new_status, row.new_minutes)),
            who=str(row.by or ""),
            why=row.reason,
        )
        for row in rows.select_related("attendance__enrollment__learner", "attendance__session", "by")
    }


def _run_lines(rows):
    rows = list(rows.select_related("by", "enrollment__learner", "run"))
    ids = {facts["venue"] for row in rows for facts in (row.old, row.new) if facts.get("venue")}
    venues = {venue.pk: str(venue) for venue in Venue.objects.filter(pk__in=ids)} if ids else {}
    return {
        row.pk: TimelineLine(
            what=row.get_what_display(),
            about=str(row.enrollment.learner) if row.enrollment else row.subject,
            change=_facts_in_words(row, venues),
            who=str(row.by or ""),
            why=row.reason,
        )
        for row in rows
    }


LABELS = {
    "starts_at": gettext_lazy("Starts"),
    "ends_at": gettext_lazy("Ends"),
    "people": gettext_lazy("People"),
    "columns": gettext_lazy("Columns"),
    "format": gettext_lazy("Format"),
}


def _facts_in_words(event, venues):
    """What changed (str), such as “Capacity: 10 → 12”; several facts are parted by semicolons."""
    sentences = []
    for name in {**event.old, **event.new}:
        old, new = (_value(event.run, name, facts.get(name), venues) for facts in (event.old, event.new))
        if old == new and event.old:
            continue
        sentences.append(f"{_label(name)}: {arrow(old if name in event.old else '', new)}")
    return "; ".join(sentences)


def _label(name):
    if name in LABELS:
        return LABELS[name]
    try:
        label = str(CourseRun._meta.get_field(name).verbose_name)
    except LookupError:
        return name
    return label[:1].upper() + label[1:]


def _value(run, name, value, venues):
    if value is None:
        return _("unlimited") if name == "capacity" else "–"
    if name == "venue":
        return venues.get(value, _("no longer listed"))
    if name.endswith(("_at", "_until")):
        at = datetime.fromisoformat(value)
        return f"{times.short_day(at, run.time_zone)}, {times.clock(at, run.time_zone)}"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "–"
    if isinstance(value, str) and (choices := _choices(name)):
        return str(choices.get(value, value))
    return str(value) or "–"


def _choices(name):
    try:
        return dict(CourseRun._meta.get_field(name).flatchoices)
    except (LookupError, AttributeError):
        return {}


OWN = {
    "run": TimelineSource(lambda run: RunEvent.objects.filter(run=run), _run_lines),
    "enrollment": TimelineSource(lambda run: EnrollmentEvent.objects.filter(enrollment__run=run), _enrollment_lines),
    # A mark that was corrected stands in the corrections, with what it was before.
    "attendance": TimelineSource(
        lambda run: Attendance.objects.filter(session__run=run, changes__isnull=True), _attendance_lines, "recorded_at"
    ),
    "correction": TimelineSource(
        lambda run: AttendanceChange.objects.filter(attendance__session__run=run), _correction_lines
    ),
}
