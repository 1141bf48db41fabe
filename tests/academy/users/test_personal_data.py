"""A copy of one's data, a request to be erased, erasing at once and at the end of the funders' retention."""

import io
import json
import zipfile
from datetime import datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from academy import registry
from academy.mail import bounces, news, outbox
from academy.mail.models import Bounce, Message, NewsOptOut
from academy.users import consents, memberships, personal_data
from academy.users.models import Consent, Erasure, Organisation
from academy.users.periodic import finish_erasures
from certificates.models import Certificate
from courses import completion
from courses.models import Attendance, Enrollment, Funder, RunEvent
from courses.office.history import record
from mentoring.models import Booking
from tests.factories import certificates, mentoring, users
from tests.factories import courses as make

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def eva():
    person = users.user("Eva Nováková", email="eva@example.org", language="en")
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    consents.give(person, Consent.Kind.NEWS)
    memberships.add_member(Organisation.objects.create(name="Klub Sever"), person)
    return person


def finished(learner, *, years=None, note="Left early: a doctor"):
    """A closed run that the learner attended, paid for by a funder with so many years of retention, if any."""
    run = make.run(of=make.course(certificate_kind="none"), starts_in=timedelta(days=-20), auto_issue=False)
    if years is not None:
        run.funders.add(Funder.objects.create(slug=f"f{years}", kind="public_fund", retention_years=years))
        run.save()
    row = make.enrollment(of=run, learner=learner, confirmed_at=NOW - timedelta(days=60))
    make.attendance(of=row, session=run.sessions.get(), note=note)
    completion.close_run(run, by=None)
    row.refresh_from_db()
    return row


