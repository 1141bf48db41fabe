"""Everything a course's page shows, as plain rows. Without a signed-in visitor nothing here depends on who asks."""

import json

from django.conf import settings
from django.db.models import F, Q
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.models import CourseRun, Enrollment, Funder, LearningOutcome, Mode
from courses.run_state import UPCOMING, RunState

from . import catalogue, drawing
from .addresses import enroll_address, page_address
from .columns import words
from .models import MentorIndexPage

PAST_RUNS = 3


def context_of(page, course, at, *, user):
    """Return the context (dict) of the page of `course` at `at`; nine queries, for a signed-in user one more."""
    runs = catalogue.runs(Q(course=course) & ~Q(status=CourseRun.Status.DRAFT), at, with_sessions=True)
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
    segments = list(course.segments.order_by("sort_order", "slug").values("slug", title=words("name")))
    shown = [run["id"] for run in ([main] if main else past)]
    return {
        "course": course,
        "run": main,
        "other_runs": others,
        "segments": segments,
        "drawing": drawing.address(course.code, [segment["slug"] for segment in segments]),
        "outcomes": list(
            LearningOutcome.objects.filter(course=course)
            .order_by("sort_order", "pk")
            .values_list(words("text"), flat=True)
        ),
        "trainers": _trainers(shown),
        "funders": _funders(shown),
        "certificate": certificate_words(course),
        "structured_data": _structured_data(page, course, ahead),
    }


def _mark_own(runs, user):
    """Say on each run what the visitor has there already."""
    own = {
        enrollment.run_id: enrollment
        for enrollment in user.enrollments.filter(
            run__in=[run["id"] for run in runs], status__in=Enrollment.ACTIVE
        ).only("pk", "run_id", "status")
    }
    for run in runs:
        run["own"] = own.get(run["id"])


def _trainers(runs):
    """Who teaches those runs (ids), each once, with the address of the mentor's page where there is one."""
    rows = (
        CourseRun.trainers.through.objects.filter(courserun__in=runs)
        .order_by("profile__name")
        .values(
            "profile_id",
            name=F("profile__name"),
            slug=F("profile__slug"),
            headline=words("profile__headline"),
            is_mentor=F("profile__mentor__is_public"),
        )
    )
    trainers = list({row["profile_id"]: row for row in rows}.values())
    if any(row["is_mentor"] for row in trainers):
        index = mentors_address()
        for row in trainers:
            row["url"] = f"{index}{row['slug']}/" if index and row["is_mentor"] else ""
    return trainers


def mentors_address():
    """The address of the list of mentors in the active language, or "" where there is none."""
    language = get_language()
    paths = MentorIndexPage.objects.filter(live=True, locale__language_code=language).values_list("url_path", flat=True)
    path = paths.first()
    return page_address(path, language) if path else ""


def _funders(runs):
    return list(
        Funder.objects.filter(runs__in=runs)
        .distinct()
        .order_by("slug")
        .values("website", "grant_number", title=words("name"), thanks=words("acknowledgement"))
    )


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
                "priceCurrency": "CZK",
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


def certificate_words(course):
    """What one gets and what for, as sentences."""
    if course.certificate_kind == course.CertificateKind.NONE:
        return [_("This course has no certificate.")]
    sentences = [
        _("%(certificate)s, if you attend at least %(percent)s %% of the time.")
        % {"certificate": course.get_certificate_kind_display(), "percent": course.min_attendance_percent}
    ]
    if course.all_required_sessions:
        sentences.append(_("Sessions marked as required have to be attended."))
    if course.has_final_task:
        sentences.append(_("The final task has to be handed in."))
    return sentences
