import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import F

from academy import db_guards
from certificates import guards
from certificates import issue as rules
from certificates.models import Certificate, CertificateEvent, CertificateFile, SerialCounter
from tests.factories import certificates as make
from tests.factories import users

pytestmark = pytest.mark.django_db

MUTABLE = {"status", "failure", "needs_review", "revoked_at", "revoked_by", "revocation_reason"}
FROZEN = [field for field in Certificate._meta.concrete_fields if field.name not in MUTABLE]


def refused(action):
    with pytest.raises(IntegrityError), transaction.atomic():
        action()


def other_value(field, row):
    """A value of the field that differs from the row's."""
    if field.is_relation:
        return 10**6
    return {
        models.BigAutoField: 10**6,
        models.UUIDField: "12345678-1234-5678-1234-567812345678",
        models.JSONField: {**row.snapshot, "serial": "x"},
        models.PositiveSmallIntegerField: 9,
        models.DateTimeField: "2001-01-01T00:00Z",
        models.DateField: "2001-01-01",
        models.CharField: "other",
    }[type(field)]


@pytest.mark.parametrize("name", [field.name for field in FROZEN])
def test_frozen_columns_cannot_be_updated(name):
    """Case 1: the database itself refuses, whoever asks."""
    certificate = make.certificate()
    field = Certificate._meta.get_field(name)

    refused(lambda: Certificate.objects.filter(pk=certificate.pk).update(**{name: other_value(field, certificate)}))

    certificate.refresh_from_db()
    assert certificate.snapshot["serial"] == certificate.serial


def test_rows_cannot_be_deleted():
    certificate = make.certificate()
    CertificateFile.objects.create(certificate=certificate, format="pdf", file="x", sha256="0" * 64, size=1)

    for row in (certificate, certificate.files.get(), certificate.events.get(), SerialCounter.objects.get()):
        refused(lambda row=row: type(row).objects.filter(pk=row.pk)._raw_delete("default"))

    assert Certificate.objects.count() == 1


def test_files_and_events_cannot_be_changed_and_the_counter_only_rises():
    certificate = make.certificate()
    CertificateFile.objects.create(certificate=certificate, format="pdf", file="x", sha256="0" * 64, size=1)

    refused(lambda: CertificateFile.objects.update(sha256="1" * 64))
    refused(lambda: CertificateEvent.objects.update(what="revoked"))
    refused(lambda: SerialCounter.objects.update(last=F("last") - 1))


def test_a_revoked_certificate_stays_revoked():
    """Case 7: not even by hand."""
    certificate = rules.revoke(make.certificate(), by=users.staff(), reason="Mistake")

    for change in ({"status": "ready"}, {"revocation_reason": "Another"}, {"revoked_at": None}):
        refused(lambda change=change: Certificate.objects.filter(pk=certificate.pk).update(**change))


def test_deleting_the_account_of_staff_clears_their_name_only():
    staff = users.staff()
    certificate = rules.issue(make.completed(), by=staff)

    staff.delete()

    certificate.refresh_from_db()
    assert certificate.issued_by is None
    assert certificate.events.get().by is None


def test_audit_says_when_a_guard_is_missing():
    db_guards.remove(guards.certificate_is_frozen)

    assert any("certificate_is_frozen" in sentence for sentence in db_guards.check_guards())

    db_guards.install(guards.certificate_is_frozen)
    assert list(db_guards.check_guards()) == []


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_register_and_leaves_the_guards():
    make.certificate()

    call_command("flush", interactive=False, verbosity=0)

    assert not Certificate.objects.exists()
    assert db_guards.missing() == []


def test_without_the_guard_the_update_would_pass():
    """The twin: what the tests above catch is the guard and nothing else."""
    certificate = make.certificate()
    connection.check_constraints()  # deferred ones stand in the way of altering a table
    db_guards.remove(guards.certificate_is_frozen)
    try:
        Certificate.objects.filter(pk=certificate.pk).update(holder_name="Somebody else")
    except DatabaseError:  # pragma: no cover
        pytest.fail("something else refused the update")
    certificate.refresh_from_db()
    assert certificate.holder_name == "Somebody else"
