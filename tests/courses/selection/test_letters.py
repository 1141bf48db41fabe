from datetime import timedelta

import pytest
from django.utils import timezone

from academy.mail.delivery import deliver
from academy.mail.models import Message
from courses import enrollment as entry
from courses.models import Enrollment
from courses.selection import decisions, jury, letters
from tests.factories import selection as make
from tests.factories import users

pytestmark = pytest.mark.django_db


def decided():
    """A call with one place: (selection, the accepted, the reserve, the declined), all reading English."""
    selection, rows = make.judged(5, 4, 3, capacity=1, reserve_places=1)
    for row in rows:
        row.learner.language = "en"
        row.learner.save()
    decisions.say(rows[2], "The plan had no dates.", by=None)
    decisions.decide(selection, offer_until=timezone.now() + timedelta(days=5), by=None)
    return selection, *rows


def mail_of(kind, mailoutbox):
    deliver(Message.objects.get(kind=kind).pk)
    return mailoutbox[-1] if mailoutbox else None


def test_offer_names_the_deadline_and_where_to_accept(mailoutbox):
    _selection, accepted, _reserve, _declined = decided()

    mail = mail_of("selection_offer", mailoutbox)

    assert (mail.to, mail.subject) == ([accepted.learner.email], f"You were chosen: {accepted.run.course.title_en}")
    for words in ["number 1 on the ranked list", "We keep it for you until", "/en/manage/"]:
        assert words in mail.body


def test_reserve_says_the_number_and_what_happens_next(mailoutbox):
    decided()

    body = mail_of("selection_reserve", mailoutbox).body

    assert "You are number 1 on the reserve list." in body
    assert "gets an offer by mail" in body


def test_decline_says_why(mailoutbox):
    decided()

    assert "Reason: The plan had no dates." in mail_of("selection_declined", mailoutbox).body


def test_decline_of_an_application_off_the_conditions_says_so(mailoutbox):
    selection, rows = make.judged(5)
    refused = make.application(selection, checked=False, learner=users.user(language="en"))
    decisions.decide(selection, offer_until=timezone.now() + timedelta(days=5), by=None)

    body = mail_of("selection_declined", mailoutbox).body

    assert refused.verdict.rank is None
    assert "did not meet its conditions" in body
    assert "Reason: No company seat." in body
    assert rows[0].run_id == refused.run_id


def test_letters_that_are_no_longer_true_are_not_sent(mailoutbox):
    _selection, accepted, reserve, _declined = decided()
    entry.cancel(Enrollment.objects.get(pk=accepted.pk))
    entry.cancel(Enrollment.objects.get(pk=reserve.pk))

    assert mail_of("selection_offer", mailoutbox) is None
    assert mail_of("selection_reserve", mailoutbox) is None


def test_preview_is_the_mail_that_is_sent(mailoutbox):
    selection, rows = make.judged(5, 4, capacity=1)
    until = (timezone.now() + timedelta(days=5)).replace(microsecond=0)
    planned = {one.enrollment.pk: letters.preview(one, until) for one in decisions.plan(selection)}

    decisions.decide(selection, offer_until=until, by=None)

    for kind, row in zip(["selection_offer", "selection_reserve"], rows, strict=True):
        mail = mail_of(kind, mailoutbox)
        assert (mail.subject, mail.body) == (planned[row.pk].subject, planned[row.pk].text)


def test_jurors_are_told_the_call_and_how_to_log_in(mailoutbox):
    selection = make.call(is_open=True, results_at=timezone.now() + timedelta(days=9))
    jury.invite_juror(selection, "jury@example.org", name="Eva Malá", language="en", by=None)

    mail = mail_of("juror_invited", mailoutbox)

    assert mail.to == ["jury@example.org"]
    for words in ["Hello Eva Malá,", "The call closes on", f"/en/jury/{selection.run.code}/", "type the code"]:
        assert words in mail.body


def test_removed_jurors_are_not_told(mailoutbox):
    selection = make.call(is_open=True)
    judge = jury.invite_juror(selection, "jury@example.org", by=None)
    jury.remove_juror(judge, by=None, reason="Ill.")

    assert mail_of("juror_invited", mailoutbox) is None
