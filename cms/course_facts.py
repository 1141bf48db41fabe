"""Everything a course's page shows, as plain rows. Without a signed-in visitor nothing here depends on who asks."""

import json

from django.conf import settings
from django.db.models import F
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from academy.prepared import Prepared
from courses.models import CourseRun, Enrollment, Funder, LearningOutcome, Mode, Segment
from courses.run_state import UPCOMING, RunState
from courses.standing import certificate_rule

from . import catalogue, drawing
from .addresses import address_of_only, enroll_address, page_address
from .columns import columns, plain, said
from .models import MentorIndexPage

PAST_RUNS = 3
_FUNDER_TEXTS = ("name", "acknowledgement")
_PUBLIC = [CourseRun.Status.PUBLISHED, CourseRun.Status.CLOSED, CourseRun.Status.CANCELLED]


def context_of(page, course, at, *, user):
    """Return the context (dict) of the page of `course` at `at`; nine queries, for a signed-in user one more."""
    runs = catalogue.runs(at, course=course.pk, status__in=_PUBLIC, with_sessions=True)
    runs.sort(key=catalogue.by_date)
    ahead = [run for run in runs if run["state"] in UPCOMING or run["state"] == RunState.RUNNING]
    past = [run for run in runs if run["state"] == RunState.FINISHED][-PAST_RUNS:]
    cancelled = [
        run for run in runs if run["state"] == RunState.CANCELLED and run["starts_at"] and run["starts_at"] > at
    ]
    main = catalogue.next_run(ahead)
    others = [run for run in [*ahead, *cancelled, *reversed(past)] if run is not main]
    for run in ahead:
        run["enroll_url"] = enroll_address(run["code"]) if run["can_enter"] else ""
    if user.is_authenticated and ahead:
        _mark_own(ahead, user)
    language = get_language()
    segments = [said(row, "name") for row in _segments(language, course=course.pk)]
    shown = [run["id"] for run in ([main] if main else past)]
    return {
        "course": course,
        "run": main,
        "other_runs": others,
        "segments": segments,
        "drawing": drawing.address(course.code, [segment["slug"] for segment in segments]),
        "outcomes": [said(row, "text")["text"] for row in _outcomes(language, course=course.pk)],
        "trainers": _trainers(shown),
        "funders": _funders(shown),
        "certificate": certificate_rule(course) or [_("This course has no certificate.")],
        "structured_data": _structured_data(page, course, ahead),
    }


def _mark_own(runs, user):
    """Say on each run what the visitor has there already."""
    ids = [run["id"] for run in runs]
    own = {enrollment.run_id: enrollment for enrollment in _own(len(ids), learner=user.pk, runs=ids)}
    for run in runs:
        run["own"] = own.get(run["id"])


@Prepared
def _own(given, count):
    places = Enrollment.objects.active().filter(given.among("run", "runs", count), learner=given.learner)
    return places.only("pk", "run_id", "status")


@Prepared
def _segments(given, language):
    chosen = plain(Segment).filter(courses=given.course)
    return chosen.order_by("sort_order", "slug").values("slug", *columns("name"))


@Prepared
def _outcomes(given, language):
    chosen = plain(LearningOutcome).filter(course=given.course)
    return chosen.order_by("sort_order", "pk").values(*columns("text"))


@Prepared
def _trainers_of(given, language, count):
    return (
        plain(CourseRun.trainers.through)
        .filter(given.among("courserun", "runs", count))
        .order_by("profile__name")
        .values(
            "profile_id",
            *columns("profile__headline"),
            name=F("profile__name"),
            slug=F("profile__slug"),
            is_mentor=F("profile__mentor__is_public"),
        )
    )


@Prepared
def _funders_of(given, language, count):
    chosen = plain(Funder).filter(given.among("runs", "runs", count)).order_by("slug").distinct()
    return chosen.values("slug", "website", "grant_number", *columns(*_FUNDER_TEXTS))


def _trainers(runs):
    """Who teaches those runs (ids), each once, with the address of the mentor's page where there is one."""
    if not runs:
        return []
    rows = _trainers_of(get_language(), len(runs), runs=runs)
    trainers = list({row["profile_id"]: said(row, "profile__headline") for row in rows}.values())
    if any(row["is_mentor"] for row in trainers):
        index = address_of_only(MentorIndexPage)
        for row in trainers:
            row["url"] = f"{index}{row['slug']}/" if index and row["is_mentor"] else ""
    return trainers


def _funders(runs):
    if not runs:
        return []
    return [said(row, *_FUNDER_TEXTS) for row in _funders_of(get_language(), len(runs), runs=runs)]


def _structured_data(page, course, runs):
    """The course and its runs as schema.org JSON-LD (safe str), a data block that no browser executes."""
    base = settings.PUBLIC_BASE_URL
    url = base + page_address(page.url_path, get_language())
    modes = {Mode.ONSITE: "onsite", Mode.ONLINE: "online", Mode.HYBRID: "blended"}
    instances = [
        {
            "@type": "CourseInstance",
            "name": run["code"],
            "courseMode": modes[run["mode"]],
            "inLanguage": run["language"],
            "startDate": run["starts_at"].isoformat(),
            "endDate": run["ends_at"].isoformat(),
            "location": run["place"],
            "courseWorkload": f"PT{course.hours.normalize()}H",
            "offers": {
                "@type": "Offer",
                "price": run["price"],
                "priceCurrency": settings.CURRENCY,
                "category": "Paid" if run["price"] else "Free",
                "url": url,
            },
        }
        for run in runs
        if run["starts_at"]
    ]
    data = {
        "@context": "https://schema.org",
        "@type": "Course",
        "name": course.title,
        "description": course.summary,
        "courseCode": course.code,
        "url": url,
        "educationalLevel": str(course.get_level_display()),
        "hasCourseInstance": instances,
    }
    text = json.dumps(data, ensure_ascii=False)
    # Nothing in it may end the script element that holds it.
    return mark_safe(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S308  escaped above
