"""What people are told about a call with a jury; the composers are in courses.selection.letters."""

from academy.mail import outbox
from courses.models import Verdict
from courses.notifications import about_run

JUROR_INVITED = "juror_invited"
OFFER = "selection_offer"
RESERVE = "selection_reserve"
DECLINED = "selection_declined"

_KINDS = {
    Verdict.Outcome.ACCEPTED: OFFER,
    Verdict.Outcome.RESERVE: RESERVE,
    Verdict.Outcome.DECLINED: DECLINED,
}


def tell_juror(juror, at):
    """They are on the jury; once a day and person, however often they are invited."""
    return outbox.queue(
        JUROR_INVITED,
        key=f"{JUROR_INVITED}:{juror.pk}:{at:%Y-%m-%d}",
        recipient=juror.user,
        facts={"juror": juror.pk},
        about=about_run(juror.selection.run_id),
    )


def tell_decision(enrollment, outcome):
    """What was decided about their application."""
    kind = _KINDS[outcome]
    return outbox.queue(
        kind,
        key=f"{kind}:{enrollment.pk}",
        recipient=enrollment.learner,
        facts={"enrollment": enrollment.pk},
        about=about_run(enrollment.run_id),
    )
