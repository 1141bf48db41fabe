"""Invite a trainer or mentor to an account of their own."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError
from academy.links import absolute
from academy.mail.letters import composer, letter_from_templates
from academy.mail.outbox import queue

from .accounts import invited_account
from .models import Profile

INVITATION = "users.invitation"


class AddressMissing(RuleError):
    sentence = _("Fill in an e-mail address first: the invitation goes there.")


class AccountIsTaken(RuleError):
    sentence = _("The account with this e-mail address belongs to another trainer or mentor.")


def invite(profile, *, by, language=None, at=None):
    """Give the profile an account and queue the invitation; return the profile.

    The account is the one it has, else the one of its e-mail address, opened if there
    is none. Twice on one day queues one mail. Raises AddressMissing, AccountIsTaken.
    """
    at = at or timezone.now()
    with transaction.atomic():
        profile = Profile.objects.select_for_update().get(pk=profile.pk)
        if profile.user is None:
            if not profile.email:
                raise AddressMissing
            user = invited_account(profile.email, name=profile.name, language=language)
            if Profile.objects.filter(user=user).exists():
                raise AccountIsTaken
            profile.user = user
            profile.save(update_fields=["user"])
        queue(
            INVITATION,
            key=f"{INVITATION}:{profile.pk}:{profile.user_id}:{at:%Y-%m-%d}",
            recipient=profile.user,
            facts={"profile": profile.pk},
        )
        return profile


@composer(INVITATION)
def invitation(message):
    """The Letter of an invitation; None once the profile has another account or none."""
    profile = Profile.objects.filter(pk=message.facts["profile"], user=message.recipient_id).first()
    if profile is None:
        return None
    return letter_from_templates(
        "users/mail/invitation", {"profile": profile, "address": message.to, "url": absolute(f"/{message.language}/")}
    )
