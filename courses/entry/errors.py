"""Why somebody cannot come in. `field` names the field of the form beside which the sentence belongs."""

from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError


class EntryRefused(RuleError):
    """A condition of the run that the person can read beside what they typed; `field` is "" where there is none."""

    field = ""


class InvitationRefused(EntryRefused):
    field = "invitation"


class ByInvitationOnly(InvitationRefused):
    sentence = _("Places on this run are given by invitation. Type the code from your invitation.")


class InvitationUnknown(InvitationRefused):
    sentence = _("This code does not belong to this run. Check that you have copied all of it.")


class InvitationRevoked(InvitationRefused):
    sentence = _("This code is no longer valid. Write to the office.")


class InvitationExpired(InvitationRefused):
    sentence = _("The time to use this code is over. Write to the office.")


class InvitationOfSomebodyElse(InvitationRefused):
    sentence = _("This code was sent to another e-mail address. Enroll with that address, or write to the office.")


class InvitationUsedUp(InvitationRefused):
    sentence = _("This code has been used up. Write to the office if you should have a place.")


class TooManyTries(InvitationRefused):
    sentence = _("Too many wrong codes were typed. Wait ten minutes and try again.")


class NotMeantForYou(EntryRefused):
    field = "segment"


class PrerequisiteMissing(EntryRefused):
    """`courses` (list of Course) are those that the person has not completed."""

    def __init__(self, courses):
        self.courses = courses
        super().__init__(
            _("Before this course you complete: %(courses)s. Write to the office if you have learned it elsewhere.")
            % {"courses": ", ".join(str(course) for course in courses)}
        )
