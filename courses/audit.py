"""What `manage.py audit` checks about courses: every sentence names a row that breaks a truth."""

from itertools import groupby

from django.db.models import Count, Exists, F, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from academy import registry

from .entry.quotas import waiting_groups
from .models import (
    Attendance,
    AttendanceChange,
    Completion,
    CourseRun,
    CurriculumCompletion,
    Enrollment,
    EnrollmentEvent,
    Invitation,
    InvitationUse,
    RunEvent,
    SeatQuota,
    WorkshopSession,
)
from .seats import tally, to_the_second
from .states import ENDED, S

check = registry.audit_checks


@registry.add(check, "seats")
def check_seats():
    """Truth 1: people with a place or a live offer, those flagged as over capacity left out, fit the capacity."""
    at = to_the_second(timezone.now())
    holding = Enrollment.seated_q(at, "enrollments__") | Q(
        enrollments__status=S.OFFERED, enrollments__offered_until__gte=at
    )
    runs = CourseRun.objects.filter(capacity__isnull=False).annotate(
        counted=Count("enrollments", filter=holding & Q(enrollments__is_overbooked=False))
    )
    for run in runs.filter(counted__gt=F("capacity")):
        yield f"Run {run.code} has {run.capacity} seats and {run.counted} people on them."
    for row in Enrollment.objects.filter(is_overbooked=True, overbooking_reason=""):
        yield f"Enrollment {row.pk} is over capacity without a reason."


@registry.add(check, "one active enrollment")
def check_one_active():
    """Truth 2: one active enrollment per person and run."""
    doubles = Enrollment.objects.active().order_by().values("run__code", "learner").annotate(n=Count("pk"))
    for double in doubles.filter(n__gt=1):
        yield f"Person {double['learner']} has {double['n']} active enrollments in run {double['run__code']}."


@registry.add(check, "queue")
def check_queue():
    """Truth 3: numbers are given once, and nobody was moved up before somebody who came first."""
    doubles = Enrollment.objects.exclude(queue_number=None).order_by().values("run__code", "queue_number")
    for double in doubles.annotate(n=Count("pk")).filter(n__gt=1):
        yield f"Run {double['run__code']} has given queue number {double['queue_number']} {double['n']} times."
    for row in Enrollment.objects.filter(queue_number__gte=F("run__next_queue_number")):
        yield f"Enrollment {row.pk} has queue number {row.queue_number}, which its run has not given yet."
    for row in Enrollment.objects.filter(status=S.WAITING, queue_number=None):
        yield f"Enrollment {row.pk} waits without a queue number."
    # Moved up by itself (by nobody, for no reason) while somebody with a lower number waited, as they still do. Where
    # a run has quotas, only people of the same group are compared: others may have been passed over.
    waits_longer = EnrollmentEvent.objects.filter(
        enrollment__run=OuterRef("enrollment__run"),
        enrollment__status=S.WAITING,
        enrollment__queue_number__lt=OuterRef("enrollment__queue_number"),
        to_status=S.WAITING,
        at__lt=OuterRef("at"),
    )
    has_quotas = SeatQuota.objects.filter(run=OuterRef("enrollment__run"))
    moved_up = EnrollmentEvent.objects.filter(
        (Exists(waits_longer) & ~Exists(has_quotas)) | Exists(_of_same_group(waits_longer)),
        from_status=S.WAITING,
        to_status__in=[S.OFFERED, S.CONFIRMED],
        by=None,
        reason="",
    )
    for event in moved_up:
        yield f"Enrollment {event.enrollment_id} moved up before somebody who has waited longer."


def _of_same_group(events):
    """Of events compared with an outer one, those of people of the same experience, segment and organisation."""
    for mark, unknown in {"level": "", "segment": 0, "organisation": 0}.items():
        path = f"enrollment__admission__{mark}"
        events = events.annotate(**{f"own_{mark}": Coalesce(path, Value(unknown))})
        events = events.filter(**{f"own_{mark}": Coalesce(OuterRef(path), Value(unknown))})
    return events


