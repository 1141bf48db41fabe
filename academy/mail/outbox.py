"""Queue a message in the caller's transaction.

A message is a row with a unique key. The broker is only told that there is work;
a sweep delivers whatever is overdue.
"""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError

from .models import Message
from .secrets import seal_letter
from .tasks import deliver_message, deliver_secret


class CannotBeSentAgain(RuleError):
    sentence = _("A login code is not sent again. The person asks for a new one on the sign-in page.")


def queue(kind, *, key, to=None, recipient=None, language=None, facts=None, not_before=None):
    """Queue one message and return its row; the same key a second time returns the first row.

    `kind` has a composer; `key` says what, about whom and which version; `recipient`
    is a User (then `to` and `language` default to theirs); `facts` is JSON-ready.
    Rolls back with the caller's transaction.
    """
    return _queue_row(
        key,
        kind=kind,
        recipient=recipient,
        to=to or recipient.email,
        language=language or (recipient.language if recipient else settings.LANGUAGE_CODE),
        facts=facts or {},
        next_attempt_at=not_before or timezone.now(),
    )


def queue_secret(kind, *, key, to, language, letter):
    """Queue a message whose words must not be readable in the log (login codes).

    The Letter is stored encrypted and wiped once it was sent.
    """
    return _queue_row(key, kind=kind, to=to, language=language, is_secret=True, secret=seal_letter(letter))


def requeue(message):
    """Try a message again that failed for good; return it as it is now. One that did not fail stays as it is.

    Raises CannotBeSentAgain for a login code: it is too old to be of use.
    """
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message.pk)
        if message.status != Message.Status.FAILED:
            return message
        if message.is_secret:
            raise CannotBeSentAgain
        message.status, message.attempts, message.next_attempt_at = Message.Status.QUEUED, 0, timezone.now()
        message.save(update_fields=["status", "attempts", "next_attempt_at"])
        deliver_message.delay_on_commit(message.pk)
        return message


def _queue_row(key, **values):
    try:
        with transaction.atomic():
            message = Message.objects.create(key=key, **values)
    except IntegrityError:
        return Message.objects.get(key=key)
    (deliver_secret if message.is_secret else deliver_message).delay_on_commit(message.pk)
    return message