def unzip(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# --- The copy ---


def test_export_has_account_enrollments_coaching_messages_and_files(eva, django_capture_on_commit_callbacks):
    row = finished(eva)
    coach = mentoring.mentor(user=users.user("Hedvika"))
    booking = mentoring.booking(of=mentoring.slot(of=coach), learner=eva, brief="My first tour")
    with django_capture_on_commit_callbacks(execute=True):
        proof = certificates.certificate(holder=eva)
    finished(users.user("Somebody Else"), note="Not yours")

    files = unzip(personal_data.export(eva))

    data = json.loads(files["data.json"])
    assert set(data) == {"exported_at", *registry.personal_data_exporters}
    assert data["users"]["account"]["email"] == "eva@example.org"
    assert [consent["kind"] for consent in data["users"]["consents"]] == ["news"]
    assert row.run.code in [enrollment["run"] for enrollment in data["courses"]["enrollments"]]
    own = next(enrollment for enrollment in data["courses"]["enrollments"] if enrollment["run"] == row.run.code)
    assert [(mark["status"], mark["note"]) for mark in own["attendance"]] == [("present", "Left early: a doctor")]
    assert own["result"]["met"] is True
    assert [(line["mentor"], line["about"]) for line in data["mentoring"]["coaching"]] == [
        (coach.profile.name, booking.brief)
    ]
    assert data["certificates"]["certificates"][0]["serial"] == proof.serial
    assert files[f"files/{proof.serial}.pdf"].startswith(b"%PDF")
    assert "data.json holds everything" in files["README.txt"].decode()
    assert b"Not yours" not in files["data.json"]
    assert b"Somebody Else" not in files["data.json"]


def test_export_of_a_new_account_is_whole_too():
    assert set(unzip(personal_data.export(users.user()))) == {"data.json", "README.txt"}


def test_copy_is_ones_own_and_by_a_button_only(client, eva):
    address = reverse("users:own_data_copy")
    assert "/accounts/login/" in client.post(address).url
    client.force_login(eva)
    assert client.get(address).status_code == 405

    response = client.post(address)

    assert response["Content-Type"] == "application/zip"
    assert "no-store" in response["Cache-Control"]
    assert b"eva@example.org" in unzip(response.content)["data.json"]


@time_machine.travel("2026-11-23T10:00:00Z", tick=False)  # no test runs over the end of an hour
def test_the_eleventh_copy_within_an_hour_is_refused_with_a_sentence(client, eva):
    address = reverse("users:own_data_copy")
    client.force_login(eva)

    assert [client.post(address).status_code for _time in range(10)] == [200] * 10
    refused = client.post(address)

    assert (refused.status_code, next(template.name for template in refused.templates)) == (429, "429.html")
    client.force_login(users.user())
    assert client.post(address).status_code == 200


# --- Asking ---


def test_page_says_what_goes_and_what_stays_and_takes_a_request_once(client, eva):
    finished(eva, years=10)
    client.force_login(eva)
    page = client.get("/en/profile/data/").content.decode()
    assert "all other ways to log in" in page
    assert "stays until" in page

    client.post("/en/profile/data/erasure/")
    first = Erasure.objects.get(user=eva).requested_at
    client.post("/en/profile/data/erasure/")

    assert Erasure.objects.get(user=eva).requested_at == first
    assert "You asked for it on" in client.get("/en/profile/data/").content.decode()
    sentences = [sentence for sentence, _url in registry.attention_items["erasures"](NOW)]
    assert len(sentences) == 1
    assert "Eva" not in sentences[0]
    eva.refresh_from_db()
    assert eva.email == "eva@example.org"

    client.post("/en/profile/data/erasure/", {"withdraw": "1"})
    assert not Erasure.objects.exists()


def test_whoever_works_here_is_not_erased(client):
    trainer = users.user("Hedvika")
    users.profile(user=trainer)
    for person in (trainer, users.staff()):
        with pytest.raises(personal_data.StillAtWork):
            personal_data.request_erasure(person)
        with pytest.raises(personal_data.StillAtWork):
            personal_data.erase(person, by=None)
    client.force_login(trainer)
    page = client.post("/en/profile/data/erasure/", follow=True).content.decode()
    assert "works here or has a public profile" in page


# --- Erasing ---


def test_erasing_strips_account_and_texts_at_once_and_keeps_the_evidence(eva, client):
    row = finished(eva, years=10)
    booked = mentoring.booking(of=mentoring.slot(of=mentoring.mentor()), learner=eva, brief="My debts")
    note = record(row.run, RunEvent.What.NOTE, by=users.staff(), at=NOW, reason="Called: a wheelchair", enrollment=row)
    client.force_login(eva)
    fates, until = personal_data.plan(eva)

    personal_data.erase(eva, by=users.staff(), at=NOW)

    eva.refresh_from_db()
    assert (eva.name, eva.email, eva.is_active) == ("Eva Nováková", f"erased-{eva.pk}@erased.invalid", False)
    assert not eva.has_usable_password()
    assert not EmailAddress.objects.filter(user=eva).exists()
    assert not Authenticator.objects.filter(user=eva).exists()
    assert not eva.consents.exists()
    assert not eva.memberships.exists()
    booked.refresh_from_db()
    assert (booked.status, booked.brief, booked.cancel_reason) == (Booking.Status.CANCELLED, "", "")
    note.refresh_from_db()
    assert note.reason == ""
    mark = Attendance.objects.get(enrollment=row)
    assert (mark.status, mark.minutes, mark.note) == ("present", 120, "")
    last = timezone.localdate(row.run.sessions.get().ends_at)
    assert until == last.replace(year=last.year + 10)
    assert sum(fate.stays for fate in fates) >= 1
    assert Erasure.objects.get(user=eva).finished_at is None
    assert client.get("/en/my/").status_code == 302  # the session opens nothing any more
    assert list(registry.audit_checks["erasures"]()) == []
    for name, check in registry.audit_checks.items():
        assert list(check()) == [], name


def test_without_a_funder_the_name_goes_at_once(eva):
    finished(eva)

    personal_data.erase(eva, by=None, at=NOW)

    eva.refresh_from_db()
    assert (eva.name, Erasure.objects.get(user=eva).finished_at) == ("", NOW)
    assert Enrollment.objects.filter(learner=eva).count() == 1


def test_the_night_takes_the_name_after_the_last_day_and_not_before(eva):
    finished(eva, years=3)
    finished(eva, years=5)
    personal_data.erase(eva, by=None, at=NOW)
    last = personal_data.evidence_until(eva)
    noon = timezone.make_aware(datetime(last.year, last.month, last.day, 12))

    assert personal_data.finish_due(at=noon) == 0
    finish_erasures()
    eva.refresh_from_db()
    assert eva.name == "Eva Nováková"
    assert personal_data.finish_due(at=noon + timedelta(days=1)) == 1
    assert personal_data.finish_due(at=noon + timedelta(days=2)) == 0

    eva.refresh_from_db()
    assert eva.name == ""


def test_erasing_gives_up_places_and_the_next_person_moves_up_and_is_told(eva):
    run = make.run(capacity=1)
    place = make.enrollment(of=run, learner=eva, confirmed_at=NOW)
    waits = make.enrollment(of=run, status="waiting", queue_number=1)
    run.next_queue_number = 2
    run.save()

    personal_data.erase(eva, by=None)

    place.refresh_from_db()
    waits.refresh_from_db()
    assert place.status == "cancelled"
    assert waits.status in ("confirmed", "offered")
    assert Message.objects.filter(recipient=waits.learner).count() == 1


def test_messages_are_wiped_and_those_under_way_never_leave(eva, django_capture_on_commit_callbacks):
    Message.objects.create(
        key="old", kind="courses.confirmed", recipient=eva, to=eva.email, language="en", status="sent", sent_at=NOW,
        subject="Your place, Eva", body="Dear Eva",
    )  # fmt: skip
    make.enrollment(of=make.run(), learner=eva, confirmed_at=NOW)

    with django_capture_on_commit_callbacks(execute=True):
        outbox.queue("users.invitation", key="new", recipient=eva, facts={"profile": 0})
        personal_data.erase(eva, by=None)

    assert mail.outbox == []
    rows = Message.objects.filter(recipient=eva)
    assert rows.filter(kind="enrollment_cancelled").count() == 1  # what erasing itself queued is stopped as well
    assert {(row.to, row.subject, row.body) for row in rows} == {("erased@erased.invalid", "", "")}
    assert {row.status for row in rows} == {"sent", "skipped"}


def test_no_address_stays_where_returned_mail_and_news_are_noted(eva):
    for address in (eva.email, "other@example.org"):
        bounces.record(address, is_hard=True, reason=f"550 <{address}>")
        news.unsubscribe(address)

    personal_data.erase(eva, by=None)

    assert list(Bounce.objects.values_list("email", flat=True)) == ["other@example.org"]
    assert list(NewsOptOut.objects.values_list("email", flat=True)) == ["other@example.org"]


def test_erasing_twice_changes_nothing_more_and_frees_the_address(eva):
    personal_data.erase(eva, by=None, at=NOW)

    assert personal_data.erase(eva, by=None, at=NOW + timedelta(days=1)) == []
    assert Erasure.objects.get(user=eva).done_at == NOW
    assert users.user(email="eva@example.org").pk != eva.pk


def test_certificates_stay_as_they_were_issued(eva):
    proof = certificates.certificate(holder=eva)

    stays = personal_data.erase(eva, by=None)

    assert any("certificate" in sentence for sentence in stays)
    after = Certificate.objects.get(pk=proof.pk)
    assert (after.holder_name, after.snapshot_sha256) == (proof.holder_name, proof.snapshot_sha256)


def test_a_refusal_on_the_way_leaves_everything_as_it_was(eva, monkeypatch):
    def refuse(user):
        raise personal_data.StillAtWork

    monkeypatch.setitem(registry.personal_data_erasers, "users", refuse)
    make.enrollment(of=make.run(), learner=eva, confirmed_at=NOW)

    with pytest.raises(personal_data.StillAtWork):
        personal_data.erase(eva, by=None)

    assert eva.enrollments.get().status == "confirmed"
    assert not Erasure.objects.exists()


def test_planning_writes_nothing_and_costs_the_same_for_many_enrollments(eva, django_assert_max_num_queries):
    for _number in range(3):
        make.enrollment(of=make.run(), learner=eva, confirmed_at=NOW)

    with django_assert_max_num_queries(25) as queries:
        personal_data.plan(eva)

    assert not [query for query in queries.captured_queries if not query["sql"].startswith("SELECT")]


def test_audit_finds_who_was_erased_and_is_not(eva):
    Erasure.objects.create(user=eva, done_at=NOW, finished_at=NOW)

    assert list(registry.audit_checks["erasures"]()) == [
        f"Person {eva.pk} was erased, but can log in or has an address.",
        f"Person {eva.pk} has a name, although it was to be erased.",
    ]


# --- In the admin ---


def test_only_who_may_delete_people_erases_them(client, eva):
    address = reverse("admin_user_erase", args=[eva.pk])
    assert client.get(address).status_code == 302
    client.force_login(users.user("Someone"))
    assert client.post(address).status_code in (302, 403)
    eva.refresh_from_db()
    assert eva.is_active

    office = users.staff(language="en")
    client.force_login(office)
    page = client.get(address).content.decode()
    assert "Goes: The e-mail address, password" in page
    ModelLogEntry.objects.log_action(eva, "wagtail.edit", user=office)
    assert client.post(address).status_code == 302

    eva.refresh_from_db()
    assert not eva.is_active
    assert Erasure.objects.get(user=eva).done_by == office
    assert not ModelLogEntry.objects.filter(label__contains="Eva").exists()
    assert client.get(address).status_code == 404
    assert client.get(reverse("admin_user_erase", args=[office.pk])).status_code == 404
