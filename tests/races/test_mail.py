"""Two workers with one message."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from academy import checkpoints
from academy.mail import delivery
from academy.mail.letters import Letter, composer
from academy.mail.models import Message
from courses import reminders
from tests.academy.mail.server import mail_server
from tests.factories import courses as make

from .rivals import failures, race

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@composer("test_race")
def _compose(message):
    return Letter("Jednou", "Jen jednou.\n")


def _deliver(pk, later):
    return delivery.deliver(pk, at=timezone.now() + timedelta(seconds=later)).status


def test_many_workers_send_a_message_once():
    message = Message.objects.create(key="race", kind="test_race", to="a@example.org", language="cs")
    with mail_server() as server:
        outcomes = race([partial(_deliver, message.pk, 0)] * 6, gate="deliver:starting", settings=server.settings)

    assert (failures(outcomes), len(server.mails)) == ([], 1)
    assert Message.objects.get().status == Message.Status.SENT


def _claim(pk):
    """A worker that claims a message and dies."""
    now = timezone.now()
    Message.objects.filter(pk=pk).update(status=Message.Status.SENDING, leased_until=now + delivery.LEASE)


def test_a_lease_keeps_others_away_until_it_runs_out():
    message = Message.objects.create(key="race", kind="test_race", to="a@example.org", language="cs")
    _claim(message.pk)
    with mail_server() as server:
        race([partial(_deliver, message.pk, 0)] * 2, gate="deliver:starting", settings=server.settings)
        assert server.mails == []
        late = delivery.LEASE.total_seconds() + 1
        outcomes = race([partial(_deliver, message.pk, late)] * 4, gate="deliver:starting", settings=server.settings)

    assert (failures(outcomes), len(server.mails)) == ([], 1)


def _deliver_without_claiming(pk):
    """The twin: a worker that only looks whether the message is due and then sends."""
    message = Message.objects.due(timezone.now()).filter(pk=pk).first()
    checkpoints.reach("deliver:starting")
    if message:
        delivery._send(message, _compose(message))


def test_without_the_claim_a_message_is_sent_several_times():
    message = Message.objects.create(key="race", kind="test_race", to="a@example.org", language="cs")
    with mail_server() as server:
        race([partial(_deliver_without_claiming, message.pk)] * 4, gate="deliver:starting", settings=server.settings)

    assert len(server.mails) == 4


def _remind_and_deliver(later=0):
    """A worker that queues what is due and delivers it, some seconds later than now."""
    at = timezone.now() + timedelta(seconds=later)
    reminders.queue_due(at=at)
    for pk in Message.objects.due(at).order_by("pk").values_list("pk", flat=True):
        delivery.deliver(pk, at=at)


def test_worker_killed_half_way_reminds_the_rest_afterwards_and_nobody_twice():
    run = make.run(starts_in=timedelta(hours=20))
    people = [make.enrollment(of=run, confirmed_at=timezone.now() - timedelta(days=9)) for _ in range(60)]
    with mail_server() as server:
        dying = {**server.settings, "EMAIL_BACKEND": "tests.academy.mail.server.KilledBackend"}
        (killed,) = race([_remind_and_deliver], settings=dying)
        assert (killed.error, len(server.mails)) == ("Died: no answer", 30)

        late = delivery.LEASE.total_seconds() + 1
        outcomes = race([partial(_remind_and_deliver, late)] * 2, settings=server.settings)

    assert failures(outcomes) == []
    assert sorted(mail["to"] for mail in server.mails) == sorted(row.learner.email for row in people)
