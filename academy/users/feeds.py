"""A person's calendar by subscription: one secret address, of which only a hash is kept."""

import hashlib
import secrets

from django.db import transaction
from django.utils import timezone

from .models import CalendarFeed


def rotate(user, *, at=None):
    """Give the user a new secret address, ending the old one; return its token (str), which is shown this once."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        CalendarFeed.objects.update_or_create(
            user=user, defaults={"token_hash": _hash(token), "made_at": at or timezone.now()}
        )
    return token


def revoke(user):
    """End the address; twice is safe."""
    CalendarFeed.objects.filter(user=user).delete()


def owner_of(token):
    """Return the active user whose address bears this token, or None."""
    feed = CalendarFeed.objects.select_related("user").filter(token_hash=_hash(token), user__is_active=True).first()
    return feed and feed.user


def _hash(token):
    return hashlib.sha256(token.encode()).hexdigest()
