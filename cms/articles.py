"""What the list of articles and one article show."""

from django.core.paginator import Paginator
from django.utils.translation import get_language

from academy import times
from courses.models import Segment

from .addresses import page_address
from .columns import columns, plain, said
from .models import ArticlePage

PER_PAGE = 20
LATEST_AT_HOME = 3


def context_of_index(index, values):
    """One leaf of the articles under the index page, the newest first, and the way to the others; 2 queries."""
    leaf = Paginator(_rows().filter(path__startswith=index.path), PER_PAGE).get_page(values.get("page"))
    return {"articles": [_article(row) for row in leaf], "leaf": leaf}


def latest():
    """The newest articles in the active language as rows (dict); one query."""
    return [_article(row) for row in _rows().filter(locale__language_code=get_language())[:LATEST_AT_HOME]]


def context_of_article(article):
    """The date and subjects of an article; one query."""
    segments = plain(Segment).filter(articles=article).order_by("sort_order", "slug").values(*columns("name"))
    return {
        "date": times.date_words(article.published_on),
        "kind": article.get_kind_display(),
        "segments": [said(row, "name")["name"] for row in segments],
    }


def _rows():
    articles = plain(ArticlePage).filter(live=True).order_by("-published_on", "-pk")
    return articles.values("title", "lead", "kind", "published_on", "url_path")


def _article(row):
    return {
        **row,
        "url": page_address(row["url_path"], get_language()),
        "date": times.date_words(row["published_on"]),
        "kind_words": ArticlePage.Kind(row["kind"]).label,
    }
