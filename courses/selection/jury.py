"""The jury of a call: who sits on it, what it may judge, conflicts of interest, scores.

Every verb locks the run of the call first, so that no score changes while staff
close the scoring or send the decisions.
"""

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from academy.checkpoints import reach
from academy.users.accounts import invited_account
from courses.errors import NotPossible, ReasonMissing
from courses.models import (
    Conflict,
    Criterion,
    Enrollment,
    FormalCheck,
    Juror,
    Review,
    Score,
    Selection,
    SelectionEvent,
)
from courses.models.delivery import CourseRun
from courses.seats import to_the_second

from . import notifications
from .errors import (
    AlreadyDecided,
    ApplicantOnJury,
    BadScore,
    CallStillOpen,
    ConflictDeclared,
    NotJudged,
    NotOnTheJury,
    ReviewSubmitted,
    ScoresMissing,
    ScoringClosed,
    WeightsDoNotAddUp,
)
from .history import lock_selection, lock_undecided, record
from .permissions import applications_to_judge
from .ranking import not_checked

S = Enrollment.Status
Kind = SelectionEvent.Kind
FULL_WEIGHT = 100


def set_up(run, *, criteria=(), **settings):
    """Return the Selection of a run whose way in is an open call, made if there is none.

    `criteria` are dicts of the columns of Criterion, `settings` columns of Selection.
    Reserves of a call get an offer, so the run's waiting list is set to offers.
    Raises NotPossible for a run with another way in.
    """
    with transaction.atomic():
        run = CourseRun.objects.select_for_update().get(pk=run.pk)
        if run.entry != CourseRun.Entry.CALL:
            raise NotPossible
        selection, made = Selection.objects.get_or_create(run=run, defaults=settings)
        if made:
            for order, values in enumerate(criteria):
                Criterion.objects.create(selection=selection, sort_order=order, **values)
            offer_to_reserves(run)
        return selection


def offer_to_reserves(run):
    """Let a locked run offer free seats instead of giving them: a reserve of a call is asked first."""
    run.promotion = CourseRun.Promotion.OFFER
    run.save(update_fields=["promotion"])


def scoring_opens_at(selection):
    """When the jury may begin (datetime): the moment the call closes; None for a call without a closing time."""
    return selection.run.closes_at


def is_open_for_scoring(selection, at):
    """Whether the jury may write at `at`: the call is over, the scoring is not."""
    opens_at = scoring_opens_at(selection)
    return selection.scoring_closed_at is None and (opens_at is None or to_the_second(at) > opens_at)


def invite_juror(selection, email, *, name="", language=None, by, at=None):
    """Put the person with this address on the jury and write to them; return the Juror.

    An account is opened if there is none; they log in by a code sent to the
    address. Twice on one day is one mail. Raises ApplicantOnJury, AlreadyDecided.
    """
    with transaction.atomic():
        selection, at = lock_undecided(selection), at or timezone.now()
        user = invited_account(email, name=name, language=language)
        if Enrollment.objects.active().filter(run=selection.run, learner=user).exists():
            raise ApplicantOnJury
        juror, made = Juror.objects.get_or_create(selection=selection, user=user, defaults={"invited_at": at})
        if made or juror.removed_at:
            juror.removed_at = None
            juror.save(update_fields=["removed_at"])
            record(selection, Kind.JUROR_INVITED, by=by, at=at, juror=juror)
        notifications.tell_juror(juror, at)
        return juror


def remove_juror(juror, *, by, reason, at=None):
    """Take somebody off the jury; return the Juror. Their reviews stay on record and count no more. Twice is safe.

    Raises ReasonMissing, ScoringClosed, AlreadyDecided.
    """
    with transaction.atomic():
        selection, at = lock_undecided(juror.selection), at or timezone.now()
        juror = Juror.objects.get(pk=juror.pk)
        if juror.removed_at:
            return juror
        if not reason.strip():
            raise ReasonMissing
        if selection.scoring_closed_at:
            raise ScoringClosed
        juror.removed_at = at
        juror.save(update_fields=["removed_at"])
        record(selection, Kind.JUROR_REMOVED, by=by, at=at, juror=juror, reason=reason)
        return juror


