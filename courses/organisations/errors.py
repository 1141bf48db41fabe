"""Why a manager's wish is refused."""

from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError


class NotEnoughSeats(RuleError):
    """`left` is how many seats there are (int)."""

    def __init__(self, sentence, left):
        super().__init__(sentence)
        self.left = left


class NobodyNamed(RuleError):
    sentence = _("Write at least one person.")


class TooLateForOthers(RuleError):
    sentence = _(
        "It is too late to enroll others: nobody would have the time to accept. Ask them to enroll themselves."
    )


class NotForOrganisations(RuleError):
    sentence = _("On this run each person applies or enrolls themselves.")


class NotYourPerson(RuleError):
    sentence = _("Only a place that you asked for can be given to somebody else.")


class TooLateToSwap(RuleError):
    sentence = _("It is too late to give this place to somebody else.")


class OnTheRunAlready(RuleError):
    """Somebody named is on the run by now."""
