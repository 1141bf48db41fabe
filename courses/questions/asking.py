"""Which questions a run asks, and of whom statistics are still to be asked. Reads only."""

from django.db.models import F, Prefetch, prefetch_related_objects

from academy.prepared import Prepared

from .models import Question, QuestionChoice, QuestionPick, SetQuestion, StatisticsChoice, StatisticsQuestion

# Databases disagree on where NULL stands.
IN_ORDER = (F("sort_order").asc(nulls_last=True), "pk")


def asked(run):
    """Return the questions (list of Question, choices fetched) of the run in order, each once, without retired ones.

    One query for a run without questions, four for any other, however many they are.
    """
    picks = _picks(run=run.pk)
    if not picks:
        return []
    sets = {}
    items = SetQuestion.objects.filter(question_set__in=[pk for pk, _question in picks if pk])
    for question_set, question in items.order_by(*IN_ORDER).values_list("question_set", "question"):
        sets.setdefault(question_set, []).append(question)
    order = {}
    for question_set, question in picks:
        for pk in [question] if question else sets.get(question_set, []):
            order.setdefault(pk, len(order))
    questions = Question.objects.filter(pk__in=order, retired_at=None).prefetch_related(
        Prefetch("choices", QuestionChoice.objects.order_by(*IN_ORDER))
    )
    return sorted(questions, key=lambda question: order[question.pk])


def asks(run):
    """Whether the run has questions of its own; one query."""
    return bool(_picks(run=run.pk))


@Prepared
def _picks(given):
    return QuestionPick.objects.filter(run=given.run).order_by(*IN_ORDER).values_list("question_set", "question")


def statistics_questions():
    """Return the statistics questions (list, choices fetched) that are asked now: two queries at most."""
    questions = _statistics()
    prefetch_related_objects(questions, Prefetch("choices", StatisticsChoice.objects.order_by(*IN_ORDER)))
    return questions


@Prepared
def _statistics(given):
    return StatisticsQuestion.objects.filter(is_asked=True)


def statistics_to_ask(person=None):
    """Return those that the person (None for a visitor) has not answered or passed over yet."""
    questions = statistics_questions()
    if person is None or not questions:
        return questions
    done = set(person.statistics_answers.values_list("question", flat=True))
    return [question for question in questions if question.pk not in done]
