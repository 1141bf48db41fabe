"""What `manage.py audit` checks about mail: every sentence names a message that breaks a truth."""

from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from academy import registry

from .models import Message

# A sweep runs every minute; a message that has been due for so long is not being looked after.
NEGLECTED = timedelta(hours=1)


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
