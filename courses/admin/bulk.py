"""The same thing done to many people of a run: what would happen to each, then what did, person by person.

Every person is one call of the rule in a transaction of its own; a refusal for one
is said beside their name and stops nobody else. Twice is safe, because the rules are.
"""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from wagtail.admin import messages

from academy import registry
from academy.admin.actions import ReasonForm
from academy.errors import RuleError
from courses import enrollment
from courses.models import CourseRun, Enrollment
from courses.office import places

from .enrollment_actions import OptionalReasonForm
from .people_filter import PeopleFilter

S = Enrollment.Status
# More than any run has; what is chosen travels in one form.
MOST = 2000


class BulkAction:
    """One verb for many people. Subclass it and put it into BULK_ACTIONS or registry.run_bulk_actions."""

    slug = ""
    label = ""
    permission = "courses.change_enrollment"
    is_serious = False
    form_class = forms.Form
    # States to which it applies; others are shown as left out.
    statuses = frozenset()

    @classmethod
    def is_offered(cls, run):
        """Whether it makes sense for the run (no queries)."""
        return run.status == CourseRun.Status.PUBLISHED

    @classmethod
    def preview(cls, run, rows):
        """Sentences (list of str) on what will happen to these people and who is told."""
        return []

    @classmethod
    def in_order(cls, rows):
        """The enrollments (list) in the order in which the rule is called."""
        return rows

    @classmethod
    def perform(cls, row, form, by):
        """Call the rule for one person; return the sentence that says what was done. Raises RuleError."""
        raise NotImplementedError

    @classmethod
    def redirect_url(cls, run, rows):
        """The address of a page that does the work instead, such as the one for writing to people; or None."""
        return None


def _now_is(row):
    return _("The state is now: %(status)s.") % {"status": row.get_status_display()}


class ApproveAll(BulkAction):
    slug = "approve"
    label = gettext_lazy("Approve applications")
    statuses = frozenset({S.APPLIED})

    @classmethod
    def preview(cls, run, rows):
        return [
            _("In the order of their numbers: a free place is confirmed, else the person joins the waiting list."),
            _("Each is told by e-mail."),
        ]

    @classmethod
    def perform(cls, row, form, by):
        return _now_is(enrollment.approve(row, by=by))


class DeclineAll(BulkAction):
    slug = "decline"
    label = gettext_lazy("Decline applications")
    is_serious = True
    form_class = OptionalReasonForm
    statuses = frozenset({S.APPLIED})

    @classmethod
    def preview(cls, run, rows):
        return [_("The applications are declined and each person is told by e-mail.")]

    @classmethod
    def perform(cls, row, form, by):
        return _now_is(enrollment.decline(row, by=by, reason=form.cleaned_data["reason"]))


class OfferAll(BulkAction):
    slug = "offer"
    label = gettext_lazy("Offer a place")
    form_class = OptionalReasonForm
    statuses = frozenset({S.WAITING})

    @classmethod
    def preview(cls, run, rows):
        return [
            _("In the order of the list, each gets an offer while a seat is free, and is told until when it holds."),
            _("Before others who wait, a reason is needed, except in the last hours before the start."),
        ]

    @classmethod
    def perform(cls, row, form, by):
        return _now_is(places.offer(row, by=by, reason=form.cleaned_data["reason"]))


class GiveSeats(BulkAction):
    slug = "give-seats"
    label = gettext_lazy("Give a place now")
    form_class = OptionalReasonForm
    statuses = frozenset({S.APPLIED, S.WAITING, S.OFFERED})

    @classmethod
    def preview(cls, run, rows):
        return [
            _("Each gets a place at once and is told by e-mail."),
            _("Past others, or over capacity, a reason is needed; it stays on record."),
        ]

    @classmethod
    def perform(cls, row, form, by):
        return _now_is(enrollment.give_seat(row, by=by, reason=form.cleaned_data["reason"]))


