import itertools

from allauth.account.models import EmailAddress
from django.utils import timezone

from academy.users.models import Membership, Organisation, Profile, User

_numbers = itertools.count(1)


def user(name="Alžběta Koníčková", *, email=None, verified=True, **extra):
    """A person with an account; `verified` says whether the e-mail address is."""
    person = User.objects.create_user(email or f"person{next(_numbers)}@example.org", name=name, **extra)
    EmailAddress.objects.create(user=person, email=person.email, verified=verified, primary=True)
    return person


def staff(**extra):
    """A superuser: whoever may do everything in the admin."""
    return user("Kancelář", is_staff=True, is_superuser=True, **extra)


def profile(name="Hedvika Rosůlková", **extra):
    """A trainer's or mentor's public profile, without an account unless user= is given."""
    return Profile.objects.create(name=name, slug=f"profile-{next(_numbers)}", **extra)


def organisation(*members, name="Klub Podkroví"):
    """An organisation that these people have joined."""
    made = Organisation.objects.create(name=name)
    for member in members:
        Membership.objects.create(organisation=made, user=member, accepted_at=timezone.now())
    return made
