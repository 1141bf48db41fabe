"""Which courses are public, and with what facts they are listed.

Plain rows (dict) instead of model instances: a list of two hundred courses is
read in a constant number of queries and without the long texts.
"""

from collections import defaultdict
from functools import lru_cache

from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone
from django.utils.translation import get_language

from academy.prepared import Prepared
from courses.models import Course, CourseRun, Enrollment, Level, Segment, WorkshopSession
from courses.run_state import RunState

from . import drawing
from .addresses import page_address
from .columns import columns, plain, said
from .models import CoursePage
from .run_words import describe, describe_session

# Which run of several is shown first: one that can be entered, then one that will open, then the rest.
_RANK = {RunState.OPEN: 0, RunState.FULL: 1, RunState.NOT_OPEN: 2, RunState.INVITATION: 3}
_OVER = (RunState.FINISHED, RunState.CANCELLED)


def live_course_ids():
    """Ids (QuerySet) of courses with a live page in at least one language."""
    return CoursePage.objects.live().order_by().values("course_id")


def courses(**selection):
    """Public courses in the active language as rows (dict) with their address, drawing and segments; 3 queries.

    `selection` narrows the pages (filters).
    """
    language = get_language()
    shape = _shape(selection)
    segments = segments_of_courses()
    return [
        _course_row(said(row, *_TEXTS), segments[row["course_id"]], language)
        for row in _courses(language, shape, **selection)
    ]


_TEXTS = ("course__title", "course__summary")
_FACTS = ("code", "format", "level", "mode", "language", "hours")


@Prepared
def _courses(given, language, shape):
    pages = plain(CoursePage).filter(_picked(given, shape), live=True, locale__language_code=language)
    facts = {name: F(f"course__{name}") for name in _FACTS}
    return pages.order_by("course__code").values("url_path", "course_id", *columns(*_TEXTS), **facts)


def _course_row(row, segments, language):
    row["segments"] = segments
    row["url"] = page_address(row["url_path"], language)
    row["drawing"] = _drawing_address(row["code"], tuple(segment["slug"] for segment in segments))
    row["segment_names"] = ", ".join(segment["name"] for segment in segments)
    row["kind"] = " · ".join(filter(None, (row["segment_names"], *_kind(language, row["format"], row["level"]))))
    row["runs"] = []
    return row


_drawing_address = lru_cache(maxsize=2048)(drawing.address)


@lru_cache(maxsize=256)
def _kind(_language, course_format, level):
    return str(Course.Format(course_format).label), str(Level(level).label)


def segments_of_courses():
    """Segments of every course, as dict: course id -> list of dict(slug, name) in the segments' order; 2 queries."""
    names = {row["id"]: row for row in all_segments()}
    found = defaultdict(list)
    for course, segment in _segment_links():
        found[course].append(names[segment])
    return found


@Prepared
def _segment_links(given):
    links = plain(Course.segments.through).order_by("segment__sort_order", "segment__slug")
    return links.values_list("course_id", "segment_id")


def all_segments():
    """Every segment as dict(id, slug, name), in order."""
    return [said(row, "name") for row in _all_segments(get_language())]


@Prepared
def _all_segments(given, language):
    return plain(Segment).order_by("sort_order", "slug").values("id", "slug", *columns("name"))


def runs(at, *, with_sessions=False, **selection):
    """Rows (dict) of the runs that `selection` (filters) picks, each with what a page says about it; 3 queries.

    Seats are counted as they stand at `at`. Dates and towns come from the sessions that were not cancelled.
    `with_sessions` adds what a page says about each session, cancelled ones included.
    """
    shape = _shape(selection)
    language = get_language()
    rows = _runs(shape, **selection)
    sessions = _sessions_of(language, shape, selection) if with_sessions else None
    spans = _spans_of_sessions(sessions) if with_sessions else _spans_of(shape, selection)
    seats = _seats_of(shape, selection, at)
    for row in rows:
        if with_sessions:
            row["sessions"] = sessions[row["id"]]
        own = spans[row["id"]]
        row["starts_at"] = own[0][0] if own else None
        row["ends_at"] = max(last for _first, last, _number, _town in own) if own else None
        row["sessions_count"] = sum(number for _first, _last, number, _town in own)
        towns = [town for _first, _last, _number, town in own if town] or [row["venue__city"]]
        row["towns"] = tuple(dict.fromkeys(town for town in towns if town))
        row["seats_taken"], row["people_waiting"] = seats[row["id"]]
        describe(row, at, language)
    return rows


def _shape(selection):
    """What of a selection (filters) is part of the query: its names, and how many values an `__in` has."""
    return tuple((name, len(value) if name.endswith("__in") else None) for name, value in selection.items())


