"""Quotas of a run's seats: whom a free seat may go to. Who does not fit is passed over and keeps their number.

Whether a seat may go to somebody depends on their group only: experience, segment and
organisation. So one query that counts the groups on the run, and one that lists the
groups of those who wait, decide about a queue of any length.
"""

import math
from collections import Counter
from functools import cache
from typing import NamedTuple

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from academy import times
from academy.prepared import Prepared
from academy.users.models import Membership
from courses.models.participation import Enrollment

from .models import Admission, SeatQuota

Kind = SeatQuota.Kind
GROUP = ("admission__level", "admission__segment", "admission__organisation")


class Group(NamedTuple):
    """What the quotas ask about a person: level (str), ids of segment and organisation, each empty where unknown."""

    level: str = ""
    segment: int | None = None
    organisation: int | None = None

    @classmethod
    def of_row(cls, level, segment, organisation):
        return cls(level or "", segment, organisation)


class Quotas:
    """A run's quotas over the seats as they stand: `free` seats (int or infinity), `taken` (Counter of Group)."""

    def __init__(self, rules, *, free, taken, at):
        self.rules = [rule for rule in rules if rule.kept_until is None or at <= rule.kept_until]
        self.free, self.taken = free, Counter(taken)

    def __bool__(self):
        return bool(self.rules)

    def obstacle(self, group):
        """The SeatQuota that keeps the next free seat from somebody of this group, or None."""
        kept_for_others, kept_for_them, keeper = 0, False, None
        for rule in self.rules:
            if rule.kind != Kind.AT_LEAST:
                if self._is_full(rule, group):
                    return rule
            elif left := max(0, rule.seats - self._count(rule, group)):
                if _is_in(rule, group):
                    kept_for_them = True
                else:
                    kept_for_others += left
                    keeper = keeper or rule
        return None if kept_for_them or self.free > kept_for_others else keeper

    def admits(self, group):
        """Whether a seat is free for somebody of this group."""
        return self.free > 0 and self.obstacle(group) is None

    def take(self, group):
        """Count one more seat as taken by somebody of this group."""
        self.free -= 1
        self.taken[group] += 1

    def choose(self, queue):
        """Ids of those who get a seat, of the queue [(id, Group)] in its order; takes their seats.

        A seat that was taken can free others for who was passed over before, so after
        each the queue is looked through from its beginning.
        """
        chosen, left = [], list(queue)
        while True:
            admits = cache(self.admits)
            place = next((place for place, (_pk, group) in enumerate(left) if admits(group)), None)
            if place is None:
                return chosen
            pk, group = left.pop(place)
            self.take(group)
            chosen.append(pk)

    def _count(self, rule, group):
        if rule.kind == Kind.PER_ORGANISATION:
            return sum(n for other, n in self.taken.items() if other.organisation == group.organisation)
        return sum(n for other, n in self.taken.items() if _is_in(rule, other))

    def _is_full(self, rule, group):
        if rule.kind == Kind.PER_ORGANISATION:
            return group.organisation is not None and self._count(rule, group) >= rule.seats
        return _is_in(rule, group) and self._count(rule, group) >= rule.seats


def _is_in(rule, group):
    """Whether the rule's group holds this one: every mark that it names is the same."""
    return rule.level in ("", group.level) and rule.segment_id in (None, group.segment)


def quotas_of(run, *, free, at):
    """The Quotas of a run read by with_conditions(); 2 queries, none for a run without quotas."""
    if not run.has_quotas:
        return Quotas([], free=free, taken={}, at=at)
    rules = list(SeatQuota.objects.filter(run=run).select_related("segment"))
    held = Enrollment.objects.filter(run=run).holding_seat(at.replace(microsecond=0)).order_by()
    taken = Counter()
    for *marks, n in held.values_list(*GROUP).annotate(n=Count("pk")):
        taken[Group.of_row(*marks)] += n
    return Quotas(rules, free=free, taken=taken, at=at)


def waiting_groups(run):
    """[(enrollment id, Group)] of everybody who waits, first come first; 1 query."""
    rows = Enrollment.objects.filter(run=run).waiting().values_list("pk", *GROUP)
    return [(pk, Group.of_row(*marks)) for pk, *marks in rows]


def group_of(enrollment):
    """The Group that an enrollment was made in; 1 query."""
    marks = Admission.objects.filter(enrollment=enrollment).values_list("level", "segment", "organisation").first()
    return Group.of_row(*marks) if marks else Group()


def organisation_of(learner, run):
    """Id of the organisation the person has joined (the first of several), for runs with quotas; else None."""
    if not run.has_quotas:
        return None
    joined = Membership.objects.filter(user=learner, accepted_at__isnull=False).order_by("accepted_at", "pk")
    return joined.values_list("organisation", flat=True).first()


