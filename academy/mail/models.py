"""The outbox: every message is a row before it is a mail."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet):
    def due(self, at):
        """Messages that may be delivered at `at`: queued and due, or claimed by a worker whose lease ran out."""
        return self.filter(
            Q(status=Message.Status.QUEUED, next_attempt_at__lte=at)
            | Q(status=Message.Status.SENDING, leased_until__lte=at)
        )

    def with_is_bounced(self):
        """Annotate is_bounced (bool): whether mail to the address comes back for good."""
        return self.annotate(is_bounced=Exists(Bounce.objects.standing().filter(email=Lower(OuterRef("to")))))

    def visible_to(self, user):
        """Rows of the log that this member of the office may see.

        That a confidential message was sent to this or that person says who meets
        whom, so those rows are for the few who have the right, and even they read
        neither subject nor text.
        """
        return self if user.has_perm("mail.view_private_message") else self.filter(is_private=False)


class Message(models.Model):
    """One message to one person. Only academy.mail.outbox writes these rows."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("no longer needed")
        FAILED = "failed", _("failed")

    UNDER_WAY = [Status.QUEUED, Status.SENDING]

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
    is_private = models.BooleanField(_("confidential"), default=False, editable=False)
    about = models.CharField(
        _("about"), max_length=60, blank=True, help_text=_("What it belongs to, such as a run."), db_index=True
    )
    is_secret = models.BooleanField(default=False, editable=False)
    error = models.TextField(_("last error"), blank=True)
    again = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="repeats",
        verbose_name=_("sent again"),
        help_text=_("The earlier message that this one repeats, with the facts as they are now."),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("sent by")
    )
    is_news = models.BooleanField(_("news"), default=False, editable=False)
    expires_at = models.DateTimeField(
        _("of use until"), null=True, blank=True, help_text=_("After this moment it is not sent any more.")
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        permissions = [("view_private_message", _("Can see that confidential messages were sent"))]
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


class LetterText(models.Model):
    """The office's own words for one letter in one language. Only academy.mail.texts writes these rows."""

    name = models.CharField(_("letter"), max_length=100)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    opening = models.TextField(_("opening"), blank=True)
    closing = models.TextField(_("closing"), blank=True)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("text of a letter")
        verbose_name_plural = _("texts of letters")
        ordering = ["name", "language"]
        constraints = [models.UniqueConstraint(fields=["name", "language"], name="letter_text_once")]

    def __str__(self):
        return f"{self.name} ({self.language})"

    @property
    def is_changed(self):
        return bool(self.subject or self.opening or self.closing)


class LetterTextChange(models.Model):
    """Who changed the words of a letter, when, from what to what ({part: str})."""

    text = models.ForeignKey(LetterText, models.PROTECT, related_name="changes")
    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))

    class Meta:
        verbose_name = _("change of a letter's text")
        verbose_name_plural = _("changes of letters' texts")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.text_id} {self.at:%Y-%m-%d}"

    def parts(self):
        """[(label, before, after)] of the parts that were changed."""
        return [
            (LetterText._meta.get_field(part).verbose_name, self.before[part], self.after[part])
            for part in self.after
            if self.before[part] != self.after[part]
        ]


class NewsOptOut(models.Model):
    """An address that gets no news. Messages about somebody's own places never look here."""

    email = models.EmailField(_("address"), unique=True)
    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("unsubscribed address")
        verbose_name_plural = _("unsubscribed addresses")

    def __str__(self):
        return f"{self.pk}"


class BounceQuerySet(models.QuerySet):
    def standing(self):
        """Hard bounces of addresses that nobody has said work again."""
        return self.filter(is_hard=True, forgiven_at=None)


class Bounce(models.Model):
    """Mail to an address came back. Only academy.mail.bounces writes these rows."""

    email = models.EmailField(_("address"), db_index=True)
    is_hard = models.BooleanField(_("for good"), default=True)
    status = models.CharField(_("status"), max_length=12, blank=True, help_text=_("Such as 5.1.1 (RFC 3463)."))
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="bounces")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    report_id = models.CharField(max_length=200, editable=False)
    forgiven_at = models.DateTimeField(_("works again since"), null=True, blank=True, editable=False)
    forgiven_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = BounceQuerySet.as_manager()

    class Meta:
        verbose_name = _("returned mail")
        verbose_name_plural = _("returned mails")
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["email", "report_id"], name="bounce_report_once")]

    def __str__(self):
        return f"{self.pk}"
