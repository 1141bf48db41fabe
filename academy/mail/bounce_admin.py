"""Returned mail in the admin: record it, see it, say that an address works again."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet

from academy.admin.actions import ActionView
from academy.admin.viewsets import MomentColumn, RecordViewSet

from . import bounces
from .models import Bounce, Message


class BounceForm(forms.Form):
    is_hard = forms.BooleanField(
        label=gettext_lazy("The address does not exist any more"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Leave it out for a full mailbox or a server that was down."),
    )
    reason = forms.CharField(
        label=gettext_lazy("What the returned mail says"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class RecordBounce(ActionView):
    model = Message
    slug = "returned"
    permission = "mail.change_message"
    label = gettext_lazy("It came back")
    icon = "warning"
    form_class = BounceForm

    @classmethod
    def is_offered(cls, message, user):
        return message.status == Message.Status.SENT and not message.is_secret

    def get_queryset(self):
        return Message.objects.visible_to(self.request.user)

    def preview(self):
        return [
            _("The address %(address)s is marked on the pages of the person and of the run.")
            % {"address": self.object.to},
            _("What concerns their own courses is still sent there; news is not."),
        ]

    def perform(self, form):
        bounces.record(self.object.to, by=self.request.user, message=self.object, **form.cleaned_data)
        return _("It is recorded that the mail came back.")

    def get_return_url(self):
        return reverse("message:inspect", args=[self.object.pk])


class Forgive(ActionView):
    model = Bounce
    slug = "works-again"
    permission = "mail.change_message"
    label = gettext_lazy("The address works again")
    icon = "tick"

    @classmethod
    def is_offered(cls, bounce, user):
        return bounce.forgiven_at is None

    def preview(self):
        return [_("%(address)s is not marked any more.") % {"address": self.object.email}]

    def perform(self, form):
        bounces.forgive(self.object.email, by=self.request.user)
        return _("The address is not marked any more.")

    def get_return_url(self):
        return reverse("bounce:inspect", args=[self.object.pk])


class BounceFilterSet(WagtailFilterSet):
    class Meta:
        model = Bounce
        fields = ["is_hard"]


class BounceViewSet(RecordViewSet):
    model = Bounce
    icon = "warning"
    menu_label = gettext_lazy("Returned mail")
    menu_order = 142
    add_to_admin_menu = True
    actions = [Forgive]
    filterset_class = BounceFilterSet
    list_display = [
        "email",
        "is_hard",
        "status",
        "reason",
        MomentColumn("at", label=gettext_lazy("When"), sort_key="at"),
        MomentColumn("forgiven_at", label=gettext_lazy("Works again since"), sort_key="forgiven_at"),
    ]
    ordering = ["-at", "-pk"]
    search_fields = ["email", "reason"]
    list_export = ["email", "is_hard", "status", "reason", "at", "forgiven_at"]
    export_filename = "returned-mail"
    inspect_view_fields = ["email", "is_hard", "status", "reason", "at", "by", "forgiven_at", "forgiven_by"]
