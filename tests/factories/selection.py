from datetime import timedelta

from django.utils import timezone

from courses import enrollment as entry
from courses.models import CourseRun, Juror
from courses.selection import jury

from . import courses, users

WEIGHTS = (60, 40)


def call(*, weights=WEIGHTS, capacity=2, is_open=False, run=None, **settings):
    """A call with a jury that closed yesterday, or closes tomorrow, with a criterion per weight; its Selection."""
    closes_at = timezone.now() + timedelta(days=1 if is_open else -1)
    made = courses.run(
        entry=CourseRun.Entry.CALL,
        capacity=capacity,
        opens_at=closes_at - timedelta(days=20),
        closes_at=closes_at,
        starts_in=timedelta(days=30),
        **(run or {}),
    )
    criteria = [
        {"title_cs": f"Kritérium {number}", "title_en": f"Criterion {number}", "weight": weight}
        for number, weight in enumerate(weights, start=1)
    ]
    return jury.set_up(made, criteria=criteria, **settings)


def juror(selection, *, user=None):
    """A juror of the call, written past the rules."""
    return Juror.objects.create(selection=selection, user=user or users.user("Porotkyně"))


def application(selection, *, learner=None, checked=True):
    """An application sent while the call was open; `checked` (True, False or None) is the formal check."""
    run = selection.run
    row = entry.enroll(learner or users.user(), run, at=run.opens_at + timedelta(days=1))
    if checked is not None:
        jury.check_application(row, is_eligible=checked, reason="" if checked else "No company seat.", by=None)
    return row


def review(of_juror, row, *values, submit=True, comment=""):
    """A review with one value per criterion, in their order, by the rule."""
    criteria = of_juror.selection.criteria.all()
    scores = {criterion.pk: (value, "") for criterion, value in zip(criteria, values, strict=True)}
    return jury.save_review(of_juror, row, scores, comment=comment, submit=submit)


def judged(*totals, jurors=1, **facts):
    """A call whose applications were given these scores, its scoring closed; returns (selection, rows)."""
    selection = call(**facts)
    judges = [juror(selection) for _number in range(jurors)]
    rows = [application(selection) for _total in totals]
    for row, total in zip(rows, totals, strict=True):
        for judge in judges:
            review(judge, row, *[total] * selection.criteria.count())
    return jury.close_scoring(selection, by=None), rows
