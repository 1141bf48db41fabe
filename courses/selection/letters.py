"""What the letters about a call say: the invitation of a juror, and the three decisions.

The staff's preview and the mail that is sent come from the same function, so nobody
signs what they have not seen.
"""

from django.utils import timezone
from django.utils.translation import override

from academy import links, registry, times
from academy.mail.letters import composer, letter_from_templates, samples
from courses.models import Enrollment, Juror, Verdict
from courses.seats import position
from courses.standing import what_promotion_does

from . import notifications
from .jury import scoring_opens_at

S = Enrollment.Status
SAMPLES = 20
Outcome = Verdict.Outcome
_TEMPLATES = {
    Outcome.ACCEPTED: "selection_offer",
    Outcome.RESERVE: "selection_reserve",
    Outcome.DECLINED: "selection_declined",
}


@composer(notifications.JUROR_INVITED)
def juror_invited(message):
    juror = (
        Juror.objects.active().select_related("selection__run__course", "user").filter(pk=message.facts.get("juror"))
    )
    juror = juror.filter(selection__decided_at=None).first()
    if juror is None:
        return None
    run = juror.selection.run
    opens_at = scoring_opens_at(juror.selection)
    context = {
        "name": juror.user.name,
        "course": run.course,
        "run": run,
        "address": message.to,
        "opens": opens_at and times.moment(opens_at, run.time_zone),
        "results": juror.selection.results_at and times.moment(juror.selection.results_at, run.time_zone),
        "url": links.address("courses:jury_call", run.code),
    }
    return letter_from_templates("courses/mail/juror_invited", context, reply_to=run.reply_to)


@composer(notifications.OFFER)
def selection_offer(message):
    enrollment = _read(message, S.OFFERED)
    if enrollment is None or enrollment.offered_until < timezone.now():
        return None
    return _of_verdict(enrollment, until=enrollment.offered_until)


@composer(notifications.RESERVE)
def selection_reserve(message):
    enrollment = _read(message, S.WAITING)
    return None if enrollment is None else _of_verdict(enrollment, number=position(enrollment))


@composer(notifications.DECLINED)
def selection_declined(message):
    enrollment = _read(message, S.DECLINED)
    return None if enrollment is None else _of_verdict(enrollment)


def preview(decision, until):
    """The Letter (in the person's language) that a Decision would send; `until` is the deadline of offers."""
    with override(decision.enrollment.learner.language):
        return decision_letter(
            decision.enrollment,
            decision.outcome,
            rank=decision.rank,
            number=decision.reserve_number,
            feedback=decision.feedback,
            until=until,
        )


def decision_letter(enrollment, outcome, *, rank, number, feedback, until):
    """The Letter about one decision, in the active language; `until` (datetime or None) counts for an offer."""
    run = enrollment.run
    context = {
        "name": enrollment.learner.name,
        "course": run.course,
        "run": run,
        "rank": rank,
        "number": number,
        "feedback": feedback,
        "until": until and times.moment(until, run.time_zone),
        "promotion": what_promotion_does(run),
        "manage_url": links.address("courses:manage", links.sign("enrollment", enrollment.pk)),
    }
    return letter_from_templates(f"courses/mail/{_TEMPLATES[outcome]}", context, reply_to=run.reply_to)


@registry.add(samples, "juries")
def recent_jurors(kind):
    """Jurors of calls that are not decided, for trying out the words of their invitation."""
    if kind == notifications.JUROR_INVITED:
        jurors = Juror.objects.active().filter(selection__decided_at=None).select_related("user", "selection__run")
        for juror in jurors.order_by("-pk")[:SAMPLES]:
            yield juror.user, {"juror": juror.pk}, f"{juror.user}, {juror.selection.run.code}"


def _of_verdict(enrollment, *, number=None, until=None):
    verdict = enrollment.verdict
    return decision_letter(
        enrollment, verdict.outcome, rank=verdict.rank, number=number, feedback=verdict.feedback, until=until
    )


def _read(message, status):
    """The enrollment as it is now, or None when it has moved on."""
    return (
        Enrollment.objects.select_related("run__course", "learner", "verdict")
        .filter(pk=message.facts["enrollment"], status=status)
        .exclude(verdict=None)
        .first()
    )
