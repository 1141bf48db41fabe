from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from kombu import pools

from academy.celery import app as celery_app
from academy.mail import outbox
from academy.mail.delivery import deliver
from academy.mail.letters import Letter, composer, letter_from_templates
from academy.mail.models import Message
from academy.mail.tasks import sweep
from tests.factories import users

pytestmark = pytest.mark.django_db


@composer("test_outbox")
def _compose(message):
    return Letter("Předmět", f"Text {message.facts.get('number')}\n")


@pytest.fixture
def ada():
    return users.user("Ada", language="en")


def test_queue_writes_the_row_and_delivers_after_the_commit(ada, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        message = outbox.queue("test_outbox", key="a:1", recipient=ada, facts={"number": 7})
        assert (message.status, message.to, message.language) == (Message.Status.QUEUED, ada.email, "en")
        assert mailoutbox == []

    message.refresh_from_db()
    assert (message.status, message.subject, message.body) == (Message.Status.SENT, "Předmět", "Text 7\n")
    assert [mail.to for mail in mailoutbox] == [[ada.email]]


def test_queue_with_the_same_key_returns_the_first_row(ada, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = outbox.queue("test_outbox", key="a:1", recipient=ada)
        second = outbox.queue("test_outbox", key="a:1", recipient=users.user())

    assert first == second
    assert second.recipient == ada
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_leaves_when_the_transaction_rolls_back(ada, mailoutbox):
    with transaction.atomic():
        outbox.queue("test_outbox", key="a:1", recipient=ada)
        transaction.set_rollback(True)

    sweep()

    assert mailoutbox == []
    assert not Message.objects.exists()
    outbox.queue("test_outbox", key="a:1", recipient=ada)
    assert len(mailoutbox) == 1


def test_queue_waits_until_it_is_due(ada, mailoutbox, django_capture_on_commit_callbacks, time_machine):
    later = timezone.now() + timezone.timedelta(hours=1)
    with django_capture_on_commit_callbacks(execute=True):
        outbox.queue("test_outbox", key="a:1", recipient=ada, not_before=later)
    sweep()
    assert mailoutbox == []

    time_machine.move_to(later)
    sweep()

    assert len(mailoutbox) == 1


@pytest.fixture
def broker_down():
    """The real client against a port where no broker listens."""
    before = {name: celery_app.conf[name] for name in ("task_always_eager", "broker_url")}
    celery_app.conf.update(task_always_eager=False, broker_url="redis://127.0.0.1:1/0")
    _forget_connections()
    yield
    celery_app.conf.update(before)
    _forget_connections()


def _forget_connections():
    pools.reset()  # kombu would keep handing out the pool that is closed
    celery_app._pool = None
    celery_app.amqp._producer_pool = None


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_fails_nobody_and_the_sweep_delivers(ada, mailoutbox, broker_down, caplog):
    with transaction.atomic():
        message = outbox.queue("test_outbox", key="a:1", recipient=ada)

    assert "The broker did not take academy.mail.tasks.deliver_message" in caplog.text
    message.refresh_from_db()
    assert (message.status, mailoutbox) == (Message.Status.QUEUED, [])

    sweep()

    message.refresh_from_db()
    assert (message.status, len(mailoutbox)) == (Message.Status.SENT, 1)


# --- Secrets -----------------------------------------------------------------------


def test_secret_is_never_readable_and_is_wiped_once_sent(mailoutbox):
    letter = Letter("Kód 123456", "Kód je 123456.\n", "<p>123456</p>")

    message = outbox.queue_secret("code", key="code:1", to="a@example.org", language="cs", letter=letter)

    message.refresh_from_db()
    assert b"123456" not in bytes(message.secret)
    assert (message.subject, message.body, message.facts) == ("", "", {})
    sweep()
    message.refresh_from_db()
    assert (message.status, message.secret, message.subject, message.body) == (Message.Status.SENT, None, "", "")
    assert (mailoutbox[0].subject, mailoutbox[0].body) == ("Kód 123456", "Kód je 123456.\n")
    assert mailoutbox[0].alternatives[0][0] == "<p>123456</p>"


def test_secret_is_not_in_a_dump_of_the_row(capsys):
    outbox.queue_secret("code", key="code:1", to="a@example.org", language="cs", letter=Letter("Kód 987654", "987654"))

    call_command("dumpdata", "mail")

    dump = capsys.readouterr().out
    assert "code:1" in dump
    assert "987654" not in dump


# --- Letters -----------------------------------------------------------------------


def test_text_of_a_letter_is_not_escaped_but_its_html_is(tmp_path, settings):
    (tmp_path / "x.txt").write_text("O {{ name }}\n\nDobrý den, {{ name }}.\n\n\n\nKonec.\n")
    (tmp_path / "x.html").write_text("<p>{{ subject }}: {{ name }}</p>")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    letter = letter_from_templates("x", {"name": "Hora & <syn>"})

    assert letter == Letter(
        "O Hora & <syn>",
        "Dobrý den, Hora & <syn>.\n\nKonec.\n",
        "<p>O Hora &amp; &lt;syn&gt;: Hora &amp; &lt;syn&gt;</p>",
    )


def test_a_kind_is_composed_by_one_function_only():
    with pytest.raises(ValueError, match="test_outbox"):
        composer("test_outbox")(lambda message: None)


def test_code_that_waited_longer_than_its_life_is_not_sent_any_more(mailoutbox):
    now = timezone.now()
    code = Letter("Code", "123456")
    dead, alive = (
        outbox.queue_secret(
            "code",
            key=str(hours),
            to="a@example.org",
            language="cs",
            letter=code,
            expires_at=now + hours,
        )
        for hours in (timedelta(hours=1), timedelta(hours=3))
    )
    later = now + timedelta(hours=2)

    statuses = [deliver(message.pk, at=later).status for message in (dead, alive)]

    assert (statuses, len(mailoutbox)) == ([Message.Status.SKIPPED, Message.Status.SENT], 1)
    dead.refresh_from_db()
    assert dead.secret is None
