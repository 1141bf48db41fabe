"""What the messages about money say. State is read here, at the moment of sending; None = nothing to say any more."""

from datetime import datetime

from django.utils import timezone

from academy import links
from academy.mail.letters import Attachment, composer, letter_from_templates
from courses.models import Enrollment, Payment

from . import notices, spayd, words

QR = "payment-code"


@composer(notices.REMINDER)
def reminder(message):
    payment = _read(message, Payment.Status.UNPAID)
    if payment is None or payment.enrollment.status != Enrollment.Status.CONFIRMED:
        return None
    if payment.due_at.isoformat() != message.key.split(":", 2)[2]:
        return None
    return _letter("payment_reminder", payment)


@composer(notices.WARNING)
def warning(message):
    payment = _read(message, Payment.Status.UNPAID)
    lapses_at = datetime.fromisoformat(message.facts["lapses_at"])
    if payment is None or payment.enrollment.lapses_at != lapses_at or lapses_at < timezone.now():
        return None
    return _letter("payment_warning", payment)


@composer(notices.RECEIVED)
def received(message):
    payment = _read(message, Payment.Status.PAID, Payment.Status.UNPAID, Payment.Status.REFUND_DUE)
    return payment and _letter("payment_received", payment)


def parts(enrollment):
    """What a letter about a place says about money: context (dict) and the attached code; both empty for a free run."""
    said = words.of_enrollment(enrollment)
    if said is None:
        return {}, []
    if said.transfer is None:
        return {"payment": said}, []
    image = Attachment("qr.png", spayd.png(said.transfer.descriptor), "image/png", content_id=QR)
    return {"payment": said, "payment_code": QR}, [image]


def _read(message, *statuses):
    return (
        Payment.objects.select_related("enrollment__run__course", "enrollment__learner")
        .filter(pk=message.facts["payment"], status__in=statuses)
        .first()
    )


def _letter(name, payment):
    enrollment = payment.enrollment
    about_money, attachments = parts(enrollment)
    context = {
        "name": enrollment.learner.name,
        "run": enrollment.run,
        "course": enrollment.run.course,
        "is_paid": payment.status == Payment.Status.PAID,
        "manage_url": links.address("courses:manage", links.sign("enrollment", enrollment.pk)),
        **about_money,
    }
    return letter_from_templates(f"courses/mail/{name}", context, attachments)
