"""The office's part: inviting people, making and revoking codes, editing quotas, deciding that a run takes place."""

import zoneinfo

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets import AdminDateTimeInput

from academy.admin.actions import ActionView
from academy.admin.deletion import ProtectedChildFormSet, ProtectedInlinePanel
from academy.admin.panels import TranslatedModelForm
from academy.admin.viewsets import MomentColumn, RecordInspectView, RecordViewSet
from academy.admin.wall_clock import WallClockField
from academy.errors import RuleError
from courses.admin.run_actions import RunAction, people, told
from courses.models import CourseRun, Enrollment, Invitation, SeatQuota
from courses.seats import to_the_second

from . import codes, minimum
from .letters import address_with

S = Enrollment.Status


class CodeForm(forms.Form):
    """What every kind of code has: until when it is good, and for whom it was made."""

    valid_until = WallClockField(
        label=gettext_lazy("Valid until"),
        required=False,
        widget=AdminDateTimeInput,
        help_text=gettext_lazy("On the clocks of the run. Empty means as long as people can enroll."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=150,
        required=False,
        help_text=gettext_lazy("For whom; only the office sees it."),
    )

    def __init__(self, *args, zone, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["valid_until"].zone = zone

    def clean_valid_until(self):
        until = self.cleaned_data["valid_until"]
        if until and until <= timezone.now():
            raise forms.ValidationError(_("This time is over already."))
        return until


class PeopleForm(CodeForm):
    emails = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        max_length=20000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("One on a line. Each gets a code of their own by e-mail."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mail"), choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE
    )
    field_order = ["emails", "language"]

    def clean_emails(self):
        return self.cleaned_data["emails"].replace(",", "\n").replace(";", "\n").split("\n")


class SharedForm(CodeForm):
    count = forms.IntegerField(
        label=gettext_lazy("How many codes"),
        initial=1,
        validators=[MinValueValidator(1), MaxValueValidator(codes.MOST_AT_ONCE)],
    )
    uses = forms.IntegerField(
        label=gettext_lazy("How many people each lets in"),
        initial=10,
        validators=[MinValueValidator(1), MaxValueValidator(10000)],
    )
    field_order = ["count", "uses"]


class InvitationAction(RunAction):
    permission = "courses.add_invitation"

    @classmethod
    def is_offered(cls, run, user):
        open_states = (CourseRun.Status.DRAFT, CourseRun.Status.PUBLISHED)
        return run.entry == CourseRun.Entry.INVITATION and run.status in open_states

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "zone": _zone(self.object)}


class InvitePeople(InvitationAction):
    slug = "invite"
    label = gettext_lazy("Invite people")
    icon = "mail"
    form_class = PeopleForm

    def preview(self):
        return [
            _("Everybody on the list gets a mail with a code that is good once, for their address only."),
            _("Whoever has a code that is still good gets no second one."),
        ]

    def perform(self, form):
        values = form.cleaned_data
        made = codes.invite(
            self.object,
            values["emails"],
            by=self.request.user,
            language=values["language"],
            valid_until=values["valid_until"],
            note=values["note"],
        )
        return ngettext("%(count)s person is invited.", "%(count)s people are invited.", len(made)) % {
            "count": len(made)
        }


class MakeCodes(InvitationAction):
    """Shows the new codes on the page that answers: they are readable this once."""

    slug = "codes"
    label = gettext_lazy("Make shared codes")
    icon = "key"
    form_class = SharedForm
    template_name = "courses/admin/make_codes.html"

    def preview(self):
        return [
            _("A shared code lets in whoever knows it, so many people and until the time you say."),
            _("Codes are shown once, right after they are made; the site keeps no readable copy."),
        ]

    def form_valid(self, form):
        try:
            made = codes.make_shared(self.object, by=self.request.user, **form.cleaned_data)
        except RuleError as refused:
            form.add_error(None, refused.sentence)
            return self.form_invalid(form)
        shown = [(code, address_with(self.object, code)) for _invitation, code in made]
        response = self.render_to_response(self.get_context_data(form=form, codes=shown))
        response["Cache-Control"] = "no-store"
        return response


class OfInvitation(ActionView):
    model = Invitation
    permission = "courses.change_invitation"

    def get_queryset(self):
        return Invitation.objects.with_uses().select_related("run__course")

    def get_page_subtitle(self):
        return f"{self.object.run.code}, {self.object.email or self.object}"

    def get_return_url(self):
        return reverse(InvitationViewSet().get_url_name("index"))


class RevokeInvitation(OfInvitation):
    slug = "revoke"
    label = gettext_lazy("Revoke")
    icon = "cross"
    is_serious = True

    @classmethod
    def is_offered(cls, row, user):
        return row.revoked_at is None and row.used < row.uses_allowed

    def preview(self):
        return [_("Nobody gets in by this code any more. Whoever has used it keeps what they have.")]

    def perform(self, form):
        codes.revoke(self.object, by=self.request.user)
        return _("The code is revoked.")


class LanguageForm(forms.Form):
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mail"), choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE
    )


class SendInvitationAgain(OfInvitation):
    slug = "send-again"
    label = gettext_lazy("Send a new code")
    icon = "mail"
    form_class = LanguageForm

    @classmethod
    def is_offered(cls, row, user):
        return bool(row.email) and row.revoked_at is None and not row.used

    def preview(self):
        return [_("The person gets a new code by e-mail; the one they had is revoked.")]

    def perform(self, form):
        codes.send_again(self.object, by=self.request.user, language=form.cleaned_data["language"])
        return _("A new code is on its way.")


