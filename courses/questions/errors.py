"""Why a rule about answers refuses, in sentences for the person in front of the screen."""

from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError


class AlreadySent(RuleError):
    sentence = _("The application was sent already. You can change your answers on its page until the deadline.")


class AnswerMissing(RuleError):
    """A required question has no answer; the form says so before any rule is asked."""

    def __init__(self, label):
        super().__init__(_("Answer the question “%(question)s”.") % {"question": label})


class EditingIsOver(RuleError):
    sentence = _("The answers cannot be changed any more: the deadline is over or the application was decided.")


class TooMuchSent(RuleError):
    sentence = _(
        "Too many files came from your network within an hour, so this one was not stored. "
        "Log in first, or choose it again in an hour."
    )


class FileIsGone(RuleError):
    sentence = _("The file was kept for a day and is gone. Choose it once more.")
