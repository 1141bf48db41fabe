"""Every number that the office types has an upper bound: too much is a sentence beside the field, never an overflow."""

from datetime import timedelta

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.admin.viewsets import viewsets
from wagtail.snippets.models import get_snippet_models

from academy.admin.actions import ActionView

BIGGEST = 2**31 - 1  # an integer column on PostgreSQL
HOUSEKEEPING = {"ORDER", "id"}
UNITS = {"hours": "hours", "minutes": "minutes", "days": "days"}


def _form_classes():
    """(name, form class) of every form in the admin that has model fields, inline rows and actions included."""
    views = [model.snippet_viewset for model in get_snippet_models()]
    views += [view for view in viewsets.viewsets if getattr(view, "form_fields", None) or hasattr(view, "panels")]
    for view in views:
        handler = getattr(view, "_edit_handler", None)
        form_class = handler.get_form_class() if handler else None
        if form_class is None:
            continue
        yield view.model.__name__, form_class
        for relation, formset in getattr(form_class, "formsets", {}).items():
            yield f"{view.model.__name__}.{relation}", formset.form
    yield from ((action.__name__, action.form_class) for action in _subclasses(ActionView))


def _subclasses(cls):
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def _numbers():
    found = {}
    for name, form_class in _form_classes():
        for field_name, field in form_class.base_fields.items():
            if _is_whole_number(field) and field_name not in HOUSEKEEPING:
                found[f"{name}.{field_name}"] = [field, *_column(form_class, field_name)]
    return found


def _is_whole_number(field):
    # Decimal fields have their bound in the number of digits.
    return isinstance(field, forms.IntegerField) and not isinstance(field, (forms.DecimalField, forms.FloatField))


def _column(form_class, name):
    """The model's field behind a form's field (list, empty for plain forms): the form's full_clean() asks it too."""
    model = getattr(getattr(form_class, "_meta", None), "model", None)
    return [field for field in model._meta.fields if field.name == name] if model else []


def test_there_are_numbers_to_look_at():
    numbers = _numbers()

    assert {"CourseRun.capacity", "CourseRun.freeze_hours", "CourseRun.sessions.break_minutes"} <= set(numbers)
    assert {"Mentor.horizon_days", "ChangeCapacity.capacity", "CopyRun.weeks"} <= set(numbers)


@pytest.mark.parametrize("too_much", [BIGGEST + 1, 2**63 - 1, 2**63, 10**30])
def test_every_number_has_an_upper_bound(too_much):
    unbounded = [name for name, fields in _numbers().items() if not _refuses(fields, too_much)]

    assert unbounded == []


def test_every_amount_of_time_can_be_reckoned_with():
    too_long = []
    for name, fields in _numbers().items():
        unit = next((unit for unit in UNITS if unit in name.rpartition(".")[2]), None)
        if unit is None:
            continue
        most = timezone.now() + timedelta(days=200 * 365)
        if not _refuses(fields, int((most - timezone.now()) / timedelta(**{UNITS[unit]: 1}))):
            too_long.append(name)

    assert too_long == []


def _refuses(fields, value):
    form_field, *columns = fields
    try:
        cleaned = form_field.clean(str(value))
        for column in columns:
            column.clean(cleaned, None)
    except ValidationError:
        return True
    return False
