"""The outbox: every message is a row before it is a mail."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet):
    def due(self, at):
        """Messages that may be delivered at `at`: queued and due, or claimed by a worker whose lease ran out."""
        return self.filter(
            Q(status=Message.Status.QUEUED, next_attempt_at__lte=at)
            | Q(status=Message.Status.SENDING, leased_until__lte=at)
        )


class Message(models.Model):
    """One message to one person. Only academy.mail.outbox writes these rows."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("no longer needed")
        FAILED = "failed", _("failed")

    key = models.CharField(
        _("key"), max_length=200, unique=True, help_text=_("What, about whom, which version; a message has one row.")
    )
    kind = models.CharField(_("kind"), max_length=80)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("recipient"),
    )
    to = models.EmailField(_("address"))
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    facts = models.JSONField(_("facts"), default=dict, help_text=_("Ids and old values the message speaks of."))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    queued_at = models.DateTimeField(_("queued"), default=timezone.now, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    message_uid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    body = models.TextField(_("text"), blank=True, help_text=_("As it was sent."))
    secret = models.BinaryField(null=True, editable=False)
    is_secret = models.BooleanField(default=False, editable=False)
    error = models.TextField(_("last error"), blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-queued_at", "-pk"]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(status="queued"), name="message_queued"),
            models.Index(fields=["leased_until"], condition=Q(status="sending"), name="message_sending"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_secret=False) | (Q(body="") & Q(subject="")), name="message_secret_has_no_readable_row"
            ),
            models.CheckConstraint(
                condition=~Q(status="sent") | (Q(sent_at__isnull=False) & Q(secret__isnull=True)),
                name="message_sent_has_time_and_no_secret",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.pk}"
