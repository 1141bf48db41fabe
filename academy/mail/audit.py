"""What `manage.py audit` checks about mail: every sentence names a message that breaks a truth."""

from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from academy import registry

from .models import LetterText, Message, NewsOptOut
from .wording import PARTS, letter_names, unknown_placeholders

# A sweep runs every minute; a message that has been due for so long is not being looked after.
NEGLECTED = timedelta(hours=1)
# A mail may be on its way to the server while its reader unsubscribes.
UNDER_WAY = timedelta(minutes=5)


@registry.add(registry.audit_checks, "mail")
def check_mail():
    """Truth 10: one row per key, none forgotten, no secret kept or readable."""
    for double in Message.objects.order_by().values("key").annotate(n=Count("pk")).filter(n__gt=1):
        yield f"The key {double['key']} has {double['n']} messages."
    for message in Message.objects.due(timezone.now() - NEGLECTED):
        yield f"Message {message.pk} has been due for more than an hour."
    for message in Message.objects.filter(status=Message.Status.SENT).filter(Q(sent_at=None) | Q(secret__isnull=False)):
        yield f"Message {message.pk} was sent, but has no time or still has its secret."
    for message in Message.objects.filter(is_secret=True).exclude(body="", subject=""):
        yield f"Message {message.pk} is secret, but its words are readable."


@registry.add(registry.audit_checks, "words of letters")
def check_words():
    """The office's words belong to a letter that exists and name only what it knows (letters change with releases)."""
    known = set(letter_names())
    for text in LetterText.objects.all():
        if text.name not in known:
            yield f"The words {text.pk} are for a letter that does not exist: {text.name}."
            continue
        for part in PARTS:
            for name in unknown_placeholders(text.name, getattr(text, part)):
                yield f"The {part} of {text.name} ({text.language}) names “{name}”, which the letter does not know."


@registry.add(registry.audit_checks, "repeats and news")
def check_repeats_and_news():
    """No secret is repeated, and no news goes to an address after it has unsubscribed."""
    for message in Message.objects.filter(again__is_secret=True):
        yield f"Message {message.pk} repeats a secret."
    since = dict(NewsOptOut.objects.values_list("email", "at"))
    for message in Message.objects.filter(is_news=True, status=Message.Status.SENT).only("to", "sent_at"):
        at = since.get(message.to.lower())
        if at and message.sent_at > at + UNDER_WAY:
            yield f"Message {message.pk} is news and was sent to an address that had unsubscribed."
