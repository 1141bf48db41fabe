"""Addresses from which mail comes back: recorded by staff, or read from delivery reports (RFC 3464)."""

import email.policy
import email.utils
import re
import uuid
from email import message_from_bytes

from django.db import IntegrityError, transaction
from django.utils import timezone

from .models import Bounce, Message

STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
# A full mailbox is no reason to give an address up.
FULL = "5.2.2"


def record(address, *, is_hard, reason, status="", by=None, message=None, report_id="", at=None):
    """Record that mail to an address came back; return the Bounce. The same report twice is one row."""
    try:
        with transaction.atomic():
            return Bounce.objects.create(
                email=address.lower(),
                is_hard=is_hard,
                status=status,
                reason=reason[:500],
                by=by,
                message=message,
                report_id=report_id or str(uuid.uuid4()),
                at=at or timezone.now(),
            )
    except IntegrityError:
        return Bounce.objects.get(email=address.lower(), report_id=report_id)


def forgive(address, *, by, at=None):
    """The address works again: its bounces stay in the history and are not shown as a warning any more."""
    return Bounce.objects.filter(email=address.lower(), forgiven_at=None).update(
        forgiven_at=at or timezone.now(), forgiven_by=by
    )


def read_report(raw):
    """Record what a mail (bytes) reports as undeliverable; return the Bounces, none if it is no such report.

    Only addresses that we have written to count, for anybody can send such a mail. Delays
    are no failures.
    """
    mail = message_from_bytes(raw, policy=email.policy.compat32)
    if mail.get_content_type() != "multipart/report" or mail.get_param("report-type") != "delivery-status":
        return []
    report_id = _field(mail, "Message-ID")[:200]
    original = _original(mail)
    found = []
    for fields in _recipients(mail):
        address = _address(_field(fields, "Original-Recipient")) or _address(_field(fields, "Final-Recipient"))
        if _field(fields, "Action").lower() != "failed" or not address:
            continue
        message = original if original and original.to.lower() == address else None
        message = message or Message.objects.filter(to__iexact=address).first()
        if message is None:
            continue
        status = (STATUS.search(_field(fields, "Status")) or [""])[0]
        reason = " ".join(_field(fields, "Diagnostic-Code").split()) or status
        found.append(
            record(
                address,
                is_hard=status.startswith("5") and status != FULL,
                status=status,
                reason=reason,
                message=message,
                report_id=report_id or f"{message.message_uid}:{status}",
            )
        )
    return found


def _recipients(mail):
    """Blocks of fields of the delivery-status part, one per recipient; the first, about the mail, is left out."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            for block in part.get_payload():
                if block.get("Final-Recipient"):
                    yield block


def _field(part, name):
    """The field of that name (str, "" for none); servers write 8-bit letters there, though they should not."""
    written = next((value for known, value in part.raw_items() if known.lower() == name.lower()), "")
    return written.encode("ascii", "surrogateescape").decode("utf-8", "replace").strip()


def _address(field):
    """The address of a field such as "rfc822; ema@example.org" (str, lower case), or None."""
    _kind, _separator, address = field.partition(";")
    address = email.utils.parseaddr(address.strip())[1].lower()
    return address if "@" in address else None


def _original(mail):
    """Our Message that came back, by the Message-ID in the returned headers, or None."""
    for part in mail.walk():
        returned = None
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            returned = part.get_payload(0)
        elif part.get_content_type() == "text/rfc822-headers":
            returned = message_from_bytes(part.get_payload(decode=True) or b"")
        if returned is not None and (message_id := _field(returned, "Message-ID")):
            local = message_id.lstrip("<").partition("@")[0]
            try:
                return Message.objects.filter(message_uid=uuid.UUID(local)).first()
            except ValueError:
                return None
    return None