def check_application(enrollment, *, is_eligible, reason="", by, at=None):
    """Write down whether an application meets the conditions of its call; return the FormalCheck.

    It can be changed until the decisions are sent; every change stands in the
    history. Raises ReasonMissing for a refusal without one, NotPossible for what is
    no application to a call with a jury, AlreadyDecided.
    """
    with transaction.atomic():
        selection, enrollment, at = *_lock_application(enrollment), at or timezone.now()
        if not is_eligible and not reason.strip():
            raise ReasonMissing
        return _check(selection, enrollment, is_eligible=is_eligible, reason=reason, by=by, at=at)


def check_the_rest(selection, *, by, at=None):
    """Write down of every application that nobody has checked that it meets the conditions; return how many (int)."""
    with transaction.atomic():
        selection, at = lock_undecided(selection), at or timezone.now()
        rows = list(not_checked(selection))
        for enrollment in rows:
            _check(selection, enrollment, is_eligible=True, reason="", by=by, at=at)
        return len(rows)


def declare_conflict(juror, enrollment, *, reason, by, at=None):
    """Keep a juror away from an application, for good; return the Conflict. What they scored of it is taken out.

    Twice is safe. Raises ReasonMissing, AlreadyDecided, NotOnTheJury, and NotJudged
    for an application that is not before this jury.
    """
    with transaction.atomic():
        selection, juror, at = *_lock_juror(juror), at or timezone.now()
        conflict = Conflict.objects.filter(juror=juror, enrollment=enrollment).first()
        if conflict:
            return conflict
        if selection.decided_at:
            raise AlreadyDecided
        if not reason.strip():
            raise ReasonMissing
        _check_judges(juror, enrollment)
        review = Review.objects.filter(juror=juror, enrollment=enrollment).first()
        was_submitted = bool(review and review.submitted_at)
        if review:
            review.delete()
        conflict = Conflict.objects.create(
            juror=juror, enrollment=enrollment, reason=reason, declared_at=at, declared_by=by
        )
        record(
            selection,
            Kind.CONFLICT,
            by=by,
            at=at,
            juror=juror,
            enrollment=enrollment,
            reason=reason,
            review_taken_out=was_submitted,
        )
        return conflict


def save_review(juror, enrollment, scores, *, comment="", submit=False, at=None):
    """Keep what a juror thinks of an application, as a draft or, with `submit`, for good; return the Review.

    `scores` is {criterion id: (value or None, comment)}; what is left out or None has
    no score yet. Submitting the same twice is safe. Raises NotOnTheJury, NotJudged,
    ConflictDeclared, CallStillOpen, ScoringClosed, ReviewSubmitted, BadScore,
    WeightsDoNotAddUp, and ScoresMissing when a review with a gap is submitted.
    """
    with transaction.atomic():
        selection, juror, at = *_lock_juror(juror), at or timezone.now()
        review = Review.objects.filter(juror=juror, enrollment=enrollment).first()
        criteria = list(selection.criteria.all())
        if Conflict.objects.filter(juror=juror, enrollment=enrollment).exists():
            raise ConflictDeclared
        if review and review.submitted_at:
            if submit and _is_the_same(review, scores, comment):
                return review
            raise ReviewSubmitted
        if selection.scoring_closed_at:
            raise ScoringClosed
        if not is_open_for_scoring(selection, at):
            raise CallStillOpen
        _check_judges(juror, enrollment)
        _check_scores(selection, criteria, scores)
        if submit:
            if sum(criterion.weight for criterion in criteria) != FULL_WEIGHT:
                raise WeightsDoNotAddUp
            if any(scores.get(criterion.pk, (None,))[0] is None for criterion in criteria):
                raise ScoresMissing
        reach("scoring:checked")
        if review is None:
            review = Review(juror=juror, enrollment=enrollment)
        review.comment, review.saved_at = comment, at
        review.submitted_at = at if submit else None
        review.save()
        _write_scores(review, criteria, scores)
        if submit:
            record(selection, Kind.SUBMITTED, by=juror.user, at=at, juror=juror, enrollment=enrollment)
        return review


def reopen_review(review, *, by, reason, at=None):
    """Give a submitted review back to its juror as a draft; return it. Twice is safe.

    Raises ReasonMissing, ScoringClosed, AlreadyDecided.
    """
    with transaction.atomic():
        selection, at = lock_undecided(review.juror.selection), at or timezone.now()
        review = Review.objects.select_related("juror", "enrollment").get(pk=review.pk)
        if review.submitted_at is None:
            return review
        if selection.scoring_closed_at:
            raise ScoringClosed
        if not reason.strip():
            raise ReasonMissing
        review.submitted_at = None
        review.save(update_fields=["submitted_at"])
        record(selection, Kind.REOPENED, by=by, at=at, juror=review.juror, enrollment=review.enrollment, reason=reason)
        return review


