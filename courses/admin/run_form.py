"""The form of a run with its sessions.

Once anybody is enrolled, dates, place and capacity are locked here: they change
by actions, which promote, raise SEQUENCE and tell people. Texts stay editable.
The status changes by actions always.
"""

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from academy.admin.deletion import ProtectedChildFormSet
from academy.admin.panels import TranslatedModelForm
from academy.admin.wall_clock import WallClockField, WallClockMixin

RUN_LOCKED = ["course", "mode", "venue", "time_zone", "capacity"]
SESSION_LOCKED = ["starts_at", "ends_at", "time_zone", "mode", "venue"]
# What a calendar entry says; its SEQUENCE rises when one of these changes.
SESSION_CALENDAR = ["starts_at", "ends_at", "time_zone", "venue"]


def is_locked(run):
    """Whether anybody is enrolled, waiting or applying, so that the run's facts change by actions only."""
    return bool(run.pk) and run.enrollments.active().exists()


class LockedFieldsMixin:
    """Disables the fields named; what is posted for them all the same is refused, not ignored."""

    def lock(self, names):
        for name in names:
            if name in self.fields:
                self.fields[name].disabled = True

    def clean(self):
        cleaned = super().clean()
        tampered = [
            capfirst(str(field.label))
            for name, field in self.fields.items()
            if field.disabled and self.add_prefix(name) in self.data and self._differs(name, field)
        ]
        if tampered:
            raise ValidationError(
                _("Somebody is enrolled, so this changes by the actions of the run only: %(fields)s.")
                % {"fields": ", ".join(tampered)}
            )
        return cleaned

    def _differs(self, name, field):
        posted = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        field.disabled = False
        try:
            return field.has_changed(self.get_initial_for_field(field, name), posted)
        finally:
            field.disabled = True


class SessionForm(LockedFieldsMixin, WallClockMixin, TranslatedModelForm):
    """One session; its calendar entry's SEQUENCE rises with a change of time or place."""

    class Meta(TranslatedModelForm.Meta):
        field_classes = {"starts_at": WallClockField, "ends_at": WallClockField}

    def save(self, commit=True):
        if self.instance.pk and set(SESSION_CALENDAR) & set(self.changed_data):
            self.instance.sequence += 1
        if self.instance.pk and self.changed_data:
            self.instance.edited_at = timezone.now()
        return super().save(commit)


class SessionFormSet(ProtectedChildFormSet):
    """The sessions of a run; while somebody is enrolled none is added or moved here."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_locked = is_locked(self.instance)
        if self.is_locked:
            for form in self.initial_forms:
                form.lock(SESSION_LOCKED)

    def clean(self):
        super().clean()
        if self.is_locked and any(form.instance.pk for form in self.deleted_forms):
            raise ValidationError(
                _("Somebody is enrolled, so a session is cancelled by its button on the run's page, not deleted.")
            )
        if self.is_locked and any(form.has_changed() for form in self.extra_forms if form not in self.deleted_forms):
            raise ValidationError(
                _("Somebody is enrolled, so a session is added by the action “Add session” of the run only.")
            )


class RunForm(LockedFieldsMixin, WallClockMixin, TranslatedModelForm):
    """A run. Locked facts are shown but cannot be changed here."""

    class Meta(TranslatedModelForm.Meta):
        field_classes = {
            "opens_at": WallClockField,
            "closes_at": WallClockField,
            "cancel_until": WallClockField,
            "decide_at": WallClockField,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_locked = is_locked(self.instance)
        if self.is_locked:
            self.lock(RUN_LOCKED)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decide_at") and not cleaned.get("minimum"):
            self.add_error("minimum", _("Say how many people are needed, or leave the date of the decision empty."))
        return cleaned
