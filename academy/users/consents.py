"""Consents: given and withdrawn, never changed, so that the wording agreed to stays on record."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Consent

WORDINGS = {
    Consent.Kind.NEWS: _("Send me news about courses and events by e-mail."),
    Consent.Kind.DIRECTORY: _("List me in the public directory of the people who took part."),
    Consent.Kind.PHOTOS: _("Photographs and recordings in which I appear may be used to promote the programme."),
}


def give(user, kind, *, at=None):
    """Record that the person agrees, in today's wording and language; return the live Consent."""
    try:
        with transaction.atomic():
            return Consent.objects.create(user=user, kind=kind, text=str(WORDINGS[kind]), given_at=at or timezone.now())
    except IntegrityError:
        return Consent.objects.get(user=user, kind=kind, withdrawn_at__isnull=True)


def withdraw(user, kind, *, at=None):
    """End the person's live consent of this kind; without one, nothing happens."""
    Consent.objects.filter(user=user, kind=kind, withdrawn_at__isnull=True).update(withdrawn_at=at or timezone.now())


def live_kinds(user):
    """Return the kinds (set of str) that the person consents to now."""
    return set(user.consents.filter(withdrawn_at__isnull=True).values_list("kind", flat=True))
