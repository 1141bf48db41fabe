"""What the office wrote to whom of a run. Only courses.circulars.writing writes these rows."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models.delivery import CourseRun


class Circular(models.Model):
    """One text to some groups of a run; each person gets it as a message of their own."""

    class Group(models.TextChoices):
        APPLIED = "applied", _("Applications that are not decided")
        WAITING = "waiting", _("Waiting list")
        OFFERED = "offered", _("An offer that is not accepted yet")
        LAPSED = "lapsed", _("An offer that was not accepted")
        CONFIRMED = "confirmed", _("Enrollment confirmed")
        FINISHED = "finished", _("Course completed or not completed")
        DECLINED = "declined", _("Application declined")
        TRAINERS = "trainers", _("Trainers")

    run = models.ForeignKey(CourseRun, models.PROTECT, related_name="circulars", verbose_name=_("run"))
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    groups = models.JSONField(_("to whom"), default=list)
    is_news = models.BooleanField(
        _("news"),
        default=False,
        help_text=_(
            "Invitations to other courses and the like. Such mail can be unsubscribed from and does not reach those "
            "who have done so. What people need to take part is no news."
        ),
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        verbose_name = _("message to a group")
        verbose_name_plural = _("messages to groups")
        ordering = ["-sent_at", "-pk"]

    def __str__(self):
        return f"{self.run_id} {self.sent_at:%Y-%m-%d}"
