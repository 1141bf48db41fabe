from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from mentoring.attention import attention
from mentoring.models import Booking
from tests.factories.mentoring import booking, mentor, slot

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 6, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=8)


def _sentences():
    with override("en"):
        return [sentence for sentence, _url in attention(NOW)]


def _with_time_ahead(**extra):
    person = mentor(**extra)
    slot(of=person, starts_at=NOW + timedelta(days=1))
    return person


def test_attention_is_silent_while_all_is_well():
    person = _with_time_ahead()
    booking(of=slot(of=person, starts_at=NOW - timedelta(days=6)))
    booking(of=slot(of=person, starts_at=LONG_AGO), status=Booking.Status.TOOK_PLACE, marked_at=NOW)
    booking(of=slot(of=_with_time_ahead(is_confidential=True), starts_at=LONG_AGO))
    mentor(is_public=False)

    assert _sentences() == []


def test_attention_counts_what_nobody_confirmed_for_a_week():
    booking(of=slot(of=_with_time_ahead(), starts_at=LONG_AGO))

    assert _sentences() == ["1 coaching was not confirmed by the mentor for a week."]


def test_attention_names_mentors_without_free_time():
    person = mentor()
    booking(of=slot(of=person, starts_at=NOW + timedelta(days=1)))

    assert _sentences() == [f"{person.profile.name} has no free time ahead."]
