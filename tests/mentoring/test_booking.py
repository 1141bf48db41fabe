"""Booking, holding, cancelling, recording the outcome."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from academy.mail.models import Message
from mentoring import booking as rules
from mentoring.booking import (
    AlreadyOver,
    LearnerBusy,
    NotConfirmed,
    NotYet,
    OwnSlot,
    SlotCancelled,
    SlotNotCancellable,
    SlotOver,
    SlotTaken,
    TooFarAhead,
    TooLate,
    TooManyBookings,
    book,
    cancel,
    cancel_slot,
    hold,
    mark_no_show,
    mark_took_place,
)
from mentoring.models import Booking, CoachingSlot
from tests.factories.mentoring import booking, mentor, slot
from tests.factories.users import user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 6, tzinfo=UTC)
TEN = datetime(2026, 5, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
Status = Booking.Status


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


def _messages(made):
    """Kinds and sides of what was queued about a booking."""
    return {(message.kind, message.facts["side"]) for message in Message.objects.filter(facts__booking=str(made.uid))}


def _both(*kinds):
    return {(kind, side) for kind in kinds for side in ("learner", "mentor")}


# --- book -----------------------------------------------------------------------


def test_book_takes_the_place_and_tells_both_sides():
    person, learner = mentor(user=user("Hedvika")), user()
    free = slot(of=person, starts_at=TEN)

    made = book(free, learner, by=learner, brief="A plan for the year", at=NOW)

    assert list(free.bookings.all()) == [made]
    assert (made.status, made.learner, made.place, made.brief) == (Status.BOOKED, learner, 1, "A plan for the year")
    assert (made.starts_at, made.ends_at, made.booked_by) == (free.starts_at, free.ends_at, learner)
    assert _messages(made) == _both("coaching_booked")


def test_book_tells_a_mentor_without_an_account_at_the_profiles_address():
    person, learner = mentor(), user()
    person.profile.email = "mentor@example.org"
    person.profile.languages = "et, en"
    person.profile.save()

    made = book(slot(of=person, starts_at=TEN), learner, by=learner, at=NOW)

    told = Message.objects.get(facts__booking=str(made.uid), facts__side="mentor")
    assert (told.to, told.recipient, told.language) == ("mentor@example.org", None, "en")


def test_book_tells_the_learner_alone_where_the_mentor_has_no_address():
    learner = user()

    made = book(slot(of=mentor(), starts_at=TEN), learner, by=learner, at=NOW)

    assert _messages(made) == {("coaching_booked", "learner")}


def test_book_twice_gives_the_same_booking_and_one_mail():
    learner = user()
    free = slot(of=mentor(user=user()), starts_at=TEN)

    first, second = (book(free, learner, by=learner, at=NOW) for _time in range(2))

    assert first == second
    assert Booking.objects.count() == 1
    assert Message.objects.count() == 2


def test_book_refuses_a_taken_slot_and_offers_the_next_free_ones():
    person, learner = mentor(min_notice_hours=2), user()
    taken = slot(of=person, starts_at=TEN)
    booking(of=taken)
    too_soon = slot(of=person, starts_at=NOW + HOUR)
    also_taken = slot(of=person, starts_at=TEN + HOUR)
    booking(of=also_taken)
    cancelled = slot(of=person, starts_at=TEN + 2 * HOUR, status=CoachingSlot.Status.CANCELLED)
    during_other = slot(of=person, starts_at=TEN + 3 * HOUR)
    booking(of=slot(of=mentor(), starts_at=TEN + 3 * HOUR), learner=learner)
    free = [slot(of=person, starts_at=TEN + hours * HOUR) for hours in (4, 5, 6, 7)]

    with pytest.raises(SlotTaken) as refused:
        book(taken, learner, by=learner, at=NOW)

    assert refused.value.alternatives == free[:3]
    assert not {too_soon, also_taken, cancelled, during_other} & set(refused.value.alternatives)
    assert taken.bookings.count() == 1


def test_book_fills_a_group_place_by_place():
    group = slot(of=mentor(), starts_at=TEN, capacity=3)
    people = [user() for _number in range(4)]

    made = [book(group, person, by=person, at=NOW) for person in people[:3]]

    assert [one.place for one in made] == [1, 2, 3]
    with pytest.raises(SlotTaken):
        book(group, people[3], by=people[3], at=NOW)


def test_book_fills_the_gap_that_a_cancellation_left():
    group = slot(of=mentor(), starts_at=TEN, capacity=3)
    first, *_others = [book(group, person, by=person, at=NOW) for person in (user(), user(), user())]
    cancel(first, by=first.learner, at=NOW)
    newcomer = user()

    assert book(group, newcomer, by=newcomer, at=NOW).place == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"status": CoachingSlot.Status.CANCELLED}, SlotCancelled),
        ({"starts_at": NOW}, SlotOver),
        ({"starts_at": NOW - SECOND}, SlotOver),
    ],
)
def test_book_refuses_what_is_cancelled_or_over(changes, error):
    learner = user()
    gone = slot(of=mentor(), **{"starts_at": TEN, **changes})

    with pytest.raises(error):
        book(gone, learner, by=learner, at=NOW)

    assert not Booking.objects.exists()


def test_book_refuses_a_slot_that_was_taken_back():
    learner = user()
    gone = slot(of=mentor(), starts_at=TEN)
    CoachingSlot.objects.all().delete()

    with pytest.raises(SlotCancelled):
        book(gone, learner, by=learner, at=NOW)


def test_book_refuses_ones_own_time_whoever_books():
    person = user()
    own = slot(of=mentor(user=person), starts_at=TEN)

    for by in (person, user()):
        with pytest.raises(OwnSlot):
            book(own, person, by=by, at=NOW)


@pytest.mark.parametrize(
    ("notice", "fits"),
    [(24 * HOUR, True), (24 * HOUR - timedelta(milliseconds=900), True), (24 * HOUR - SECOND, False)],
)
def test_shortest_notice_includes_its_second(notice, fits):
    learner = user()
    free = slot(of=mentor(min_notice_hours=24), starts_at=TEN)

    if fits:
        assert book(free, learner, by=learner, at=TEN - notice).status == Status.BOOKED
    else:
        with pytest.raises(TooLate, match="24 hours ahead"):
            book(free, learner, by=learner, at=TEN - notice)


def test_notice_is_elapsed_hours_over_a_change_of_summer_time():
    starts_at = datetime(2026, 3, 29, 8, tzinfo=UTC)  # 10:00 in Prague, on the day with 23 hours
    learner = user()
    free = slot(of=mentor(min_notice_hours=24), starts_at=starts_at)

    assert book(free, learner, by=learner, at=datetime(2026, 3, 28, 8, tzinfo=UTC)).status == Status.BOOKED


@pytest.mark.parametrize(("days", "fits"), [(10, True), (11, False)])
def test_horizon_counts_days_of_the_mentors_calendar(days, fits):
    learner = user()
    free = slot(of=mentor(horizon_days=10), starts_at=datetime(2026, 5, 4, 21, 59, tzinfo=UTC) + timedelta(days=days))

    if fits:
        assert book(free, learner, by=learner, at=NOW).status == Status.BOOKED
    else:
        with pytest.raises(TooFarAhead, match="10 days ahead"):
            book(free, learner, by=learner, at=NOW)


def test_limit_per_person_counts_coming_bookings_with_this_mentor_only():
    person, learner = mentor(max_per_person=2), user()
    past = slot(of=person, starts_at=NOW - HOUR)
    booking(of=past, learner=learner, status=Status.TOOK_PLACE, marked_at=NOW)
    dropped = slot(of=person, starts_at=TEN - HOUR)
    booking(of=dropped, learner=learner, status=Status.CANCELLED, cancelled_at=NOW)
    booking(of=slot(of=mentor(), starts_at=TEN - 2 * HOUR), learner=learner)
    for hours in (0, 1):
        book(slot(of=person, starts_at=TEN + hours * HOUR), learner, by=learner, at=NOW)
    third = slot(of=person, starts_at=TEN + 2 * HOUR)

    with pytest.raises(TooManyBookings, match="2 coming bookings"):
        book(third, learner, by=learner, at=NOW)

    assert not third.bookings.exists()


def test_mentor_may_book_somebody_past_notice_horizon_and_limit():
    account, learner = user(), user()
    person = mentor(user=account, min_notice_hours=48, horizon_days=1, max_per_person=1)

    soon = book(slot(of=person, starts_at=NOW + HOUR), learner, by=account, at=NOW)
    far = book(slot(of=person, starts_at=NOW + timedelta(days=90)), learner, by=account, at=NOW)

    assert [soon.status, far.status] == [Status.BOOKED, Status.BOOKED]
    assert soon.booked_by == account


@pytest.mark.parametrize(("minutes", "fits"), [(-45, True), (-44, False), (44, False), (45, True)])
def test_book_refuses_overlapping_coaching_across_mentors(minutes, fits):
    learner = user()
    book(slot(of=mentor(), starts_at=TEN), learner, by=learner, at=NOW)
    other = slot(of=mentor(), starts_at=TEN + timedelta(minutes=minutes))

    if fits:
        assert book(other, learner, by=learner, at=NOW).status == Status.BOOKED
    else:
        with pytest.raises(LearnerBusy, match="At that time you already have another coaching booked"):
            book(other, learner, by=learner, at=NOW)


def test_overlap_is_told_to_a_mentor_in_other_words():
    learner = user()
    book(slot(of=mentor(), starts_at=TEN), learner, by=learner, at=NOW)

    with pytest.raises(LearnerBusy, match="This person already has another coaching"):
        book(slot(of=mentor(), starts_at=TEN), learner, by=user(), at=NOW)


def test_refusal_says_beforehand_what_book_would_say():
    person, learner, other = mentor(min_notice_hours=24), user(), user()
    free = slot(of=person, starts_at=TEN)
    assert rules.refusal(free, learner, at=NOW) is None

    book(free, other, by=other, at=NOW)
    next_free = slot(of=person, starts_at=TEN + HOUR)

    refused = rules.refusal(free, learner, at=NOW)
    assert isinstance(refused, SlotTaken)
    assert refused.alternatives == [next_free]
    assert isinstance(rules.refusal(next_free, learner, at=TEN), TooLate)
    assert isinstance(rules.refusal(next_free, learner, at=TEN + HOUR), SlotOver)
    assert rules.refusal(free, other, at=NOW) is None


# --- hold -----------------------------------------------------------------------


def test_hold_keeps_the_place_for_fifteen_minutes_and_tells_nobody():
    learner, other = user(), user()
    free = slot(of=mentor(), starts_at=TEN)

    held = hold(free, learner, by=learner, brief="A pl", at=NOW)

    assert (held.status, held.held_until) == (Status.HELD, NOW + timedelta(minutes=15))
    assert not Message.objects.exists()
    with pytest.raises(SlotTaken):
        book(free, other, by=other, at=held.held_until)
    assert book(free, other, by=other, at=held.held_until + SECOND).status == Status.BOOKED
    held.refresh_from_db()
    assert held.status == Status.EXPIRED


def test_hold_twice_does_not_last_longer():
    learner = user()
    free = slot(of=mentor(), starts_at=TEN)
    first = hold(free, learner, by=learner, at=NOW)

    again = hold(free, learner, by=learner, at=NOW + timedelta(minutes=10))

    assert again == first
    assert again.held_until == first.held_until


def test_book_turns_ones_own_hold_into_the_booking():
    learner = user()
    free = slot(of=mentor(user=user()), starts_at=TEN)
    held = hold(free, learner, by=learner, at=NOW)

    made = book(free, learner, by=learner, brief="A plan", at=NOW + timedelta(minutes=15))

    assert made == held
    made.refresh_from_db()
    assert (made.status, made.held_until, made.brief) == (Status.BOOKED, None, "A plan")
    assert _messages(made) == _both("coaching_booked")


def test_book_after_ones_hold_ran_out_succeeds_while_the_place_is_free():
    learner = user()
    free = slot(of=mentor(), starts_at=TEN)
    held = hold(free, learner, by=learner, at=NOW)

    made = book(free, learner, by=learner, at=NOW + HOUR)

    assert made.status == Status.BOOKED
    held.refresh_from_db()
    assert held.status == Status.EXPIRED


def test_book_after_ones_hold_ran_out_is_refused_once_somebody_has_the_place():
    learner, other = user(), user()
    free = slot(of=mentor(), starts_at=TEN)
    hold(free, learner, by=learner, at=NOW)
    book(free, other, by=other, at=NOW + HOUR)

    with pytest.raises(SlotTaken):
        book(free, learner, by=learner, at=NOW + HOUR)


def test_hold_that_ran_out_stands_in_nobodys_way():
    """Neither in the limit per person nor as an overlap of the learner's own."""
    person, learner = mentor(max_per_person=1), user()
    hold(slot(of=person, starts_at=TEN), learner, by=learner, at=NOW)
    later = NOW + HOUR

    assert book(slot(of=mentor(), starts_at=TEN), learner, by=learner, at=later).status == Status.BOOKED
    other_time = slot(of=person, starts_at=TEN + HOUR)
    assert book(other_time, learner, by=learner, at=later).status == Status.BOOKED


