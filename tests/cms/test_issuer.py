import pytest

from academy import registry
from cms.models import SiteSettings

pytestmark = pytest.mark.django_db


def test_issuer_facts_are_those_of_the_site_settings():
    site = SiteSettings.load()
    site.name_cs, site.name_en, site.company_id, site.serial_prefix = "Hudební kancelář", "Music Office", "123", "HK"
    site.save()
    assert registry.issuer_facts["cms"]() == {
        "name": {"cs": "Hudební kancelář", "en": "Music Office"},
        "postal_address": "",
        "email": "",
        "country": "CZ",
        "company_id": "123",
        "serial_prefix": "HK",
    }
