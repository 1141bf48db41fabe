"""Who somebody is: allauth's ways of signing in, which include Django's password and permissions."""

from allauth.account.auth_backends import AuthenticationBackend

from academy.prepared import Prepared

from .models import User


class AccountBackend(AuthenticationBackend):
    """allauth's own; reading the signed-in person, which every page of theirs does, is a prepared query."""

    def get_user(self, user_id):
        """The active User with this id (int or str), or None."""
        found = _person(pk=int(user_id))
        return found[0] if found and self.user_can_authenticate(found[0]) else None


@Prepared
def _person(given):
    return User.objects.filter(pk=given.pk)
