"""What the list of calls, one call and the front page show: dates and criteria from the records, texts from pages."""

from datetime import timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from academy import times
from courses.models import CourseRun, Criterion, Enrollment, Segment, Selection
from courses.run_state import RunState

from . import catalogue
from .addresses import enroll_address, page_address
from .columns import columns, plain, said
from .models import CallPage

CLOSING_SOON = timedelta(days=7)


def context_of_index(at):
    """Calls in the active language: open (the first to close first), to come, past (the latest first); 7 queries."""
    calls = _calls(at)
    past = [call for call in calls if call["is_past"]]
    return {
        "open_calls": _open(calls),
        "coming": sorted((call for call in calls if call["is_coming"]), key=lambda call: call["run"]["opens_at"]),
        "past": sorted(past, key=lambda call: (call["closes_at"] is not None, call["closes_at"] or 0), reverse=True),
    }


def open_now(at):
    """The open calls in the active language as rows (dict), the first to close first; one query where there is none."""
    return _open(_calls(at))


def context_of(run, at, *, user):
    """Everything about one call that its records say; 6 queries, for a signed-in user one more."""
    found = catalogue.runs(at, pk=run.pk)[0]
    rows = plain(Selection).filter(run=run.pk).values("pk", "scale_min", "scale_max", "places", "results_at")
    selection = rows.first()
    criteria = plain(Criterion).filter(selection__run=run.pk).order_by("sort_order", "pk")
    criteria = [
        said(row, "title", "description") for row in criteria.values("weight", *columns("title", "description"))
    ]
    segments = plain(Segment).filter(courses=run.course_id).order_by("sort_order", "slug").values(*columns("name"))
    own = None
    if user.is_authenticated:
        own = user.enrollments.filter(run=run.pk, status__in=Enrollment.ACTIVE).only("pk", "status").first()
    return {
        "run": found,
        "course": run.course,
        "call": _in_words(found, selection and selection["results_at"], at),
        "places": selection["places"] if selection and selection["places"] is not None else found["capacity"],
        "scale": selection,
        "criteria": criteria,
        "segments": [said(row, "name")["name"] for row in segments],
        "enroll_url": enroll_address(found["code"]) if found["can_enter"] else "",
        "own": own,
    }


def _calls(at):
    """Live pages of calls in the active language whose run is published, each with its run and dates in words."""
    language = get_language()
    pages = plain(CallPage).filter(live=True, locale__language_code=language).order_by("path")
    pages = pages.exclude(run__status=CourseRun.Status.DRAFT)
    rows = list(pages.values("title", "lead", "url_path", "run_id", "run__course_id"))
    if not rows:
        return []
    runs = {run["id"]: run for run in catalogue.runs(at, pk__in=[row["run_id"] for row in rows])}
    selections = plain(Selection).filter(run__in=runs)
    results = dict(selections.values_list("run_id", "results_at"))
    segments = catalogue.segments_of_courses()
    for row in rows:
        row["run"] = runs[row["run_id"]]
        row["url"] = page_address(row["url_path"], language)
        row["segments"] = ", ".join(segment["name"] for segment in segments[row["run__course_id"]])
        row.update(_in_words(row["run"], results.get(row["run_id"]), at))
    return rows


def _open(calls):
    rows = [call for call in calls if call["is_open"]]
    return sorted(rows, key=lambda call: (call["closes_at"] is None, call["closes_at"] or 0))


def _in_words(run, results_at, at):
    """State of a call in words (dict), from the row of its run and the date of its results."""
    zone, closes_at = run["time_zone"], run["closes_at"]
    is_open = run["state"] == RunState.OPEN
    is_coming = run["state"] == RunState.NOT_OPEN
    soon = is_open and closes_at is not None and closes_at - at <= CLOSING_SOON
    if soon:
        state, tag = _("Closing soon"), "warn"
    elif is_open:
        state, tag = _("Open"), "ok"
    elif is_coming:
        state, tag = _("Not open yet"), "wait"
    elif run["state"] == RunState.DRAFT:
        state, tag = _("In preparation"), "off"
    elif run["state"] == RunState.CANCELLED:
        state, tag = _("Cancelled"), "off"
    else:
        state, tag = _("Closed"), "off"
    return {
        "is_open": is_open,
        "is_coming": is_coming,
        "is_past": not is_open and not is_coming,
        "state": state,
        "tag": tag,
        "closes_at": closes_at,
        "opens": times.brief_day(run["opens_at"], zone) if run["opens_at"] else "",
        "closes": times.brief_day(closes_at, zone) if closes_at else "",
        "closes_to_the_minute": times.moment(closes_at, zone) if closes_at else "",
        "results": times.brief_day(results_at, zone) if results_at else "",
        "are_results_out": bool(results_at and results_at <= at),
    }
