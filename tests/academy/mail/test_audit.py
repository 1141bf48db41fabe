"""Every check finds what it looks for: each test plants one violation past the rules and sees it named."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academy import registry
from academy.mail.models import LetterText, Message, NewsOptOut
from academy.mail.texts import change_text
from tests.factories import users

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def found(check):
    return list(registry.audit_checks[check]())


def message(key, **facts):
    return Message.objects.create(key=key, kind="k", to="Ema@example.org", language="cs", **facts)


def test_words_that_the_rule_keeps_are_sound_and_others_are_found():
    change_text("courses/mail/confirmed", "cs", {"opening": "Kurz {title}."}, by=users.user())
    assert found("words of letters") == []

    LetterText.objects.update(opening="Kurz {titel}.")
    gone = LetterText.objects.create(name="courses/mail/gone", language="cs", subject="x")

    assert found("words of letters") == [
        "The opening of courses/mail/confirmed (cs) names “titel”, which the letter does not know.",
        f"The words {gone.pk} are for a letter that does not exist: courses/mail/gone.",
    ]


def test_repeated_secret_is_found():
    repeat = message("b", again=message("a", is_secret=True))

    assert found("repeats and news") == [f"Message {repeat.pk} repeats a secret."]


def test_news_after_unsubscribing_is_found_and_what_was_under_way_or_is_no_news_is_not():
    NewsOptOut.objects.create(email="ema@example.org", at=NOW - timedelta(hours=1))
    late = message("a", is_news=True, status="sent", sent_at=NOW)
    message("b", is_news=True, status="sent", sent_at=NOW - timedelta(minutes=58))
    message("c", status="sent", sent_at=NOW)

    assert found("repeats and news") == [f"Message {late.pk} is news and was sent to an address that had unsubscribed."]
