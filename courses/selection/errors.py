"""Why a rule about a call with a jury refuses."""

from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError


class NotOnTheJury(RuleError):
    sentence = _("You are not on the jury of this call.")


class ApplicantOnJury(RuleError):
    sentence = _("This person has an application in this call and cannot judge it.")


class JurorApplies(RuleError):
    sentence = _("You are on the jury of this call, so you cannot apply to it. Write to the office.")


class CallStillOpen(RuleError):
    sentence = _("The call is still open. People may change their applications until it closes.")


class WeightsDoNotAddUp(RuleError):
    sentence = _("The weights of the criteria do not add up to 100.")


class ScoringClosed(RuleError):
    sentence = _("Scoring is closed. Nothing was changed; write to the office if this is a mistake.")


class ScoringOpen(RuleError):
    sentence = _("Close the scoring first, so that no score changes under the decision.")


class NotJudged(RuleError):
    sentence = _("This application is not for you to judge.")


class ReviewSubmitted(RuleError):
    sentence = _("You have submitted this review. The office can give it back to you.")


class ScoresMissing(RuleError):
    sentence = _("Score every criterion before you submit the review.")


class BadScore(RuleError):
    sentence = _("A score is a whole number on the scale of the call.")


class ConflictDeclared(RuleError):
    sentence = _("You declared a conflict of interest in this application.")


class AlreadyDecided(RuleError):
    sentence = _("The decisions were sent. They cannot be changed here any more.")


class NotReady(RuleError):
    """The decisions cannot be sent yet; the sentence names what is missing."""


class PlanChanged(RuleError):
    sentence = _("Something has changed since you looked at the decisions. Look at them again before you send them.")


class JuryDecides(RuleError):
    sentence = _("A jury judges the applications of this run; decisions about them are sent together.")
