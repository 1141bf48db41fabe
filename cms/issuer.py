"""Who issues certificates, as the site's settings say; handed down to the layer that prints it."""

from django.conf import settings
from django.utils.translation import override

from .models import SiteSettings


def facts():
    """Return the issuer's name per language, address, country, company number and prefix of serial numbers."""
    site = SiteSettings.load()
    return {
        "name": {code: _name(site, code) for code, _language in settings.LANGUAGES},
        "postal_address": site.postal_address,
        "email": site.email,
        "country": site.country,
        "company_id": site.company_id,
        "serial_prefix": site.serial_prefix,
    }


def _name(site, language):
    """The name in this language, else in the first that has one."""
    with override(language):
        return site.name
