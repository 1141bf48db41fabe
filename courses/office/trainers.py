"""Who teaches a run: people with a public profile, with or without an account."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from academy.users import invitations
from academy.users.models import Profile
from courses.seats import lock_run

from .history import What, record


def set_trainers(run, profiles, *, by, at=None):
    """Let exactly these profiles (iterable) teach the run; return the run. The same again changes nothing."""
    with transaction.atomic():
        run = lock_run(run)
        before = sorted(str(profile) for profile in run.trainers.all())
        after = sorted(str(profile) for profile in profiles)
        if {profile.pk for profile in run.trainers.all()} == {profile.pk for profile in profiles}:
            return run
        run.trainers.set(profiles)
        run.trainers.commit()
        record(run, What.TRAINERS, by=by, at=at or timezone.now(), old={"trainers": before}, new={"trainers": after})
        return run


def add_trainer(run, *, name, email="", invite=False, by, at=None):
    """Give somebody new a profile and the run; return the Profile. Twice is safe: an address has one profile here.

    With `invite` the account of the address is linked, or opened, and an invitation
    sent. Raises what academy.users.invitations.invite() raises; nothing is left then.
    """
    with transaction.atomic():
        lock_run(run)
        known = Profile.objects.filter(email__iexact=email).first() if email else None
        profile = known or _new_profile(name, email)
        set_trainers(run, {*run.trainers.all(), profile}, by=by, at=at)
        if invite:
            profile = invitations.invite(profile, by=by, at=at)
        return profile


def _new_profile(name, email):
    base = slugify(name)[:40] or "trainer"
    for number in range(1, 100):
        slug = base if number == 1 else f"{base}-{number}"
        if Profile.objects.filter(slug=slug).exists():
            continue
        try:
            with transaction.atomic():
                return Profile.objects.create(name=name, email=email.strip().lower(), slug=slug)
        except IntegrityError:
            continue
    return Profile.objects.create(name=name, email=email.strip().lower(), slug=f"{base}-{timezone.now():%Y%m%d%H%M%S}")