def test_hold_of_a_slot_that_has_begun_meanwhile_is_over():
    learner = user()
    free = slot(of=mentor(), starts_at=NOW + timedelta(minutes=5))
    hold(free, learner, by=learner, at=NOW)

    with pytest.raises(SlotOver):
        book(free, learner, by=learner, at=NOW + timedelta(minutes=6))


def test_expire_holds_writes_down_what_ran_out():
    old, new = user(), user()
    ran_out = hold(slot(of=mentor(), starts_at=TEN), old, by=old, at=NOW - HOUR)
    held = hold(slot(of=mentor(), starts_at=TEN), new, by=new, at=NOW)
    booked = booking(of=slot(of=mentor(), starts_at=TEN))

    assert rules.expire_holds(at=NOW) == 1

    assert {one.pk: one.status for one in Booking.objects.all()} == {
        ran_out.pk: Status.EXPIRED,
        held.pk: Status.HELD,
        booked.pk: Status.BOOKED,
    }


# --- cancel ---------------------------------------------------------------------


def test_cancel_frees_the_place_and_tells_both_sides():
    learner, other = user(), user()
    free = slot(of=mentor(user=user(), cancel_hours=24), starts_at=TEN)
    made = book(free, learner, by=learner, at=NOW)

    gone = cancel(made, by=learner, reason="Ill", at=NOW)

    assert (gone.status, gone.cancelled_at, gone.cancelled_by) == (Status.CANCELLED, NOW, learner)
    assert (gone.cancel_reason, gone.is_late_cancellation, gone.sequence) == ("Ill", False, 1)
    assert gone.uid == made.uid
    assert _messages(made) == _both("coaching_booked", "coaching_cancelled")
    assert book(free, other, by=other, at=NOW).place == 1


