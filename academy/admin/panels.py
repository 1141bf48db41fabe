"""Edit forms: the languages of a text side by side, each labelled with its language.

Both are made from settings.LANGUAGES, so a third language needs no code.
"""

from django.conf import settings
from django.utils.text import capfirst, format_lazy
from modeltranslation.manager import get_translatable_fields_for_model
from modeltranslation.utils import build_localized_fieldname
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel


def translated_columns(*names):
    """Return the columns (list of str) that hold these texts: one per name and language, such as title_cs."""
    return [build_localized_fieldname(name, code) for name in names for code, _language in settings.LANGUAGES]


def translated_labels(model):
    """Return {column: label} of the model's texts in every language, such as {"title_cs": "Title (Czech)"}."""
    return {
        build_localized_fieldname(name, code): format_lazy(
            "{} ({})", capfirst(model._meta.get_field(name).verbose_name), language
        )
        for name in get_translatable_fields_for_model(model) or []
        for code, language in settings.LANGUAGES
    }


def translated_panel(model, name, **kwargs):
    """Return a row with the text `name` of the model once per language, such as “Title (Czech)”."""
    labels = translated_labels(model)
    return FieldRowPanel([FieldPanel(column, heading=labels[column], **kwargs) for column in translated_columns(name)])


class TranslatedModelForm(WagtailAdminModelForm):
    """A form that asks for a required text in the default language; other languages may wait.

    Columns of translations are all nullable in the database, so the form has to ask.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        model = self._meta.model
        for column, label in translated_labels(model).items():
            if column in self.fields:
                self.fields[column].label = label
        for name in get_translatable_fields_for_model(model) or []:
            column = build_localized_fieldname(name, settings.MODELTRANSLATION_DEFAULT_LANGUAGE)
            if column in self.fields and not model._meta.get_field(name).blank:
                self.fields[column].required = True
