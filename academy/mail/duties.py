"""What the mail contributes to a person's data: a copy of what was sent, and wiping it."""

from django.utils.translation import gettext as _

from academy import registry

from .models import Bounce, Message, NewsOptOut

NOBODY = "erased@erased.invalid"


@registry.add(registry.personal_data_exporters, "mail")
def export_personal_data(user):
    """Messages to the person (dict) as they were sent; login codes have no text."""
    rows = Message.objects.filter(recipient=user).order_by("queued_at")
    return {"messages": list(rows.values("kind", "to", "status", "queued_at", "sent_at", "subject", "body"))}


@registry.add(registry.personal_data_plans, "mail")
def plan(user, at):
    """What goes of the messages."""
    if Message.objects.filter(recipient=user).exists():
        yield registry.Fate(_("Subject, text and address of all messages to the person; those under way are stopped."))


@registry.add(registry.personal_data_erasers, "mail")
def erase_personal_data(user):
    """Stop what has not left yet and wipe the rest; the rows stay as bare counts. What is noted of the address goes."""
    rows = Message.objects.filter(recipient=user) | Message.objects.filter(to__iexact=user.email)
    rows.filter(status__in=[*Message.UNDER_WAY, Message.Status.FAILED]).update(status=Message.Status.SKIPPED)
    rows.update(to=NOBODY, subject="", body="", error="", facts={}, secret=None)
    Bounce.objects.filter(email=user.email.lower()).delete()
    NewsOptOut.objects.filter(email=user.email.lower()).delete()
    return []