def test_cancel_twice_changes_nothing_and_tells_once():
    learner = user()
    made = book(slot(of=mentor(), starts_at=TEN), learner, by=learner, at=NOW)
    first = cancel(made, by=learner, at=NOW)

    second = cancel(made, by=user(), reason="again", at=NOW + HOUR)

    assert (second.cancelled_at, second.cancelled_by, second.sequence) == (first.cancelled_at, learner, 1)
    assert Message.objects.filter(kind="coaching_cancelled").count() == 1


@pytest.mark.parametrize(("notice", "late"), [(24 * HOUR, False), (24 * HOUR - SECOND, True), (SECOND, True)])
def test_cancel_records_what_is_late_and_blocks_nothing(notice, late):
    learner = user()
    made = book(slot(of=mentor(cancel_hours=24), starts_at=TEN), learner, by=learner, at=NOW - timedelta(days=2))

    gone = cancel(made, by=learner, at=TEN - notice)

    assert (gone.status, gone.is_late_cancellation) == (Status.CANCELLED, late)


@pytest.mark.parametrize("status", [Status.BOOKED, Status.TOOK_PLACE, Status.NO_SHOW])
def test_cancel_refuses_what_has_begun(status):
    made = booking(of=slot(of=mentor(), starts_at=TEN), status=status, marked_at=TEN)

    with pytest.raises(AlreadyOver):
        cancel(made, by=made.learner, at=TEN)

    made.refresh_from_db()
    assert made.status == status
    assert not Message.objects.exists()


