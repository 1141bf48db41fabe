from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from academy.mail.models import Message
from certificates import issue as rules
from certificates import pdf, periodic, rendering
from certificates.models import Certificate, CertificateFile
from tests.factories import certificates as make

pytestmark = pytest.mark.django_db


def test_render_twice_leaves_one_file_and_one_mail():
    """Case 8."""
    certificate = make.certificate()

    rendering.render(certificate.pk)
    rendering.render(certificate.pk)

    assert CertificateFile.objects.count() == 1
    assert Message.objects.filter(kind="certificates.ready").count() == 1


def test_a_worker_that_died_after_storing_is_followed_by_one_that_finishes():
    """Case 9: one row, the same serial, the file taken over."""
    certificate = make.certificate()
    content = pdf.render(certificate.snapshot)
    digest = rendering.hashlib.sha256(content).hexdigest()
    name = rendering.store(content, digest)

    done = rendering.render(certificate.pk)

    assert done.status == Certificate.Status.READY
    assert done.serial == certificate.serial
    assert done.files.get().file.name == name


def test_a_half_written_file_is_written_anew():
    """Case 9, harder: the worker died in the middle of the file."""
    certificate = make.certificate()
    content = pdf.render(certificate.snapshot)
    digest = rendering.hashlib.sha256(content).hexdigest()
    default_storage.save(f"certificates/{digest[:2]}/{digest}.pdf", ContentFile(content[:1000]))

    file = rendering.render(certificate.pk).files.get()

    with file.file.open() as stored:
        assert stored.read() == content


def test_sweep_draws_what_a_lost_doorbell_left_behind():
    overdue, fresh = make.certificate(), make.certificate()
    at = timezone.now() + timedelta(minutes=1)

    assert set(Certificate.objects.overdue(at)) == set()
    assert set(Certificate.objects.overdue(at + timedelta(minutes=1))) == {overdue, fresh}


def broken(certificate, snapshot):
    """A second certificate row whose snapshot cannot be drawn, written past the rules."""
    return Certificate.objects.create(
        enrollment=make.completed(),
        holder=certificate.holder,
        kind=certificate.kind,
        serial=f"BROKEN-{len(snapshot)}",
        token=f"BROKEN{len(snapshot)}",
        issued_on=certificate.issued_on,
        issued_at=certificate.issued_at,
        snapshot=snapshot,
    )


def test_sweep_goes_on_after_a_failure():
    """Case 40, narrow: one that cannot be drawn does not stop the rest."""
    good = rules.issue(make.completed(), at=timezone.now() - timedelta(minutes=3))
    bad = broken(good, {})
    later = rules.issue(make.completed(), at=timezone.now() - timedelta(minutes=3))

    periodic.sweep_pending()

    assert dict(Certificate.objects.values_list("pk", "status")) == {
        good.pk: Certificate.Status.READY,
        bad.pk: Certificate.Status.PENDING,
        later.pk: Certificate.Status.READY,
    }


def test_what_can_never_be_drawn_fails_with_its_reason_and_may_be_tried_again():
    good = make.certificate()
    bad = broken(good, {**good.snapshot, "template": "concert/7"})

    failed = rendering.render(bad.pk)

    assert (failed.status, failed.failure) == (Certificate.Status.FAILED, "There is no template “concert/7”.")
    assert not Message.objects.exists()
    assert rules.retry(failed, by=None).status == Certificate.Status.PENDING
