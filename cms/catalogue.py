"""Which courses are public, and with what facts they are listed.

Plain rows (dict) instead of model instances: a list of two hundred courses is
read in a constant number of queries and without the long texts.
"""

from collections import defaultdict

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language

from courses.models import Course, CourseRun, Segment, WorkshopSession
from courses.run_state import RunState

from . import drawing
from .addresses import page_address
from .columns import words
from .models import CoursePage
from .run_words import describe, describe_session

# Which run of several is shown first: one that can be entered, then one that will open, then the rest.
_RANK = {RunState.OPEN: 0, RunState.FULL: 1, RunState.NOT_OPEN: 2, RunState.INVITATION: 3}


def live_course_ids():
    """Ids (QuerySet) of courses with a live page in at least one language."""
    return CoursePage.objects.live().order_by().values("course_id")


def courses(*, with_texts=False, only=None):
    """Public courses in the active language as rows (dict) with their address, drawing and segments; 3 queries.

    `only` narrows the pages (Q). `with_texts` adds what a search looks through.
    """
    language = get_language()
    texts = {"name": words("course__title"), "summary": words("course__summary")}
    if with_texts:
        texts |= {name: words(f"course__{name}") for name in ("description", "for_whom")}
    pages = (
        CoursePage.objects.filter(only or Q(), live=True, locale__language_code=language)
        .order_by(F("course__code"))
        .values(
            "url_path",
            "course_id",
            **texts,
            code=F("course__code"),
            format=F("course__format"),
            level=F("course__level"),
            mode=F("course__mode"),
            language=F("course__language"),
            hours=F("course__hours"),
        )
    )
    rows = list(pages)
    segments = segments_of_courses()
    formats, levels = dict(Course.Format.choices), dict(Course._meta.get_field("level").choices)
    for row in rows:
        row["segments"] = segments[row["course_id"]]
        row["url"] = page_address(row["url_path"], language)
        row["drawing"] = drawing.address(row["code"], [segment["slug"] for segment in row["segments"]])
        row["segment_names"] = ", ".join(segment["title"] for segment in row["segments"])
        row["format_words"] = str(formats[row["format"]])
        row["level_words"] = str(levels[row["level"]])
        row["hours"] = row["hours"].normalize()
        row["runs"] = []
    return rows


def segments_of_courses():
    """Segments of every course, as dict: course id -> list of dict(slug, title) in the segments' order; 2 queries."""
    names = {row.pop("id"): row for row in all_segments()}
    found = defaultdict(list)
    links = Course.segments.through.objects.order_by("segment__sort_order", "segment__slug")
    for course, segment in links.values_list("course_id", "segment_id"):
        found[course].append(names[segment])
    return found


def all_segments():
    """Every segment as dict(id, slug, title), in order."""
    return Segment.objects.order_by("sort_order", "slug").values("id", "slug", title=words("name"))


_SESSION_COLUMNS = ["run_id", "starts_at", "ends_at", "status"]
_SESSION_DETAILS = ["uid", "mode", "time_zone", "is_required"]


def runs(selection, at, *, with_sessions=False):
    """Rows (dict) of the runs that `selection` (Q) picks, each with what a page says about it; 2 queries.

    Seats are counted as they stand at `at`. Dates and towns come from the sessions that were not cancelled.
    `with_sessions` adds what a page says about each session, cancelled ones included.
    """
    columns = [
        "id", "course_id", "code", "status", "entry", "language", "mode", "price",
        "capacity", "opens_at", "closes_at", "cancel_until", "time_zone",
    ]  # fmt: skip
    rows = list(
        CourseRun.objects.filter(selection)
        .with_seats(at)
        .order_by("pk")
        .values(*columns, "seats_taken", "people_waiting", town=F("venue__city"))
    )
    sessions = _sessions_of(rows, with_sessions)
    for row in rows:
        own = sessions[row["id"]]
        planned = [session for session in own if session["status"] == WorkshopSession.Status.PLANNED]
        row["starts_at"] = planned[0]["starts_at"] if planned else None
        row["ends_at"] = max(session["ends_at"] for session in planned) if planned else None
        row["sessions"] = own
        row["sessions_count"] = len(planned)
        towns = [session["town"] for session in planned if session["town"]] or [row["town"]]
        row["towns"] = list(dict.fromkeys(town for town in towns if town))
        describe(row, at)
    return rows


def _sessions_of(rows, with_details):
    """Sessions of the runs, as dict: run id -> list of rows (dict) by start; one query."""
    columns, texts = [*_SESSION_COLUMNS], {"town": F("venue__city")}
    if with_details:
        columns += _SESSION_DETAILS
        texts |= {"topic": words("title"), "venue_name": words("venue__name"), "address": F("venue__address")}
    found = defaultdict(list)
    sessions = WorkshopSession.objects.filter(run__in=[row["id"] for row in rows]).order_by("starts_at", "pk")
    if not with_details:
        sessions = sessions.planned()
    for session in sessions.values(*columns, **texts):
        found[session["run_id"]].append(describe_session(session) if with_details else session)
    return found


def is_ahead(at):
    """Condition (Q) for published runs that have not ended, or have no dates yet."""
    planned = WorkshopSession.objects.planned().filter(run=OuterRef("pk"))
    return Q(status=CourseRun.Status.PUBLISHED) & (Exists(planned.filter(ends_at__gte=at)) | ~Exists(planned))


def by_date(run):
    """Sort key: dated runs first, by their start."""
    return (run["starts_at"] is None, run["starts_at"] or 0, run["code"])


def next_run(candidates):
    """The run (dict) to show first, or None: one that can be entered before one that cannot, then the earliest."""
    return min(candidates, key=lambda run: (_RANK.get(run["state"], 9), *by_date(run)), default=None)


def listing(filters=None, *, only=None, at=None):
    """Public courses with their next run, the soonest first; the same number of queries for any number of them.

    `filters` (Filters or None) leaves out courses and runs that do not match.
    """
    at = at or timezone.now()
    rows = courses(with_texts=bool(filters and filters.text), only=only)
    by_course = {row["course_id"]: row for row in rows}
    for run in runs(is_ahead(at), at):
        if run["course_id"] in by_course:
            by_course[run["course_id"]]["runs"].append(run)
    towns = sorted({town for row in rows for run in row["runs"] for town in run["towns"]})
    if filters:
        rows = [row for row in rows if filters.keep(row)]
    for row in rows:
        row["run"] = next_run(row["runs"])
    rows.sort(key=lambda row: (row["run"] is None, *(by_date(row["run"]) if row["run"] else (row["code"],))))
    return rows, towns
