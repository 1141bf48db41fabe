"""What `manage.py check --deploy` says beside Django's own checks."""

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security, deploy=True)
def production_is_complete(app_configs, **kwargs):
    """Warn of settings without which a public site would work, but not well."""
    found = []
    if not settings.PUBLIC_BASE_URL:
        found.append(checks.Warning("PUBLIC_BASE_URL is not set: certificates cannot be issued.", id="academy.W001"))
    if settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
        found.append(
            checks.Warning("REDIS_URL is not set: every process counts rate limits for itself.", id="academy.W002")
        )
    return found
