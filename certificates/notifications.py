"""What mails about certificates say. Rows are read again when the mail is sent."""

from academy import links
from academy.mail.letters import composer, letter_from_templates

from .models import Certificate


@composer("certificates.ready")
def ready(message):
    """Your certificate is ready; nothing if it was revoked or replaced meanwhile."""
    certificate = Certificate.objects.live().filter(pk=message.facts["certificate"]).first()
    return certificate and letter_from_templates("certificates/mail/ready", _context(certificate))


@composer("certificates.revoked")
def revoked(message):
    """Your certificate was revoked, and why."""
    certificate = Certificate.objects.get(pk=message.facts["certificate"])
    return letter_from_templates("certificates/mail/revoked", _context(certificate))


def _context(certificate):
    return {
        "certificate": certificate,
        "snapshot": certificate.snapshot,
        "replaces": certificate.snapshot["replaces"],
        "address": links.absolute(certificate.get_absolute_url()),
    }
