"""Writing to groups of a run: who gets it, in which language, once, and what unsubscribing ends."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from academy.mail import bounces, news
from academy.mail.delivery import deliver
from academy.mail.models import Message, NewsOptOut
from academy.users import personal_data
from courses.circulars.writing import NobodyToWriteTo, NoText, recipients, write
from courses.models import Circular, Enrollment
from courses.notifications import tell_confirmed
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

NOW = timezone.now()
BOTH = {"cs": ("Změna sálu", "Sejdeme se\n\nv sále B."), "en": ("Another hall", "We meet\n\nin hall B.")}
CZECH = {"cs": ("Změna sálu", "Sejdeme se v sále B."), "en": ("", "")}


@pytest.fixture
def run():
    """A run with somebody in every group."""
    made = make.run(trainers=[users.profile("Trenérka", email="trainer@example.org")])
    people = {
        "applied": {"status": "applied"},
        "waiting": {"status": "waiting", "queue_number": 1},
        "offered": {"status": "offered", "queue_number": 2, "offered_until": NOW + timedelta(days=1)},
        "expired": {"status": "offered", "queue_number": 3, "offered_until": NOW - timedelta(days=1)},
        "lapsed": {"status": "cancelled", "queue_number": 4, "offered_until": NOW - timedelta(days=2)},
        "left": {"status": "cancelled", "confirmed_at": NOW, "ended_at": NOW},
        "confirmed": {"status": "confirmed", "confirmed_at": NOW},
        "completed": {"status": "completed", "confirmed_at": NOW},
        "declined": {"status": "declined"},
    }
    for name, facts in people.items():
        make.enrollment(of=made, learner=users.user(name, email=f"{name}@example.org", language="en"), **facts)
    make.enrollment(of=make.run(), status="confirmed")
    return made


def send(run, groups=("confirmed",), texts=BOTH, **extra):
    return write(run, texts, list(groups), by=users.staff(), token=extra.pop("token", uuid.uuid4()), **extra)


def delivered(mailoutbox):
    for message in Message.objects.filter(kind="run_circular").order_by("pk"):
        deliver(message.pk)
    return mailoutbox


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        (["applied"], {"applied"}),
        (["waiting"], {"waiting"}),
        (["offered"], {"offered"}),
        (["lapsed"], {"expired", "lapsed"}),
        (["confirmed"], {"confirmed"}),
        (["finished"], {"completed"}),
        (["declined"], {"declined"}),
        (["trainers"], {"trainer"}),
        (["confirmed", "waiting", "trainers"], {"confirmed", "waiting", "trainer"}),
        ([], set()),
    ],
)
def test_groups_are_those_who_stand_so_now(run, groups, names):
    assert {one.address for one in recipients(run, groups)} == {f"{name}@example.org" for name in names}


def test_everybody_gets_a_message_of_their_own_filed_under_the_run(run, mailoutbox):
    run.reply_to = "reply@example.org"
    run.save()
    send(run, ["confirmed", "waiting"])

    mails = delivered(mailoutbox)

    assert {tuple(mail.to) for mail in mails} == {("confirmed@example.org",), ("waiting@example.org",)}
    assert {(mail.subject, mail.reply_to[0]) for mail in mails} == {("Another hall", "reply@example.org")}
    assert "We meet\n\nin hall B." in mails[0].body
    assert "<p>We meet</p>" in mails[0].alternatives[0][0]
    assert set(Message.objects.filter(kind="run_circular").values_list("about", flat=True)) == {f"run:{run.pk}"}


def test_reader_of_a_language_that_was_not_written_gets_the_other_and_is_told(run, mailoutbox):
    send(run, texts=CZECH)

    (mail,) = delivered(mailoutbox)

    assert mail.subject == "Změna sálu"
    assert "The office wrote this message in this language only: Czech." in mail.body
    assert '<div lang="cs">' in mail.alternatives[0][0]


def test_form_sent_twice_writes_once(run):
    token = uuid.uuid4()

    assert send(run, token=token) == send(run, token=token)

    assert (Circular.objects.count(), Message.objects.count()) == (1, 1)


def test_whoever_left_the_group_before_sending_gets_nothing(run, mailoutbox):
    send(run)
    Enrollment.objects.filter(run=run, status="confirmed").update(status="cancelled", ended_at=NOW)

    assert delivered(mailoutbox) == []


def test_nobody_and_nothing_are_refused(run):
    with pytest.raises(NobodyToWriteTo):
        send(make.run())
    with pytest.raises(NoText):
        send(run, texts={"cs": ("Jen předmět", " "), "en": ("", "")})
    assert not Circular.objects.exists()


def test_news_bears_the_headers_of_one_click_unsubscribing_and_nothing_else_does(run, mailoutbox):
    send(run, is_news=True)
    send(run)

    news_mail, other = delivered(mailoutbox)

    headers = news_mail.message()
    address = headers["List-Unsubscribe"].strip("<>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in news_mail.body
    assert "List-Unsubscribe" not in other.message()
    assert address not in Message.objects.get(subject="Another hall", is_news=True).body


def path_of(message):
    return "/" + news.unsubscribe_address(message).split("/", 3)[3]


def test_mail_program_unsubscribes_by_one_post_without_cookies_and_a_get_changes_nothing(run):
    send(run, is_news=True)
    path = path_of(Message.objects.get(kind="run_circular"))
    program = Client(enforce_csrf_checks=True)

    assert program.get(path).status_code == 200
    assert not NewsOptOut.objects.exists()
    program.post(path, {"List-Unsubscribe": "One-Click"})

    assert [row.email for row in NewsOptOut.objects.all()] == ["confirmed@example.org"]
    program.post(path, {"again": "1"})
    assert not NewsOptOut.objects.exists()
    assert program.post(path.replace("/news-by-mail/", "/news-by-mail/1"), {}).status_code == 404


def test_unsubscribing_ends_news_and_never_what_concerns_ones_own_places(run, mailoutbox):
    news.unsubscribe("Confirmed@example.org")
    send(run, is_news=True)
    send(run)
    tell_confirmed(run.enrollments.get(status="confirmed"))

    statuses = [deliver(message.pk).status for message in Message.objects.order_by("pk")]

    assert statuses == ["skipped", "sent", "sent"]
    assert [mail.subject.split(":")[0] for mail in mailoutbox] == ["Another hall", "Enrollment confirmed"]


def test_news_does_not_go_to_an_address_that_does_not_exist_but_the_rest_does(run):
    bounces.record("confirmed@example.org", is_hard=True, reason="550")
    send(run, is_news=True)
    send(run)

    assert [deliver(message.pk).status for message in Message.objects.order_by("pk")] == ["skipped", "sent"]


@pytest.fixture
def office(client):
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    return client


def form(**extra):
    texts = {
        f"{part}_{code}": text
        for code, pair in BOTH.items()
        for part, text in zip(("subject", "body"), pair, strict=False)
    }
    return {"token": str(uuid.uuid4()), "groups": ["confirmed"], **texts, **extra}


def test_office_sees_who_and_how_before_anything_is_sent(office, run):
    url = reverse("admin_courserun_write", args=[run.pk])
    bounces.record("confirmed@example.org", is_hard=True, reason="550")

    page = office.post(url, form(subject_en="", body_en="")).content.decode()

    assert "1 person gets it." in page
    assert "1 person reads English and gets the other language" in page
    assert "Mail to these addresses has come back: confirmed@example.org." in page
    assert page.count('srcdoc="&lt;!doctype html&gt;') == 2
    assert not Message.objects.exists()

    office.post(url, form(confirmed="1"))

    assert [message.to for message in Message.objects.all()] == ["confirmed@example.org"]


def test_half_a_message_is_refused_beside_its_field_and_nothing_is_lost(office, run):
    page = office.post(reverse("admin_courserun_write", args=[run.pk]), form(body_en="")).content.decode()

    assert "A message needs both a subject and a text." in page
    assert "Another hall" in page


def test_editor_and_stranger_cannot_write(client, run):
    url = reverse("admin_courserun_write", args=[run.pk])
    client.post(url, form(confirmed="1"))
    editor = users.user()
    editor.groups.add(Group.objects.get(name="Editors"))
    client.force_login(editor)
    client.post(url, form(confirmed="1"))

    assert not Message.objects.exists()


@pytest.mark.parametrize("rows", [1, 30])
def test_finding_recipients_takes_the_same_queries_for_any_number(rows, django_assert_num_queries):
    run = make.run(trainers=[users.profile()])
    for _number in range(rows):
        make.enrollment(of=run, status="confirmed")

    with django_assert_num_queries(2):
        assert len(recipients(run, ["confirmed", "trainers"])) >= rows


def test_nobody_is_written_to_who_was_erased(run):
    people = {row.learner.email: row.learner for row in run.enrollments.all()}
    for name in ("completed", "lapsed"):
        personal_data.erase(people[f"{name}@example.org"], by=None)

    assert recipients(run, ["finished", "lapsed", "confirmed"]) == recipients(run, ["lapsed", "confirmed"])
    assert [one.address for one in recipients(run, ["finished", "lapsed", "confirmed"])] == [
        "confirmed@example.org",
        "expired@example.org",
    ]
