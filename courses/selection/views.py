"""The juror's pages: their calls, the applications of one, and one application to score.

A juror sees the calls on whose jury they sit, and nothing else; anything foreign is
404. Until the call closes there is nothing to read, because people may still change
what they wrote.
"""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy.errors import RuleError
from courses.models import Conflict, Enrollment, Review
from courses.questions.permissions import for_jury
from courses.questions.views import download
from courses.seats import to_the_second

from . import jury, permissions
from .forms import ConflictForm, ReviewForm


@dataclass(frozen=True)
class Entry:
    """One application in a juror's list."""

    enrollment: Enrollment
    label: str
    review: Review | None

    @property
    def state(self):
        """In words, with the tone of its tag: (str, str)."""
        if self.review is None:
            return _("Not scored"), "off"
        if self.review.submitted_at is None:
            return _("Draft"), "wait"
        return _("Submitted"), "ok"


def seat_of(user, code):
    """The Juror that the user is in the call of this run (code), or 404."""
    juror = permissions.jury_seats(user).filter(selection__run__code=code).first()
    if juror is None:
        raise Http404
    return juror


def can_read(selection, at=None):
    """Whether the call has closed, so that applications are what they will stay."""
    opens_at = jury.scoring_opens_at(selection)
    return opens_at is None or to_the_second(at or timezone.now()) > opens_at


def shows_names(selection):
    """Whether names may be shown to the jury."""
    return not selection.is_blind or selection.decided_at is not None


def label_of(enrollment, selection):
    """How an application is called before the jury (str): by its number, and its person where that is no secret."""
    number = _("Application no. %(number)s") % {"number": enrollment.pk}
    return f"{number}: {enrollment.learner}" if shows_names(selection) else number


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def calls(request):
    """The calls on whose jury the signed-in person sits."""
    seats = list(permissions.jury_seats(request.user).order_by("-selection__run__closes_at", "-pk"))
    if not seats:
        raise Http404
    return render(request, "courses/jury.html", {"seats": seats})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def call(request, code):
    """The applications of one call, with how far the juror is."""
    juror = seat_of(request.user, code)
    selection = juror.selection
    entries = _entries(juror) if can_read(selection) else []
    done = sum(entry.review is not None and entry.review.submitted_at is not None for entry in entries)
    conflicts = Conflict.objects.filter(juror=juror).select_related("enrollment__learner").order_by("enrollment")
    context = {
        "juror": juror,
        "selection": selection,
        "run": selection.run,
        "course": selection.run.course,
        "criteria": list(selection.criteria.all()),
        "entries": entries,
        "done": done,
        "next": next((entry for entry in entries if entry.state[1] != "ok"), None),
        "conflicts": [(row, label_of(row.enrollment, selection)) for row in conflicts],
        "can_read": can_read(selection),
        "is_open": jury.is_open_for_scoring(selection, timezone.now()),
        "opens_at": jury.scoring_opens_at(selection),
    }
    return render(request, "courses/jury_call.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def file(request, code, pk, answer):
    """A file of an application as a download; in a blind call under a name that says nothing."""
    juror = seat_of(request.user, code)
    readable = permissions.applications_to_judge(juror).filter(pk=pk) if can_read(juror.selection) else ()
    answers = [one for rows in for_jury(readable).values() for one in rows if one.file_id] if readable else []
    for number, one in enumerate(answers, start=1):
        if one.pk == answer:
            return download(one.file, name=None if shows_names(juror.selection) else f"{pk}-{number}.{one.file.kind}")
    raise Http404


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def application(request, code, pk):
    """One application: what was written, the scores, a declaration of conflict, the way to the next."""
    juror = seat_of(request.user, code)
    selection = juror.selection
    entries = _entries(juror) if can_read(selection) else []
    place = next((number for number, entry in enumerate(entries) if entry.enrollment.pk == pk), None)
    if place is None:
        raise Http404
    entry = entries[place]
    criteria = list(selection.criteria.all())
    has_conflict = request.method == "POST" and "declare" in request.POST
    data = request.POST if request.method == "POST" and not has_conflict else None
    form = ReviewForm(data, selection=selection, criteria=criteria, review=entry.review)
    conflict_form = ConflictForm(request.POST if has_conflict else None, prefix="conflict")
    problem = ""
    following = entries[place + 1].enrollment if place + 1 < len(entries) else None
    try:
        if has_conflict and conflict_form.is_valid():
            jury.declare_conflict(juror, entry.enrollment, reason=conflict_form.cleaned_data["reason"], by=request.user)
            messages.success(request, _("Your conflict of interest is on record. The application was taken away."))
            return redirect("courses:jury_call", code=code)
        if data is not None and form.is_valid() and ("submit" not in data or form.is_complete()):
            return _save(request, juror, entry, form)
    except RuleError as error:
        problem = error.sentence
    is_submitted = entry.review is not None and entry.review.submitted_at is not None
    context = {
        "juror": juror,
        "selection": selection,
        "run": selection.run,
        "course": selection.run.course,
        "entry": entry,
        "answers": for_jury([entry.enrollment]).get(entry.enrollment.pk, []),
        "shows_names": shows_names(selection),
        "number": place + 1,
        "total": len(entries),
        "done": sum(one.state[1] == "ok" for one in entries),
        "previous": entries[place - 1].enrollment if place else None,
        "following": following,
        "form": form,
        "conflict_form": conflict_form,
        "problem": problem,
        "is_submitted": is_submitted,
        "is_open": jury.is_open_for_scoring(selection, timezone.now()),
        "own": _in_words(entry.review, criteria) if is_submitted else [],
        "others": _others(juror, entry.enrollment, criteria) if is_submitted else [],
    }
    return render(request, "courses/jury_application.html", context, status=409 if problem else 200)


def _save(request, juror, entry, form):
    """Keep the review as a draft or for good, and show the application again."""
    submit = "submit" in request.POST
    jury.save_review(juror, entry.enrollment, form.scores, comment=form.cleaned_data["comment"], submit=submit)
    messages.success(
        request, _("The review is submitted.") if submit else _("The draft is saved. Nobody else sees it.")
    )
    return redirect("courses:jury_application", code=juror.selection.run.code, pk=entry.enrollment.pk)


def _entries(juror):
    """The applications before this juror (list of Entry), in the order of arrival; 2 queries and their scores."""
    reviews = {review.enrollment_id: review for review in juror.reviews.prefetch_related("scores")}
    rows = permissions.applications_to_judge(juror)
    return [Entry(row, label_of(row, juror.selection), reviews.get(row.pk)) for row in rows]


def _in_words(review, criteria):
    """[(criterion, Score or None)] of a review, in the order of the criteria."""
    scores = {score.criterion_id: score for score in review.scores.all()}
    return [(criterion, scores.get(criterion.pk)) for criterion in criteria]


def _others(juror, enrollment, criteria):
    """[(name of the juror, comment, scores)] of what other jurors submitted about an application."""
    reviews = (
        Review.objects.filter(enrollment=enrollment, submitted_at__isnull=False, juror__removed_at=None)
        .exclude(juror=juror)
        .select_related("juror__user")
        .prefetch_related("scores")
    )
    return [(review.juror.user, review.comment, _in_words(review, criteria)) for review in reviews]
