"""Enroll several people at once, and give a place to somebody else. Nobody is enrolled without their own yes.

A manager asks for seats; each named person gets one as an offer with a deadline and
accepts it themselves. What is not accepted in time returns to the queue, like any
offer. All is decided under the run's lock, in one transaction.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy.checkpoints import reach
from academy.users.accounts import invited_account
from academy.users.memberships import managed_by
from courses import enrollment as enrolling
from courses.entry.quotas import Group, group_of, note_admission
from courses.models import CourseRun, Enrollment
from courses.seats import SHORTEST_OFFER, lock_enrollment, lock_run, settle, to_the_second
from courses.states import SWAPPED, S, move, start

from . import notifications
from .errors import (
    NobodyNamed,
    NotEnoughSeats,
    NotForOrganisations,
    NotYourPerson,
    OnTheRunAlready,
    TooLateForOthers,
    TooLateToSwap,
)

SWAPPABLE = (S.OFFERED, S.CONFIRMED)


@dataclass
class Outcome:
    """What became of a group: enrollments that hold a seat now, addresses that were on the run, addresses left out."""

    offered: list = field(default_factory=list)
    there_already: list = field(default_factory=list)
    left_out: list = field(default_factory=list)


def enroll_group(organisation, run, people, *, by, all_or_nothing=True, at=None):
    """Hold a seat for each of the people, [(email, name)], as an offer; return the Outcome.

    Whoever has no account gets one that is unverified until they log in. With
    `all_or_nothing` either every person gets a seat or nothing is written; else the
    first in the list get what is free and the others are left out, not queued. Who is
    on the run already takes no second seat. Nobody is served before those who wait.
    Raises NobodyNamed, NotEnoughSeats, OnTheRunAlready (all or nothing only),
    NotForOrganisations, TooLateForOthers and what check_open() raises.
    """
    people = _without_doubles(people)
    if not people:
        raise NobodyNamed
    with transaction.atomic():
        run = lock_run(run)
        at = at or timezone.now()
        now, _promoted = settle(run, at)
        if run.entry != CourseRun.Entry.OPEN or run.has_prerequisites:
            # Whether somebody has completed a course is between them and the office.
            raise NotForOrganisations
        enrolling.check_open(run, source=Enrollment.Source.ORGANISATION, at=at, now=now)
        until = _offer_until(now)
        there = _addresses_on(run, people)
        if there and all_or_nothing:
            raise OnTheRunAlready(_("On this run already: %(people)s.") % {"people": ", ".join(there)})
        wanted = [(email, name) for email, name in people if email not in there]
        group = Group(organisation=organisation.pk) if run.has_quotas else Group()
        free = _seats_for(group, now, len(wanted))
        if all_or_nothing and len(wanted) > free:
            raise NotEnoughSeats(_how_many_are_left(free, now.waiting), free)
        reach("group:checked")
        outcome = Outcome(there_already=there)
        for email, name in wanted:
            if len(outcome.offered) >= free:
                outcome.left_out.append(email)
                continue
            learner = invited_account(email, name=name, language=by.language)
            outcome.offered.append(_offer(run, learner, organisation, group, by=by, at=at, until=until))
        return outcome


def swap(enrollment, *, email, name, by, at=None):
    """Give a place that the organisation asked for to somebody else; return the new Enrollment. Twice is safe.

    The seat is never free in between. The one who leaves and the one who comes are
    told; the new one accepts like anybody else. Possible until the deadline for
    cancelling in time and while there is time left to accept. Raises NotYourPerson,
    TooLateToSwap, OnTheRunAlready.
    """
    email = email.strip().lower()
    with transaction.atomic():
        old = lock_enrollment(enrollment)
        at = at or timezone.now()
        done = old.followers.filter(run=old.run, learner__email=email, status__in=Enrollment.ACTIVE).first()
        if done and old.status == S.CANCELLED:
            return done
        if old.source != Enrollment.Source.ORGANISATION or old.organisation_id is None:
            raise NotYourPerson
        now, _promoted = settle(old.run, at)
        old.refresh_from_db(fields=["status", "offered_until", "ended_at"])
        if old.status not in SWAPPABLE or old.run.status != CourseRun.Status.PUBLISHED:
            raise TooLateToSwap
        deadline = swap_deadline(old)
        if deadline is not None and to_the_second(at) > deadline:
            raise TooLateToSwap
        if _addresses_on(old.run, [(email, name)]):
            raise OnTheRunAlready(_("On this run already: %(people)s.") % {"people": email})
        reach("swap:checked")
        try:
            until = _offer_until(now)
        except TooLateForOthers as error:
            raise TooLateToSwap from error
        learner = invited_account(email, name=name, language=by.language)
        move(old, S.CANCELLED, by=by, at=at, reason=SWAPPED)
        notifications.tell_swapped_out(old)
        group = group_of(old) if old.run.has_quotas else Group()
        return _offer(old.run, learner, old.organisation, group, by=by, at=at, until=until, follows=old)


def swap_deadline(enrollment):
    """Until when (datetime, inclusive, or None) the place can be given to somebody else."""
    return enrolling.cancellation_deadline(enrollment)


def can_swap(enrollment, *, at=None):
    """Whether swap() would be worth trying; needs the run's sessions. No queries where they are prefetched."""
    at = at or timezone.now()
    deadline = swap_deadline(enrollment)
    return (
        enrollment.source == Enrollment.Source.ORGANISATION
        and enrollment.status in SWAPPABLE
        and not enrollment.is_expired_offer(at)
        and enrollment.run.status == CourseRun.Status.PUBLISHED
        and (deadline is None or to_the_second(at) <= deadline)
    )


