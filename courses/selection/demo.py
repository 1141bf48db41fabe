"""The demo's calls: one that is open, one that a jury has judged and staff have decided."""

from datetime import timedelta

from academy.demo.content import moment
from academy.users.models import Profile, User
from courses import enrollment as entry
from courses.models import CourseRun, Enrollment, Selection

from . import decisions, jury

S = Enrollment.Status


def load_content(content, now):
    """Set up the jury of each call: criteria, scale, places, date of the results."""
    for call in content["calls"]:
        run = CourseRun.objects.get(code=call["run"])
        jury.set_up(
            run,
            criteria=[{"weight": one["weight"], **one.columns("label", "title")} for one in call["criteria"]],
            scale_min=call["scale"]["min"],
            scale_max=call["scale"]["max"],
            is_blind=call["jury"].get("blind", False),
            results_at=moment(call, "12:00", now, run.time_zone, key="results"),
            places=call["places"],
            reserve_places=call["reserve_places"],
        )


def replay(content, now, *, office):
    """Invite the juries; judge and decide the call that has closed, as it would have happened."""
    for call in content["calls"]:
        selection = Selection.objects.select_related("run__course").get(run__code=call["run"])
        run = selection.run
        invited = [
            jury.invite_juror(selection, user.email, by=office, at=min(run.opens_at + timedelta(days=2), now))
            for user in _jury_of(run, call["jury"]["size"])
        ]
        if selection.results_at < now:
            _judge(selection, invited, office)
            _decide(selection, call, now, office)


def _jury_of(run, size):
    """Mentors who do not teach on the run, in the order of their names."""
    profiles = Profile.objects.exclude(runs=run).filter(user__isnull=False).order_by("name", "pk")
    return User.objects.filter(profile__in=profiles).order_by("profile__name", "pk")[:size]


def _judge(selection, jurors, office):
    """Formal check, one conflict of interest, scores of every juror, the end of the scoring."""
    closed = selection.run.closes_at
    rows = list(Enrollment.objects.filter(run=selection.run, status=S.APPLIED).order_by("pk"))
    refused = rows[-1]
    jury.check_application(
        refused,
        is_eligible=False,
        reason="Žádost nesplňuje podmínku aktivního umělce nebo kapely.",
        by=office,
        at=closed + timedelta(days=1),
    )
    jury.check_the_rest(selection, by=office, at=closed + timedelta(days=1))
    criteria = list(selection.criteria.all())
    for number, juror in enumerate(jurors):
        juror.selection = selection
        at = closed + timedelta(days=2 + number)
        for place, row in enumerate(rows[:-1]):
            if number == 1 and place == 2:
                jury.declare_conflict(juror, row, reason="Společné vydavatelství.", by=juror.user, at=at)
                continue
            scores = {one.pk: (_score(selection, place, number, order), "") for order, one in enumerate(criteria)}
            jury.save_review(juror, row, scores, comment="", submit=True, at=at)
    jury.close_scoring(selection, by=office, at=closed + timedelta(days=6))


def _score(selection, place, juror, criterion):
    """A score of the scale, the same at each loading; those who came first in the content are the strongest."""
    top = selection.scale_max
    if place == 0:
        return top
    lost = place * place + place * (criterion + 1) + juror * (1 + place % 3)
    return max(selection.scale_min, top - lost % (top - 1))


def _decide(selection, call, now, office):
    texts = {one["outcome"]: one for one in call["feedback"]}
    planned = [one for one in decisions.plan(selection, at=selection.results_at) if one.row]
    sentences = {one.enrollment.pk: texts[one.outcome][one.enrollment.learner.language] for one in planned}
    decisions.say_many(selection, sentences, by=office)
    decisions.decide(
        selection,
        offer_until=now + timedelta(days=3),
        tie_reason="Při shodě bodů rozhodlo dřívější podání přihlášky.",
        by=office,
        at=selection.results_at,
    )
    offered = Enrollment.objects.filter(run=selection.run, status=S.OFFERED, learner__email__startswith="learner")
    for number, row in enumerate(offered.order_by("queue_number")):
        if number % 4 == 3:
            entry.cancel(row, by=row.learner, at=selection.results_at + timedelta(hours=number))
        elif number % 4 < 2:
            entry.accept_offer(row, by=row.learner, at=selection.results_at + timedelta(hours=number))
