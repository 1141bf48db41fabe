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


class NotDoneYet(RuleError):
    sentence = _("The message is still on its way. It can be sent again once it has arrived, failed or lapsed.")


class CannotBeSentAgain(RuleError):
    sentence = _("A login code is not sent again. The person asks for a new one on the sign-in page.")


def queue(
    kind,
    *,
    key,
    to=None,
    recipient=None,
    language=None,
    facts=None,
    not_before=None,
    about="",
    by=None,
    is_private=False,
    is_news=False,
):
    """Queue one message and return its row; the same key a second time returns the first row.

    `kind` has a composer; `key` says what, about whom and which version; `recipient`
    is a User (then `to` and `language` default to theirs); `facts` is JSON-ready.
    `about` names what it belongs to (see registry.message_topics), such as "run:12"; `by` is
    who of the office sends it. The row of a private message is hidden from most of the
    office; news may be unsubscribed from, everything else may not.
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
        about=about,
        by=by,
        is_private=is_private,
        is_news=is_news,
    )


def queue_secret(kind, *, key, to, language, letter, expires_at=None):
    """Queue a message whose words must not be readable in the log (login codes).

    The Letter is stored encrypted and wiped once it was sent. After `expires_at` it is
    of no use and is not sent any more.
    """
    return _queue_row(
        key,
        kind=kind,
        to=to,
        language=language,
        is_secret=True,
        secret=seal_letter(letter),
        expires_at=expires_at,
    )


def send_again(message, *, by):
    """Queue a new message that says what this one said, with the facts as they are now; return it.

    It goes to the address that the person has now, and is skipped when it is no longer
    true. While a repeat is on its way, that one is returned. Raises CannotBeSentAgain for
    a login code, NotDoneYet for a message that is still on its own way.
    """
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message.pk)
        if message.is_secret:
            raise CannotBeSentAgain
        if message.status in Message.UNDER_WAY:
            raise NotDoneYet
        if repeat := message.repeats.filter(status__in=Message.UNDER_WAY).first():
            return repeat
        recipient = message.recipient
        return _queue_row(
            f"again:{message.pk}:{message.repeats.count() + 1}",
            kind=message.kind,
            recipient=recipient,
            to=recipient.email if recipient else message.to,
            language=recipient.language if recipient else message.language,
            facts=message.facts,
            about=message.about,
            is_private=message.is_private,
            is_news=message.is_news,
            again=message,
            by=by,
        )


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
