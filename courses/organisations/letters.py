"""What is written to people for whom their organisation asked for a place, or whose place it gave away."""

from academy import links, times
from academy.mail.letters import composer
from courses import letters
from courses.models import Enrollment

from . import notifications

S = Enrollment.Status


@composer(notifications.OFFERED)
def organisation_offer(message):
    enrollment = letters.read(message, S.OFFERED)
    if enrollment is None or enrollment.organisation is None or letters.is_over(enrollment):
        return None
    return letters.letter(
        "organisation_offer",
        letters.context_of(
            enrollment,
            letters.sessions_ahead(enrollment),
            organisation=enrollment.organisation,
            until=times.moment(enrollment.offered_until, enrollment.run.time_zone),
            accept_url=links.address("courses:organisation_offer", links.sign("enrollment", enrollment.pk)),
        ),
    )


@composer(notifications.SWAPPED_OUT)
def organisation_swapped_out(message):
    enrollment = letters.read(message, S.CANCELLED)
    if enrollment is None or enrollment.organisation is None or letters.is_over(enrollment):
        return None
    sessions = letters.sessions_ahead(enrollment) if enrollment.confirmed_at else []
    context = letters.context_of(enrollment, sessions, organisation=enrollment.organisation)
    return letters.letter("organisation_swapped_out", context, letters.cancellations(enrollment, sessions))