class WithdrawAll(BulkAction):
    slug = "withdraw"
    label = gettext_lazy("Withdraw")
    is_serious = True
    form_class = ReasonForm
    statuses = frozenset({S.DRAFT, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED})

    @classmethod
    def is_offered(cls, run):
        return run.status in (CourseRun.Status.DRAFT, CourseRun.Status.PUBLISHED)

    @classmethod
    def preview(cls, run, rows):
        return [
            _("The enrollments end and each person is told by e-mail."),
            _("Seats that become free go to the next people on the waiting list."),
        ]

    @classmethod
    def in_order(cls, rows):
        # Who waits goes first, or they would get the seats of the others and be told so before they lose them.
        return sorted(rows, key=lambda row: row.status != S.WAITING)

    @classmethod
    def perform(cls, row, form, by):
        return _now_is(enrollment.withdraw(row, by=by, reason=form.cleaned_data["reason"]))


BULK_ACTIONS = [ApproveAll, DeclineAll, OfferAll, GiveSeats, WithdrawAll]


def all_actions():
    return {action.slug: action for action in [*BULK_ACTIONS, *registry.run_bulk_actions.values()]}


def bulk_actions(run, user):
    """Those that the user may do and that make sense for the run (list of BulkAction)."""
    return [action for action in all_actions().values() if user.has_perm(action.permission) and action.is_offered(run)]


class BulkView(View):
    """POST only: without `confirmed` it shows what would happen, with it the rule is called for each person."""

    http_method_names = ["post"]
    template_name = "courses/admin/bulk.html"

    @classmethod
    def route(cls):
        return path("courserun/<int:pk>/people/", cls.as_view(), name="admin_courserun_people")

    def post(self, request, pk):
        action = all_actions().get(request.POST.get("action", ""))
        if action is not None and not request.user.has_perm(action.permission):
            raise PermissionDenied
        if not request.user.has_perm("courses.view_enrollment"):
            raise PermissionDenied
        run = get_object_or_404(CourseRun.objects.select_related("course"), pk=pk)
        back = reverse(CourseRun.snippet_viewset.get_url_name("inspect"), args=[run.pk])
        if action is None:
            messages.error(request, _("Choose what to do with the people."))
            return redirect(back)
        if not action.is_offered(run):
            raise Http404
        rows = self._chosen(run)
        if not rows:
            messages.error(request, _("Choose at least one person."))
            return redirect(back)
        concerned = [row for row in rows if row.status in action.statuses]
        if concerned and (url := action.redirect_url(run, concerned)):
            return redirect(url)
        is_confirmed = "confirmed" in request.POST
        form = action.form_class(request.POST) if is_confirmed else action.form_class()
        results = None
        if is_confirmed and form.is_valid():
            results = self._perform(action, concerned, form)
        context = {
            "run": run,
            "action": action,
            "form": form,
            "rows": concerned,
            "left_out": [row for row in rows if row.status not in action.statuses],
            "preview": action.preview(run, concerned),
            "results": results,
            "done": sum(is_done for _row, is_done, _sentence in results or []),
            "back": back,
            "page_title": action.label,
        }
        return render(request, self.template_name, context)

    def _chosen(self, run):
        """Enrollments (list) of this run that were ticked, or everybody whom the filter of the list shows."""
        post = self.request.POST
        if post.get("all"):
            rows = PeopleFilter(run, post).people()
        else:
            ids = {int(text) for text in post.getlist("people") if text.isdecimal() and len(text) < 19}
            rows = PeopleFilter(run).people().filter(pk__in=ids)
        rows = list(rows[:MOST])
        for row in rows:
            row.run = run
        return rows

    def _perform(self, action, rows, form):
        """[(enrollment, whether it was done, sentence)] of each person."""
        results = []
        for row in action.in_order(rows):
            try:
                results.append((row, True, action.perform(row, form, self.request.user)))
            except RuleError as refusal:
                results.append((row, False, str(refusal)))
        return results
