"""Rows of texts that have a column per language, read without the cost of model instances.

A list that reads hundreds of rows pays for every wrapped expression and for the
manager of translated models, which rewrites names; so here the columns are read
as they are and the first that is filled is chosen in Python.
"""

from functools import lru_cache

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language


def plain(model):
    """A QuerySet of the model that takes field names as they stand in the database."""
    return QuerySet(model)


def columns(*fields):
    """The columns (list of str) of translated fields, such as "course__title", the active language first."""
    language = get_language()
    return [column for field in fields for column in _columns_of(field, language)]


def said(row, *fields):
    """Put into the row (dict read with columns(*fields)) each text under its field's own name, and return it."""
    for name, own in _texts_of(fields, get_language()):
        text = ""
        for column in own:
            text = text or row[column] or ""
        row[name] = text
    return row


@lru_cache(maxsize=256)
def _texts_of(fields, language):
    """For each field its own name and its columns."""
    return tuple((field.rpartition("__")[2], _columns_of(field, language)) for field in fields)


def outcomes_of(rows):
    """The sentences (list of str) of learning outcomes (QuerySet) in their order; one query."""
    return [said(row, "text")["text"] for row in rows.order_by("sort_order", "pk").values(*columns("text"))]


@lru_cache(maxsize=256)
def _columns_of(field, language):
    """The active language, then those that attributes of models fall back to."""
    others = [code for code in settings.MODELTRANSLATION_FALLBACK_LANGUAGES if code != language]
    return tuple(f"{field}_{code}" for code in (language, *others))
