"""Who reads which answers. The one place that decides.

The person reads their own. The office reads all but sensitive ones, which only the
roles named at the question read, superusers included. Trainers read what is for
organisation. A jury reads what is for selection. An organisation's managers read none.
"""

from django.db.models import Q

from academy import registry
from academy.prepared import Prepared
from courses.permissions import can_manage_enrollments, teaches
from courses.states import ENDED, S

from .models import Answer, AnswerChange

NOBODY = Q(pk__in=[])
# What was never sent is nobody's business but the person's, also after they gave it up.
SENT = ~Q(enrollment__status=S.DRAFT) & ~Q(
    enrollment__status__in=ENDED, enrollment__queue_number=None, enrollment__confirmed_at=None
)
FOR_TRAINERS = Q(question__for_organisation=True, question__is_sensitive=False)
FOR_JURY = Q(question__for_selection=True, question__is_sensitive=False)


def visible(user, run):
    """The condition (Q on Answer and AnswerChange alike) for what the user's role reads of a run's answers."""
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    if can_manage_enrollments(user):
        return SENT & (Q(question__is_sensitive=False) | in_named_role(user))
    return SENT & FOR_TRAINERS if teaches(user, run) else NOBODY


def in_named_role(user):
    """The condition for sensitive answers whose question names a role of the user's."""
    return Q(question__is_sensitive=True, question__seen_by__in=user.groups.values_list("pk", flat=True))


def answers_by_enrollment(answers):
    """Return {enrollment id: [Answer, ...]} in the order of the form, from a queryset of answers: one query."""
    found = {}
    for answer in answers.with_questions().distinct():
        found.setdefault(answer.enrollment_id, []).append(answer)
    return found


def of_run(user, run):
    """What the user may read of a run's answers, as {enrollment id: [Answer, ...]}."""
    return answers_by_enrollment(Answer.objects.filter(visible(user, run), enrollment__run=run))


def of_enrollment(user, enrollment):
    """What the user may read, because of their role, of one enrollment's answers (list)."""
    found = Answer.objects.filter(visible(user, enrollment.run), enrollment=enrollment)
    return list(found.with_questions().distinct())


def own(person, enrollment):
    """The answers (list) of an enrollment for the person who gave them."""
    return _own(enrollment=enrollment.pk, person=person.pk)


@Prepared
def _own(given):
    return Answer.objects.filter(enrollment=given.enrollment, enrollment__learner=given.person).with_questions()


def for_jury(enrollments):
    """What a jury reads of these enrollments (iterable), as of_run() has it; the caller checks who asks."""
    return answers_by_enrollment(Answer.objects.filter(FOR_JURY, enrollment__in=enrollments))


def may_open_file(user, answer):
    """Whether the user may open the file of an answer: the person, a role, or who another activity lets in."""
    if not user.is_authenticated or not user.is_active:
        return False
    enrollment = answer.enrollment
    if enrollment.learner_id == user.pk:
        return True
    if Answer.objects.filter(visible(user, enrollment.run), pk=answer.pk).exists():
        return True
    return any(may_read(user, answer) for may_read in registry.answer_readers.values())


def may_open_old_file(user, change):
    """The same for a file that was replaced by an edit: the person, and the roles that read the question."""
    if not user.is_authenticated or not user.is_active:
        return False
    if change.enrollment.learner_id == user.pk:
        return True
    return AnswerChange.objects.filter(visible(user, change.enrollment.run), pk=change.pk).exists()


def changes_of(user, enrollment):
    """The former answers (list of AnswerChange, oldest first) that the user may read."""
    return list(
        AnswerChange.objects.filter(visible(user, enrollment.run), enrollment=enrollment)
        .select_related("file")
        .distinct()
    )
