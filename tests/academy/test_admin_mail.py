"""The outbox in the admin: what was sent, what failed, sending again."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from academy.mail.letters import Letter
from academy.mail.models import Message
from academy.mail.outbox import CannotBeSentAgain, queue_secret, requeue
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client):
    """A client signed in as a programme manager, reading English."""
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    return client


def message(number=0, **extra):
    extra.setdefault("status", Message.Status.FAILED)
    return Message.objects.create(
        key=f"k{number}", kind="courses.confirmed", to="a@example.org", language="cs", attempts=9, **extra
    )


def test_failed_message_is_sent_again(office):
    failed = message(error="SMTPServerDisconnected")

    response = office.post(reverse("admin_message_resend", args=[failed.pk]))

    failed.refresh_from_db()
    assert response.url == reverse("message:inspect", args=[failed.pk])
    assert (failed.status, failed.attempts) == (Message.Status.QUEUED, 0)


def test_requeue_leaves_a_sent_message_alone_and_refuses_a_secret(django_capture_on_commit_callbacks):
    queued = message(status=Message.Status.QUEUED)
    secret = queue_secret("code", key="s", to="a@example.org", language="cs", letter=Letter("Code", "123456"))
    Message.objects.filter(pk=secret.pk).update(status=Message.Status.FAILED)

    assert requeue(queued).attempts == 9
    with pytest.raises(CannotBeSentAgain):
        requeue(secret)


def test_secret_shows_no_words(office):
    secret = queue_secret("code", key="s", to="a@example.org", language="cs", letter=Letter("Kód", "123456"))

    pages = [office.get(reverse("message:inspect", args=[secret.pk])), office.get(reverse("message:index"))]

    for page in pages:
        assert page.status_code == 200
        assert "123456" not in page.content.decode()
        assert bytes(secret.secret)[:20].decode() not in page.content.decode()


def test_editor_cannot_send_again(client):
    editor, failed = users.user(), message()
    editor.groups.add(Group.objects.get(name="Editors"))
    client.force_login(editor)

    client.post(reverse("admin_message_resend", args=[failed.pk]))

    failed.refresh_from_db()
    assert failed.status == Message.Status.FAILED


@pytest.mark.parametrize("rows", [1, 30])
def test_message_list_takes_the_same_queries_for_any_number_of_rows(office, rows, django_assert_num_queries):
    for number in range(rows):
        message(number)
    office.get(reverse("message:index"))

    with django_assert_num_queries(11):
        office.get(reverse("message:index"))


def test_failed_messages_are_named_on_the_front_page(office):
    message(1)
    message(2)

    page = office.get(reverse("wagtailadmin_home")).content.decode()

    assert "2 messages could not be delivered." in page
