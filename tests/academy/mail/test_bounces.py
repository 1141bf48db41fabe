"""Returned mail: read from delivery reports, recorded by staff, shown, forgiven."""

import mailbox

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.urls import reverse

from academy.mail import bounces
from academy.mail.models import Bounce, Message
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

REPORT = """\
From: MAILER-DAEMON@mx.example.net
To: office@example.org
Subject: Undelivered Mail Returned to Sender
Message-ID: <report-{number}@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{address}>:
    no such user

--b
Content-Type: {returned}

Message-ID: <{uid}@example.org>
Subject: x

--b--
"""


def message(to="ema@example.org"):
    return Message.objects.create(key=to, kind="k", to=to, language="cs")


def report(
    address="ema@example.org", *, status="5.1.1", action="failed", uid="none", number=1, returned="text/rfc822-headers"
):
    text = REPORT.format(address=address, status=status, action=action, uid=uid, number=number, returned=returned)
    return text.encode()


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_report_marks_the_address_and_finds_the_message_that_came_back(returned):
    other, sent = message("Ema@example.org"), message()

    (bounce,) = bounces.read_report(report(uid=sent.message_uid, returned=returned))

    assert (bounce.email, bounce.is_hard, bounce.status, bounce.message) == ("ema@example.org", True, "5.1.1", sent)
    assert "no such user" in bounce.reason
    assert other.pk != sent.pk


@pytest.mark.parametrize(("status", "is_hard"), [("5.1.1", True), ("5.7.1", True), ("5.2.2", False), ("4.4.1", False)])
def test_only_what_is_for_good_is_hard(status, is_hard):
    message()

    assert [bounce.is_hard for bounce in bounces.read_report(report(status=status))] == [is_hard]


def test_same_report_twice_is_one_row():
    message()
    bounces.read_report(report())
    bounces.read_report(report())
    bounces.read_report(report(number=2))

    assert Bounce.objects.count() == 2


@pytest.mark.parametrize(
    "raw",
    [
        report(action="delayed"),
        report("stranger@example.org"),
        b"Subject: hello\n\nI am out of office, ema@example.org.",
        b"Content-Type: multipart/report; report-type=delivery-status\n\nbroken",
        b"",
        b"\xff\xfe\x00",
    ],
)
def test_delays_strangers_and_what_is_no_report_mark_nobody(raw):
    message()

    assert bounces.read_report(raw) == []
    assert not Bounce.objects.exists()


def test_command_reads_a_maildir_an_mbox_and_a_file(tmp_path, capsys):
    for name in ("a", "b", "c"):
        message(f"{name}@example.org")
    box = mailbox.Maildir(tmp_path / "maildir")
    box.add(report("a@example.org"))
    mbox = mailbox.mbox(tmp_path / "mbox")
    mbox.add(report("b@example.org", number=2))
    mbox.close()
    (tmp_path / "one.eml").write_bytes(report("c@example.org", number=3))

    call_command("read_bounces", tmp_path / "maildir", tmp_path / "mbox", tmp_path / "one.eml")

    assert "3 mails read, 3 undeliverable addresses found." in capsys.readouterr().out
    assert set(Bounce.objects.values_list("email", flat=True)) == {"a@example.org", "b@example.org", "c@example.org"}


def test_command_says_what_it_does_not_find(tmp_path):
    with pytest.raises(CommandError, match="There is no"):
        call_command("read_bounces", tmp_path / "nowhere")


@pytest.fixture
def office(client):
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    client.manager = manager
    return client


def test_staff_record_a_returned_mail_and_it_shows_on_person_run_and_log(office):
    row = make.enrollment(of=make.run(), learner=users.user(email="ema@example.org"))
    sent = message()
    Message.objects.filter(pk=sent.pk).update(status="sent", sent_at="2026-01-01T00:00Z")

    office.post(reverse("admin_message_returned", args=[sent.pk]), {"is_hard": "on", "reason": "550 no such user"})

    assert Bounce.objects.get().by == office.manager
    pages = {
        "Mail to this address comes back.": [
            reverse("enrollment:inspect", args=[row.pk]),
            reverse("wagtailsnippets_courses_courserun:inspect", args=[row.run_id]),
        ],
        "mail comes back": [reverse("message:index")],
    }
    for sentence, urls in pages.items():
        for url in urls:
            assert sentence in office.get(url).content.decode(), url


def test_address_that_works_again_is_marked_no_more_and_its_history_stays(office):
    made = bounces.record("ema@example.org", is_hard=True, reason="550")

    office.post(reverse("admin_bounce_works_again", args=[made.pk]))

    made.refresh_from_db()
    assert made.forgiven_by == office.manager
    assert not Bounce.objects.standing().exists()


def test_editor_cannot_record_or_forgive(client):
    editor, made = users.user(), bounces.record("ema@example.org", is_hard=True, reason="550")
    editor.groups.add(Group.objects.get(name="Editors"))
    client.force_login(editor)

    client.post(reverse("admin_bounce_works_again", args=[made.pk]))
    client.post(reverse("admin_message_returned", args=[message().pk]), {"reason": "x"})

    assert list(Bounce.objects.standing()) == [made]


def test_a_report_in_the_letters_of_another_country_is_read():
    message()
    raw = report().decode().replace("no such user", "uživatel neexistuje").encode()

    bounces.read_report(raw)

    assert Bounce.objects.get().reason.endswith("uživatel neexistuje")
