"""Voluntary statistics as totals, of which none says anything about a single person.

A total below settings.STATISTICS_THRESHOLD is suppressed, and so are further ones
of the same table until what is hidden can be worked out neither from the sum nor
from tables of single runs. Everybody counts once, however many runs they took.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings

from courses.models import Enrollment

from .models import StatisticsAnswer, StatisticsChoice, StatisticsQuestion


@dataclass(frozen=True)
class Table:
    """The totals of one question: rows of (label, number or None if suppressed), and of all people or None."""

    question: StatisticsQuestion
    rows: list
    total: int | None

    @property
    def has_hidden(self):
        return any(number is None for _label, number in self.rows)


def limit():
    """The least number (int) that is shown; below three even hiding others would hide nothing."""
    return max(3, settings.STATISTICS_THRESHOLD)


def tables(runs, *, not_said):
    """Return a Table for each question over the people with a place on `runs` (QuerySet).

    `not_said` is the label (str) of those who said nothing. Four queries for any number.
    """
    threshold = limit()
    on_run = defaultdict(set)
    places = Enrollment.objects.filter(run__in=runs, status__in=Enrollment.SEATED)
    for run, person in places.order_by().values_list("run", "learner"):
        on_run[run].add(person)
    everybody = set().union(*on_run.values())
    said = defaultdict(dict)
    answers = StatisticsAnswer.objects.filter(person__enrollments__in=places).order_by().distinct()
    for question, person, choice in answers.values_list("question", "person", "choice"):
        said[question][person] = choice
    choices = defaultdict(list)
    for choice in StatisticsChoice.objects.all():
        choices[choice.question_id].append(choice)
    return [
        _table(question, choices[question.pk], said[question.pk], everybody, on_run.values(), not_said, threshold)
        for question in StatisticsQuestion.objects.all()
    ]


def _table(question, choices, said, everybody, on_run, not_said, threshold):
    cells = [choice.pk for choice in choices] + [None]
    labels = [choice.label for choice in choices] + [not_said]

    def count(people):
        groups = {cell: set() for cell in cells}
        for person in people:
            groups[said.get(person)].add(person)
        return groups

    groups = count(everybody)
    numbers = [len(groups[cell]) for cell in cells]
    risky = set()
    if len(on_run) > 1:
        shown = defaultdict(set)
        for people in on_run:
            of_run = count(people)
            for cell, number in zip(cells, suppress([len(of_run[c]) for c in cells], threshold)[0], strict=True):
                if number is not None:
                    shown[cell] |= of_run[cell]
        # Whoever adds up the runs' own tables must not be left with a few people more.
        risky = {n for n, cell in enumerate(cells) if 0 < len(groups[cell] - shown[cell]) < threshold}
    numbers, total = suppress(numbers, threshold, risky)
    return Table(question, list(zip(labels, numbers, strict=True)), total)


def suppress(numbers, threshold, risky=()):
    """Return (numbers with None in place of those that must not be shown, their total or None).

    Hidden are numbers below the threshold and those at the places `risky`; then the
    next places in turn, until at least two are hidden and their sum reaches the
    threshold. Which place comes next does not depend on the numbers, or it would tell
    about them. If that leaves only one way to fill the gaps, or no number at all,
    everything is hidden, the total too. A test tries all small tables.
    """
    places = len(numbers)
    hidden = {place for place, number in enumerate(numbers) if number < threshold or place in risky}
    if not hidden:
        return list(numbers), sum(numbers)
    while len(hidden) < places and (len(hidden) < 2 or sum(numbers[place] for place in hidden) < threshold):
        first = min(hidden)
        hidden.add(next(n % places for n in range(first + 1, first + places) if n % places not in hidden))
    gaps = [numbers[place] for place in hidden]
    only_one_way = max(gaps) < threshold and sum(gaps) == len(gaps) * (threshold - 1)
    if len(hidden) == places or only_one_way:
        return [None] * places, None
    return [None if place in hidden else number for place, number in enumerate(numbers)], sum(numbers)