class ConfirmRun(RunAction):
    slug = "goes-ahead"
    label = gettext_lazy("It takes place")
    icon = "check"

    @classmethod
    def is_offered(cls, run, user):
        return minimum.is_open_question(run)

    def preview(self):
        return [
            _("From now on the pages say that the run takes place, however many people have come."),
            told(people(self.object, S.APPLIED, S.WAITING, S.OFFERED, S.CONFIRMED)),
        ]

    def perform(self, form):
        minimum.confirm_run(self.object, by=self.request.user)
        return _("It is decided that the run takes place.")


ENTRY_RUN_ACTIONS = [ConfirmRun, InvitePeople, MakeCodes]
INVITATION_ACTIONS = [SendInvitationAgain, RevokeInvitation]


class InvitationFilterSet(WagtailFilterSet):
    class Meta:
        model = Invitation
        fields = ["run"]


class InvitationInspectView(RecordInspectView):
    def get_context_data(self, **kwargs):
        uses = self.object.uses.select_related("enrollment__learner").order_by("number")
        return super().get_context_data(**kwargs, uses=uses)

    def get_object(self, queryset=None):
        self.object = super().get_object(queryset)
        self.object.used = self.object.uses.count()
        return self.object


def state_of(invitation):
    """Whether a code of with_uses() still opens its run (str)."""
    if invitation.revoked_at:
        return _("revoked")
    if invitation.used >= invitation.uses_allowed:
        return _("used up")
    if invitation.valid_until and invitation.valid_until < to_the_second(timezone.now()):
        return _("expired")
    return _("valid")


class InvitationViewSet(RecordViewSet):
    model = Invitation
    icon = "key"
    menu_label = gettext_lazy("Invitations")
    actions = INVITATION_ACTIONS
    inspect_view_class = InvitationInspectView
    inspect_template_name = "courses/admin/invitation.html"
    filterset_class = InvitationFilterSet
    list_display = [
        "ending",
        Column("run", label=gettext_lazy("Run"), sort_key="run__code"),
        Column("email", label=gettext_lazy("E-mail address"), sort_key="email"),
        Column("used", label=gettext_lazy("Used"), accessor=lambda row: f"{row.used} / {row.uses_allowed}"),
        Column("state", label=gettext_lazy("State"), accessor=state_of),
        MomentColumn("valid_until", label=gettext_lazy("Valid until"), sort_key="valid_until"),
        "note",
        MomentColumn("created_at", label=gettext_lazy("Created"), sort_key="created_at"),
    ]
    ordering = ["-created_at", "-pk"]
    search_fields = ["email", "note", "run__code", "ending"]
    list_export = ["run.code", "ending", "email", "used", "uses_allowed", "valid_until", "note", "created_at"]
    export_headings = {"run.code": gettext_lazy("Run"), "used": gettext_lazy("Used")}
    export_filename = "invitations"
    inspect_view_fields = [
        "run", "ending", "email", "uses_allowed", "valid_until", "note", "created_at", "created_by", "revoked_at",
        "revoked_by",
    ]  # fmt: skip

    def get_index_view_kwargs(self, **kwargs):
        rows = Invitation.objects.with_uses().select_related("run")
        return super().get_index_view_kwargs(queryset=rows, **kwargs)


class QuotaForm(TranslatedModelForm):
    """One quota; whoever came before it was changed breaks nothing."""

    class Meta(TranslatedModelForm.Meta):
        field_classes = {"kept_until": WallClockField}

    def save(self, commit=True):
        if self.has_changed():
            self.instance.since = timezone.now()
        return super().save(commit)


class QuotaFormSet(ProtectedChildFormSet):
    """The quotas of a run, on its clocks; no more seats are kept for groups than there are."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields["kept_until"].zone = _zone(self.instance)

    def clean(self):
        super().clean()
        standing = [form for form in self.forms if form not in self.deleted_forms and hasattr(form, "cleaned_data")]
        kept = [form.cleaned_data for form in standing if form.cleaned_data.get("kind") == SeatQuota.Kind.AT_LEAST]
        seats, capacity = sum(quota.get("seats") or 0 for quota in kept), self.instance.capacity
        if capacity is not None and seats > capacity:
            raise forms.ValidationError(
                _("%(seats)s seats are kept for groups, but the run has %(capacity)s.")
                % {"seats": seats, "capacity": capacity}
            )


QUOTAS_PANEL = ProtectedInlinePanel(
    "quotas",
    heading=gettext_lazy("Quotas of seats"),
    label=gettext_lazy("Quota"),
    formset=QuotaFormSet,
    form=QuotaForm,
    panels=[
        FieldRowPanel(["kind", "seats"]),
        FieldRowPanel([FieldPanel("level"), FieldPanel("segment", widget=forms.Select), "kept_until"]),
    ],
    help_text=gettext_lazy(
        "Enrolling, approving and the waiting list keep to them: whom a rule leaves out is passed over and keeps "
        "their number. Nobody who has a place loses it."
    ),
)


def _zone(run):
    return zoneinfo.ZoneInfo(run.time_zone)