def _picked(given, shape, prefix=""):
    """The condition (Q) of a selection with this shape, on the run or, with a prefix, on what belongs to it."""
    chosen = Q()
    for name, count in shape:
        if count is None:
            chosen &= Q((prefix + name, getattr(given, name)))
        else:
            chosen &= given.among(prefix + name.removesuffix("__in"), name, count)
    return chosen


@Prepared
def _runs(given, shape):
    facts = [
        "id", "course_id", "code", "status", "entry", "language", "mode", "price",
        "capacity", "opens_at", "closes_at", "cancel_until", "time_zone", "venue__city",
    ]  # fmt: skip
    return plain(CourseRun).filter(_picked(given, shape)).order_by("pk").values(*facts)


@Prepared
def _spans(given, shape):
    planned = plain(WorkshopSession).filter(_picked(given, shape, "run__"), status=WorkshopSession.Status.PLANNED)
    spans = planned.values_list("run_id", "venue__city")
    return spans.annotate(first=Min("starts_at"), last=Max("ends_at"), number=Count("pk")).order_by("first")


def _spans_of(shape, selection):
    """Planned sessions of the runs, as dict: run id -> list of (first start, last end, number, town); one query."""
    found = defaultdict(list)
    for run, town, first, last, number in _spans(shape, **selection):
        found[run].append((first, last, number, town))
    return found


def _spans_of_sessions(sessions):
    """The same, from sessions that have been read already."""
    found = defaultdict(list)
    for run, own in sessions.items():
        found[run] = [
            (session["starts_at"], session["ends_at"], 1, session["venue__city"])
            for session in own
            if session["status"] == WorkshopSession.Status.PLANNED
        ]
    return found


_SESSION_TEXTS = ("title", "venue__name")


@Prepared
def _sessions(given, language, shape):
    facts = ["run_id", "starts_at", "ends_at", "status", "uid", "mode", "time_zone", "is_required"]
    facts += ["venue__city", "venue__address", *columns(*_SESSION_TEXTS)]
    chosen = plain(WorkshopSession).filter(_picked(given, shape, "run__"))
    return chosen.order_by("starts_at", "pk").values(*facts)


def _sessions_of(language, shape, selection):
    """Sessions of the runs, as dict: run id -> list of rows (dict) by start; one query."""
    found = defaultdict(list)
    for session in _sessions(language, shape, **selection):
        found[session["run_id"]].append(describe_session(said(session, *_SESSION_TEXTS)))
    return found


@Prepared
def _seats(given, shape):
    holding = Enrollment.objects.holding_seat(given.at) | Enrollment.objects.filter(status=Enrollment.Status.WAITING)
    counted = holding.filter(_picked(given, shape, "run__")).order_by()
    return counted.values_list("run_id", "status").annotate(n=Count("pk"))


def _seats_of(shape, selection, at):
    """Seats taken and people waiting at `at`, as dict: run id -> (int, int); one query.

    The same rows as CourseRun.objects.with_seats() counts, grouped, which is
    several times quicker to ask for many runs.
    """
    found = defaultdict(lambda: (0, 0))
    for run, status, number in _seats(shape, at=at, **selection):
        taken, queue = found[run]
        found[run] = (taken, queue + number) if status == Enrollment.Status.WAITING else (taken + number, queue)
    return found


def by_date(run):
    """Sort key: dated runs first, by their start."""
    return (run["starts_at"] is None, run["starts_at"] or 0, run["code"])


def next_run(candidates):
    """The run (dict) to show first, or None: one that can be entered before one that cannot, then the earliest."""
    return min(candidates, key=lambda run: (_RANK.get(run["state"], 9), *by_date(run)), default=None)


def listing(filters=None, *, at=None, **selection):
    """Public courses with their next run, the soonest first, and all towns; 6 queries for any number of them.

    `filters` (Filters or None) leaves out courses and runs that do not match, `selection` narrows the pages.
    """
    at = at or timezone.now()
    rows = courses(**selection)
    by_course = {row["course_id"]: row for row in rows}
    for run in runs(at, status=CourseRun.Status.PUBLISHED):
        if run["course_id"] in by_course and run["state"] not in _OVER:
            by_course[run["course_id"]]["runs"].append(run)
    towns = sorted({town for row in rows for run in row["runs"] for town in run["towns"]})
    if filters:
        rows = [row for row in rows if filters.keep(row)]
    for row in rows:
        row["run"] = next_run(row["runs"])
    rows.sort(key=lambda row: (row["run"] is None, *(by_date(row["run"]) if row["run"] else (row["code"],))))
    return rows, towns
