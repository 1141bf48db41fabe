import unicodedata
from datetime import UTC, datetime

import pytest
from django.db.models import ProtectedError

from academy.mail.models import Message
from certificates import issue as rules
from certificates import serials, snapshot
from certificates.models import Certificate, CertificateEvent, SerialCounter
from courses.models import Completion, Course, Enrollment
from tests.factories import certificates as make
from tests.factories import users

pytestmark = pytest.mark.django_db


def events(certificate):
    return list(certificate.events.order_by("pk").values_list("what", flat=True))


def test_issue_freezes_the_facts_and_announces_the_file(django_capture_on_commit_callbacks):
    enrollment = make.completed(learner=users.user("Příliš Žluťoučký Kůň", language="cs"), hours=7)

    with django_capture_on_commit_callbacks(execute=True):
        certificate = rules.issue(enrollment, at=datetime(2027, 3, 9, 12, tzinfo=UTC))

    certificate.refresh_from_db()
    assert certificate.serial.startswith("AC-2027-000001-")
    assert serials.is_valid(certificate.serial)
    assert certificate.holder_name == "Příliš Žluťoučký Kůň"
    assert certificate.status == Certificate.Status.READY
    assert certificate.snapshot_sha256 == snapshot.sha256(certificate.snapshot)
    assert certificate.snapshot["verify_url"] == f"https://academy.test/c/{certificate.token}/"
    assert events(certificate) == ["issued", "rendered"]
    file = certificate.files.get()
    assert file.file.name == f"certificates/{file.sha256[:2]}/{file.sha256}.pdf"
    assert list(Message.objects.values_list("key", "recipient")) == [
        (f"certificates.ready:{certificate.pk}", enrollment.learner_id)
    ]


def test_issue_twice_returns_the_same_row():
    enrollment = make.completed()

    first, second = rules.issue(enrollment), rules.issue(enrollment)

    assert first == second
    assert Certificate.objects.count() == 1
    assert SerialCounter.objects.get().last == 1
    assert events(first) == ["issued"]


@pytest.mark.parametrize(
    "status", [Enrollment.Status.CONFIRMED, Enrollment.Status.NOT_COMPLETED, Enrollment.Status.CANCELLED]
)
def test_issue_refuses_whoever_has_not_completed(status):
    enrollment = make.completed()
    Enrollment.objects.filter(pk=enrollment.pk).update(status=status)

    with pytest.raises(rules.NotEarned):
        rules.issue(enrollment)
    assert not SerialCounter.objects.exists()


def test_issue_refuses_when_the_rule_was_not_met():
    enrollment = make.completed()
    Completion.objects.update(is_met=False)

    with pytest.raises(rules.NotEarned):
        rules.issue(enrollment)


def test_issue_refuses_a_course_without_certificate():
    with pytest.raises(rules.NotOffered):
        rules.issue(make.completed(certificate_kind=Course.CertificateKind.NONE))


def test_issue_refuses_until_the_public_address_is_set(settings):
    settings.PUBLIC_BASE_URL = ""

    with pytest.raises(rules.NoPublicAddress):
        rules.issue(make.completed())


def test_issue_refuses_a_person_without_a_name():
    with pytest.raises(rules.NameMissing):
        rules.issue(make.completed(learner=users.user("")))


