"""What certificates contribute to: today's work of the office, a person's own data, a run's evidence pack."""

import csv
import io

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy import registry

from . import issue
from .models import Certificate


def awaiting_certificate():
    """Those of them (QuerySet) whose run issues certificates by itself."""
    return issue.without_certificate().filter(run__auto_issue=True)


def attention(now):
    """Yield (sentence, url) for certificates that staff should look at today."""
    register = reverse("certificate_register:index")
    to_review = Certificate.objects.live().filter(needs_review=True).count()
    if to_review:
        yield (
            ngettext(
                "%(count)d certificate no longer agrees with the attendance.",
                "%(count)d certificates no longer agree with the attendance.",
                to_review,
            )
            % {"count": to_review},
            f"{register}?needs_review=true",
        )
    failed = Certificate.objects.filter(status=Certificate.Status.FAILED).count()
    if failed:
        yield (
            ngettext(
                "The file of %(count)d certificate could not be made.",
                "The files of %(count)d certificates could not be made.",
                failed,
            )
            % {"count": failed},
            f"{register}?status=failed",
        )
    for enrollment in awaiting_certificate()[:20]:
        yield (
            _("%(person)s has completed %(run)s and has no certificate yet.")
            % {"person": enrollment.learner, "run": enrollment.run},
            reverse("admin_enrollment_issue_certificate", args=[enrollment.pk]),
        )


def export_personal_data(user):
    """Return everything that certificates hold about a person (dict of JSON-ready facts)."""
    return {
        "certificates": [
            {
                "serial": certificate.serial,
                "status": certificate.status,
                "issued_at": certificate.issued_at.isoformat(),
                "verify_url": certificate.snapshot["verify_url"],
                "frozen_facts": certificate.snapshot,
                "revoked_at": certificate.revoked_at.isoformat() if certificate.revoked_at else None,
                "revocation_reason": certificate.revocation_reason,
            }
            for certificate in user.certificates.all()
        ]
    }


def erase_personal_data(user):
    """Certificates are kept as evidence; return the sentences (list of str) that say so."""
    count = user.certificates.count()
    if not count:
        return []
    return [
        ngettext(
            "%(count)d certificate stays, so that it can be verified.",
            "%(count)d certificates stay, so that they can be verified.",
            count,
        )
        % {"count": count}
    ]


def add_evidence(run, zip_writer):
    """Put the run's register of certificates and their PDFs into a ZIP (zipfile.ZipFile open for writing)."""
    certificates = Certificate.objects.filter(enrollment__run=run).prefetch_related("files").order_by("serial")
    register = io.StringIO()
    table = csv.writer(register)
    table.writerow(["serial", "name", "kind", "issued_on", "status", "verify_url"])
    for certificate in certificates:
        table.writerow(
            [
                certificate.serial,
                _plain_cell(certificate.holder_name),
                certificate.kind,
                certificate.issued_on.isoformat(),
                certificate.status,
                certificate.snapshot["verify_url"],
            ]
        )
        for file in certificate.files.all():
            with file.file.open() as stored:
                zip_writer.writestr(f"certificates/{certificate.serial}.{file.format}", stored.read())
    zip_writer.writestr("certificates/register.csv", register.getvalue())


def _plain_cell(text):
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def plan_erasure(user, at):
    """What erasing does with certificates: nothing, which the sentences say."""
    return [registry.Fate(sentence, stays=True) for sentence in erase_personal_data(user)]


def personal_files(user):
    """Yield (name, bytes) of the person's certificates as they were issued."""
    for certificate in user.certificates.prefetch_related("files"):
        for file in certificate.files.all():
            with file.file.open() as stored:
                yield f"{certificate.serial}.{file.format}", stored.read()
