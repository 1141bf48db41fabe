"""What the office's work leaves behind: the changes of a run itself, and lists of people on their way in."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models.delivery import CourseRun
from courses.models.participation import Enrollment


class RunEvent(models.Model):
    """One change of a run or its sessions, or something done with its people: what, when, by whom, why. Append-only.

    `old` and `new` are {field name: JSON-ready value}; times are ISO 8601 in UTC.
    """

    class What(models.TextChoices):
        COPIED = "copied", _("Copied from another run")
        EDITED = "edited", _("Facts changed")
        PUBLISHED = "published", _("Published")
        CAPACITY = "capacity", _("Capacity changed")
        SESSION_ADDED = "session_added", _("Session added")
        SESSION_MOVED = "session_moved", _("Session moved")
        SESSION_CANCELLED = "session_cancelled", _("Session cancelled")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")
        TRAINERS = "trainers", _("Trainers changed")
        EXPORTED = "exported", _("People exported")
        IMPORTED = "imported", _("People imported")
        NOTE = "note", _("Note")

    # A draft on which nobody ever was may be deleted, and its history goes with it.
    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="events")
    enrollment = models.ForeignKey(Enrollment, models.CASCADE, null=True, blank=True, related_name="notes")
    what = models.CharField(_("what"), max_length=20, choices=What)
    subject = models.CharField(_("about"), max_length=200, blank=True)
    old = models.JSONField(_("from"), default=dict, encoder=DjangoJSONEncoder)
    new = models.JSONField(_("to"), default=dict, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    reason = models.CharField(_("why"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("change of a run")
        verbose_name_plural = _("changes of runs")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.run_id}: {self.what}"


class PeopleImport(models.Model):
    """A list of people read from a file, kept until it is applied, so that what is applied is what was shown.

    `lines` is a list of {"line", "email", "name", "organisation", "language", "problem"}; once applied each
    has "outcome" (enrollment status or "refused") and "sentence" too.
    """

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    file_name = models.CharField(_("file"), max_length=200)
    lines = models.JSONField(_("lines"), default=list)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("import of people")
        verbose_name_plural = _("imports of people")
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return f"{self.run_id}: {self.file_name}"
