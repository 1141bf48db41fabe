"""Codes of invitation: made and revoked by the office, used up by enrolling, under the lock of their run.

A code is twelve letters out of thirty-two (sixty bits). The database keeps a hash under
the site's secret key, so a stolen copy of it opens nothing, and looking a code up
costs one query.
"""

import re
import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from academy.checkpoints import reach
from academy.errors import RuleError
from courses.models.delivery import CourseRun
from courses.seats import lock_run

from .errors import (
    ByInvitationOnly,
    InvitationExpired,
    InvitationOfSomebodyElse,
    InvitationRevoked,
    InvitationUnknown,
    InvitationUsedUp,
)
from .letters import tell_invited
from .models import Invitation, InvitationUse

# Without I and O, 0 and 1, which people mistake for each other.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH = 12
MOST_AT_ONCE = 200


class CodesRefused(RuleError):
    sentence = _("Say how many codes, and how many times each: both are at least 1.")


class NotByInvitation(RuleError):
    sentence = _("This run is not by invitation: change its way in first.")


class BadAddresses(RuleError):
    def __init__(self, addresses):
        super().__init__(_("These are no e-mail addresses: %(list)s.") % {"list": ", ".join(addresses)})


def make_shared(run, *, by, count=1, uses=1, valid_until=None, note="", at=None):
    """Make `count` codes, each good for `uses` people; return [(Invitation, code)].

    The codes are readable here and never again. Raises NotByInvitation, CodesRefused.
    """
    if count < 1 or uses < 1 or count > MOST_AT_ONCE:
        raise CodesRefused
    with transaction.atomic():
        run = _lock(run)
        return [
            _make(run, by=by, at=at, uses_allowed=uses, valid_until=valid_until, note=note) for _number in range(count)
        ]


def invite(run, emails, *, by, language, valid_until=None, note="", at=None):
    """Mail each address a code of its own, good once; return the new Invitations (list).

    An address that holds a code still good is left alone, so twice is safe. Raises
    NotByInvitation, BadAddresses.
    """
    wanted = list(dict.fromkeys(email.strip().lower() for email in emails if email.strip()))
    bad = [email for email in wanted if not _is_address(email)]
    if bad:
        raise BadAddresses(bad)
    with transaction.atomic():
        run, at = _lock(run), at or timezone.now()
        has_one = {
            invitation.email
            for invitation in Invitation.objects.filter(run=run, email__in=wanted, revoked_at=None).with_uses()
            if not invitation.used and not _is_over(invitation, at)
        }
        made = []
        for email in wanted:
            if email not in has_one:
                invitation, code = _make(run, by=by, at=at, email=email, valid_until=valid_until, note=note)
                tell_invited(invitation, code, language=language)
                made.append(invitation)
        return made


def send_again(invitation, *, by, language, at=None):
    """Put a new code in the place of one that its owner has lost, and mail it; return the new Invitation.

    Raises InvitationUsedUp, InvitationRevoked, and InvitationUnknown for a shared code.
    """
    with transaction.atomic():
        _lock(invitation.run_id)
        at = at or timezone.now()
        invitation = Invitation.objects.with_uses().get(pk=invitation.pk)
        if not invitation.email:
            raise InvitationUnknown
        if invitation.used:
            raise InvitationUsedUp
        if invitation.revoked_at:
            raise InvitationRevoked
        # The address may hold a later one too; only the new one is to be good.
        for held in Invitation.objects.filter(run=invitation.run, email=invitation.email, revoked_at=None):
            revoke(held, by=by, at=at)
        until = None if _is_over(invitation, at) else invitation.valid_until
        return invite(
            invitation.run, [invitation.email], by=by, language=language, valid_until=until, note=invitation.note, at=at
        )[0]


def revoke(invitation, *, by, at=None):
    """Make a code useless; whoever has come in by it stays. Twice is safe. Return the Invitation."""
    with transaction.atomic():
        lock_run(invitation.run_id)
        invitation = Invitation.objects.get(pk=invitation.pk)
        if invitation.revoked_at is None:
            invitation.revoked_at, invitation.revoked_by = at or timezone.now(), by
            invitation.save(update_fields=["revoked_at", "revoked_by"])
        return invitation


def check(run, code, *, email="", at):
    """Return the Invitation that this code opens the run with, for the person of this address; uses nothing up.

    Raises the InvitationRefused that fits.
    """
    code = normalise(code)
    if not code:
        raise ByInvitationOnly
    invitation = Invitation.objects.filter(run=run, digest__in=digests(code)).with_uses().first()
    if invitation is None:
        raise InvitationUnknown
    if invitation.revoked_at:
        raise InvitationRevoked
    if _is_over(invitation, at):
        raise InvitationExpired
    if invitation.email and invitation.email != email.strip().lower():
        raise InvitationOfSomebodyElse
    if invitation.used >= invitation.uses_allowed:
        raise InvitationUsedUp
    reach("invitation:checked")
    return invitation


def use(invitation, enrollment, *, at):
    """Write down that the code let this enrollment in. The caller holds the run's lock and has just checked it."""
    InvitationUse.objects.create(invitation=invitation, enrollment=enrollment, number=invitation.used + 1, used_at=at)


def normalise(code):
    """The code (str) as it is hashed: capital letters and digits, whatever was typed between them."""
    return re.sub(r"[^A-Z0-9]", "", code.upper())[:64]


def written(code):
    """The code (str) in groups of four, as people read and type it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def digests(code):
    """Hashes (list of str) of a normalised code under the site's key and those it had before."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac("courses.invitation", code, secret=key, algorithm="sha256").hexdigest() for key in keys]


def _make(run, *, by, at, **facts):
    code = "".join(secrets.choice(ALPHABET) for _letter in range(LENGTH))
    invitation = Invitation.objects.create(
        run=run, digest=digests(code)[0], ending=code[-3:], created_by=by, created_at=at or timezone.now(), **facts
    )
    return invitation, written(code)


def _lock(run):
    run = lock_run(run)
    if run.entry != CourseRun.Entry.INVITATION:
        raise NotByInvitation
    return run


def _is_over(invitation, at):
    return invitation.valid_until is not None and at.replace(microsecond=0) > invitation.valid_until


def _is_address(email):
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= Invitation._meta.get_field("email").max_length
