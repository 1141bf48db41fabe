"""What happened to certificates, for the history of a run."""

from django.utils.translation import gettext as _

from academy.registry import TimelineLine, TimelineSource

from .models import CertificateEvent


def _rows(run):
    return CertificateEvent.objects.filter(certificate__enrollment__run=run)


def _lines(rows):
    return {
        row.pk: TimelineLine(
            what=_("Certificate"),
            about=f"{row.certificate.holder_name}, {row.certificate.serial}",
            change=row.get_what_display(),
            who=str(row.by or ""),
            why=row.note,
        )
        for row in rows.select_related("certificate", "by")
    }


SOURCE = TimelineSource(_rows, _lines)
