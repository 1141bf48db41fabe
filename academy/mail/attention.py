"""What of the mail the office should look at today."""

from django.urls import reverse
from django.utils.translation import ngettext

from academy import registry

from .models import Message


@registry.add(registry.attention_items, "mail")
def attention(now):
    """One line (sentence, url) when messages have failed for good."""
    failed = Message.objects.filter(status=Message.Status.FAILED, is_private=False).count()
    if failed:
        sentence = ngettext(
            "%(count)s message could not be delivered.", "%(count)s messages could not be delivered.", failed
        )
        yield sentence % {"count": failed}, reverse("message:index") + "?status=failed"
    # A number says nothing about who meets whom; whoever may see the rows finds them by it.
    if private := Message.objects.filter(status=Message.Status.FAILED, is_private=True).count():
        sentence = ngettext(
            "%(count)s confidential message could not be delivered.",
            "%(count)s confidential messages could not be delivered.",
            private,
        )
        yield sentence % {"count": private}, reverse("message:index") + "?status=failed"
