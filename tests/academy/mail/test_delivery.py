from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import get_language

from academy import registry
from academy.mail import delivery, outbox
from academy.mail.letters import Attachment, Letter, composer
from academy.mail.models import Message
from academy.mail.tasks import sweep
from tests.factories import users
from tests.plant import unchecked

from .server import mail_server

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@composer("test_delivery")
def _compose(message):
    """Speaks of a person; once they are gone (inactive) there is nothing to say any more."""
    if not message.recipient.is_active:
        return None
    return Letter(
        f"{message.recipient.name}: {get_language()}",
        "Žluťoučký kůň\n",
        "<p>Žluťoučký kůň</p>",
        [Attachment("a.ics", "BEGIN:VCALENDAR", "text/calendar; method=REQUEST; charset=utf-8")],
    )


@composer("test_delivery_broken")
def _compose_broken(message):
    raise ZeroDivisionError


@pytest.fixture
def server(settings):
    with mail_server() as running:
        for name, value in running.settings.items():
            setattr(settings, name, value)
        yield running


@pytest.fixture
def message():
    return outbox.queue("test_delivery", key="m:1", recipient=users.user("Ada", language="en"))


def test_delivery_sends_text_html_and_attachment_to_a_real_server(server, message):
    sent = delivery.deliver(message.pk)

    (mail,) = server.mails
    assert sent.status == Message.Status.SENT
    assert sent.sent_at is not None
    assert mail["subject"] == "Ada: en"
    assert mail["to"] == message.to
    assert mail["message-id"] == f"<{message.message_uid}@example.org>"
    assert mail["auto-submitted"] == "auto-generated"
    assert mail.get_body(["plain"]).get_content().strip() == "Žluťoučký kůň"
    assert mail.get_body(["html"]).get_content().strip() == "<p>Žluťoučký kůň</p>"
    (attachment,) = mail.iter_attachments()
    assert (attachment.get_content_type(), attachment.get_filename()) == ("application/ics", "a.ics")


