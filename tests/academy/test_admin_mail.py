"""The outbox in the admin: what was sent, what failed, sending again."""

from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from academy.mail.delivery import deliver
from academy.mail.letters import Letter
from academy.mail.models import Message
from academy.mail.outbox import CannotBeSentAgain, NotDoneYet, queue_secret, requeue, send_again
from academy.users.models import User
from courses.models import Enrollment
from courses.notifications import tell_confirmed, tell_waiting
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def office(client):
    """A client signed in as a programme manager, reading English."""
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    client.manager = manager
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

    with django_assert_num_queries(12):
        office.get(reverse("message:index"))


def test_failed_messages_are_named_on_the_front_page(office):
    message(1)
    message(2)

    page = office.get(reverse("wagtailadmin_home")).content.decode()

    assert "2 messages could not be delivered." in page


def test_sent_message_is_sent_once_more_as_a_new_row_with_the_state_read_again(office, mailoutbox):
    row = make.enrollment(of=make.run(), learner=users.user(language="en"), status="confirmed", confirmed_at=NOW)
    sent = deliver(tell_confirmed(row).pk)
    User.objects.filter(pk=row.learner_id).update(email="new@example.org")

    response = office.post(reverse("admin_message_send_again", args=[sent.pk]))

    repeat = Message.objects.get(again=sent)
    assert response.url == reverse("message:inspect", args=[repeat.pk])
    assert (repeat.to, repeat.by, repeat.about) == ("new@example.org", office.manager, f"run:{row.run_id}")
    deliver(repeat.pk)
    assert [mail.to for mail in mailoutbox] == [[sent.to], ["new@example.org"]]


def test_sending_once_more_says_nothing_that_is_not_true_any_more(office, mailoutbox):
    row = make.enrollment(of=make.run(), status="confirmed", confirmed_at=NOW)
    sent = deliver(tell_confirmed(row).pk)
    Enrollment.objects.filter(pk=row.pk).update(status="cancelled", ended_at=NOW)

    repeat = deliver(send_again(sent, by=None).pk)

    assert (repeat.status, len(mailoutbox)) == (Message.Status.SKIPPED, 1)


def test_sending_once_more_twice_is_one_message_while_it_is_on_its_way():
    sent = message(status=Message.Status.SENT, sent_at=NOW)

    assert send_again(sent, by=None) == send_again(sent, by=None)
    assert Message.objects.count() == 2


def test_secret_is_never_sent_once_more_and_what_is_under_way_waits():
    secret = queue_secret("code", key="s", to="a@example.org", language="cs", letter=Letter("Code", "123456"))
    Message.objects.filter(pk=secret.pk).update(status=Message.Status.SENT, sent_at=NOW, secret=None)

    with pytest.raises(CannotBeSentAgain):
        send_again(secret, by=None)
    with pytest.raises(NotDoneYet):
        send_again(message(status=Message.Status.QUEUED), by=None)


def test_log_is_looked_through_by_person_run_event_and_state(office):
    run, person = make.run(), users.user("Ema Nováková")
    tell_confirmed(make.enrollment(of=run, learner=person, status="confirmed"))
    tell_waiting(make.enrollment(of=run, status="waiting", queue_number=1))
    message(7)

    def shown(**query):
        return [row.kind for row in office.get(reverse("message:index"), query).context["object_list"]]

    assert shown(person="nováková") == ["enrollment_confirmed"]
    assert set(shown(about=f"run:{run.pk}")) == {"enrollment_confirmed", "enrollment_waiting"}
    assert shown(kind="enrollment_waiting") == ["enrollment_waiting"]
    assert shown(status="failed") == ["courses.confirmed"]


def test_run_and_person_lead_to_their_messages(office):
    row = make.enrollment(of=make.run(), status="confirmed")
    tell_confirmed(row)

    url = reverse("wagtailsnippets_courses_courserun:inspect", args=[row.run_id])
    run_page = office.get(url, {"part": "messages"}).content.decode()
    person_page = office.get(reverse("enrollment:inspect", args=[row.pk])).content.decode()

    assert f"?about=run%3A{row.run_id}" in run_page
    assert f"?person={quote(row.learner.email)}" in person_page


def test_confidential_messages_are_hidden_from_those_without_the_right(office):
    hidden = message(1, is_private=True)
    shown = message(2)

    page = office.get(reverse("message:index"))

    assert list(page.context["object_list"]) == [shown]
    assert office.get(reverse("message:inspect", args=[hidden.pk])).status_code == 404
    assert office.post(reverse("admin_message_resend", args=[hidden.pk])).status_code == 404
    front = office.get(reverse("wagtailadmin_home")).content.decode()
    assert "1 confidential message could not be delivered." in front


def test_whoever_has_the_right_sees_that_a_confidential_message_went_but_not_what_it_says(office):
    office.manager.groups.add(Group.objects.get(name="Administrators"))
    hidden = message(1, is_private=True)

    assert list(office.get(reverse("message:index")).context["object_list"]) == [hidden]
