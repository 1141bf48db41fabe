"""The demo's organisation: its manager asks for places; one is accepted, one given away, one still open."""

from datetime import timedelta

from academy.users import memberships
from academy.users.models import Membership, Organisation, User
from courses import copying, enrollment, runs
from courses.models import CourseRun, Enrollment
from courses.moving import rules as moving

from . import rules

RUN, NEXT_RUN = "BK-4", "BK-5"
LATER = 8  # weeks
MANAGER = "p6@example.org"
NEWCOMER = ("novacek@example.org", "Vendelín Nováček")


def replay(now, office):
    """Ask for three places on BK-4, swap one, and let somebody change from there to BK-5."""
    label = Organisation.objects.get(memberships__user__email=MANAGER)
    manager = User.objects.get(email=MANAGER)
    run = CourseRun.objects.get(code=RUN)
    on_it = run.enrollments.active().values("learner")
    free = User.objects.filter(email__startswith="learner").exclude(pk__in=on_it).order_by("-email")
    first, second, invited = free[:3]
    memberships.add_member(label, invited, role=Membership.Role.MEMBER, at=now)
    asked_at = now - timedelta(hours=20)
    people = [("p4@example.org", ""), (first.email, first.name), (second.email, second.name)]
    agent, *others = rules.enroll_group(label, run, people, by=manager, at=asked_at).offered
    enrollment.accept_offer(agent, by=agent.learner, at=now - timedelta(hours=18))
    rules.swap(others[0], email=NEWCOMER[0], name=NEWCOMER[1], by=manager, at=now - timedelta(hours=2))
    later = copying.copy_run(run, code=NEXT_RUN, weeks=LATER, by=office)
    later.opens_at = run.opens_at
    later.save(update_fields=["opens_at"])
    runs.publish(later, by=office)
    _change(run, later, now)


def _change(run, later, now):
    """The last who enrolled themselves changes to the later run."""
    rows = Enrollment.objects.filter(run=run, status=Enrollment.Status.CONFIRMED, source=Enrollment.Source.SELF)
    row = rows.filter(learner__email__startswith="learner").order_by("-pk").first()
    moving.change_run(row, later, by=row.learner, at=now - timedelta(hours=1))
