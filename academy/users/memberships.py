"""Who belongs to an organisation. It counts once the person has accepted it; the role is the office's to give."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError
from academy.links import address, sign
from academy.mail.letters import composer, letter_from_templates
from academy.mail.outbox import queue

from .models import Membership

INVITATION = "users.membership"


class InvitationIsOver(RuleError):
    sentence = _("This invitation is no longer valid: it was declined or withdrawn.")


def add_member(organisation, user, *, role=Membership.Role.MEMBER, at=None):
    """Return the person's membership, with this role; made now if there is none. Twice is safe.

    Whoever has not accepted yet is asked to by mail, once a day at most.
    """
    at = at or timezone.now()
    with transaction.atomic():
        membership, _made = Membership.objects.update_or_create(
            organisation=organisation, user=user, defaults={"role": role}
        )
        if membership.accepted_at is None:
            queue(
                INVITATION,
                key=f"{INVITATION}:{membership.pk}:{role}:{at:%Y-%m-%d}",
                recipient=user,
                facts={"membership": membership.pk},
            )
        return membership


def accept(membership, *, at=None):
    """The person agrees; from now on the membership counts. Twice is safe. Raises InvitationIsOver."""
    with transaction.atomic():
        membership = _lock(membership)
        if membership.accepted_at is None:
            membership.accepted_at = at or timezone.now()
            membership.save(update_fields=["accepted_at"])
        return membership


def leave(membership):
    """The person declines the invitation or leaves the organisation. Twice is safe."""
    remove_member(membership)


def remove_member(membership):
    """End a membership. Twice is safe."""
    Membership.objects.filter(pk=membership.pk).delete()


def managed_by(user):
    """Organisations (QuerySet of Membership with its organisation) that the person manages and has agreed to manage."""
    return Membership.objects.filter(user=user, role=Membership.Role.MANAGER, accepted_at__isnull=False).select_related(
        "organisation"
    )


@composer(INVITATION)
def membership(message):
    """The Letter of an invitation; None once it was accepted, declined or withdrawn."""
    invited = (
        Membership.objects.select_related("organisation", "user")
        .filter(pk=message.facts["membership"], accepted_at=None)
        .first()
    )
    if invited is None:
        return None
    context = {
        "name": invited.user.name,
        "organisation": invited.organisation,
        "is_manager": invited.role == Membership.Role.MANAGER,
        "url": address("users:membership_link", sign("membership", invited.pk)),
    }
    return letter_from_templates("users/mail/membership", context)


def _lock(membership):
    locked = Membership.objects.select_for_update().filter(pk=membership.pk).first()
    if locked is None:
        raise InvitationIsOver
    return locked
