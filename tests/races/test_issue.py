"""Certificates under competition: one row and one mail per source, numbers without doubles and gaps."""

from functools import partial

import pytest

from academy.celery import app
from academy.mail.models import Message
from academy.users.models import User
from certificates import audit, rendering
from certificates import issue as rules
from certificates.models import Certificate, CertificateFile, SerialCounter
from courses.models import Enrollment
from tests.factories import certificates as make
from tests.factories import users

from .rivals import failures, race, values, without_constraint

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
CROWD = 20


def _issue(pk):
    return rules.issue(Enrollment.objects.get(pk=pk)).serial


def _issue_without_drawing(pk):
    """Nobody hears the doorbell: in a crowd the drawing would only take time."""
    app.conf.task_always_eager, app.conf.broker_url = False, "memory://"
    return _issue(pk)


def _render(pk):
    return rendering.render(pk).status


def _revoke(pk, staff):
    return rules.revoke(Certificate.objects.get(pk=pk), by=User.objects.get(pk=staff), reason="Mistake").status


def _reissue(pk, staff):
    old = Certificate.objects.get(pk=pk)
    return rules.reissue(old, by=User.objects.get(pk=staff), reason="New name").serial


def _numbers():
    return sorted(int(serial.split("-")[2]) for serial in Certificate.objects.values_list("serial", flat=True))


def test_one_enrollment_issued_by_two_workers_has_one_certificate():
    """Case 8: one row, one serial, one mail."""
    enrollment = make.completed()

    outcomes = race([partial(_issue, enrollment.pk)] * 2, gate="issue:checked")

    certificate = Certificate.objects.get()
    assert (failures(outcomes), set(values(outcomes))) == ([], {certificate.serial})
    assert SerialCounter.objects.get().last == 1
    assert Message.objects.filter(kind="certificates.ready").count() == 1
    assert list(audit.check()) == []


def test_without_lock_the_constraint_alone_keeps_one_certificate():
    enrollment = make.completed()

    outcomes = race([partial(_issue, enrollment.pk)] * 2, gate="issue:checked", locks=False)

    assert Certificate.objects.count() == 1
    assert len(values(outcomes)) >= 1


def test_without_lock_and_constraints_there_would_be_two_certificates():
    """The twin."""
    with (
        without_constraint(Certificate, "certificate_live_once_per_enrollment"),
        without_constraint(Certificate, "certificate_version_once_per_enrollment"),
    ):
        enrollment = make.completed()
        race([partial(_issue, enrollment.pk)] * 2, gate="issue:checked", locks=False)
        assert Certificate.objects.count() == 2


def test_twenty_certificates_issued_at_once_are_numbered_one_to_twenty():
    """Case 33."""
    enrollments = [make.completed() for _person in range(CROWD)]

    outcomes = race([partial(_issue_without_drawing, enrollment.pk) for enrollment in enrollments], gate="serial:read")

    assert failures(outcomes) == []
    assert len(set(values(outcomes))) == CROWD
    assert _numbers() == list(range(1, CROWD + 1))
    assert SerialCounter.objects.get().last == CROWD


def test_without_the_lock_numbers_would_be_given_twice():
    """The twin: several read the same last number, and only the unique column stops the second certificate."""
    make.certificate()
    enrollments = [make.completed() for _person in range(4)]

    outcomes = race(
        [partial(_issue_without_drawing, enrollment.pk) for enrollment in enrollments], gate="serial:read", locks=False
    )

    assert failures(outcomes) != []
    assert Certificate.objects.count() < 5


def test_two_workers_with_one_task_make_one_file_and_one_mail():
    """Case 8: the task was delivered twice."""
    certificate = make.certificate()
    _back_to_pending(certificate)

    outcomes = race([partial(_render, certificate.pk)] * 2)

    assert values(outcomes) == [Certificate.Status.READY] * 2
    assert CertificateFile.objects.count() == 1
    assert Message.objects.filter(kind="certificates.ready").count() == 1


def test_revoking_and_replacing_at_once_leave_one_live_certificate():
    """Case 6: whoever is first, the register stays consistent."""
    certificate, staff = make.certificate(), users.staff()

    outcomes = race(
        [partial(_revoke, certificate.pk, staff.pk), partial(_reissue, certificate.pk, staff.pk)] * 2,
        gate="issue:checked",
    )

    assert failures(outcomes) == []
    certificate.refresh_from_db()
    assert certificate.status in (Certificate.Status.REVOKED, Certificate.Status.REPLACED)
    assert Certificate.objects.live().count() == 1
    assert Certificate.objects.live().get().replaces == certificate
    assert _numbers() == [1, 2]


def _back_to_pending(certificate):
    """As if the worker had never run: eager tasks drew the file when the factory committed."""
    Certificate.objects.filter(pk=certificate.pk).update(status=Certificate.Status.PENDING)
