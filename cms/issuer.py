"""Who issues certificates, as the site's settings say; handed down to the layer that prints it."""

from .models import SiteSettings


def facts():
    """Return the issuer's name per language, address, country, company number and prefix of serial numbers."""
    site = SiteSettings.load()
    return {
        "name": {"cs": site.name_cs, "en": site.name_en},
        "postal_address": site.postal_address,
        "email": site.email,
        "country": site.country,
        "company_id": site.company_id,
        "serial_prefix": site.serial_prefix,
    }
