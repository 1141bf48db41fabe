"""Make the file of a certificate, store it and tell the holder. Every step may be repeated."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from academy.mail import outbox
from courses.notifications import about_run

from .models import Certificate, CertificateEvent, CertificateFile


def render(pk, *, at=None):
    """Draw and store the PDF of certificate `pk` unless it has one, and return the row.

    A worker may die anywhere: the file is stored under its own hash before the
    row says ready, so whoever comes next finds it and finishes. Two workers at
    once draw the same bytes; the row is locked while one of them finishes.
    """
    from . import pdf  # noqa: PLC0415  fonts and reportlab stay out of web workers

    certificate = Certificate.objects.get(pk=pk)
    if certificate.status != Certificate.Status.PENDING:
        return certificate
    try:
        content = pdf.render(certificate.snapshot)
    except pdf.CannotRender as error:
        return _fail(pk, str(error), at or timezone.now())
    digest = hashlib.sha256(content).hexdigest()
    name = store(content, digest)
    return _finish(pk, name, digest, len(content), at or timezone.now())


def store(content, digest):
    """Store bytes under their own hash, which nobody can guess, and return the name; a whole copy is left alone."""
    name = f"certificates/{digest[:2]}/{digest}.pdf"
    if default_storage.exists(name):
        with default_storage.open(name) as stored:
            if hashlib.sha256(stored.read()).hexdigest() == digest:
                return name
        default_storage.delete(name)  # half written by a process that died
    return default_storage.save(name, ContentFile(content))


def _finish(pk, name, digest, size, at):
    with transaction.atomic():
        certificate = Certificate.objects.select_for_update(of=("self",)).select_related("holder").get(pk=pk)
        if certificate.status != Certificate.Status.PENDING:
            return certificate
        CertificateFile.objects.get_or_create(
            certificate=certificate, format="pdf", sha256=digest, defaults={"file": name, "size": size}
        )
        certificate.status, certificate.failure = Certificate.Status.READY, ""
        certificate.save(update_fields=["status", "failure"])
        CertificateEvent.objects.create(certificate=certificate, what=CertificateEvent.What.RENDERED, at=at)
        outbox.queue(
            "certificates.ready",
            key=f"certificates.ready:{pk}",
            recipient=certificate.holder,
            facts={"certificate": pk},
            about=about_run(certificate.enrollment.run_id) if certificate.enrollment else "",
        )
        return certificate


def _fail(pk, sentence, at):
    with transaction.atomic():
        certificate = Certificate.objects.select_for_update().get(pk=pk)
        if certificate.status == Certificate.Status.PENDING:
            certificate.status, certificate.failure = Certificate.Status.FAILED, sentence[:300]
            certificate.save(update_fields=["status", "failure"])
            CertificateEvent.objects.create(
                certificate=certificate, what=CertificateEvent.What.FAILED, at=at, note=certificate.failure
            )
        return certificate
