"""The minutes of a call: who scored, conflicts of interest, ranking, decision, reasons, dates. Reads only.

One structure for both documents: plain texts in the active language, so that the
PDF and the spreadsheet can never say different things.
"""

from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from academy import times
from courses.models import Conflict, Juror, SelectionEvent

from .ranking import not_eligible, ranking

# What of the history stands in the minutes; who submitted what when would only lengthen them.
WORTH_TELLING = [
    SelectionEvent.Kind.JUROR_REMOVED,
    SelectionEvent.Kind.REOPENED,
    SelectionEvent.Kind.MOVED,
    SelectionEvent.Kind.MOVE_UNDONE,
    SelectionEvent.Kind.SCORING_CLOSED,
    SelectionEvent.Kind.SCORING_REOPENED,
    SelectionEvent.Kind.DECIDED,
]


@dataclass
class Table:
    """A table of the minutes: name, headings, rows of texts or numbers, and shares of the width (they add up to 1)."""

    name: str
    headings: list
    rows: list
    widths: list
    nothing: str = ""
    notes: list = field(default_factory=list)


@dataclass
class Minutes:
    """Everything the minutes say, in words of the active language."""

    title: str
    subtitle: str
    made: str
    facts: list
    tables: list
    names: dict


def minutes_of(selection, *, at=None):
    """Return the Minutes of a call as it stands; before the decision they say that it is open."""
    run = selection.run
    rows = ranking(selection)
    jurors = list(Juror.objects.filter(selection=selection).select_related("user"))
    return Minutes(
        title=_("Minutes of the jury"),
        subtitle=f"{run.course} ({run.code})",
        made=_("Made on %(moment)s.") % {"moment": times.moment(at or timezone.now(), run.time_zone)},
        facts=_facts(selection),
        tables=[
            _criteria(selection),
            _jury(jurors, rows),
            _conflicts(selection),
            _ranking(selection, jurors, rows),
            _refused(selection),
            _history(selection),
        ],
        names={"page": _("Page {page} of {pages}")},
    )


def number(value):
    """A figure with two decimals (str), as the active language writes it; a dash for None."""
    return "–" if value is None else number_format(float(value), decimal_pos=2, use_l10n=True)


def _facts(selection):
    run, zone = selection.run, selection.run.time_zone

    def moment(at):
        return times.moment(at, zone) if at else "–"

    facts = [
        (_("Call opened"), moment(run.opens_at)),
        (_("Call closed"), moment(run.closes_at)),
        (_("Scoring closed"), moment(selection.scoring_closed_at)),
        (_("Scale"), f"{selection.scale_min}–{selection.scale_max}"),
        (_("Judged blind"), _("yes") if selection.is_blind else _("no")),
    ]
    if selection.decided_at is None:
        return [*facts, (_("Decision"), _("Not decided yet."))]
    facts += [(_("Decided"), moment(selection.decided_at)), (_("Decided by"), str(selection.decided_by or "–"))]
    facts.append((_("Places given"), str(selection.places_given)))
    if selection.tie_reason:
        facts.append((_("Equal points on the line"), selection.tie_reason))
    return facts


def _criteria(selection):
    rows = [[criterion.title, criterion.weight] for criterion in selection.criteria.all()]
    return Table(_("Criteria"), [_("Criterion"), _("Weight (%)")], rows, [0.8, 0.2])


def _jury(jurors, rows):
    found = []
    for juror in jurors:
        scored = sum(juror.pk in row.reviews for row in rows)
        missing = sum(any(one.pk == juror.pk for one in row.missing) for row in rows)
        found.append([str(juror.user), scored, missing, _("Removed") if juror.removed_at else ""])
    headings = [_("Juror"), _("Applications scored"), _("Not scored"), _("Note")]
    return Table(_("Jury"), headings, found, [0.45, 0.2, 0.15, 0.2], _("Nobody was on the jury."))


def _conflicts(selection):
    rows = (
        Conflict.objects.filter(juror__selection=selection)
        .select_related("juror__user", "enrollment__learner")
        .order_by("declared_at", "pk")
    )
    found = [
        [
            str(row.juror.user),
            f"{row.enrollment_id}, {row.enrollment.learner}",
            row.reason,
            times.short_day(row.declared_at, selection.run.time_zone),
        ]
        for row in rows
    ]
    headings = [_("Juror"), _("Application"), _("Reason"), _("Declared")]
    return Table(
        _("Conflicts of interest"),
        headings,
        found,
        [0.25, 0.3, 0.28, 0.17],
        _("Nobody declared a conflict of interest."),
    )


def _ranking(selection, jurors, rows):
    """The ranked list; each juror's points stand in the order of the jury, a dash where there are none."""
    found, tie = [], _("tie")
    sitting = [juror for juror in jurors if juror.removed_at is None]
    for row in rows:
        verdict = row.verdict
        outcome = verdict.get_outcome_display() if verdict and verdict.outcome else ""
        if verdict and verdict.reserve_number:
            outcome = f"{outcome} {verdict.reserve_number}"
        reasons = [_("Out of order: %(reason)s") % {"reason": verdict.move_reason}] if row.is_moved else []
        reasons += [row.feedback] if row.feedback else []
        found.append(
            [
                f"{row.rank}. ({tie})" if row.is_tied else f"{row.rank}.",
                f"{row.enrollment.pk}, {row.enrollment.learner}",
                number(row.points),
                " / ".join(number(row.points_by_juror.get(juror.pk)) for juror in sitting),
                number(row.deviation),
                outcome,
                " ".join(reasons),
            ]
        )
    headings = [
        _("Rank"),
        _("Application"),
        _("Points"),
        _("By juror"),
        _("Deviation"),
        _("Outcome"),
        _("Reason"),
    ]
    table = Table(
        _("Ranking"), headings, found, [0.08, 0.2, 0.08, 0.16, 0.09, 0.12, 0.27], _("No application was ranked.")
    )
    if sitting:
        table.notes.append(
            _("Points by juror stand in this order: %(names)s.")
            % {"names": ", ".join(str(juror.user) for juror in sitting)}
        )
    return table


def _refused(selection):
    rows = [[f"{row.pk}, {row.learner}", row.formal_check.reason] for row in not_eligible(selection)]
    return Table(
        _("Conditions not met"),
        [_("Application"), _("Reason")],
        rows,
        [0.4, 0.6],
        _("Every application met the conditions."),
    )


def _history(selection):
    events = selection.events.filter(kind__in=WORTH_TELLING).select_related("enrollment__learner", "juror__user", "by")
    rows = []
    for event in events:
        about = [f"{event.enrollment_id}, {event.enrollment.learner}"] if event.enrollment else []
        about += [str(event.juror.user)] if event.juror else []
        when = event.at
        zone = selection.run.time_zone
        rows.append(
            [
                f"{times.short_day(when, zone)}, {times.clock(when, zone)}",
                event.get_kind_display(),
                "; ".join(about),
                str(event.by or "–"),
                event.reason,
            ]
        )
    headings = [_("When"), _("What"), pgettext("heading in a history", "About"), _("Who"), _("Why")]
    return Table(
        _("Course of the decision"), headings, rows, [0.19, 0.2, 0.22, 0.16, 0.23], _("Nothing has happened yet.")
    )
