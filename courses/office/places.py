"""Places given by the office's own hand: offers to chosen people, somebody who called."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.checkpoints import reach
from academy.users.accounts import invited_account
from courses import enrollment as rules
from courses import notifications
from courses.entry.quotas import group_of
from courses.errors import NotPossible, ReasonMissing, RunCancelled, RunIsFull, RunIsOver
from courses.models import CourseRun, Enrollment
from courses.seats import lock_enrollment, lock_run, position, settle, tally, to_the_second
from courses.states import S, move

from .history import What, record


class NoSeatToOffer(RunIsFull):
    sentence = _("No seat is free, so nothing can be offered.")


def offer(enrollment, *, by, reason="", at=None):
    """Offer a free seat to somebody on the waiting list whom the office chose; return the enrollment.

    Out of turn a `reason` is needed, but not inside the freeze before the start,
    where nobody moves up by itself and the office chooses. The offer holds for the
    run's hours, the start of the run at the latest. Twice is safe. Raises
    NoSeatToOffer, ReasonMissing, NotPossible, RunCancelled, RunIsOver.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(enrollment)
        at = at or timezone.now()
        now, _promoted = settle(enrollment.run, at)
        enrollment.refresh_from_db(fields=["status", "confirmed_at", "offered_until"])
        if enrollment.status in (S.OFFERED, *Enrollment.SEATED):
            return enrollment
        if enrollment.status != S.WAITING:
            raise NotPossible(_("Only somebody on the waiting list can be offered a place."))
        if now.run.status == CourseRun.Status.CANCELLED:
            raise RunCancelled
        if not now.may_promote(by):
            raise RunIsOver(_("The run has started or is not open, so no offer could be accepted."))
        reach("offer:checked")
        if not now.free:
            raise NoSeatToOffer
        is_frozen = not now.may_promote()
        if not is_frozen and not reason.strip() and position(enrollment) != 1:
            raise ReasonMissing(_("Others wait before this person. Write why they get an offer first."))
        past_quota = {}
        if not now.quotas.admits(group_of(enrollment)):
            if not reason.strip():
                raise ReasonMissing(_("A quota keeps the free seat for others. Write why this person gets it."))
            past_quota = {"is_overbooked": True, "overbooking_reason": reason[:300]}
        until = at + timedelta(hours=max(1, now.run.offer_hours))
        until = to_the_second(min(until, now.starts_at) if now.starts_at else until)
        move(enrollment, S.OFFERED, by=by, at=at, reason=reason, offered_until=until, **past_quota)
        notifications.tell_offered(enrollment)
        return enrollment


class Way:
    """How somebody who called gets onto a run."""

    PLACE, WAITING, OVER = "place", "waiting", "over"


def add_person(run, *, email, name, language, way, reason="", waiver_reason="", note="", by, at=None):
    """Put somebody who called on the run; return the Enrollment. A refusal leaves no account behind.

    `way` is Way.PLACE (a free place, else refused), Way.WAITING (the end of the
    waiting list, refused while a place is free and nobody waits) or Way.OVER
    (a place over capacity or before others; needs `reason`). `waiver_reason` admits
    somebody who lacks a prerequisite. The `note` stands in the history. Twice is
    safe. Raises RunIsFull, NotPossible, ReasonMissing and what enrollment.enroll()
    raises.
    """
    if way == Way.OVER and not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        run = lock_run(run)
        at = at or timezone.now()
        now = tally(run, at)
        learner = invited_account(email, name=name, language=language)
        there = Enrollment.objects.active().exclude(status=S.DRAFT).filter(run=run, learner=learner).first()
        if there is None and way == Way.WAITING and now.free and not now.waiting and not run.has_quotas:
            raise NotPossible(_("A place is free and nobody waits. Choose a place instead."))
        made = rules.enroll(
            learner,
            run,
            by=by,
            source=Enrollment.Source.STAFF,
            at=at,
            overbooking_reason=reason if way == Way.OVER else "",
            waiver_reason=waiver_reason,
        )
        if way == Way.OVER and made.status in (S.APPLIED, S.WAITING, S.OFFERED):
            made = rules.give_seat(made, by=by, reason=reason, at=at)
        if there is None and way == Way.PLACE and made.status not in Enrollment.SEATED:
            raise RunIsFull(_("No place is free, or others wait before this person. Choose the waiting list."))
        if note.strip():
            record(run, What.NOTE, by=by, at=at, reason=note.strip(), enrollment=made)
        return made
