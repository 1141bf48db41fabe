"""What people's accounts contribute: a copy of the data, what erasing does, and who asks for it."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from academy import registry, times

from . import personal_data
from .models import Erasure

ANSWER_WITHIN = timedelta(days=30)  # a month, GDPR Art. 12(3)


@registry.add(registry.personal_data_exporters, "users")
def export_personal_data(user):
    """The account, consents and memberships (dict)."""
    return {
        "account": {
            "email": user.email,
            "name": user.name,
            "language": user.language,
            "time_zone": user.time_zone,
            "joined": user.date_joined,
            "last_login": user.last_login,
        },
        "consents": list(user.consents.order_by("given_at").values("kind", "text", "given_at", "withdrawn_at")),
        "organisations": list(user.memberships.values("organisation__name", "role", "accepted_at")),
    }


@registry.add(registry.personal_data_plans, "users")
def plan(user, at):
    """What goes of the account."""
    yield registry.Fate(_("The e-mail address, password, passkeys and all other ways to log in."))
    yield registry.Fate(_("Consents, memberships in organisations, language and time zone."))


@registry.add(registry.personal_data_erasers, "users")
def erase_personal_data(user):
    """Strip the account; nothing of it stays but the name, of which the rule decides."""
    personal_data.strip_account(user)
    return []


@registry.add(registry.attention_items, "erasures")
def attention(now):
    """One line (sentence, url) for each person who waits for being erased."""
    for row in Erasure.objects.filter(done_at=None, requested_at__isnull=False).order_by("requested_at"):
        day = times.date_words((row.requested_at + ANSWER_WITHIN).date())
        sentence = _("Somebody asks for their data to be erased; the law gives time until %(day)s.") % {"day": day}
        yield sentence, reverse("admin_user_erase", args=[row.user_id])


@registry.add(registry.audit_checks, "erasures")
def check():
    """Whoever was erased has no address, no way to log in, and no name once the evidence was given up."""
    for row in Erasure.objects.filter(done_at__isnull=False).select_related("user"):
        if row.user.is_active or not row.user.email.endswith("@erased.invalid"):
            yield f"Person {row.user_id} was erased, but can log in or has an address."
        if row.finished_at and row.user.name:
            yield f"Person {row.user_id} has a name, although it was to be erased."
