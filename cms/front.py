"""What the home page, the catalogue and the pages of learning paths show."""

from django.utils.translation import get_language
from wagtail.models import Page

from courses.models import CurriculumOutcome, CurriculumStep

from . import articles, calls, catalogue
from .addresses import address_of_only, page_address
from .columns import columns, outcomes_of, plain, said
from .filters import FilterForm, Filters
from .models import CourseIndexPage, CurriculumPage

RUNS_AT_HOME = 6


def context_of_home(at):
    """The next dates, the learning paths and where the whole catalogue is."""
    rows, _towns = catalogue.listing(at=at)
    return {
        "courses": [row for row in rows if row["run"]][:RUNS_AT_HOME],
        "catalogue_url": address_of_only(CourseIndexPage),
        "paths": _paths(get_language()),
        "calls": calls.open_now(at),
        "articles": articles.latest(),
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
    rows = plain(CurriculumStep).filter(curriculum=curriculum).order_by("sort_order", "pk")
    rows = rows.values("course_id", "is_required", "course__hours", *columns("course__title"))
    steps = [said(row, "course__title") for row in rows]
    rows, _towns = catalogue.listing(course__in=[step["course_id"] for step in steps], at=at)
    public = {row["course_id"]: row for row in rows}
    for number, step in enumerate(steps, start=1):
        step["number"] = number
        step["public"] = public.get(step["course_id"])
    return {
        "curriculum": curriculum,
        "steps": steps,
        "required": [step for step in steps if step["is_required"]],
        "optional": [step for step in steps if not step["is_required"]],
        "hours": sum(step["course__hours"] for step in steps if step["is_required"]),
        "outcomes": outcomes_of(plain(CurriculumOutcome).filter(curriculum=curriculum)),
    }


def pages_below(page):
    """What stands right under a text page (rows of title, summary, url): learning paths, else other pages."""
    if not page.numchild:
        return []
    below = {"path__startswith": page.path, "depth": page.depth + 1}
    paths = _paths(get_language(), **below)
    if paths:
        return paths
    pages = plain(Page).filter(live=True, **below).order_by("path").values("title", "url_path")
    return [{**row, "url": page_address(row["url_path"], get_language())} for row in pages]


def _paths(language, **selection):
    """Public learning paths as rows (dict)."""
    texts = ["curriculum__title", "curriculum__summary"]
    pages = plain(CurriculumPage).filter(live=True, locale__language_code=language, **selection).order_by("path")
    rows = [said(row, *texts) for row in pages.values("url_path", *columns(*texts))]
    return [{**row, "url": page_address(row["url_path"], language)} for row in rows]
