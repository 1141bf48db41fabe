import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from academy import db_guards
from certificates import audit, guards, rendering
from certificates.models import Certificate, SerialCounter
from tests.factories import certificates as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate():
    return rendering.render(make.certificate().pk)


@pytest.fixture
def unguarded():
    """Somebody with the database's password, who takes the guards off first."""
    connection.check_constraints()  # deferred ones stand in the way of altering a table
    for guard in (guards.certificate_is_frozen, guards.file_is_frozen, guards.counter_only_rises):
        db_guards.remove(guard)


def test_audit_finds_nothing_in_what_the_rules_wrote(certificate):
    make.certificate()
    assert list(audit.check()) == []


def test_audit_finds_changed_facts(certificate, unguarded):
    frozen = {**certificate.snapshot, "holder": {"name": "Somebody else"}}
    Certificate.objects.update(snapshot=frozen)

    assert list(audit.check()) == [f"Certificate {certificate.pk}: the frozen facts are not those that were issued."]


def test_audit_finds_columns_that_disagree_with_the_facts(certificate, unguarded):
    Certificate.objects.update(holder_name="Somebody else")

    assert list(audit.check()) == [f"Certificate {certificate.pk}: its columns do not agree with the frozen facts."]


def test_audit_finds_a_changed_file(certificate):
    """Case 24: one flipped byte."""
    file = certificate.files.get()
    with default_storage.open(file.file.name) as stored:
        content = bytearray(stored.read())
    content[100] ^= 1
    default_storage.delete(file.file.name)
    default_storage.save(file.file.name, ContentFile(bytes(content)))

    assert list(audit.check()) == [f"Certificate file {file.pk} is not the one that was issued."]


def test_audit_finds_a_lost_file(certificate):
    file = certificate.files.get()
    default_storage.delete(file.file.name)

    assert list(audit.check()) == [f"Certificate file {file.pk} is not in the storage."]


def test_audit_finds_a_gap_in_the_numbers(certificate):
    """Case 33."""
    SerialCounter.objects.update(last=3)

    (sentence,) = audit.check()
    assert "[2, 3]" in sentence


def test_audit_finds_a_ready_certificate_without_file():
    certificate = make.certificate(status=Certificate.Status.READY)

    assert list(audit.check()) == [f"Certificate {certificate.pk} is ready but has no file."]
