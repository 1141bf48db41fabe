"""Rows of course lists."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def course_rows(courses):
    """The rows (safe str) of a list of courses (rows of catalogue.listing).

    A row follows from its words alone, so one that says the same as before is
    not rendered again; as soon as a seat is taken it says something else.
    """
    language = get_language()
    rows = []
    for course in courses:
        run = course["run"]
        of_run = run and (
            run["when"],
            run["place"],
            run["tag"],
            run["seats"],
            run["price_words"],
            run["language_words"],
        )
        of_course = (course["url"], course["title"], course["summary"], course["kind"], course["drawing"])
        rows.append(_row(language, of_course, of_run))
    return mark_safe("".join(rows))  # noqa: S308  rendered by a template


@lru_cache(maxsize=2048)
def _row(_language, of_course, of_run):
    context = dict(zip(("url", "title", "summary", "kind", "drawing"), of_course, strict=True))
    if of_run:
        names = ("when", "place", "tag", "seats", "price_words", "language_words")
        context["run"] = dict(zip(names, of_run, strict=True))
    return render_to_string("components/course_row.html", context)