@pytest.mark.parametrize(
    ("name", "code_point"),
    [
        ("Jana 😀", "U+1F600 GRINNING FACE"),
        ("김민준", "U+AE40 HANGUL SYLLABLE GIM"),
        ("אברהם", "U+05D0 HEBREW LETTER ALEF"),
        ("Jan\u202eNovák", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("Jan\u200bNovák", "U+200B ZERO WIDTH SPACE"),
        ("Jan\x07Novák", "U+0007"),
        ("Jan\x7fNovák", "U+007F"),
    ],
)
def test_issue_refuses_what_cannot_be_printed_before_a_number_is_spent(name, code_point):
    """Cases 16 and 18: the code point is named, never a tofu box, and no serial number is lost."""
    enrollment = make.completed(learner=users.user(name))

    with pytest.raises(rules.Unprintable, match=code_point.replace("+", r"\+")):
        rules.issue(enrollment)

    assert not SerialCounter.objects.exists()
    assert not Certificate.objects.exists()


def test_issue_composes_decomposed_letters():
    """Case 17: e + U+0301 is stored in NFC."""
    decomposed = unicodedata.normalize("NFD", "Renée Dvořáčková")

    certificate = rules.issue(make.completed(learner=users.user(decomposed)))

    assert certificate.holder_name == certificate.snapshot["holder"]["name"] == "Renée Dvořáčková"


def test_issue_names_the_unprintable_text_of_a_course():
    enrollment = make.completed()
    enrollment.run.course.title_cs = "Kurz 한"
    enrollment.run.course.save()

    with pytest.raises(rules.Unprintable, match=r"texts of the certificate .* U\+D55C"):
        rules.issue(enrollment)


def test_invisible_characters_pasted_into_a_title_are_left_out():
    enrollment = make.completed()
    enrollment.run.course.title_cs = "Kurz\u200b o\u00ad\u202e smlouvách"
    enrollment.run.course.save()

    assert rules.issue(enrollment).snapshot["subject"]["title"]["cs"] == "Kurz o smlouvách"


def test_what_was_issued_does_not_follow_later_changes():
    """Cases 1 and 11: a new name of the person or the course leaves the certificate as it was."""
    certificate = make.certificate(holder=users.user("Jana Stará"))
    before = certificate.snapshot
    certificate.holder.name = "Jana Nová"
    certificate.holder.save()
    certificate.enrollment.run.course.title_cs = "Jiný název"
    certificate.enrollment.run.course.save()

    again = rules.issue(certificate.enrollment)

    assert (again.snapshot, again.holder_name) == (before, "Jana Stará")


@pytest.mark.parametrize(
    ("at", "year", "issued_on"),
    [
        (datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), 2026, "2026-12-31"),
        (datetime(2026, 12, 31, 23, 0, 1, tzinfo=UTC), 2027, "2027-01-01"),
        (datetime(2027, 7, 1, 22, 30, tzinfo=UTC), 2027, "2027-07-02"),
    ],
)
def test_year_and_date_are_those_of_the_office(at, year, issued_on):
    """Case 32: at New Year the office's clock decides, summer time included."""
    certificate = rules.issue(make.completed(), at=at)

    assert certificate.serial.split("-")[1] == str(year)
    assert certificate.issued_on.isoformat() == certificate.snapshot["issued_on"] == issued_on


def test_issue_for_curriculum_lists_its_courses():
    completion = make.completed_curriculum(courses_taken=3)

    certificate = rules.issue_for_curriculum(completion)

    assert certificate == rules.issue_for_curriculum(completion)
    assert certificate.kind == Certificate.Kind.CURRICULUM
    assert [course["code"] for course in certificate.snapshot["subject"]["courses"]] == [
        step.course.code for step in completion.curriculum.steps.all()
    ]
    assert certificate.snapshot["extent"]["workload_hours"] == "21"


def test_revoke_needs_a_reason_and_leaves_a_trace(django_capture_on_commit_callbacks):
    """Case 5: the row, its number and its hash stay."""
    certificate, staff = make.certificate(), users.staff()
    with pytest.raises(rules.ReasonMissing):
        rules.revoke(certificate, by=staff, reason="  ")

    revoked = rules.revoke(certificate, by=staff, reason="Issued by mistake")

    assert revoked.status == Certificate.Status.REVOKED
    assert (revoked.revoked_by, revoked.revocation_reason) == (staff, "Issued by mistake")
    assert revoked.snapshot_sha256 == certificate.snapshot_sha256
    assert Message.objects.filter(kind="certificates.revoked", recipient=certificate.holder).count() == 1


