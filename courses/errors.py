"""Why a rule of the courses refuses. Each carries a sentence for the person in front of the screen."""

from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError


class EnrollmentNotOpen(RuleError):
    sentence = _("Enrollment in this run has not opened yet.")


class EnrollmentClosed(RuleError):
    sentence = _("Enrollment in this run is closed.")


class RunCancelled(RuleError):
    sentence = _("This run was cancelled.")


class RunNotPublic(RuleError):
    sentence = _("This run is not open to the public.")


class RunIsOver(RuleError):
    sentence = _("This run is over.")


class RunIsFull(RuleError):
    sentence = _("No place is free for this person. Write why they are to be admitted all the same.")


class OfferExpired(RuleError):
    sentence = _("The time to accept this offer is over. You can join the waiting list again.")


class NotPossible(RuleError):
    sentence = _("This is not possible any more.")


class ReasonMissing(RuleError):
    sentence = _("Write the reason.")


class NotEnrolled(RuleError):
    sentence = _("This person has no place on this run.")


class BadMark(RuleError):
    sentence = _("This cannot be recorded.")


class RunNotOver(RuleError):
    sentence = _("The run can be closed once its last session has ended.")


class NotRecorded(RuleError):
    sentence = _("Attendance is not recorded for everybody.")


class BadTimes(RuleError):
    sentence = _("A session ends after it starts.")


class BadCapacity(RuleError):
    sentence = _("Capacity cannot be below zero.")