def test_delivery_offers_the_invitation_as_alternative_and_as_file(server, message):
    delivery.deliver(message.pk)

    (mail,) = server.mails
    (alternatives,) = [part for part in mail.walk() if part.get_content_type() == "multipart/alternative"]
    assert [part.get_content_type() for part in alternatives.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    invitation = list(alternatives.iter_parts())[-1]
    assert invitation["content-type"].params["method"] == "REQUEST"
    (attachment,) = mail.iter_attachments()
    assert invitation.get_content().strip() == attachment.get_content().decode().strip()


def test_delivery_again_sends_nothing(server, message):
    delivery.deliver(message.pk)
    delivery.deliver(message.pk, at=NOW + timedelta(days=1))

    assert len(server.mails) == 1


def test_delivery_speaks_the_recipients_language(server):
    czech = outbox.queue("test_delivery", key="m:2", recipient=users.user("Eva", language="cs"))

    delivery.deliver(czech.pk)

    assert server.mails[0]["subject"] == "Eva: cs"


def test_delivery_reads_the_state_again(server, message):
    message.recipient.is_active = False
    message.recipient.save()

    skipped = delivery.deliver(message.pk)

    assert (skipped.status, server.mails) == (Message.Status.SKIPPED, [])
    assert delivery.deliver(message.pk, at=NOW + timedelta(days=9)).status == Message.Status.SKIPPED


def test_delivery_tries_again_later_and_later_until_the_server_is_up(settings, message):
    with mail_server() as server:
        address = server.settings
    for name, value in address.items():
        setattr(settings, name, value)  # nobody listens there any more
    at = timezone.now()
    waits = []
    for attempt in range(1, 4):
        tried = delivery.deliver(message.pk, at=at)
        assert (tried.status, tried.attempts) == (Message.Status.QUEUED, attempt)
        assert "ConnectionRefusedError" in tried.error
        waits.append(tried.next_attempt_at - at)
        assert delivery.deliver(message.pk, at=tried.next_attempt_at - timedelta(seconds=1)).attempts == attempt
        at = tried.next_attempt_at

    with mail_server() as server:
        for name, value in server.settings.items():
            setattr(settings, name, value)
        sent = delivery.deliver(message.pk, at=at)

    assert waits == delivery.BACK_OFF[:3]
    assert (sent.status, sent.error, len(server.mails)) == (Message.Status.SENT, "", 1)


def test_delivery_tries_again_when_the_server_refuses(server, message):
    server.refuses = True
    refused = delivery.deliver(message.pk)
    server.refuses = False
    sent = delivery.deliver(message.pk, at=refused.next_attempt_at)

    assert (refused.status, sent.status) == (Message.Status.QUEUED, Message.Status.SENT)
    assert len(server.mails) == 1


def test_delivery_gives_up_after_the_last_attempt_and_can_be_asked_again(server, message):
    server.refuses = True
    for _attempt in range(len(delivery.BACK_OFF) + 1):
        message = delivery.deliver(message.pk, at=message.next_attempt_at)
    assert message.status == Message.Status.FAILED
    assert delivery.deliver(message.pk, at=NOW + timedelta(days=30)).status == Message.Status.FAILED

    server.refuses = False
    outbox.requeue(message)

    assert delivery.deliver(message.pk).status == Message.Status.SENT


def test_delivery_that_is_given_up_wipes_the_secret(server):
    server.refuses = True
    message = outbox.queue_secret("code", key="c:1", to="a@example.org", language="en", letter=Letter("123", "123"))
    assert message.secret
    for _attempt in range(len(delivery.BACK_OFF) + 1):
        message = delivery.deliver(message.pk, at=message.next_attempt_at)

    assert (message.status, message.secret) == (Message.Status.FAILED, None)


def test_delivery_of_what_cannot_be_composed_is_retried_and_hurts_no_other(server, message, caplog):
    broken = outbox.queue("test_delivery_broken", key="m:2", recipient=message.recipient)
    unknown = outbox.queue("no_such_kind", key="m:3", recipient=message.recipient)

    sweep()

    assert "ZeroDivisionError" in caplog.text
    assert {row.pk: row.status for row in Message.objects.all()} == {
        message.pk: Message.Status.SENT,
        broken.pk: Message.Status.QUEUED,
        unknown.pk: Message.Status.QUEUED,
    }


def test_a_worker_that_died_after_the_servers_ok_leads_to_a_copy_with_the_same_id(server, settings, message):
    at = timezone.now()
    settings.EMAIL_BACKEND = "tests.academy.mail.server.DyingBackend"
    with pytest.raises(KeyboardInterrupt):
        delivery.deliver(message.pk, at=at)
    settings.EMAIL_BACKEND = server.settings["EMAIL_BACKEND"]

    before = delivery.deliver(message.pk, at=at + delivery.LEASE - timedelta(seconds=1))
    assert (before.status, len(server.mails)) == (Message.Status.SENDING, 1)
    after = delivery.deliver(message.pk, at=at + delivery.LEASE)

    assert after.status == Message.Status.SENT
    assert len({mail["message-id"] for mail in server.mails}) == 1
    assert len(server.mails) == 2


# --- What audit finds ----------------------------------------------------------------


def found():
    return list(registry.audit_checks["mail"]())


def test_audit_finds_a_neglected_message(message):
    assert found() == []
    Message.objects.update(next_attempt_at=timezone.now() - timedelta(hours=2))

    assert found() == [f"Message {message.pk} has been due for more than an hour."]


def test_audit_finds_a_secret_that_is_kept_or_readable():
    secret = outbox.queue_secret("code", key="c:1", to="a@example.org", language="cs", letter=Letter("S", "T"))
    with (
        unchecked(Message, "message_sent_has_time_and_no_secret"),
        unchecked(Message, "message_secret_has_no_readable_row"),
    ):
        Message.objects.update(status=Message.Status.SENT, sent_at=NOW, body="T")

        assert found() == [
            f"Message {secret.pk} was sent, but has no time or still has its secret.",
            f"Message {secret.pk} is secret, but its words are readable.",
        ]