def test_revoking_twice_changes_nothing():
    """Case 6: no second event, and the first reason stays."""
    certificate, staff = make.certificate(), users.staff()
    rules.revoke(certificate, by=staff, reason="First")

    again = rules.revoke(certificate, by=staff, reason="Second")

    assert again.revocation_reason == "First"
    assert events(certificate) == ["issued", "revoked"]
    assert Message.objects.filter(kind="certificates.revoked").count() == 1


def test_revoking_a_replaced_certificate_changes_nothing():
    """Case 6."""
    old, staff = make.certificate(), users.staff()
    rules.reissue(old, by=staff, reason="New name")

    assert rules.revoke(old, by=staff, reason="Too late").status == Certificate.Status.REPLACED
    assert events(old) == ["issued", "replaced"]


def test_a_revoked_certificate_cannot_be_issued_again_but_reissued():
    """Case 7: there is no way back, only a new version."""
    certificate, staff = make.certificate(), users.staff()
    rules.revoke(certificate, by=staff, reason="Wrong hours")
    with pytest.raises(rules.WasRevoked):
        rules.issue(certificate.enrollment)

    new = rules.reissue(certificate, by=staff, reason="Hours corrected")

    certificate.refresh_from_db()
    assert certificate.status == Certificate.Status.REVOKED
    assert (new.version, new.replaces) == (2, certificate)


def test_reissue_has_the_new_name_and_says_what_it_replaces():
    """Case 2: version 2 with a number and a token of its own; the old one is replaced."""
    old, staff = make.certificate(holder=users.user("Jana Stará")), users.staff()
    old.holder.name = "Jana Nová"
    old.holder.save()

    new = rules.reissue(old, by=staff, reason="Married")

    old.refresh_from_db()
    assert (old.status, old.holder_name) == (Certificate.Status.REPLACED, "Jana Stará")
    assert (new.version, new.replaces, new.holder_name) == (2, old, "Jana Nová")
    assert new.snapshot["replaces"] == old.serial
    assert new.serial != old.serial
    assert new.token != old.token
    assert rules.reissue(old, by=staff, reason="Twice") == new
    assert Certificate.objects.count() == 2


def test_reissue_refused_leaves_the_old_one_valid():
    old, staff = make.certificate(), users.staff()
    old.holder.name = "😀"
    old.holder.save()

    with pytest.raises(rules.Unprintable):
        rules.reissue(old, by=staff, reason="Married")

    old.refresh_from_db()
    assert old.status == Certificate.Status.PENDING
    assert SerialCounter.objects.get().last == 1


def test_a_flag_is_set_and_taken_away_with_the_attendance():
    """Case 3: flagged for review, never revoked by itself."""
    certificate = make.certificate()
    completion = certificate.enrollment.completion
    completion.minutes_attended = 60
    completion.save()

    assert rules.review(certificate).needs_review
    assert rules.review(certificate).status == Certificate.Status.PENDING

    completion.minutes_attended = 120
    completion.save()
    assert not rules.review(certificate).needs_review
    assert events(certificate) == ["issued", "flagged", "reviewed"]


def test_keep_leaves_a_flagged_certificate_as_it_is():
    certificate, staff = make.certificate(), users.staff()
    Completion.objects.update(is_met=False)
    rules.review(certificate)

    kept = rules.keep(certificate, by=staff, reason="A clerical error in the correction")

    assert not kept.needs_review
    assert kept.events.order_by("pk").last().by == staff
    assert CertificateEvent.objects.filter(what="reviewed").count() == 1


def test_enrollment_that_bears_a_certificate_cannot_be_deleted():
    """Case 10: rows that certificates point at are protected."""
    certificate = make.certificate()

    with pytest.raises(ProtectedError):
        certificate.enrollment.delete()
