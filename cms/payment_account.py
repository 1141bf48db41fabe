"""The account that fees are paid to, as the office wrote it in the site's settings."""

from courses.payments.iban import plain

from .models import PaymentSettings


def facts():
    """Facts (dict) for registry.payment_account; an empty iban where none was written."""
    # Not load(): it would make the row at the first look.
    settings = PaymentSettings.objects.first() or PaymentSettings()
    return {"iban": plain(settings.iban), "bic": settings.bic, "holder": settings.holder}
