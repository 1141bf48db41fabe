import pytest
from django.core import mail

from academy.mail.delivery import deliver
from academy.mail.models import Message
from certificates import issue as rules
from certificates import rendering
from tests.factories import certificates as make
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate():
    holder = users.user("Jana Nováková", language="en")
    return rendering.render(make.certificate(holder=holder).pk)


def sent(kind):
    message = deliver(Message.objects.get(kind=kind).pk)
    return message, mail.outbox[-1] if mail.outbox else None


def test_ready_has_the_address_and_the_number(certificate):
    message, letter = sent("certificates.ready")

    assert message.status == Message.Status.SENT
    assert letter.to == [certificate.holder.email]
    assert letter.subject == "Your certificate: Booking: route, offer, deal"
    address = f"https://academy.test/c/{certificate.token}/"
    assert address in letter.body
    assert certificate.serial in letter.body
    assert address in letter.alternatives[0].content


def test_ready_is_not_sent_about_what_was_revoked_meanwhile(certificate):
    rules.revoke(certificate, by=users.staff(), reason="Mistake")

    message, letter = sent("certificates.ready")

    assert (message.status, letter) == (Message.Status.SKIPPED, None)


def test_revoked_says_why(certificate):
    rules.revoke(certificate, by=users.staff(), reason="Issued to a namesake")

    _message, letter = sent("certificates.revoked")

    assert "Reason: Issued to a namesake" in letter.body
    assert certificate.serial in letter.body


def test_a_new_version_says_what_it_replaces(certificate):
    new = rules.reissue(certificate, by=users.staff(), reason="New name")
    rendering.render(new.pk)

    deliver(Message.objects.get(key=f"certificates.ready:{new.pk}").pk)

    assert f"It replaces the certificate {certificate.serial}" in mail.outbox[-1].body
