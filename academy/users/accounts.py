"""Accounts: opened when somebody proves that an e-mail address is theirs, or by the office on their behalf."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction

from academy.checkpoints import reach

from .models import User


def account_of(email, *, name="", language=None):
    """Return the User of this proven address and mark it as verified; open an account if there is none.

    Call it only for an address whose owner has just typed the code sent there. Safe to
    call twice and at once: the unique address decides, and the later caller gets the
    earlier one's account. `name` fills an empty name and never replaces one.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    reach("account:checked")
    if user is None:
        try:
            with transaction.atomic():
                user = User.objects.create_user(email, name=name, language=language or settings.LANGUAGE_CODE)
        except IntegrityError:
            user = User.objects.get(email=email)
    if name and not user.name:
        user.name = name
        user.save(update_fields=["name"])
    _verify(user, email)
    return user


def invited_account(email, *, name="", language=None):
    """Return the User of an address that somebody else typed; open an account if there is none.

    Nothing is verified by it: the person proves the address by their first login.
    An existing account keeps its name and language.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    if user:
        return user
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name=name, language=language or settings.LANGUAGE_CODE)
    except IntegrityError:
        return User.objects.get(email=email)


def _verify(user, email):
    """Make `email` the person's one verified address; User.email says which one counts."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        EmailAddress.objects.filter(user=user).exclude(email=email).delete()
        EmailAddress.objects.filter(email=email).exclude(user=user).delete()
        EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