@registry.add(check, "quotas")
def check_quotas():
    """Truth 1 for a part of the seats: nobody was let in beyond a quota, those flagged with a reason left out."""
    at = to_the_second(timezone.now())
    given = Min("events__at", filter=Q(events__to_status__in=[S.OFFERED, S.CONFIRMED]))
    held = Enrollment.objects.holding_seat(at).filter(is_overbooked=False).annotate(given_at=given)
    for quota in SeatQuota.objects.exclude(kind=SeatQuota.Kind.AT_LEAST).select_related("run"):
        group, key = held.filter(run=quota.run_id), "run"
        if quota.kind == SeatQuota.Kind.PER_ORGANISATION:
            key = "admission__organisation"
            group = group.filter(admission__organisation__isnull=False)
        if quota.level:
            group = group.filter(admission__level=quota.level)
        if quota.segment_id:
            group = group.filter(admission__segment=quota.segment_id)
        moments = {}
        for owner, given_at in group.values_list(key, "given_at"):
            moments.setdefault(owner, []).append(given_at)
        for times in moments.values():
            # Whoever came before the rule stays; it is broken when somebody came since.
            if len(times) > quota.seats and any(time and time >= quota.since for time in times):
                yield f"Run {quota.run.code} has a quota of {quota.seats} and {len(times)} people in it."


@registry.add(check, "invitations")
def check_invitations():
    """A code lets in as many people as it may, on its own run and by its own address."""
    for code in Invitation.objects.with_uses().filter(used__gt=F("uses_allowed")):
        yield f"Invitation {code.pk} is good for {code.uses_allowed} people and let {code.used} in."
    for use in InvitationUse.objects.exclude(enrollment__run=F("invitation__run")):
        yield f"Invitation {use.invitation_id} let enrollment {use.enrollment_id} into another run."


@registry.add(check, "promotion")
def check_promotion():
    """Truths 4 and 5: no seat stays free while somebody who could have it waits; no offer outlives the start."""
    at = timezone.now()
    waiting = Enrollment.objects.filter(run=OuterRef("pk"), status=S.WAITING)
    for run in CourseRun.objects.published().filter(Exists(waiting)).with_conditions():
        now = tally(run, at)
        if now.free and not now.expired and now.may_promote() and _somebody_fits(now):
            yield f"Run {run.code} has a free seat while somebody waits."
    first = WorkshopSession.objects.planned().filter(run=OuterRef("run")).order_by("starts_at").values("starts_at")[:1]
    offers = Enrollment.objects.filter(status=S.OFFERED).annotate(starts_at=Subquery(first))
    for row in offers.filter(offered_until__gt=F("starts_at")):
        yield f"Enrollment {row.pk} has an offer that outlives the start of its run."
    for row in Enrollment.objects.filter(
        Q(run__status=CourseRun.Status.CANCELLED, status__in=Enrollment.ACTIVE)
        | Q(run__status=CourseRun.Status.CLOSED, status__in=[S.DRAFT, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED])
    ):
        yield f"Enrollment {row.pk} is {row.status} in a run that is {row.run.status}."


def _somebody_fits(now):
    return not now.quotas or bool(now.quotas.choose(waiting_groups(now.run)))


@registry.add(check, "history")
def check_history():
    """Truth 6: each state stands as the last line of its history; what ended has its time; only cancelling is late."""
    last = EnrollmentEvent.objects.filter(enrollment=OuterRef("pk")).order_by("-pk").values("to_status")[:1]
    rows = Enrollment.objects.annotate(last=Subquery(last))
    for row in rows.filter(~Q(last=F("status")) | Q(last=None)):
        yield f"Enrollment {row.pk} is {row.status}, its history says {row.last}."
    for row in rows.filter(status__in=ENDED, ended_at=None):
        yield f"Enrollment {row.pk} ended without a time."
    for row in rows.filter(is_late_cancellation=True).exclude(status=S.CANCELLED):
        yield f"Enrollment {row.pk} is marked as cancelled late, but is {row.status}."
    for row in rows.filter(status__in=Enrollment.SEATED, confirmed_at=None):
        yield f"Enrollment {row.pk} has a place without the time it was confirmed."
    for double in EnrollmentEvent.objects.order_by().values("enrollment", "to_status").annotate(n=Count("pk")):
        if double["n"] > 1 and double["to_status"] not in (S.COMPLETED, S.NOT_COMPLETED):
            yield f"Enrollment {double['enrollment']} became {double['to_status']} {double['n']} times."


@registry.add(check, "history of runs")
def check_history_of_runs():
    """The last change of capacity on record is the capacity that the run has."""
    last = RunEvent.objects.filter(run=OuterRef("pk"), what=RunEvent.What.CAPACITY).order_by("-pk")
    runs = CourseRun.objects.annotate(recorded=Subquery(last.values("new")[:1])).filter(recorded__isnull=False)
    for run in runs:
        if run.recorded["capacity"] != run.capacity:
            yield f"Run {run.code} has capacity {run.capacity}; its history says {run.recorded['capacity']}."


