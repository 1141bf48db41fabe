"""Messages about places that an organisation asked for; composed in courses.organisations.letters."""

from academy.mail import outbox
from courses.notifications import about_run

OFFERED = "organisation_offer"
SWAPPED_OUT = "organisation_swapped_out"


def tell_offered_by_organisation(enrollment):
    """Their organisation has asked for a place for them; they accept it themselves."""
    return _queue(OFFERED, enrollment)


def tell_swapped_out(enrollment):
    """Their organisation has given their place to somebody else."""
    return _queue(SWAPPED_OUT, enrollment)


def _queue(kind, enrollment):
    return outbox.queue(
        kind,
        key=f"{kind}:{enrollment.pk}",
        recipient=enrollment.learner,
        facts={"enrollment": enrollment.pk},
        about=about_run(enrollment.run_id),
    )
