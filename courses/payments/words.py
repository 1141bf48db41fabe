"""How a payment is said on pages and in mails: what it costs, by when, how to pay. Reads only."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from academy import money, registry, times
from courses.models import Payment

from . import iban, spayd

P = Payment.Status
TONES = {P.UNPAID: "warn", P.PAID: "ok", P.WAIVED: "ok", P.REFUND_DUE: "wait", P.REFUNDED: "off", P.VOID: "off"}


@dataclass(frozen=True)
class Transfer:
    """What somebody types or scans to pay: the account in both forms, the symbol, the message, the code."""

    amount: str
    account: str
    iban: str
    bic: str
    holder: str
    variable_symbol: str
    message: str
    descriptor: str


@dataclass(frozen=True)
class PaymentWords:
    """A payment in words: `tone` is ok, wait, warn or off; `transfer` is None where there is nothing to send."""

    title: str
    tone: str
    amount: str
    due: str = ""
    lapses: str = ""
    is_expected: bool = False
    sentences: list[str] = field(default_factory=list)
    transfer: Transfer | None = None

    @property
    def qr(self):
        """The payment code as an image (data URI)."""
        return spayd.svg_uri(self.transfer.descriptor)


def account():
    """The account that fees are paid to (dict of iban, bic, holder), or None while the office has not said it."""
    facts = {}
    for account_facts in registry.payment_account.values():
        facts |= account_facts()
    return facts if facts.get("iban") else None


def of_enrollment(enrollment, *, at=None):
    """The PaymentWords of an enrollment read with its payment, or None where nothing is or was to be paid."""
    payment = getattr(enrollment, "payment", None)
    return of_payment(payment, enrollment, at=at) if payment else None


def of_payment(payment, enrollment, *, at=None, with_transfer=True):
    """The PaymentWords of a payment; `enrollment` has its run and learner."""
    at, zone = at or timezone.now(), enrollment.run.time_zone
    expected = payment.status == P.UNPAID and enrollment.is_active and not enrollment.has_lapsed(at)
    title = _("Payment overdue") if expected and payment.is_overdue(at) else payment.get_status_display()
    lapses = times.moment(enrollment.lapses_at, zone) if expected and enrollment.lapses_at else ""
    facts = account() if expected and with_transfer else None
    sentences = list(_sentences(payment, enrollment, expected, lapses))
    if expected and with_transfer and facts is None:
        sentences.append(_("The office will write to you how to pay."))
    return PaymentWords(
        title=title,
        tone=TONES[payment.status],
        amount=money.amount(payment.outstanding if expected else payment.amount, payment.currency),
        due=times.day(payment.due_at, zone) if expected else "",
        lapses=lapses,
        is_expected=expected,
        sentences=sentences,
        transfer=facts and _transfer(payment, enrollment, facts, at),
    )


def _sentences(payment, enrollment, expected, lapses):
    def amount(hundredths):
        return money.amount(hundredths, payment.currency)

    if expected and payment.received:
        yield _("%(received)s of %(amount)s has arrived.") % {
            "received": amount(payment.received),
            "amount": amount(payment.amount),
        }
    if lapses:
        yield _("Without the payment the place lapses after %(lapses)s.") % {"lapses": lapses}
    if payment.status == P.PAID and payment.to_return:
        yield _("%(amount)s came above the price. The office will return it.") % {"amount": amount(payment.to_return)}
    if payment.status == P.REFUND_DUE:
        yield _("The office will return %(amount)s.") % {"amount": amount(payment.to_return)}
    if payment.status == P.REFUNDED:
        yield _("The money was sent back.")
    if payment.status == P.WAIVED:
        yield _("You pay nothing.")


def _transfer(payment, enrollment, facts, at):
    zone = ZoneInfo(enrollment.run.time_zone)
    message = f"{enrollment.run.code} {enrollment.learner.name}"
    order = spayd.Order(
        iban=facts["iban"],
        bic=facts.get("bic", ""),
        name=facts.get("holder", ""),
        amount=payment.outstanding,
        currency=payment.currency,
        variable_symbol=payment.variable_symbol,
        # No bank takes an order for a day that is over.
        due=max(payment.due_at, at).astimezone(zone).date(),
        message=message,
    )
    return Transfer(
        amount=money.amount(payment.outstanding, payment.currency),
        account=iban.domestic(facts["iban"]),
        iban=iban.in_fours(facts["iban"]),
        bic=facts.get("bic", ""),
        holder=facts.get("holder", ""),
        variable_symbol=str(payment.variable_symbol),
        message=spayd.escaped(message, spayd.LONGEST_MESSAGE),
        descriptor=spayd.text(order),
    )