def test_cancel_of_a_hold_releases_it_and_tells_nobody():
    learner = user()
    held = hold(slot(of=mentor(cancel_hours=999), starts_at=TEN), learner, by=learner, at=NOW)

    gone = cancel(held, by=learner, at=NOW)

    assert (gone.status, gone.is_late_cancellation) == (Status.CANCELLED, False)
    assert not Message.objects.exists()


def test_cancel_of_a_hold_that_ran_out_leaves_it_expired():
    learner = user()
    held = hold(slot(of=mentor(), starts_at=TEN), learner, by=learner, at=NOW)

    for _time in range(2):
        assert cancel(held, by=learner, at=NOW + HOUR).status == Status.EXPIRED


def test_book_again_after_cancelling_is_a_new_booking():
    learner = user()
    free = slot(of=mentor(), starts_at=TEN)
    first = book(free, learner, by=learner, at=NOW)
    cancel(first, by=learner, at=NOW)

    second = book(free, learner, by=learner, at=NOW)

    assert second != first
    assert second.uid != first.uid
    assert second.sequence == 0


# --- cancel_slot ------------------------------------------------------------------


def test_cancel_slot_cancels_everybody_once():
    account = user()
    group = slot(of=mentor(user=account), starts_at=TEN, capacity=4)
    people = [user() for _number in range(4)]
    booked = [book(group, person, by=person, at=NOW) for person in people[:2]]
    held = hold(group, people[2], by=people[2], at=NOW)
    before = book(group, people[3], by=people[3], at=NOW)
    cancel(before, by=people[3], at=NOW)

    for _time in range(2):
        assert cancel_slot(group, by=account, reason="Ill", at=NOW).status == CoachingSlot.Status.CANCELLED

    assert {one.pk: (one.status, one.cancelled_by, one.cancel_reason) for one in group.bookings.all()} == {
        booked[0].pk: (Status.CANCELLED, account, "Ill"),
        booked[1].pk: (Status.CANCELLED, account, "Ill"),
        held.pk: (Status.CANCELLED, account, "Ill"),
        before.pk: (Status.CANCELLED, people[3], ""),
    }
    told = Message.objects.filter(kind="coaching_cancelled").values_list("recipient", flat=True)
    assert sorted(told) == sorted([account.pk] * 3 + [person.pk for person in (people[0], people[1], people[3])])


