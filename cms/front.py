"""What the home page, the catalogue and the pages of learning paths show."""

from django.db.models import F, Q
from django.utils.translation import get_language

from courses.models import CurriculumOutcome, CurriculumStep

from . import catalogue
from .addresses import page_address
from .columns import words
from .filters import FilterForm, Filters
from .models import CourseIndexPage, CurriculumPage

RUNS_AT_HOME = 6


def context_of_home(at):
    """The next dates, the learning paths and where the whole catalogue is."""
    rows, _towns = catalogue.listing(at=at)
    language = get_language()
    index = CourseIndexPage.objects.filter(live=True, locale__language_code=language).values_list("url_path", flat=True)
    index_path = index.first()
    return {
        "courses": [row for row in rows if row["run"]][:RUNS_AT_HOME],
        "catalogue_url": page_address(index_path, language) if index_path else "",
        "paths": _paths(language),
    }


def context_of_catalogue(values, at):
    """The courses that match the visitor's choice (QueryDict), and the form with that choice."""
    filters = Filters(values)
    rows, towns = catalogue.listing(filters, at=at)
    return {
        "courses": rows,
        "form": FilterForm(values, segments=catalogue.all_segments(), towns=towns),
        "is_filtered": bool(filters),
    }


def context_of_curriculum(curriculum, at):
    """The steps of a path with their next run."""
    steps = CurriculumStep.objects.filter(curriculum=curriculum).order_by("sort_order", "pk")
    steps = list(steps.values("course_id", "is_required", title=words("course__title"), hours=F("course__hours")))
    rows, _towns = catalogue.listing(only=Q(course__in=[step["course_id"] for step in steps]), at=at)
    public = {row["course_id"]: row for row in rows}
    for number, step in enumerate(steps, start=1):
        step["number"] = number
        step["public"] = public.get(step["course_id"])
    return {
        "curriculum": curriculum,
        "steps": steps,
        "required": [step for step in steps if step["is_required"]],
        "optional": [step for step in steps if not step["is_required"]],
        "hours": sum(step["hours"] for step in steps if step["is_required"]),
        "outcomes": list(
            CurriculumOutcome.objects.filter(curriculum=curriculum)
            .order_by("sort_order", "pk")
            .values_list(words("text"), flat=True)
        ),
    }


def _paths(language):
    """Public learning paths as rows (dict)."""
    pages = (
        CurriculumPage.objects.filter(live=True, locale__language_code=language)
        .order_by("path")
        .values("url_path", name=words("curriculum__title"), summary=words("curriculum__summary"))
    )
    return [{**row, "url": page_address(row["url_path"], language)} for row in pages]
