"""Bases of the admin's lists: things staff edit, and records that only rules write."""

import datetime

from django.conf import settings
from django.utils import timezone
from modeltranslation.manager import get_translatable_fields_for_model
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from wagtail import hooks, permissions
from wagtail.admin.panels import ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.snippets.views import snippets
from wagtail.snippets.views.snippets import SnippetViewSet

from academy import times

from .actions import action_buttons
from .panels import TranslatedModelForm, translated_labels
from .policies import ViewOnlyPermissionPolicy


class MomentColumn(Column):
    """A moment in the office's time, day before month in every language."""

    def get_value(self, instance):
        at = super().get_value(instance)
        return f"{times.short_day(at, settings.TIME_ZONE)}, {times.clock(at, settings.TIME_ZONE)}" if at else ""


class ExportMixin:
    """Export to XLSX only: it opens with Czech letters, and a cell that starts with “=” stays a text.

    CSV does neither, so it is not offered. Times are the office's, not UTC.
    """

    FORMATS = ("xlsx",)

    @property
    def header_more_buttons(self):
        return [button for button in super().header_more_buttons if button.url != self.csv_export_url]

    def preprocess_field_value(self, field, value, export_format):
        if isinstance(value, datetime.datetime) and timezone.is_aware(value):
            return timezone.make_naive(value)
        value = super().preprocess_field_value(field, value, export_format)
        return ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value


class ActionButtonsMixin:
    """Rows whose menu has the viewset's actions in front of edit, inspect and delete."""

    actions = []

    def get_list_more_buttons(self, instance):
        return [
            *action_buttons(self.actions, instance, self.request.user, next_url=self.request.get_full_path()),
            *super().get_list_more_buttons(instance),
        ]


class InspectActionsMixin:
    """An inspect page whose header menu has the viewset's actions."""

    actions = []

    @property
    def header_more_buttons(self):
        return [*action_buttons(self.actions, self.object, self.request.user), *super().header_more_buttons]


class SnippetIndexView(ExportMixin, ActionButtonsMixin, snippets.IndexView):
    pass


class SnippetInspectView(InspectActionsMixin, snippets.InspectView):
    """Texts in every language, and the buttons that other apps add to the rows of the list."""

    def get_fields(self):
        left_out = {"id", *(get_translatable_fields_for_model(self.model) or [])}
        return [name for name in super().get_fields() if name not in left_out]

    def get_field_label(self, field_name, field):
        return translated_labels(self.model).get(field_name) or super().get_field_label(field_name, field)

    @property
    def header_more_buttons(self):
        added = [
            button
            for hook in hooks.get_hooks("register_snippet_listing_buttons")
            for button in hook(self.object, self.request.user, "")
        ]
        return [*added, *super().header_more_buttons]


class RecordIndexView(ExportMixin, ActionButtonsMixin, generic.IndexView):
    pass


class RecordInspectView(InspectActionsMixin, generic.InspectView):
    pass


class _WithActions:
    actions = []

    def get_index_view_kwargs(self, **kwargs):
        return super().get_index_view_kwargs(**{"actions": self.actions, **kwargs})

    def get_inspect_view_kwargs(self, **kwargs):
        return super().get_inspect_view_kwargs(**{"actions": self.actions, **kwargs})


class AcademySnippetViewSet(_WithActions, SnippetViewSet):
    """Something staff edit: list with export, inspect page, actions; never copied by Wagtail.

    Wagtail's copy would duplicate rows that people depend on; where a copy is
    useful there is an action that knows what to take along.
    """

    index_view_class = SnippetIndexView
    inspect_view_class = SnippetInspectView
    inspect_view_enabled = True
    copy_view_enabled = False
    list_per_page = 50
    search_backend_name = None
    base_form_class = TranslatedModelForm

    def get_index_view_kwargs(self, **kwargs):
        given = super().get_index_view_kwargs(**kwargs)
        headings = {} if self.export_headings is self.UNDEFINED else self.export_headings
        return {**given, "export_headings": {**translated_labels(self.model), **headings}}

    def get_edit_handler(self):
        return ObjectList(self.panels, base_form_class=self.base_form_class).bind_to_model(self.model)


class RecordViewSet(_WithActions, ModelViewSet):
    """Rows that only rules write: list, inspect, export; buttons call the rules."""

    index_view_class = RecordIndexView
    inspect_view_class = RecordInspectView
    inspect_view_enabled = True
    copy_view_enabled = False
    add_to_reference_index = False
    list_per_page = 50
    search_backend_name = None
    form_fields = []

    @property
    def permission_policy(self):
        return ViewOnlyPermissionPolicy(self.model)

    def on_register(self):
        # Wagtail 8 looks policies up in a registry; 7.4 asks the viewset only.
        if register := getattr(permissions, "register_permission_policy", None):
            register(self.model, self.permission_policy)
        super().on_register()
