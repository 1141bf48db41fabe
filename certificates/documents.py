"""What a learner can open from their enrollment's page."""

from django.urls import reverse
from django.utils.translation import gettext as _

from .models import Certificate


def documents_of(enrollment):
    """The enrollment's certificate as [(label, address)]: the file, and the page where anybody can check it."""
    certificate = enrollment.certificates.live().filter(status=Certificate.Status.READY).first()
    if certificate is None:
        return []
    return [
        (_("Download the certificate (PDF)"), reverse("certificates:pdf", args=[certificate.token])),
        (_("Public page of the certificate"), certificate.get_absolute_url()),
    ]