@registry.add(check, "moves and swaps")
def check_followers():
    """A place that takes over another is the same person's on another run, or a colleague's on the same run.

    The place left has ended, unless the person still waits for the new one; nobody holds two.
    """
    rows = Enrollment.objects.exclude(follows=None).select_related("run", "follows__run")
    for row in rows:
        old = row.follows
        same_person, same_run = row.learner_id == old.learner_id, row.run_id == old.run_id
        if same_person == same_run or row.run.course_id != old.run.course_id:
            yield f"Enrollment {row.pk} follows {old.pk}, which is neither a move nor a swap."
        elif same_person and row.moves != old.moves + 1:
            yield f"Enrollment {row.pk} counts {row.moves} moves after {old.moves}."
        elif same_run and not row.organisation_id:
            yield f"Enrollment {row.pk} was swapped in by no organisation."
    taken = EnrollmentEvent.objects.filter(to_status=S.CONFIRMED).values("enrollment")
    doubles = Enrollment.objects.filter(status=S.CANCELLED, followers__in=taken).annotate(n=Count("followers"))
    for row in doubles.filter(n__gt=1):
        yield f"Enrollment {row.pk} was given up for {row.n} places."
    born_offered = EnrollmentEvent.objects.filter(from_status="", to_status=S.OFFERED, enrollment__organisation=None)
    for event in born_offered:
        yield f"Enrollment {event.enrollment_id} began as an offer that no organisation asked for."


@registry.add(check, "attendance")
def check_attendance():
    """Truth 7: one record per person and session of their run; corrections lead without a gap to what stands."""
    doubles = Attendance.objects.order_by().values("session", "enrollment").annotate(n=Count("pk"))
    for double in doubles.filter(n__gt=1):
        yield f"Session {double['session']} has {double['n']} records of enrollment {double['enrollment']}."
    for row in Attendance.objects.exclude(enrollment__run=F("session__run")):
        yield f"Attendance {row.pk} is of a session of another run."
    for row in Attendance.objects.select_related("session").iterator():
        if row.minutes > row.session.minutes:
            yield f"Attendance {row.pk} has more minutes than its session."
    changes = AttendanceChange.objects.select_related("attendance").order_by("attendance", "pk")
    for row, chain in groupby(changes, key=lambda change: change.attendance):
        chain = list(chain)
        states = [(change.new_status, change.new_minutes) for change in chain]
        expected = [(change.old_status, change.old_minutes) for change in chain[1:]] + [(row.status, row.minutes)]
        if states != expected:
            yield f"The corrections of attendance {row.pk} do not lead to what it says."


@registry.add(check, "results")
def check_results():
    """A closed run has one result for every place, and it says what the enrollment says."""
    finished = Enrollment.objects.filter(status__in=[S.COMPLETED, S.NOT_COMPLETED])
    for row in finished.filter(completion=None):
        yield f"Enrollment {row.pk} is {row.status} without a result."
    for row in finished.exclude(run__status=CourseRun.Status.CLOSED):
        yield f"Enrollment {row.pk} is {row.status}, but its run is not closed."
    for result in Completion.objects.exclude(
        Q(is_met=True, enrollment__status=S.COMPLETED) | Q(is_met=False, enrollment__status=S.NOT_COMPLETED)
    ):
        yield f"The result of enrollment {result.enrollment_id} and its state differ."


@registry.add(check, "learning paths")
def check_paths():
    """A path does not stand as completed by a course whose result was taken away."""
    others = Enrollment.objects.filter(
        learner=OuterRef("learner"), run__course=OuterRef("run__course"), status=S.COMPLETED
    )
    lost = Enrollment.objects.filter(
        Exists(EnrollmentEvent.objects.filter(enrollment=OuterRef("pk"), to_status=S.COMPLETED)),
        ~Exists(others),
        status=S.NOT_COMPLETED,
        learner=OuterRef("learner"),
        run__course__curriculum_steps__curriculum=OuterRef("curriculum"),
        run__course__curriculum_steps__is_required=True,
        # What was taken away before the path was completed had no part in it.
        completion__decided_at__gte=OuterRef("completed_at"),
    )
    for row in CurriculumCompletion.objects.standing().filter(Exists(lost)):
        yield f"Completed path {row.pk} stands, although a required course no longer counts."


@registry.add(check, "calendar entries")
def check_calendar_entries():
    """Truth 12: a cancelled session has raised its SEQUENCE."""
    for session in WorkshopSession.objects.filter(status=WorkshopSession.Status.CANCELLED, sequence=0):
        yield f"Session {session.pk} was cancelled without raising its SEQUENCE."