def note_admission(enrollment, group, *, waiver_reason="", by=None):
    """Keep what was true of the person on coming in, where there is anything to keep."""
    if any(group) or waiver_reason:
        facts = {
            "level": group.level,
            "segment_id": group.segment,
            "organisation_id": group.organisation,
            "waiver_reason": waiver_reason[:300],
            "waived_by": by if waiver_reason else None,
        }
        Admission.objects.update_or_create(enrollment=enrollment, defaults=facts)


def group_on(run, enrollment):
    """The Group in which somebody of another run would come into this one, as far as this one asks."""
    if not (run.has_quotas or run.has_audience):
        return Group()
    return group_of(enrollment)._replace(organisation=organisation_of(enrollment.learner, run))


def note_organisations(run):
    """Write down the organisation of those who came before the run had quotas; twice is safe.

    The caller holds the run's lock.
    """
    rows = Enrollment.objects.active().filter(run=run).filter(Q(admission=None) | Q(admission__organisation=None))
    joined = {}
    memberships = Membership.objects.filter(user__in=rows.values("learner"), accepted_at__isnull=False)
    for user, organisation in memberships.order_by("accepted_at", "pk").values_list("user", "organisation"):
        joined.setdefault(user, organisation)
    for row in rows.select_related("admission").filter(learner__in=joined):
        Admission.objects.update_or_create(enrollment=row, defaults={"organisation_id": joined[row.learner_id]})


def sentence_of(rule, zone):
    """What the rule says (str), for those who are about to enroll; times on the clocks of `zone` (str)."""
    if rule.kind == Kind.PER_ORGANISATION:
        return ngettext(
            "At most %(seats)s person from one organisation takes part.",
            "At most %(seats)s people from one organisation take part.",
            rule.seats,
        ) % {"seats": rule.seats}
    facts = {"seats": rule.seats, "group": group_in_words(rule)}
    if rule.kind == Kind.AT_MOST:
        return (
            ngettext(
                "At most %(seats)s place goes to this group: %(group)s.",
                "At most %(seats)s places go to this group: %(group)s.",
                rule.seats,
            )
            % facts
        )
    if rule.kept_until:
        return ngettext(
            "%(seats)s place is kept until %(until)s for this group: %(group)s.",
            "%(seats)s places are kept until %(until)s for this group: %(group)s.",
            rule.seats,
        ) % {**facts, "until": times.moment(rule.kept_until, zone)}
    return (
        ngettext(
            "%(seats)s place is kept for this group: %(group)s.",
            "%(seats)s places are kept for this group: %(group)s.",
            rule.seats,
        )
        % facts
    )


def group_in_words(rule):
    """The group that a rule names (str), such as “Starting out, Booking and touring”."""
    return ", ".join(str(word) for word in (rule.get_level_display(), rule.segment) if word)


def why_passed_over(rule, zone):
    """Sentences (list of str) for somebody who waits and whom the rule keeps from the next free seat."""
    if rule.kind == Kind.PER_ORGANISATION:
        why = _("Your organisation has all the places it can have now, so a free place goes to the next person.")
    elif rule.kind == Kind.AT_MOST:
        why = _("Your group has all the places it can have now, so a free place goes to the next person.")
    else:
        why = _("The places that are free now are kept for others.")
    return [why, sentence_of(rule, zone), _("You keep your number.")]


@Prepared
def _rules_of(given, count):
    return SeatQuota.objects.filter(given.among("run", "runs", count)).select_related("segment")


def look_up_obstacles(enrollments, at):
    """Set `held_back_by` (SeatQuota or None) on each; 4 queries for any number of rows, none where nobody waits."""
    waiting = [row for row in enrollments if row.status == Enrollment.Status.WAITING]
    for row in enrollments:
        row.held_back_by = None
    if not waiting:
        return
    rules = {}
    runs = list({row.run_id for row in waiting})
    for rule in _rules_of(len(runs), runs=runs):
        rules.setdefault(rule.run_id, []).append(rule)
    if not rules:
        return
    taken = {}
    held = Enrollment.objects.filter(run__in=rules).holding_seat(at.replace(microsecond=0)).order_by()
    for run, *marks, n in held.values_list("run", *GROUP).annotate(n=Count("pk")):
        taken.setdefault(run, Counter())[Group.of_row(*marks)] += n
    rows = Enrollment.objects.filter(pk__in=[row.pk for row in waiting if row.run_id in rules])
    groups = {pk: Group.of_row(*marks) for pk, *marks in rows.values_list("pk", *GROUP)}
    for row in waiting:
        if row.run_id in rules:
            counts = taken.get(row.run_id, Counter())
            free = math.inf if row.run.capacity is None else max(0, row.run.capacity - counts.total())
            # Whom would the rules keep from the next seat: the one that is free, or the one that will be.
            row.held_back_by = Quotas(rules[row.run_id], free=max(1, free), taken=counts, at=at).obstacle(
                groups[row.pk]
            )