def test_cancel_slot_frees_the_mentors_time():
    person = mentor()
    gone = slot(of=person, starts_at=TEN)
    cancel_slot(gone, by=user(), reason="", at=NOW)

    assert slot(of=person, starts_at=TEN).is_open


def test_cancel_slot_refuses_what_has_begun():
    begun = slot(of=mentor(), starts_at=TEN)
    booking(of=begun)

    with pytest.raises(SlotNotCancellable):
        cancel_slot(begun, by=user(), reason="", at=TEN)

    assert begun.bookings.get().status == Status.BOOKED


# --- outcome ----------------------------------------------------------------------


def test_outcome_is_recorded_by_the_mentor_and_may_be_corrected():
    account = user()
    made = booking(of=slot(of=mentor(user=account), starts_at=TEN))

    first = mark_no_show(made, by=account, at=TEN)
    assert (first.status, first.marked_at, first.marked_by) == (Status.NO_SHOW, TEN, account)
    second = mark_took_place(made, by=account, at=TEN + HOUR)
    assert (second.status, second.marked_at) == (Status.TOOK_PLACE, TEN + HOUR)


def test_outcome_twice_keeps_the_first_time():
    made = booking(of=slot(of=mentor(), starts_at=TEN))
    mark_took_place(made, by=user(), at=TEN)

    assert mark_took_place(made, by=user(), at=TEN + HOUR).marked_at == TEN


def test_outcome_waits_until_the_coaching_has_begun():
    made = booking(of=slot(of=mentor(), starts_at=TEN))

    with pytest.raises(NotYet):
        mark_took_place(made, by=user(), at=TEN - SECOND)


@pytest.mark.parametrize(
    ("status", "extra"),
    [
        (Status.CANCELLED, {"cancelled_at": NOW}),
        (Status.EXPIRED, {}),
        (Status.HELD, {"held_until": NOW}),
    ],
)
def test_outcome_needs_a_confirmed_booking(status, extra):
    made = booking(of=slot(of=mentor(), starts_at=TEN), status=status, **extra)

    with pytest.raises(NotConfirmed):
        mark_no_show(made, by=user(), at=TEN + HOUR)
