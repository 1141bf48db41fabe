"""Money as people read it. A price is in whole units of the site's currency, an amount in hundredths of it."""

from babel.numbers import format_currency
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

HUNDREDTHS = 100


def price(units):
    """The price (int, whole units of the site's currency) in words: “CZK 1,200”, or that it is free of charge."""
    return amount(units * HUNDREDTHS) if units else _("Free of charge")


def amount(hundredths, currency=None):
    """An amount (int, hundredths) in words: “CZK 1,200”, with two decimals only where it is not whole."""
    language = get_language() or "en"
    digits = "#,##0" if hundredths % HUNDREDTHS == 0 else "#,##0.00"
    pattern = f"{digits}\xa0¤" if language == "cs" else f"¤\xa0{digits}"
    return format_currency(
        hundredths / HUNDREDTHS, currency or settings.CURRENCY, locale=language, currency_digits=False, format=pattern
    )
