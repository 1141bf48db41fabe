"""Codes do not wait behind confirmations."""

import pytest
from django.core import mail

from academy.celery import app
from academy.mail import outbox
from academy.mail.letters import Letter, composers
from academy.mail.tasks import deliver_message, deliver_secret, sweep

pytestmark = pytest.mark.django_db
LETTER = Letter("ABC-DEF is your code", "ABC-DEF\n")


def _queue_of(task):
    return app.amqp.router.route({}, task.name)["queue"].name


def test_codes_have_a_queue_of_their_own():
    assert (_queue_of(deliver_message), _queue_of(deliver_secret)) == ("celery", "urgent")
    assert set(app.amqp.queues.consume_from) == {"celery", "urgent"}


def test_sweep_delivers_codes_first(monkeypatch):
    monkeypatch.setitem(composers, "test", lambda message: Letter("Confirmed", "Confirmed\n"))
    for number in range(3):
        outbox.queue("test", key=f"confirmation {number}", to="eva@example.org")
    outbox.queue_secret("login_code", key="code", to="eva@example.org", language="en", letter=LETTER)
    sweep()
    assert [message.subject for message in mail.outbox] == ["ABC-DEF is your code", *["Confirmed"] * 3]
