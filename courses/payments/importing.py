"""A bank statement: uploaded, its columns named where they are not known, reviewed, and applied in one transaction.

Nothing is counted before somebody has looked. What was counted once is never
counted again, whatever file brings it: see BankLine.fingerprint.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy.checkpoints import reach
from academy.errors import RuleError
from courses.models import BankLine, BankStatement, CourseRun, Payment, StatementFormat

from . import rules
from .statements import gpc, table
from .statements.lines import LARGEST_FILE, BadStatement, Line

P = Payment.Status
PENDING = (BankStatement.Status.COLUMNS, BankStatement.Status.REVIEW)
# A file that nobody applied is forgotten after this time.
FORGOTTEN_AFTER = timedelta(days=30)
UNNAMED_FORGOTTEN_AFTER = timedelta(days=1)


class TooLarge(RuleError):
    sentence = gettext_lazy("The file is larger than 2 MB. Export a shorter time.")


class ColumnsMissing(RuleError):
    sentence = gettext_lazy("Say which columns hold the date, the amount and the variable symbol.")


class LineRefused(RuleError):
    """A chosen line that cannot be counted; its sentence names the line."""


def upload(content, *, name, by, at=None):
    """Read a file (bytes) and keep what is needed of it; return the BankStatement, to be reviewed.

    Of a table whose columns are unknown the whole is kept until they are named, a day
    at most. Raises TooLarge, and BadStatement naming the line that cannot be read.
    """
    if len(content) > LARGEST_FILE:
        raise TooLarge
    facts = {"name": name[-120:], "uploaded_by": by, "uploaded_at": at or timezone.now()}
    if gpc.looks_like(content):
        return _to_review(BankStatement(**facts), gpc.read(content, settings.CURRENCY))
    found = table.find(content)
    known = StatementFormat.objects.filter(header=found.key).first()
    columns = known.columns if known else table.recognised(found.titles)
    if set(table.NEEDED) <= columns.keys():
        return _to_review(BankStatement(**facts), table.read(found, columns, settings.CURRENCY))
    statement = BankStatement(**facts, status=BankStatement.Status.COLUMNS, lines=found.as_json())
    statement.save()
    return statement


def name_columns(statement, columns, *, at=None):
    """Say which column (int) is which field of table.FIELDS; return the statement, to be reviewed.

    The same titles are known from then on. Raises ColumnsMissing, BadStatement, and
    NotPossible for a statement that does not wait for this.
    """
    with transaction.atomic():
        statement = BankStatement.objects.select_for_update().get(pk=statement.pk)
        if statement.status != BankStatement.Status.COLUMNS:
            return statement
        found = table.Table.from_json(statement.lines)
        columns = {name: place for name, place in columns.items() if name in table.FIELDS and place is not None}
        if not set(table.NEEDED) <= columns.keys():
            raise ColumnsMissing
        lines = table.read(found, columns, settings.CURRENCY)
        StatementFormat.objects.update_or_create(
            header=found.key, defaults={"columns": columns, "saved_at": at or timezone.now()}
        )
        return _to_review(statement, lines)


def _to_review(statement, lines):
    if not lines:
        raise BadStatement(_("There is no transfer in this file."))
    statement.lines = [line.as_json() for line in lines]
    statement.status = BankStatement.Status.REVIEW
    statement.save()
    return statement


@dataclass
class Proposal:
    """What one line seems to be: the Payment it belongs to, whether it can be chosen and whether it is proposed."""

    line: Line
    group: str
    payment: Payment | None = None
    can_be_chosen: bool = False
    is_chosen: bool = False

    @property
    def can_be_assigned(self):
        """Whether the office may say by hand whose money it is."""
        return self.group == "unknown"


@dataclass
class Group:
    """Lines of one kind with the sentence that says what they are."""

    key: str
    title: str
    sentence: str
    proposals: list[Proposal] = field(default_factory=list)


GROUPS = {
    "exact": (
        gettext_lazy("Symbol and amount fit"),
        gettext_lazy("These are chosen already: the symbol is known and the money is what is still to be paid."),
    ),
    "less": (
        gettext_lazy("Less than is asked for"),
        gettext_lazy("The symbol is known, the money is a part. Parts add up; the payment stays open."),
    ),
    "more": (
        gettext_lazy("More than is asked for"),
        gettext_lazy("The symbol is known. The payment will be settled and the rest is to be returned."),
    ),
    "settled": (
        gettext_lazy("Nothing is expected"),
        gettext_lazy("The symbol belongs to a payment that is paid. If it is counted, it is to be returned."),
    ),
    "waived": (
        gettext_lazy("Payment waived"),
        gettext_lazy("Nothing is asked for. Take the waiver back and import again, or send the money back."),
    ),
    "ended": (
        gettext_lazy("The place has ended"),
        gettext_lazy("The symbol belongs to a place that was cancelled or has lapsed. If counted, a refund is due."),
    ),
    "refund": (
        gettext_lazy("Refund sent"),
        gettext_lazy("Money that left for a person to whom it is to be returned, in exactly that amount."),
    ),
    "unknown": (
        gettext_lazy("Unknown symbol"),
        gettext_lazy("No payment has this symbol. Write the right one beside it if you know whose money it is."),
    ),
    "outgoing": (
        gettext_lazy("Other outgoing money"),
        gettext_lazy("These lines are nobody's refund and are left alone."),
    ),
    "currency": (
        gettext_lazy("Another currency"),
        gettext_lazy("The payment is asked for in another currency. Settle it by hand."),
    ),
    "counted": (
        gettext_lazy("Counted before"),
        gettext_lazy("These transfers came with an earlier file and are not counted again."),
    ),
}


def review(statement):
    """The lines of a statement as Groups, in the order of GROUPS, empty ones left out; 2 queries for any number."""
    lines = [Line.from_json(facts) for facts in statement.lines]
    symbols = {line.variable_symbol for line in lines if line.variable_symbol}
    rows = Payment.objects.filter(variable_symbol__in=symbols).select_related("enrollment__run", "enrollment__learner")
    payments = {row.variable_symbol: row for row in rows}
    counted = set(
        BankLine.objects.filter(undone_at=None, fingerprint__in=[line.fingerprint for line in lines]).values_list(
            "fingerprint", flat=True
        )
    )
    at, open_amounts = timezone.now(), {symbol: row.outstanding for symbol, row in payments.items()}
    groups = {key: Group(key, title, sentence) for key, (title, sentence) in GROUPS.items()}
    for line in lines:
        proposal = _propose(line, payments.get(line.variable_symbol), counted, open_amounts, at)
        groups[proposal.group].proposals.append(proposal)
    return [group for group in groups.values() if group.proposals]


def _propose(line, payment, counted, open_amounts, at):
    if line.fingerprint in counted:
        return Proposal(line, "counted", payment)
    if payment is None:
        return Proposal(line, "unknown" if line.amount > 0 else "outgoing")
    if line.currency != payment.currency:
        return Proposal(line, "currency", payment)
    if line.amount < 0:
        is_refund = payment.to_return == -line.amount
        group = "refund" if is_refund else "outgoing"
        return Proposal(line, group, payment, can_be_chosen=is_refund, is_chosen=is_refund)
    if payment.status in (P.VOID, P.REFUND_DUE, P.REFUNDED) or payment.enrollment.has_lapsed(at):
        return Proposal(line, "ended", payment, can_be_chosen=True)
    if payment.status == P.WAIVED:
        return Proposal(line, "waived", payment)
    still = open_amounts[line.variable_symbol]
    if not still:
        return Proposal(line, "settled", payment, can_be_chosen=True)
    if line.amount == still:
        open_amounts[line.variable_symbol] = 0
        return Proposal(line, "exact", payment, can_be_chosen=True, is_chosen=True)
    return Proposal(line, "less" if line.amount < still else "more", payment, can_be_chosen=True)


@dataclass(frozen=True)
class Applied:
    """What applying a statement did: the transfers counted now (int) and those that another file had brought (int)."""

    counted: int
    before: int


def apply(statement, numbers, *, by, assigned=None, at=None):
    """Count the chosen lines (numbers) of a statement, all in one transaction or none; return what was Applied.

    `assigned` maps numbers of lines with an unknown symbol to the symbol that the
    office wrote beside them. Twice is safe, also with the same file uploaded twice
    and applied at once. Raises LineRefused naming the line.
    """
    assigned = assigned or {}
    with transaction.atomic():
        statement = BankStatement.objects.select_for_update().get(pk=statement.pk)
        if statement.status == BankStatement.Status.APPLIED:
            return Applied(0, statement.counted.count())
        at = at or timezone.now()
        lines = [Line.from_json(facts) for facts in statement.lines] if statement.status in PENDING else []
        chosen = [line for line in lines if line.number in numbers]
        payments = _payments_of(chosen, assigned)
        reach("import:read")
        # All runs at once and in order, so that two imports never wait for each other.
        runs = {payment.enrollment.run_id for payment in payments.values()}
        list(CourseRun.objects.select_for_update().filter(pk__in=runs).order_by("pk"))
        counted = before = 0
        for line in chosen:
            if _count(statement, line, payments[line.number], by, at):
                counted += 1
            else:
                before += 1
        statement.status, statement.applied_at, statement.applied_by = BankStatement.Status.APPLIED, at, by
        statement.lines = []
        statement.save()
        return Applied(counted, before)


def _payments_of(lines, assigned):
    symbols = {line.number: assigned.get(line.number) or line.variable_symbol for line in lines}
    rows = Payment.objects.filter(variable_symbol__in={symbol for symbol in symbols.values() if symbol})
    found = {row.variable_symbol: row for row in rows.select_related("enrollment")}
    payments = {}
    for line in lines:
        payment = found.get(symbols[line.number])
        if payment is None:
            raise _refused(line, _("no payment has the symbol %(symbol)s.") % {"symbol": symbols[line.number] or "–"})
        if payment.currency != line.currency:
            raise _refused(line, _("the payment is asked for in another currency."))
        payments[line.number] = payment
    return payments


def _count(statement, line, payment, by, at):
    """Count one line; return whether it is new."""
    row = BankLine(
        statement=statement,
        fingerprint=line.fingerprint,
        number=line.number,
        date=line.date,
        amount=line.amount,
        bank_id=line.bank_id,
        counter_account=line.account,
    )
    try:
        rules.receive(payment, row, by=by, at=at)
    except rules.AlreadyCounted:
        return False
    except RuleError as error:
        raise _refused(line, error.sentence) from error
    return True


def _refused(line, what):
    return LineRefused(_("Line %(number)s: %(what)s") % {"number": line.number, "what": what})


def discard(statement):
    """Throw a statement away that was not applied. Twice is safe."""
    with transaction.atomic():
        BankStatement.objects.filter(pk=statement.pk, status__in=PENDING).delete()


def forget_old(*, at=None):
    """Throw away files that nobody applied; return how many."""
    at = at or timezone.now()
    old = BankStatement.objects.filter(status__in=PENDING, uploaded_at__lt=at - FORGOTTEN_AFTER)
    unnamed = BankStatement.objects.filter(
        status=BankStatement.Status.COLUMNS, uploaded_at__lt=at - UNNAMED_FORGOTTEN_AFTER
    )
    return old.delete()[0] + unnamed.delete()[0]
