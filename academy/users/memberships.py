"""Who belongs to an organisation. It counts once the person has accepted it."""

from .models import Membership


def add_member(organisation, user, *, role=Membership.Role.MEMBER):
    """Return the person's membership, with this role; made now if there is none. Twice is safe."""
    membership, _made = Membership.objects.update_or_create(
        organisation=organisation, user=user, defaults={"role": role}
    )
    return membership


def remove_member(membership):
    """End a membership. Twice is safe."""
    Membership.objects.filter(pk=membership.pk).delete()
