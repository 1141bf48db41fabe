"""The mail that carries a personal code. Its words are sealed and wiped once sent, as those of a login code."""

from urllib.parse import urlencode

from django.utils.translation import override

from academy import links, times
from academy.mail import outbox
from academy.mail.letters import letter_from_templates

INVITATION = "run_invitation"


def tell_invited(invitation, code, *, language):
    """Queue the mail with the code and a link that types it."""
    run = invitation.run
    with override(language):
        letter = letter_from_templates(
            "courses/mail/invitation",
            {
                "run": run,
                "course": run.course,
                "code": code,
                "url": address_with(run, code),
                "until": _until(invitation),
            },
        )
    return outbox.queue_secret(
        INVITATION, key=f"{INVITATION}:{invitation.pk}", to=invitation.email, language=language, letter=letter
    )


def address_with(run, code):
    """The full address (str) of the run's page with the code filled in; opening it uses nothing up."""
    return f"{links.address('courses:enroll', run.code)}?{urlencode({'invitation': code})}"


def _until(invitation):
    return invitation.valid_until and times.moment(invitation.valid_until, invitation.run.time_zone)
