"""The office's view of the outbox: what was sent to whom, what failed, and sending it again."""

from functools import lru_cache

from django.contrib.admin.utils import unquote
from django.db.models import Q
from django.forms import TextInput
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django_filters import CharFilter, ChoiceFilter
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, StatusTagColumn

from academy import registry
from academy.admin.actions import ActionView
from academy.admin.viewsets import MomentColumn, RecordIndexView, RecordInspectView, RecordViewSet

from . import outbox, text_admin
from .bounce_admin import BounceViewSet, Forgive, RecordBounce
from .letters import composer_of, composers, kind_labels
from .models import Message
from .wording import letter_names


class Resend(ActionView):
    model = Message
    slug = "resend"
    permission = "mail.change_message"
    label = gettext_lazy("Try again")
    icon = "mail"

    @classmethod
    def is_offered(cls, message, user):
        return message.status == Message.Status.FAILED and not message.is_secret

    def get_queryset(self):
        return Message.objects.visible_to(self.request.user)

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


class SendAgain(ActionView):
    model = Message
    slug = "send-again"
    permission = "mail.change_message"
    label = gettext_lazy("Send once more")
    icon = "mail"

    @classmethod
    def is_offered(cls, message, user):
        return message.status in (Message.Status.SENT, Message.Status.SKIPPED) and not message.is_secret

    def get_queryset(self):
        return Message.objects.visible_to(self.request.user)

    def preview(self):
        address = self.object.recipient.email if self.object.recipient else self.object.to
        return [
            _("A new message goes to %(address)s. It says how things stand now, not how they stood then.")
            % {"address": address},
            _("If there is nothing of that kind to say any more, it is not sent."),
        ]

    def perform(self, form):
        self.repeat = outbox.send_again(self.object, by=self.request.user)
        return _("A new message is queued.")

    def get_success_url(self):
        repeat = getattr(self, "repeat", self.object)
        return reverse("message:inspect", args=[repeat.pk])

    def get_return_url(self):
        return reverse("message:inspect", args=[self.object.pk])


@lru_cache
def kinds(language):
    """{kind: what its letter is called in the language, which is active} of every kind of message."""
    titles = {composer_of(name): text_admin.title_of(name) for name in letter_names()}
    titles |= {kind: str(label) for kind, label in kind_labels.items()}
    known = set(composers) | {"account/email/login_code", "account/email/email_confirmation", "account/email/notice"}
    return {kind: titles.get(kind, kind) for kind in known}


def kind_choices():
    return sorted(kinds(get_language()).items(), key=lambda one: one[1])


def kind_label(message):
    return kinds(get_language()).get(message.kind, message.kind)


def topics():
    """(about, label) of everything that messages are filed under."""
    return [(about, label) for list_topics in registry.message_topics.values() for about, label, _url in list_topics()]


class MessageFilterSet(WagtailFilterSet):
    person = CharFilter(label=gettext_lazy("Person (name or address)"), method="of_person", widget=TextInput)
    about = ChoiceFilter(label=gettext_lazy("Run"), choices=topics)
    kind = ChoiceFilter(label=gettext_lazy("What it says"), choices=kind_choices)

    class Meta:
        model = Message
        fields = ["person", "about", "kind", "status", "language"]

    def of_person(self, rows, name, value):
        return rows.filter(Q(to__icontains=value) | Q(recipient__name__icontains=value))


class MessageIndexView(RecordIndexView):
    def _get_title_column(self, field_name, **kwargs):
        column = super()._get_title_column(field_name, **kwargs)
        column.label, column.accessor = gettext_lazy("What it says"), kind_label
        return column

    def get_base_queryset(self):
        return super().get_base_queryset().visible_to(self.request.user)


class MessageInspectView(RecordInspectView):
    def get_object(self, queryset=None):
        return get_object_or_404(Message.objects.visible_to(self.request.user), pk=unquote(str(self.pk)))

    def get_about_display_value(self):
        for list_topics in registry.message_topics.values():
            for about, label, url in list_topics():
                if about == self.object.about:
                    return format_html('<a href="{}">{}</a>', url, label) if url else label
        return "–"


class MessageViewSet(RecordViewSet):
    model = Message
    icon = "mail"
    menu_label = gettext_lazy("Messages")
    menu_order = 140
    add_to_admin_menu = True
    actions = [Resend, SendAgain, RecordBounce]
    index_view_class = MessageIndexView
    inspect_view_class = MessageInspectView
    filterset_class = MessageFilterSet
    list_display = [
        "kind",
        Column("subject", label=gettext_lazy("Subject"), sort_key="subject"),
        "to",
        Column(
            "is_bounced",
            label=gettext_lazy("Returned"),
            accessor=lambda message: _("mail comes back") if message.is_bounced else "",
        ),
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
        "about",
        "language",
        "status",
        "again",
        "by",
        "attempts",
        "queued_at",
        "next_attempt_at",
        "sent_at",
        "error",
        "subject",
        "body",
    ]

    def get_index_view_kwargs(self, **kwargs):
        rows = Message.objects.with_is_bounced().defer("body", "secret", "facts")
        return super().get_index_view_kwargs(queryset=rows, **kwargs)


class LettersMenuItem(MenuItem):
    def is_shown(self, request):
        return request.user.has_perm(text_admin.PERMISSION)


@hooks.register("register_admin_viewset")
def bounce_viewset():
    return BounceViewSet()


@hooks.register("register_admin_viewset")
def message_viewset():
    return MessageViewSet()


@hooks.register("register_admin_urls")
def action_urls():
    return [Resend.route(), SendAgain.route(), RecordBounce.route(), Forgive.route(), *text_admin.routes()]


@hooks.register("register_admin_menu_item")
def letters_menu_item():
    return LettersMenuItem(gettext_lazy("Texts of letters"), reverse_lazy("letters"), icon_name="edit", order=141)
