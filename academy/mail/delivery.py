"""Deliver queued messages: claim a row by one UPDATE, compose, send, record.

The state a message speaks of is read again at the moment of sending, so nobody
is reminded of what they cancelled.
"""

import logging
import smtplib
import uuid
from datetime import timedelta
from email.mime.image import MIMEImage

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils import timezone, translation
from django.utils.translation import gettext

from academy import registry
from academy.checkpoints import reach
from academy.links import without_tokens

from .letters import composers
from .models import Bounce, Message
from .news import is_unsubscribed, unsubscribe_address
from .secrets import open_letter

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
# Waiting time before attempt 2, 3, ...; after the last the message has failed.
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440)]


def deliver(pk, *, at=None):
    """Deliver message `pk` if it is due; return its row. Safe to call twice and concurrently.

    A worker claims the row for five minutes by one UPDATE. Only a process that dies
    between the mail server's OK and the commit can lead to a second copy, and that
    copy bears the same Message-ID.
    """
    now = at or timezone.now()
    lease = uuid.uuid4()
    reach("deliver:starting")
    claimed = (
        Message.objects.due(now)
        .filter(pk=pk)
        .update(status=Message.Status.SENDING, lease=lease, leased_until=now + LEASE)
    )
    message = Message.objects.get(pk=pk)
    if not claimed or message.lease != lease:
        return message
    is_late = message.expires_at and message.expires_at <= now
    # What concerns somebody's own places goes out whatever came back before; news does not.
    if is_late or (message.is_news and not _wants_news(message.to)):
        return _finish(message, lease, status=Message.Status.SKIPPED)
    try:
        with translation.override(message.language):
            letter = open_letter(bytes(message.secret)) if message.is_secret else composers[message.kind](message)
        if letter is None:
            return _finish(message, lease, status=Message.Status.SKIPPED)
        _send(message, letter)
    except (smtplib.SMTPException, OSError) as error:
        return _retry_later(message, lease, error, now)
    except Exception as error:
        logger.exception("Message %s of kind %s could not be composed.", message.pk, message.kind)
        return _retry_later(message, lease, error, now)
    return _finish(
        message,
        lease,
        status=Message.Status.SENT,
        sent_at=timezone.now(),
        secret=None,
        error="",
        **_log(message, letter),
    )


def _log(message, letter):
    """Return the columns in which staff may read what was sent."""
    if message.is_secret:
        return {}
    if letter.is_private or message.is_private:
        with translation.override(settings.LANGUAGE_CODE):
            return {
                "subject": gettext("Confidential"),
                "body": gettext("Only the recipient knows what this message says."),
            }
    return {"subject": letter.subject[:250], "body": without_tokens(letter.text)}


def _finish(message, lease, **values):
    if values["status"] in (Message.Status.FAILED, Message.Status.SKIPPED):
        values["secret"] = None  # it will not be sent any more
    Message.objects.filter(pk=message.pk, lease=lease).update(
        attempts=message.attempts + 1, lease=None, leased_until=None, **values
    )
    message.refresh_from_db()
    return message


def _retry_later(message, lease, error, now):
    logger.warning("Message %s was not delivered (%s).", message.pk, type(error).__name__)
    failed_for_good = message.attempts >= len(BACK_OFF)
    return _finish(
        message,
        lease,
        status=Message.Status.FAILED if failed_for_good else Message.Status.QUEUED,
        next_attempt_at=now if failed_for_good else now + BACK_OFF[message.attempts],
        error=f"{type(error).__name__}: {error}"[:500],
    )


def _wants_news(address):
    return not (is_unsubscribed(address) or Bounce.objects.standing().filter(email=address.lower()).exists())


def _headers(message):
    headers = {"Message-ID": f"<{message.message_uid}@{_mail_domain()}>", "Auto-Submitted": "auto-generated"}
    if message.is_news:
        with translation.override(message.language):
            headers["List-Unsubscribe"] = f"<{unsubscribe_address(message)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _send(message, letter):
    reply_to = letter.reply_to or _office_address()
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        to=[message.to],
        reply_to=[reply_to] if reply_to else None,
        headers=_headers(message),
        connection=get_connection(),
    )
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    invitation = next((one for one in letter.attachments if one.mime_type.startswith("text/calendar")), None)
    if invitation:
        # Gmail and Outlook ask "Will you come?" only of an alternative, others open only a file: so it is both.
        mail.attach_alternative(_text(invitation), invitation.mime_type)
    for attachment in letter.attachments:
        if attachment.content_id:
            mail.attach(_inline_image(attachment))
            continue
        mime_type = "application/ics" if attachment is invitation else attachment.mime_type
        mail.attach(attachment.name, attachment.content, mime_type)
    mail.send()


def _text(attachment):
    return attachment.content.decode() if isinstance(attachment.content, bytes) else attachment.content


def _office_address():
    """Where answers go unless the letter says otherwise (str); empty means to the sender."""
    address = ""
    for facts in registry.issuer_facts.values():
        address = facts().get("email") or address
    return address


def _inline_image(attachment):
    part = MIMEImage(attachment.content, attachment.mime_type.partition("/")[2])
    part.add_header("Content-ID", f"<{attachment.content_id}>")
    part.add_header("Content-Disposition", "inline", filename=attachment.name)
    return part


def _mail_domain():
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