def close_scoring(selection, *, by, at=None):
    """End the scoring: what is submitted counts, drafts do not; return the Selection. Twice is safe.

    Raises CallStillOpen, and WeightsDoNotAddUp.
    """
    with transaction.atomic():
        selection, at = lock_selection(selection), at or timezone.now()
        if selection.scoring_closed_at:
            return selection
        if not is_open_for_scoring(selection, at):
            raise CallStillOpen
        if selection.criteria.aggregate(total=Sum("weight"))["total"] != FULL_WEIGHT:
            raise WeightsDoNotAddUp
        counted = Review.objects.filter(juror__selection=selection, submitted_at__isnull=False).count()
        reach("scoring:checked")
        selection.scoring_closed_at = at
        selection.save(update_fields=["scoring_closed_at"])
        record(selection, Kind.SCORING_CLOSED, by=by, at=at, reviews=counted)
        return selection


def reopen_scoring(selection, *, by, reason, at=None):
    """Let jurors score again, before the decisions are sent; return the Selection. Twice is safe.

    Raises ReasonMissing, AlreadyDecided.
    """
    with transaction.atomic():
        selection, at = lock_undecided(selection), at or timezone.now()
        if selection.scoring_closed_at is None:
            return selection
        if not reason.strip():
            raise ReasonMissing
        selection.scoring_closed_at = None
        selection.save(update_fields=["scoring_closed_at"])
        record(selection, Kind.SCORING_REOPENED, by=by, at=at, reason=reason)
        return selection


def _lock_application(enrollment):
    """The undecided call of an application, locked, and the application as it is now."""
    selection = Selection.objects.filter(run=enrollment.run_id).first()
    if selection is None:
        raise NotPossible
    selection = lock_undecided(selection)
    enrollment = Enrollment.objects.select_related("learner").get(pk=enrollment.pk)
    if enrollment.status != S.APPLIED:
        raise NotPossible
    return selection, enrollment


def _lock_juror(juror):
    """The call of a juror, locked, and the juror as they are now; raises NotOnTheJury for one who was removed."""
    selection = lock_selection(juror.selection)
    juror = Juror.objects.select_related("user").get(pk=juror.pk)
    if juror.removed_at:
        raise NotOnTheJury
    juror.selection = selection
    return selection, juror


def _check(selection, enrollment, *, is_eligible, reason, by, at):
    reason = "" if is_eligible else reason.strip()
    check = FormalCheck.objects.filter(enrollment=enrollment).first()
    if check and (check.is_eligible, check.reason) == (is_eligible, reason):
        return check
    if check is None:
        check = FormalCheck(enrollment=enrollment)
    check.is_eligible, check.reason, check.checked_at, check.checked_by = is_eligible, reason, at, by
    check.save()
    kind = Kind.ELIGIBLE if is_eligible else Kind.NOT_ELIGIBLE
    record(selection, kind, by=by, at=at, enrollment=enrollment, reason=reason)
    return check


def _check_judges(juror, enrollment):
    if not applications_to_judge(juror).filter(pk=enrollment.pk).exists():
        raise NotJudged


def _check_scores(selection, criteria, scores):
    known = {criterion.pk for criterion in criteria}
    for criterion, (value, _comment) in scores.items():
        if criterion not in known or (value is not None and value not in selection.scale):
            raise BadScore


def _write_scores(review, criteria, scores):
    there = {score.criterion_id: score for score in review.scores.all()}
    for criterion in criteria:
        value, comment = scores.get(criterion.pk, (None, ""))
        score = there.get(criterion.pk)
        if value is None:
            if score:
                score.delete()
            continue
        score = score or Score(review=review, criterion=criterion)
        score.value, score.comment = value, comment
        score.save()


def _is_the_same(review, scores, comment):
    there = {score.criterion_id: (score.value, score.comment) for score in review.scores.all()}
    return review.comment == comment and there == {key: pair for key, pair in scores.items() if pair[0] is not None}
