"""What the messages about money say. State is read here, at the moment of sending; None = nothing to say any more."""

from datetime import datetime

from django.utils import timezone

from academy import links
from academy.mail.letters import Attachment, composer, letter_from_templates
from courses.models import Enrollment, Payment

from . import notices, spayd, words

QR = "payment-code"


@composer(notices.REMINDER)
def payment_reminder(message):
    payment = _read(message, Payment.Status.UNPAID)
    if payment is None or payment.enrollment.status != Enrollment.Status.CONFIRMED:
        return None
    return _letter("payment_reminder", payment)


@composer(notices.WARNING)
def payment_warning(message):
    payment = _read(message, Payment.Status.UNPAID)
    lapses_at = payment and payment.enrollment.lapses_at
    if not lapses_at or lapses_at < timezone.now():
        return None
    # A newer warning, with its own time, has overtaken this one.
    if datetime.fromisoformat(message.facts.get("lapses_at", lapses_at.isoformat())) != lapses_at:
        return None
    return _letter("payment_warning", payment)


@composer(notices.RECEIVED)
def payment_received(message):
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
        .filter(enrollment=message.facts["enrollment"], status__in=statuses)
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
