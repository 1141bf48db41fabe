"""The office's view of the outbox: what was sent to whom, what failed, and sending it again."""

from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, StatusTagColumn

from academy.admin.actions import ActionView
from academy.admin.viewsets import MomentColumn, RecordViewSet

from . import outbox, text_admin
from .models import Message


class Resend(ActionView):
    model = Message
    slug = "resend"
    permission = "mail.change_message"
    label = gettext_lazy("Send again")
    icon = "mail"

    @classmethod
    def is_offered(cls, message, user):
        return message.status == Message.Status.FAILED and not message.is_secret

    def preview(self):
        return [
            _("The message to %(address)s is tried again now, with the facts as they are now.")
            % {"address": self.object.to},
            _("Last error: %(error)s") % {"error": self.object.error or "–"},
        ]

    def perform(self, form):
        outbox.requeue(self.object)
        return _("The message is queued again.")

    def get_return_url(self):
        return reverse("message:inspect", args=[self.object.pk])


class MessageFilterSet(WagtailFilterSet):
    class Meta:
        model = Message
        fields = ["status", "kind", "language"]


class MessageViewSet(RecordViewSet):
    model = Message
    icon = "mail"
    menu_label = gettext_lazy("Messages")
    menu_order = 140
    add_to_admin_menu = True
    actions = [Resend]
    filterset_class = MessageFilterSet
    list_display = [
        "__str__",
        Column("subject", label=gettext_lazy("Subject"), sort_key="subject"),
        "to",
        StatusTagColumn(
            "status",
            label=gettext_lazy("Status"),
            accessor="get_status_display",
            primary=lambda message: message.status == Message.Status.FAILED,
            sort_key="status",
        ),
        "attempts",
        MomentColumn("queued_at", label=gettext_lazy("Queued"), sort_key="queued_at"),
        MomentColumn("sent_at", label=gettext_lazy("Sent"), sort_key="sent_at"),
    ]
    ordering = ["-queued_at", "-pk"]
    search_fields = ["to", "subject", "kind"]
    list_export = [
        "kind",
        "to",
        "language",
        "get_status_display",
        "attempts",
        "queued_at",
        "sent_at",
        "subject",
        "error",
    ]
    export_headings = {"get_status_display": gettext_lazy("Status")}
    export_filename = "messages"
    # A secret has neither subject nor body in its row; the sealed letter is not shown either.
    inspect_view_fields = [
        "kind",
        "to",
        "recipient",
        "language",
        "status",
        "attempts",
        "queued_at",
        "next_attempt_at",
        "sent_at",
        "error",
        "subject",
        "body",
    ]

    def get_index_view_kwargs(self, **kwargs):
        rows = Message.objects.defer("body", "secret", "facts")
        return super().get_index_view_kwargs(queryset=rows, **kwargs)


class LettersMenuItem(MenuItem):
    def is_shown(self, request):
        return request.user.has_perm(text_admin.PERMISSION)


@hooks.register("register_admin_viewset")
def message_viewset():
    return MessageViewSet()


@hooks.register("register_admin_urls")
def action_urls():
    return [Resend.route(), *text_admin.routes()]


@hooks.register("register_admin_menu_item")
def letters_menu_item():
    return LettersMenuItem(gettext_lazy("Texts of letters"), reverse_lazy("letters"), icon_name="edit", order=141)
