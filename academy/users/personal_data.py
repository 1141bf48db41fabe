"""A person's own data: a copy to take away, and erasing them.

Erasing has two steps. At once go the ways to log in, the address, consents and
everything written freely; places ahead are given up. What a funder may still check
(name, course, hours) stays until the last day of its retention; then a nightly job
takes the name too, and what is left are numbers. Certificates stay as issued.

Every app says what it holds, what would happen and does it through academy/registry.py.
"""

import io
import json
import zipfile

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from wagtail.models import ModelLogEntry

from academy import registry, times
from academy.errors import RuleError

from .models import Erasure, Profile, User


class StillAtWork(RuleError):
    sentence = gettext_lazy(
        "This person works here or has a public profile. Take the roles and the profile away first, then erase."
    )


def export(user, *, at=None):
    """Return a ZIP (bytes) of what is held about the person: data.json, files, and a text that says what is what.

    Words are in the person's language; times in UTC.
    """
    at = at or timezone.now()
    buffer = io.BytesIO()
    with override(user.language), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {name: exporter(user) for name, exporter in registry.personal_data_exporters.items()}
        data = {"exported_at": at.isoformat(), **parts}
        archive.writestr("data.json", json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        missing = []
        for files in registry.personal_data_files.values():
            for name, content in files(user):
                if content is None:
                    missing.append(name)
                else:
                    archive.writestr(f"files/{name}", content)
        archive.writestr("README.txt", _read_me(at, missing))
    return buffer.getvalue()


def _read_me(at, missing):
    lines = [
        _("What this site holds about you, as of %(day)s.") % {"day": times.date_words(at.date())},
        "",
        _("data.json holds everything as text; any editor or browser opens it. Times are in UTC."),
        _("The folder “files” holds your documents, such as certificates."),
        _("What other people wrote for themselves, such as mentors’ private notes, is not part of it."),
    ]
    if missing:
        lines += ["", _("These files are missing, because the site no longer has them:"), *missing]
    return "\n".join(lines) + "\n"


def plan(user, *, at=None):
    """What erasing would do now: (list of registry.Fate, last day (date) on which the name stays, or None)."""
    at = at or timezone.now()
    fates = [fate for plans in registry.personal_data_plans.values() for fate in plans(user, at)]
    until = evidence_until(user)
    if until and until >= timezone.localdate(at):
        why = _(
            "The name with courses, hours and attendance stays until %(day)s: until then those who paid for the "
            "courses may check who took part. After that day it goes by itself."
        )
        fates.append(registry.Fate(why % {"day": times.date_words(until)}, stays=True))
        return fates, until
    fates.append(registry.Fate(_("The name; attendance stays as numbers without it.")))
    return fates, None


def evidence_until(user):
    """The last day (date) on which anybody may ask for evidence of the person, or None."""
    days = [day(user) for day in registry.evidence_days.values()]
    return max((day for day in days if day), default=None)


def request_erasure(user, *, at=None):
    """Note that the person asks to be erased; return the Erasure. Twice keeps the first time. Raises StillAtWork."""
    with transaction.atomic():
        user = _locked(user)
        _refuse_at_work(user)
        erasure, _made = Erasure.objects.get_or_create(user=user)
        if erasure.requested_at is None:
            erasure.requested_at = at or timezone.now()
            erasure.save(update_fields=["requested_at"])
        return erasure


def withdraw_request(user):
    """Forget the request, unless the data are erased already. Twice is safe."""
    Erasure.objects.filter(user=user, done_at=None).delete()


def erase(user, *, by, at=None):
    """Erase what may go now; return the sentences (list of str) saying what stays. Twice changes nothing more.

    Raises StillAtWork.
    """
    at = at or timezone.now()
    with transaction.atomic():
        user = _locked(user)
        _refuse_at_work(user)
        erasure, _made = Erasure.objects.get_or_create(user=user)
        if erasure.done_at:
            return []
        until = evidence_until(user)
        # The upper layers first: places are given up before the messages about them are stopped.
        stays = [sentence for eraser in reversed(registry.personal_data_erasers.values()) for sentence in eraser(user)]
        erasure.done_at, erasure.done_by = at, by
        if until is None or until < timezone.localdate(at):
            _forget_name(user, erasure, at)
        erasure.save()
        return stays


def finish_due(*, at=None):
    """Erase the names whose evidence nobody may ask for any more; return how many (int)."""
    at = at or timezone.now()
    finished = 0
    for pk in Erasure.objects.filter(done_at__isnull=False, finished_at=None).values_list("user", flat=True):
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).get(pk=pk)
            until = evidence_until(user)
            erasure = Erasure.objects.get(user=user)
            if erasure.finished_at or (until and until >= timezone.localdate(at)):
                continue
            _forget_name(user, erasure, at)
            erasure.save()
            finished += 1
    return finished


def strip_account(user):
    """Take away address, ways to log in, roles, consents and memberships; the name stays for the moment."""
    for rows in (
        EmailAddress.objects.filter(user=user),
        Authenticator.objects.filter(user=user),
        SocialAccount.objects.filter(user=user),
        user.consents.all(),
        user.memberships.all(),
    ):
        rows.delete()
    user.groups.clear()
    user.user_permissions.clear()
    user.email = f"erased-{user.pk}@erased.invalid"
    user.is_active, user.last_login = False, None
    user.language, user.time_zone = (User._meta.get_field(name).get_default() for name in ("language", "time_zone"))
    user.set_unusable_password()
    user.save()
    entries = ModelLogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=user.pk)
    entries.update(label=f"#{user.pk}", data={})


def _forget_name(user, erasure, at):
    user.name = ""
    user.save(update_fields=["name"])
    erasure.finished_at = at


def _refuse_at_work(user):
    if user.is_staff or user.is_superuser or user.groups.exists() or Profile.objects.filter(user=user).exists():
        raise StillAtWork


def _locked(user):
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)
