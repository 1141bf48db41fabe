"""What payments add to the site's lists: attention, truths, a person's data. Registered by import."""

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy import registry
from courses.models import BankLine, CourseRun, Enrollment, Payment, PaymentEvent, WorkshopSession

from . import words

P = Payment.Status
S = Enrollment.Status


@registry.add(registry.attention_items, "payments")
def attention(now):
    """Lines (sentence, url): no account, overdue payments, money to return."""
    address = reverse("payment:index")
    paid_runs = CourseRun.objects.filter(price__gt=0, status__in=[CourseRun.Status.DRAFT, CourseRun.Status.PUBLISHED])
    if words.account() is None and paid_runs.exists():
        yield _("There are paid runs, but no account to pay to: write it under Settings."), _settings_address()
    overdue = Payment.objects.overdue(now.replace(microsecond=0)).count()
    if overdue:
        yield (
            ngettext("%(count)s payment is overdue.", "%(count)s payments are overdue.", overdue) % {"count": overdue},
            f"{address}?standing=overdue",
        )
    back = Payment.objects.filter(status=P.REFUND_DUE).count() + Payment.objects.overpaid().count()
    if back:
        yield (
            ngettext(
                "Money is to be returned to %(count)s person.", "Money is to be returned to %(count)s people.", back
            )
            % {"count": back},
            f"{address}?standing=to_return",
        )


def _settings_address():
    return reverse("wagtailsettings:edit", args=["cms", "paymentsettings"])


@registry.add(registry.audit_checks, "payments")
def check_payments():
    """Symbols are unique; what came is what history and bank say; states stand as the last of their history."""
    doubles = Payment.objects.order_by().values("variable_symbol").annotate(n=Count("pk")).filter(n__gt=1)
    for double in doubles:
        yield f"Variable symbol {double['variable_symbol']} belongs to {double['n']} payments."
    by_hand = dict(PaymentEvent.objects.filter(line=None).order_by().values_list("payment").annotate(Sum("amount")))
    # A transfer that was taken back stays a line; what takes it back is a mark by hand.
    by_bank = dict(BankLine.objects.order_by().values_list("payment").annotate(Sum("amount")))
    last = dict(PaymentEvent.objects.order_by("payment", "pk").values_list("payment", "to_status"))
    for row in Payment.objects.select_related("enrollment__run"):
        counted = by_hand.get(row.pk, 0) + by_bank.get(row.pk, 0)
        if counted != row.received:
            yield f"Payment {row.pk} says that {row.received} came; transfers and marks add up to {counted}."
        if last.get(row.pk) != row.status:
            yield f"Payment {row.pk} is {row.status}, its history says {last.get(row.pk)}."
        if row.status == P.UNPAID and row.enrollment.status not in Enrollment.SEATED:
            yield f"Payment {row.pk} is expected for a place that nobody has."
        if row.status in (P.VOID, P.REFUND_DUE, P.REFUNDED) and row.enrollment.status in Enrollment.SEATED:
            yield f"Payment {row.pk} is {row.status} for a place that is held."


@registry.add(registry.audit_checks, "places and payments")
def check_places():
    """A payment is opened once and asks for something; a place lapses only if unpaid and warned, before the start."""
    for row in (
        PaymentEvent.objects.filter(kind=PaymentEvent.Kind.OPENED).order_by().values("payment").annotate(n=Count("pk"))
    ):
        if row["n"] > 1:
            yield f"Payment {row['payment']} was opened {row['n']} times."
    free = Payment.objects.filter(amount=0)
    for row in free:
        yield f"Payment {row.pk} asks for nothing."
    lapsing = Enrollment.objects.filter(lapses_at__isnull=False)
    for row in lapsing.exclude(Q(status=S.CONFIRMED) & Q(payment__status=P.UNPAID)):
        yield f"Enrollment {row.pk} would lapse, but it waits for no payment."
    warned = PaymentEvent.objects.filter(kind=PaymentEvent.Kind.WARNED).values("payment__enrollment")
    for row in lapsing.exclude(pk__in=warned):
        yield f"Enrollment {row.pk} lapses without a warning."
    starts = WorkshopSession.objects.planned().filter(run__enrollments__lapses_at__isnull=False)
    first = {}
    for run, starts_at in starts.order_by("-starts_at").values_list("run", "starts_at"):
        first[run] = starts_at
    for row in lapsing:
        if row.run_id in first and row.lapses_at > first[row.run_id]:
            yield f"Enrollment {row.pk} lapses after the start of its run."


@registry.add(registry.personal_data_exporters, "payments")
def export_personal_data(user):
    """Return what payments hold about a person (dict of JSON-ready facts); amounts in hundredths."""
    rows = Payment.objects.filter(enrollment__learner=user).select_related("enrollment__run")
    return {
        "payments": [
            {
                "run": row.enrollment.run.code,
                "status": row.status,
                "amount": row.amount,
                "received": row.received,
                "currency": row.currency,
                "variable_symbol": row.variable_symbol,
                "due_at": row.due_at.isoformat(),
                "transfers": [
                    {"date": line.date.isoformat(), "amount": line.amount, "account": line.counter_account}
                    for line in row.lines.all()
                ],
            }
            for row in rows.prefetch_related("lines")
        ]
    }


@registry.add(registry.personal_data_erasers, "payments")
def erase_personal_data(user):
    """Forget the masked accounts; payments stay for the accounts. Return the sentences (list of str) that say so."""
    BankLine.objects.filter(payment__enrollment__learner=user).update(counter_account="")
    return _what_stays(user)


@registry.add(registry.personal_data_plans, "payments")
def plan_erasure(user, at):
    """The same, without doing it."""
    return [registry.Fate(sentence, stays=True) for sentence in _what_stays(user)]


def _what_stays(user):
    count = Payment.objects.filter(enrollment__learner=user).count()
    if not count:
        return []
    return [
        ngettext(
            "%(count)d payment stays for the accounts, without the sender's account number.",
            "%(count)d payments stay for the accounts, without the senders' account numbers.",
            count,
        )
        % {"count": count}
    ]
