"""Copy last year's run: everything but the people."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError

from .models import CourseRun, Criterion, QuestionPick, SeatQuota, Selection, WorkshopSession
from .office.history import What, record

RUN_DATES = ["opens_at", "closes_at", "cancel_until", "decide_at"]
NOT_COPIED = {"id", "code", "status", "closed_at", "cancelled_at", "goes_ahead_at", "next_queue_number", *RUN_DATES}
SELECTION_COPIED = ["scale_min", "scale_max", "is_blind", "places", "reserve_places"]
QUOTA_NOT_COPIED = {"id", "run", "kept_until", "since"}
SESSION_NOT_COPIED = {"id", "run", "starts_at", "ends_at", "status", "uid", "sequence", "changed_at", "edited_at"}


class CodeIsTaken(RuleError):
    sentence = _("There is already a run with this code.")


def copy_run(run, *, code, weeks, by):
    """Return a new draft run `code` with the sessions of `run` shifted by `weeks` (int); nobody is enrolled.

    Sessions keep their weekday and wall-clock time over changes of daylight saving.
    Cancelled sessions stay behind. Raises CodeIsTaken.
    """
    values = {name: getattr(run, name) for name in _copied(CourseRun, NOT_COPIED)}
    values |= {name: shift(getattr(run, name), weeks, run.time_zone) for name in RUN_DATES}
    try:
        with transaction.atomic():
            made = CourseRun.objects.create(code=code, **values)
            made.trainers.set(run.trainers.all())
            made.funders.set(run.funders.all())
            made.audience.set(run.audience.all())
            made.save()
            for pick in run.question_picks.all():
                QuestionPick.objects.create(
                    run=made,
                    question_set_id=pick.question_set_id,
                    question_id=pick.question_id,
                    sort_order=pick.sort_order,
                )
            record(made, What.COPIED, by=by, at=timezone.now(), subject=run.code)
            _copy_selection(run, made, weeks)
            for quota in run.quotas.all():
                SeatQuota.objects.create(
                    run=made,
                    kept_until=shift(quota.kept_until, weeks, run.time_zone),
                    **{name: getattr(quota, name) for name in _copied(SeatQuota, QUOTA_NOT_COPIED)},
                )
            for session in run.sessions.planned():
                WorkshopSession.objects.create(
                    run=made,
                    starts_at=shift(session.starts_at, weeks, session.time_zone),
                    ends_at=shift(session.ends_at, weeks, session.time_zone),
                    **{name: getattr(session, name) for name in _copied(WorkshopSession, SESSION_NOT_COPIED)},
                )
    except IntegrityError as error:
        if CourseRun.objects.filter(code=code).exists():
            raise CodeIsTaken from error
        raise
    return made


def _copy_selection(run, made, weeks):
    """The settings and criteria of a call with a jury; the jury is invited anew."""
    selection = Selection.objects.filter(run=run).first()
    if selection is None:
        return
    copy = Selection.objects.create(
        run=made,
        results_at=shift(selection.results_at, weeks, run.time_zone),
        **{name: getattr(selection, name) for name in SELECTION_COPIED},
    )
    for criterion in selection.criteria.all():
        values = {name: getattr(criterion, name) for name in _copied(Criterion, {"id", "selection"})}
        Criterion.objects.create(selection=copy, **values)


def shift(at, weeks, zone):
    """The moment `weeks` later (aware datetime, or None for None) at the same time on the clocks of `zone`."""
    if at is None:
        return None
    zone = ZoneInfo(zone)
    return (at.astimezone(zone).replace(tzinfo=None) + timedelta(weeks=weeks)).replace(tzinfo=zone)


def _copied(model, left_out):
    return [field.attname for field in model._meta.concrete_fields if field.name not in left_out]
