"""Texts that have a column per language, read straight from the database."""

from django.conf import settings
from django.db.models import F, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import get_language


def words(field):
    """Expression for a text (field such as "course__title") in the active language, falling back as attributes do."""
    active = get_language()
    languages = [active, *(code for code in settings.MODELTRANSLATION_FALLBACK_LANGUAGES if code != active)]
    return Coalesce(
        *[NullIf(F(f"{field}_{code}"), Value("")) for code in languages], Value(""), output_field=TextField()
    )