def manages(user, organisation):
    """Whether the person is a manager of the organisation, by the office's word and their own."""
    return managed_by(user).filter(organisation=organisation).exists()


def people_of(organisation):
    """Enrollments (QuerySet) that the organisation's managers may see: of members who agreed, and those they asked for.

    Only the state of each is theirs to see; callers show nothing else.
    """
    members = organisation.memberships.filter(accepted_at__isnull=False).values("user")
    mine = Enrollment.objects.filter(organisation=organisation)
    return (mine | Enrollment.objects.filter(learner__in=members)).exclude(status=S.DRAFT)


def _seats_for(group, now, wanted):
    """How many seats (int, at most `wanted`) are free for people of this Group; takes them in the Tally."""
    seats = 0
    while seats < wanted and now.has_seat_for(group):
        now.quotas.take(group)
        now.taken += 1
        seats += 1
    return seats


def _offer(run, learner, organisation, group, *, by, at, until, follows=None):
    row = start(
        run,
        learner,
        S.OFFERED,
        by=by,
        at=at,
        source=Enrollment.Source.ORGANISATION,
        organisation=organisation,
        offered_until=until,
        follows=follows,
    )
    note_admission(row, group)
    notifications.tell_offered_by_organisation(row)
    return row


def _offer_until(now):
    """By when an offer made now is accepted; like any offer never later than the freeze before the start."""
    until = now.at + timedelta(hours=max(1, now.run.offer_hours))
    last = now.promotion_ends_at
    if last is not None:
        if now.at > last - SHORTEST_OFFER:
            raise TooLateForOthers
        until = min(until, last)
    return to_the_second(until)


def _without_doubles(people):
    """[(email in lower case, name)], each address once, in the order given."""
    found = {}
    for email, name in people:
        found.setdefault(email.strip().lower(), name.strip())
    return list(found.items())


def _addresses_on(run, people):
    emails = [email for email, _name in people]
    rows = Enrollment.objects.active().filter(run=run, learner__email__in=emails)
    return list(rows.order_by("learner__email").values_list("learner__email", flat=True))


def _how_many_are_left(free, waiting):
    if waiting:
        return _("People wait for this run, so no seat can be held for others.")
    if not free:
        return _("The run is full: no seat is left. Nobody was enrolled.")
    return ngettext(
        "Only %(left)s seat is left, so nobody was enrolled.",
        "Only %(left)s seats are left, so nobody was enrolled.",
        free,
    ) % {"left": free}
