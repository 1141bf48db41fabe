"""Write to groups of a run: each person once, in their language, in the same log as every other message."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.errors import RuleError
from academy.mail import outbox
from academy.users.models import Profile, User
from courses.models import Circular, Enrollment
from courses.notifications import about_run

CIRCULAR = "run_circular"
S = Enrollment.Status
G = Circular.Group


class NobodyToWriteTo(RuleError):
    sentence = _("There is nobody in these groups.")


class NoText(RuleError):
    sentence = _("Write the subject and the text in at least one language.")


@dataclass(frozen=True)
class Recipient:
    """Somebody who is written to: an account, or a trainer's profile without one."""

    address: str
    language: str
    name: str
    user: User | None = None


def recipients(run, groups, *, at=None):
    """Return the Recipients of these groups (of Circular.Group) as they stand at `at`; each address once."""
    found = {}
    learners = User.objects.filter(enrollments__in=_enrollments(run, groups, at or timezone.now())).distinct()
    # Results stay with their numbers when a person is erased; there is no address any more.
    for user in learners.exclude(erasure__done_at__isnull=False):
        found[user.email] = Recipient(user.email, user.language, user.name, user)
    if G.TRAINERS in groups:
        for profile in Profile.objects.filter(runs=run).select_related("user"):
            user, address = profile.user, profile.user.email if profile.user else profile.email
            if address:
                language = user.language if user else _language_of(profile)
                found.setdefault(address, Recipient(address, language, profile.name, user))
    return sorted(found.values(), key=lambda one: one.address)


def is_recipient(circular, message):
    """Whether the message's recipient is still in one of the circular's groups."""
    rows = _enrollments(circular.run, circular.groups, timezone.now())
    if message.recipient_id and rows.filter(learner=message.recipient_id).exists():
        return True
    person = Q(user=message.recipient_id) if message.recipient_id else Q(user=None, email=message.to)
    return G.TRAINERS in circular.groups and Profile.objects.filter(person, runs=circular.run).exists()


def write(run, texts, groups, *, is_news=False, by, token, at=None):
    """Queue a message to everybody in these groups; return the Circular.

    `texts` is {language: (subject, body)}; one language may be empty, and people who
    read it get the other with a word about it. The same `token` (UUID of the form) a
    second time returns the first Circular and sends nothing. Raises NoText,
    NobodyToWriteTo.
    """
    at = at or timezone.now()
    if not any(subject.strip() and body.strip() for subject, body in texts.values()):
        raise NoText
    with transaction.atomic():
        run = type(run).objects.select_for_update().get(pk=run.pk)
        if earlier := Circular.objects.filter(token=token).first():
            return earlier
        people = recipients(run, groups, at=at)
        if not people:
            raise NobodyToWriteTo
        circular = compose(run, texts, groups, is_news=is_news, by=by)
        circular.token, circular.sent_at = token, at
        circular.save()
        for one in people:
            outbox.queue(
                CIRCULAR,
                key=f"{CIRCULAR}:{circular.pk}:{one.address}"[:200],
                recipient=one.user,
                to=one.address,
                language=one.language,
                facts={"circular": circular.pk, "name": one.name},
                about=about_run(run.pk),
                by=by,
                is_news=is_news,
            )
        return circular


def compose(run, texts, groups, *, is_news=False, by=None):
    """Return an unsaved Circular with these texts; for sending and for previews."""
    circular = Circular(run=run, groups=sorted(groups), is_news=is_news, by=by)
    for language, (subject, body) in texts.items():
        setattr(circular, f"subject_{language}", subject.strip())
        setattr(circular, f"body_{language}", body.replace("\r\n", "\n").strip())
    return circular


def _enrollments(run, groups, at):
    lapsed = Q(status__in=[S.CANCELLED, S.WITHDRAWN], offered_until__isnull=False, confirmed_at__isnull=True)
    expired = Q(status=S.OFFERED, offered_until__lt=at)
    conditions = {
        G.APPLIED: Q(status=S.APPLIED),
        G.WAITING: Q(status=S.WAITING),
        G.OFFERED: Q(status=S.OFFERED, offered_until__gte=at),
        G.LAPSED: lapsed | expired,
        G.CONFIRMED: Q(status=S.CONFIRMED),
        G.FINISHED: Q(status__in=[S.COMPLETED, S.NOT_COMPLETED]),
        G.DECLINED: Q(status=S.DECLINED),
    }
    wanted = Q(pk__in=[])
    for group in groups:
        wanted |= conditions.get(group, Q(pk__in=[]))
    return Enrollment.objects.filter(wanted, run=run)


def _language_of(profile):
    known = dict(settings.LANGUAGES)
    return next((code for code in profile.language_codes if code in known), settings.LANGUAGE_CODE)
