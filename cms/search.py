"""Search over the pages of the active language by Wagtail's database backend.

Texts are folded when they are indexed (BasePage.searched_text) and the words when
they are looked for, so both databases find the same: every word, or its beginning,
in any order, without regard to diacritics. A course's texts are those of its record;
whoever changes one in the admin has its pages indexed anew (cms/wagtail_hooks.py),
and the night goes over everything.
"""

from functools import reduce
from operator import and_

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import Page
from wagtail.search import index
from wagtail.search.query import PlainText

from . import mentors
from .addresses import address_of_only, page_address
from .folding import fold, words_of
from .models import CoursePage, CurriculumPage, MentorIndexPage

WORDS_AT_MOST = 8
RESULTS_AT_MOST = 50


def courses_by_word(words):
    """Courses whose live page in the active language has the word or its beginning: dict of word -> set of ids.

    One query for each word, however many courses there are; words beyond WORDS_AT_MOST are left out.
    """
    return {
        word: set(_matching(CoursePage, word).values_list("course_id", flat=True)) for word in words[:WORDS_AT_MOST]
    }


def results(text):
    """Mentors and pages that have all words of the text (str), as rows (dict of title, text, kind and url)."""
    words = words_of(text)[:WORDS_AT_MOST]
    if not words:
        return []
    found = _matching(Page, *words).public().values_list("pk", flat=True)[:RESULTS_AT_MOST]
    pages = Page.objects.filter(pk__in=list(found)).specific()
    language = get_language()
    return [*_mentors(words), *(_page(page, language) for page in sorted(pages, key=lambda page: page.title))]


def reindex(pages):
    """Index these pages (iterable of specific ones) anew, after texts that stand elsewhere have changed."""
    for page in pages:
        index.insert_or_update_object(page)


def pages_that_show(record):
    """Pages (list) whose indexed text comes from this record: a course, a segment or a learning path."""
    kind = record._meta.model_name
    if kind == "course":
        return list(CoursePage.objects.filter(course=record))
    if kind == "segment":
        return list(CoursePage.objects.filter(course__segments=record))
    if kind == "curriculum":
        return list(CurriculumPage.objects.filter(curriculum=record))
    return []


def _matching(page_type, *words):
    """Live pages (QuerySet) of the type and the active language in which every word stands, or begins a word."""
    query = reduce(and_, (PlainText(word) for word in words))
    found = page_type.objects.autocomplete(query, order_by_relevance=False).get_queryset()
    return found.filter(live=True, locale__language_code=get_language())


def _page(page, language):
    return {
        "title": page.title,
        "text": page.lead or page.summary_for_lists(),
        "kind": capfirst(page.kind_for_lists()),
        "url": page_address(page.url_path, language),
    }


def _mentors(words):
    """Public mentors: they are records, few, and have no page that could be indexed for each of them."""
    index_url = address_of_only(MentorIndexPage)
    for row in mentors.public() if index_url else []:
        said = fold(" ".join([row["name"], row["headline"], row["bio"], row["speciality_words"], row["town"]]))
        if all(any(part.startswith(word) for part in words_of(said)) for word in words):
            yield {
                "title": row["name"],
                "text": row["headline"],
                "kind": _("Mentor"),
                "url": f"{index_url}{row['slug']}/",
            }
