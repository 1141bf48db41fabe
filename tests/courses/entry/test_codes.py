"""Codes of invitation: who gets in by one, once; what is kept of it; what it refuses."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.models import Message
from academy.mail.secrets import open_letter
from courses import enrollment as rules
from courses.entry import codes, errors
from courses.models import Enrollment, Invitation
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def run():
    return make.run(entry="invitation", capacity=5)


@pytest.fixture
def office():
    return users.staff()


def shared(run, office, **how):
    return codes.make_shared(run, by=office, **how)[0]


def letter_to(email):
    return open_letter(bytes(Message.objects.get(to=email).secret))


def code_mailed_to(email):
    """The code as it stands in the mail."""
    lines = letter_to(email).text.splitlines()
    return next(line for line in lines if line.count("-") == 2 and len(line) == 14)


def test_enroll_by_invitation_needs_a_code(run):
    with pytest.raises(errors.ByInvitationOnly):
        rules.enroll(users.user(), run)

    assert not run.enrollments.exists()


def test_shared_code_lets_in_as_many_as_it_says_and_then_is_used_up(run, office):
    invitation, code = shared(run, office, uses=2)
    first, second = (rules.enroll(users.user(), run, invitation=code) for _number in range(2))

    with pytest.raises(errors.InvitationUsedUp):
        rules.enroll(users.user(), run, invitation=code)

    assert [first.status, second.status] == [S.CONFIRMED, S.CONFIRMED]
    assert list(invitation.uses.order_by("number").values_list("number", "enrollment")) == [
        (1, first.pk),
        (2, second.pk),
    ]


def test_enrolling_twice_by_one_code_uses_it_once(run, office):
    invitation, code = shared(run, office, uses=2)
    learner = users.user()

    assert rules.enroll(learner, run, invitation=code) == rules.enroll(learner, run, invitation=code)

    assert invitation.uses.count() == 1


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}", "{2}"])
def test_code_is_read_however_it_is_typed(run, office, typed):
    _invitation, code = shared(run, office)

    made = rules.enroll(users.user(), run, invitation=typed.format(code, code.lower(), code.replace("-", " ")))

    assert made.status == S.CONFIRMED


def test_code_is_kept_as_a_hash_under_the_sites_key(run, office, settings):
    invitation, code = shared(run, office)

    stored = Invitation.objects.filter(pk=invitation.pk).values().get()

    assert code.replace("-", "") not in str(stored)
    assert (stored["digest"], stored["ending"]) == (codes.digests(codes.normalise(code))[0], code[-3:])
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
    assert codes.check(run, code, at=NOW).pk == invitation.pk
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(errors.InvitationUnknown):
        codes.check(run, code, at=NOW)


def test_code_of_another_run_or_of_nobody_is_unknown(run, office):
    _invitation, code = shared(make.run(entry="invitation"), office)

    for wrong in (code, "ABCD-EFGH-JKLM"):
        with pytest.raises(errors.InvitationUnknown):
            rules.enroll(users.user(), run, invitation=wrong)


def test_code_is_valid_to_its_last_second(run, office):
    _invitation, code = shared(run, office, uses=2, valid_until=NOW + HOUR)

    with pytest.raises(errors.InvitationExpired):
        rules.enroll(users.user(), run, invitation=code, at=NOW + HOUR + SECOND)

    assert rules.enroll(users.user(), run, invitation=code, at=NOW + HOUR).status == S.CONFIRMED


def test_revoked_code_lets_nobody_in_and_those_who_used_it_stay(run, office):
    invitation, code = shared(run, office, uses=2)
    first = rules.enroll(users.user(), run, invitation=code)

    assert codes.revoke(codes.revoke(invitation, by=office), by=None).revoked_by == office

    with pytest.raises(errors.InvitationRevoked):
        rules.enroll(users.user(), run, invitation=code)
    first.refresh_from_db()
    assert first.status == S.CONFIRMED


def test_invited_people_get_a_mail_each_whose_words_are_sealed(run, office):
    made = codes.invite(run, [" Dana@Example.org ", "eva@example.org", ""], by=office, language="en")

    assert {invitation.email for invitation in made} == {"dana@example.org", "eva@example.org"}
    message = Message.objects.get(to="dana@example.org")
    code = code_mailed_to("dana@example.org")
    assert (message.is_secret, message.language, code in str(message.facts)) == (True, "en", False)
    assert f"/en/runs/{run.code}/enroll/?invitation={code}" in letter_to("dana@example.org").text


def test_personal_code_is_for_its_address_only_and_once(run, office):
    codes.invite(run, ["dana@example.org"], by=office, language="cs")
    code = code_mailed_to("dana@example.org")
    dana = users.user(email="dana@example.org")

    with pytest.raises(errors.InvitationOfSomebodyElse):
        rules.enroll(users.user(), run, invitation=code)
    made = rules.enroll(dana, run, invitation=code)
    rules.cancel(made)

    with pytest.raises(errors.InvitationUsedUp):
        rules.enroll(dana, run, invitation=code)


def test_inviting_twice_sends_one_code_until_it_is_used_or_revoked(run, office):
    first = codes.invite(run, ["dana@example.org", "eva@example.org"], by=office, language="cs")
    rules.enroll(users.user(email="eva@example.org"), run, invitation=code_mailed_to("eva@example.org"))

    again = codes.invite(run, ["dana@example.org", "eva@example.org"], by=office, language="cs")

    assert [invitation.email for invitation in again] == ["eva@example.org"]
    codes.revoke(next(one for one in first if one.email == "dana@example.org"), by=office)
    assert [one.email for one in codes.invite(run, ["dana@example.org"], by=office, language="cs")] == [
        "dana@example.org"
    ]


def test_code_sent_again_takes_the_place_of_the_lost_one(run, office):
    lost = codes.invite(run, ["dana@example.org"], by=office, language="cs")[0]
    old = code_mailed_to("dana@example.org")

    fresh = codes.send_again(lost, by=office, language="cs")

    with pytest.raises(errors.InvitationRevoked):
        codes.check(run, old, email="dana@example.org", at=NOW)
    assert (fresh.email, fresh.digest == lost.digest) == ("dana@example.org", False)
    with pytest.raises(errors.InvitationRevoked):
        codes.send_again(lost, by=office, language="cs")


def test_sending_again_leaves_the_person_with_the_new_code_only(run, office):
    (expired,) = codes.invite(run, ["dana@example.org"], by=office, language="cs", valid_until=NOW, at=NOW)
    later = NOW + timedelta(days=1)
    (second,) = codes.invite(run, ["dana@example.org"], by=office, language="cs", at=later)

    fresh = codes.send_again(expired, by=office, language="cs", at=later)

    assert list(Invitation.objects.filter(revoked_at=None)) == [fresh]
    assert fresh not in (expired, second)


def test_invite_refuses_what_is_no_address_and_makes_nothing(run, office):
    with pytest.raises(codes.BadAddresses, match="not an address"):
        codes.invite(run, ["dana@example.org", "not an address"], by=office, language="cs")

    assert not Invitation.objects.exists()


def test_codes_are_for_runs_by_invitation_only(office):
    run = make.run()

    with pytest.raises(codes.NotByInvitation):
        codes.make_shared(run, by=office)
    with pytest.raises(codes.NotByInvitation):
        codes.invite(run, ["dana@example.org"], by=office, language="cs")


@pytest.mark.parametrize("how", [{"count": 0}, {"uses": 0}, {"count": codes.MOST_AT_ONCE + 1}])
def test_make_shared_refuses_numbers_that_make_no_sense(run, office, how):
    with pytest.raises(codes.CodesRefused):
        codes.make_shared(run, by=office, **how)


def test_code_is_used_up_by_the_tail_of_the_queue_too(office):
    run = make.run(entry="invitation", capacity=1)
    _invitation, code = shared(run, office, uses=2)
    rules.enroll(users.user(), run, invitation=code)

    assert rules.enroll(users.user(), run, invitation=code).status == S.WAITING

    with pytest.raises(errors.InvitationUsedUp):
        rules.enroll(users.user(), run, invitation=code)


def test_office_needs_no_code_an_organisation_does(run, office):
    made = rules.enroll(users.user(), run, source=Enrollment.Source.STAFF, by=office)

    assert made.status == S.CONFIRMED
    with pytest.raises(errors.ByInvitationOnly):
        rules.enroll(users.user(), run, source=Enrollment.Source.ORGANISATION, by=office)


def test_looking_at_a_code_uses_nothing_up(run, office):
    invitation, code = shared(run, office)

    rules.check_visitor(run.__class__.objects.with_conditions().get(), email="a@example.org", invitation=code)

    assert invitation.uses.count() == 0
