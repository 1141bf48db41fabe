"""Sessions in the database, as Django's own; reading one, which every signed-in page does, is a prepared query."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone

from .prepared import Prepared


class SessionStore(DatabaseSessionStore):
    """Named in SESSION_ENGINE by its module."""

    def _get_session_from_db(self):
        found = _session(key=self.session_key, now=timezone.now())
        if found:
            return found[0]
        self._session_key = None
        return None


@Prepared
def _session(given):
    return SessionStore.get_model_class().objects.filter(session_key=given.key, expire_date__gt=given.now)
