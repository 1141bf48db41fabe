"""What a place costs and what became of it. Amounts are whole hundredths. Only rules write these rows."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.money import HUNDREDTHS
from courses.models.participation import Enrollment

LARGEST_SYMBOL = 9_999_999_999


class PaymentQuerySet(models.QuerySet):
    def overdue(self, at):
        """Payments still expected whose due time was before `at` (datetime)."""
        return self.filter(status=Payment.Status.UNPAID, due_at__lt=at)

    def overpaid(self):
        """Payments with more money than they asked for, on places that stay."""
        return self.filter(status=Payment.Status.PAID, received__gt=F("amount"))


class Payment(models.Model):
    """What one place costs. The amount is frozen when the place is given; a later change of price leaves it alone."""

    class Status(models.TextChoices):
        UNPAID = "unpaid", _("Unpaid")
        PAID = "paid", _("Paid")
        WAIVED = "waived", _("Payment waived")
        REFUND_DUE = "refund_due", _("Refund due")
        REFUNDED = "refunded", _("Refunded")
        VOID = "void", _("Nothing to pay")

    enrollment = models.OneToOneField(Enrollment, models.PROTECT, related_name="payment", verbose_name=_("enrollment"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.UNPAID)
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In hundredths of the currency."))
    received = models.PositiveBigIntegerField(
        _("received"), default=0, help_text=_("What has come and not been returned, in hundredths of the currency.")
    )
    currency = models.CharField(_("currency"), max_length=3)
    variable_symbol = models.PositiveBigIntegerField(_("variable symbol"), unique=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    due_at = models.DateTimeField(_("due"))
    reminded_at = models.DateTimeField(_("reminder sent"), null=True, blank=True, editable=False)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_asks_for_something"),
            models.CheckConstraint(
                condition=Q(variable_symbol__gte=1, variable_symbol__lte=LARGEST_SYMBOL),
                name="payment_symbol_has_ten_digits",
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(received__gte=F("amount")), name="payment_paid_has_its_money"
            ),
            models.CheckConstraint(
                condition=~Q(status="unpaid") | Q(received__lt=F("amount")), name="payment_unpaid_lacks_money"
            ),
            models.CheckConstraint(
                condition=~Q(status="refund_due") | Q(received__gt=0), name="payment_refund_due_has_money"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["void", "refunded"]) | Q(received=0), name="payment_void_has_no_money"
            ),
        ]
        indexes = [models.Index(fields=["status", "due_at"], name="payment_status_due")]

    def __str__(self):
        return f"VS {self.variable_symbol}"

    @property
    def amount_in_units(self):
        """The amount for a spreadsheet (float, units of the currency)."""
        return self.amount / HUNDREDTHS

    @property
    def received_in_units(self):
        """What has come, for a spreadsheet (float, units of the currency)."""
        return self.received / HUNDREDTHS

    @property
    def outstanding(self):
        """What is still to be paid (int, hundredths)."""
        return max(0, self.amount - self.received) if self.status == self.Status.UNPAID else 0

    @property
    def to_return(self):
        """What the office owes (int, hundredths): a refund, or what came above the amount."""
        if self.status == self.Status.REFUND_DUE:
            return self.received
        return max(0, self.received - self.amount) if self.status == self.Status.PAID else 0

    def is_overdue(self, at):
        """Whether money is still expected after its due time; the due second itself is in time."""
        return self.status == self.Status.UNPAID and at.replace(microsecond=0) > self.due_at


class StatementFormat(models.Model):
    """Which column of one bank's CSV means what, as the office once said; known by the header line itself."""

    header = models.CharField(_("header line"), max_length=64, unique=True, editable=False)
    columns = models.JSONField(_("columns"), default=dict)
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)

    class Meta:
        verbose_name = _("columns of a bank's file")
        verbose_name_plural = _("columns of banks' files")

    def __str__(self):
        return self.header


class BankStatement(models.Model):
    """An uploaded file: first lines to be reviewed, then applied. Keeps no names and no whole account numbers."""

    class Status(models.TextChoices):
        COLUMNS = "columns", _("columns to be named")
        REVIEW = "review", _("to be reviewed")
        APPLIED = "applied", _("applied")

    name = models.CharField(_("file"), max_length=120)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.REVIEW)
    lines = models.JSONField(
        _("lines"), default=list, help_text=_("Of a file not yet applied; emptied when it is applied or given up.")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="applied") | Q(applied_at__isnull=False), name="statement_applied_has_time"
            )
        ]

    def __str__(self):
        return self.name


class BankLine(models.Model):
    """One line of a statement whose money was counted: a transfer is counted once, whatever file brings it again."""

    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="counted")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="lines", verbose_name=_("payment"))
    fingerprint = models.CharField(max_length=64, editable=False)
    number = models.PositiveIntegerField(_("line"))
    date = models.DateField(_("date"))
    amount = models.BigIntegerField(_("amount"), help_text=_("In hundredths; money that left is below zero."))
    bank_id = models.CharField(_("bank's number"), max_length=40, blank=True)
    counter_account = models.CharField(_("other account"), max_length=40, blank=True, help_text=_("Masked."))
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank transfer")
        verbose_name_plural = _("bank transfers")
        ordering = ["date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(undone_at__isnull=True), name="bank_line_counted_once"
            )
        ]

    def __str__(self):
        return f"{self.date}: {self.amount}"


class PaymentEvent(models.Model):
    """One change of a payment: what, from, to, how much money, when, by whom, why. Append-only."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("payment opened")
        MARKED = "marked", _("paid, by the office's hand")
        BANK = "bank", _("bank transfer")
        WAIVED = "waived", _("payment waived")
        ENDED = "ended", _("place ended")
        OWED = "owed", _("refund decided")
        RETURNED = "returned", _("money returned")
        WARNED = "warned", _("warning sent")
        CARRIED = "carried", _("carried over to another run")
        UNDONE = "undone", _("last change undone")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="events")
    kind = models.CharField(_("what"), max_length=8, choices=Kind)
    from_status = models.CharField(_("from"), max_length=10, choices=Payment.Status, blank=True)
    to_status = models.CharField(_("to"), max_length=10, choices=Payment.Status)
    amount = models.BigIntegerField(
        _("amount"), default=0, help_text=_("In hundredths; money that left is below zero.")
    )
    line = models.ForeignKey(BankLine, models.PROTECT, null=True, blank=True, related_name="events")
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    reason = models.CharField(_("why"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("change of payment")
        verbose_name_plural = _("changes of payments")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.payment_id}: {self.kind}"
