"""Issue, revoke and re-issue certificates. Only this module writes Certificate rows."""

import zoneinfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy import glyphs, links, registry
from academy.checkpoints import reach
from academy.errors import RuleError
from academy.mail import outbox
from courses.models import Course, CurriculumCompletion, Enrollment
from courses.notifications import about_run

from . import serials, snapshot, tokens
from .models import Certificate, CertificateEvent
from .tasks import render_certificate


class CannotIssue(RuleError):
    """A certificate cannot be issued as things stand; the sentence says why. No serial number was spent."""


class NotEarned(CannotIssue):
    sentence = gettext_lazy("The conditions have not been met, so there is no certificate.")


class NotOffered(CannotIssue):
    sentence = gettext_lazy("This course gives no certificate.")


class NoPublicAddress(CannotIssue):
    sentence = gettext_lazy(
        "Certificates carry the site's public address for ever. Set PUBLIC_BASE_URL before issuing them."
    )


class NameMissing(CannotIssue):
    sentence = gettext_lazy("The person has not filled in the name that should stand on the certificate.")


class Unprintable(CannotIssue):
    """A text has a character that no font can draw or that hides or turns round what is printed."""


class NoDates(CannotIssue):
    sentence = gettext_lazy("No session was held, so the certificate would have no dates.")


class WasRevoked(CannotIssue):
    sentence = gettext_lazy("The certificate was revoked. A new one can only be issued as its new version.")


class ReasonMissing(RuleError):
    sentence = gettext_lazy("Say why.")


class AlreadyReplaced(RuleError):
    sentence = gettext_lazy("This certificate has been replaced by a newer one.")


def issue(enrollment, *, by=None, at=None):
    """Issue the certificate of a completed enrollment and return its row; a second call returns the same row.

    The file is drawn in the background and the holder is told when it is ready.
    Raises CannotIssue.
    """
    at = at or timezone.now()
    with transaction.atomic():
        enrollment = _locked_enrollment(enrollment.pk)
        kind = enrollment.run.course.certificate_kind
        existing = enrollment.certificates.filter(kind=kind).order_by("-version").first()
        if existing:
            return _refuse_if_revoked(existing)
        facts = _facts(enrollment)
        return _create(facts, enrollment.learner, by=by, at=at, enrollment=enrollment)


def without_certificate():
    """Enrollments (QuerySet) that earned a certificate and have none."""
    return (
        Enrollment.objects.filter(
            status=Enrollment.Status.COMPLETED, completion__is_met=True, certificates__isnull=True
        )
        .exclude(run__course__certificate_kind=Course.CertificateKind.NONE)
        .select_related("run", "learner")
    )


def issue_all(enrollments, *, by=None, at=None):
    """Issue the certificate of each of these enrollments; one that is refused stops no other.

    Every certificate is a transaction of its own, so a second call does what the
    first left undone. Returns a list of (enrollment, Certificate or None, sentence of the refusal or "").
    """
    done = []
    for enrollment in enrollments:
        try:
            done.append((enrollment, issue(enrollment, by=by, at=at), ""))
        except RuleError as refusal:
            done.append((enrollment, None, str(refusal)))
    return done


def issue_for_curriculum(completion, *, by=None, at=None):
    """Issue the certificate of a completed path; like issue()."""
    at = at or timezone.now()
    with transaction.atomic():
        completion = _locked_completion(completion.pk)
        existing = completion.certificates.order_by("-version").first()
        if existing:
            return _refuse_if_revoked(existing)
        facts = _facts(completion)
        return _create(facts, completion.learner, by=by, at=at, curriculum_completion=completion)


def revoke(certificate, *, by, reason, at=None):
    """Take a certificate back for good and tell its holder; the row, its number and its page stay.

    A certificate already revoked or replaced is returned as it is. Raises ReasonMissing.
    """
    at = at or timezone.now()
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
        if certificate.status in (Certificate.Status.REVOKED, Certificate.Status.REPLACED):
            return certificate
        certificate.status = Certificate.Status.REVOKED
        certificate.needs_review = False
        certificate.revoked_at, certificate.revoked_by, certificate.revocation_reason = at, by, reason.strip()[:300]
        certificate.save(update_fields=["status", "needs_review", "revoked_at", "revoked_by", "revocation_reason"])
        _record(certificate, CertificateEvent.What.REVOKED, by=by, at=at, note=certificate.revocation_reason)
        outbox.queue(
            "certificates.revoked",
            key=f"certificates.revoked:{certificate.pk}",
            recipient=certificate.holder,
            facts={"certificate": certificate.pk},
            about=about_run(certificate.enrollment.run_id) if certificate.enrollment else "",
        )
        return certificate


def reissue(certificate, *, by, reason, at=None):
    """Issue a new version from today's facts that names what it replaces, and return it.

    For a changed name or a corrected error. A revoked certificate stays revoked
    and may have a new version; one already replaced gives back its successor.
    Raises ReasonMissing or CannotIssue.
    """
    at = at or timezone.now()
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        # The source is locked before the certificate, as in issue().
        if certificate.enrollment_id:
            source = {"enrollment": _locked_enrollment(certificate.enrollment_id)}
        else:
            source = {"curriculum_completion": _locked_completion(certificate.curriculum_completion_id)}
        old = Certificate.objects.select_for_update(of=("self",)).select_related("holder").get(pk=certificate.pk)
        successor = Certificate.objects.filter(replaces=old).first()
        if successor:
            return successor
        facts = {**_facts(*source.values()), "kind": old.kind}
        if old.status != Certificate.Status.REVOKED:
            old.status, old.needs_review = Certificate.Status.REPLACED, False
            old.save(update_fields=["status", "needs_review"])
        new = _create(facts, old.holder, by=by, at=at, replaces=old, version=old.version + 1, **source)
        _record(old, CertificateEvent.What.REPLACED, by=by, at=at, note=reason.strip()[:300])
        return new


def review(certificate, *, at=None):
    """Flag a certificate whose facts no longer agree with the attendance, or take the flag away when they do again.

    Nothing is revoked or changed: staff decide. Returns the row.
    """
    at = at or timezone.now()
    with transaction.atomic():
        certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
        if certificate.status in (Certificate.Status.REVOKED, Certificate.Status.REPLACED):
            return certificate
        needs_review = not _still_true(certificate)
        if needs_review != certificate.needs_review:
            certificate.needs_review = needs_review
            certificate.save(update_fields=["needs_review"])
            what = CertificateEvent.What.FLAGGED if needs_review else CertificateEvent.What.REVIEWED
            _record(certificate, what, at=at)
        return certificate


def keep(certificate, *, by, reason, at=None):
    """Staff looked at a flagged certificate and leave it as it is. Raises ReasonMissing."""
    at = at or timezone.now()
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
        if certificate.needs_review:
            certificate.needs_review = False
            certificate.save(update_fields=["needs_review"])
            _record(certificate, CertificateEvent.What.REVIEWED, by=by, at=at, note=reason.strip()[:300])
        return certificate


def retry(certificate, *, by, at=None):
    """Draw the file of a failed certificate once more; one that has not failed is returned as it is."""
    with transaction.atomic():
        certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
        if certificate.status == Certificate.Status.FAILED:
            certificate.status, certificate.failure = Certificate.Status.PENDING, ""
            certificate.save(update_fields=["status", "failure"])
            render_certificate.delay_on_commit(certificate.pk)
        return certificate


def _locked_enrollment(pk):
    return (
        Enrollment.objects.select_for_update(of=("self",))
        .select_related("run__course", "learner", "completion")
        .prefetch_related("run__sessions", "run__funders", "run__course__outcomes")
        .get(pk=pk)
    )


def _locked_completion(pk):
    return (
        CurriculumCompletion.objects.select_for_update(of=("self",)).select_related("curriculum", "learner").get(pk=pk)
    )


def _refuse_if_revoked(certificate):
    if certificate.status == Certificate.Status.REVOKED:
        raise WasRevoked
    return certificate


def _facts(source):
    """The facts of the locked source; raises CannotIssue when it gives no right to a certificate."""
    if not settings.PUBLIC_BASE_URL:
        raise NoPublicAddress
    if isinstance(source, Enrollment):
        if source.run.course.certificate_kind == Course.CertificateKind.NONE:
            raise NotOffered
        completion = getattr(source, "completion", None)
        if source.status != Enrollment.Status.COMPLETED or completion is None or not completion.is_met:
            raise NotEarned
    elif source.undone_at:
        raise NotEarned
    if not source.learner.name.strip():
        raise NameMissing
    try:
        if isinstance(source, Enrollment):
            return snapshot.facts_of_enrollment(source)
        return snapshot.facts_of_curriculum(source)
    except snapshot.NoSessions as error:
        raise NoDates from error


def _create(facts, holder, *, by, at, replaces=None, version=1, **source):
    """Take a number and write the row; whoever loses a race gets the winner's row.

    Glyphs are checked on the whole snapshot before a number is taken.
    """
    issuer = {}
    for facts_of_issuer in registry.issuer_facts.values():
        issuer.update(facts_of_issuer())
    issued_on = at.astimezone(zoneinfo.ZoneInfo(settings.TIME_ZONE)).date()
    token = tokens.new()
    # The path is that of the URL certificates:certificate, spelled out: printed addresses never change.
    frozen = {
        "verify_url": links.absolute(f"/c/{token}/"),
        "version": version,
        "replaces": replaces.serial if replaces else "",
        "issued_on": issued_on,
        "issuer": issuer,
    }
    _refuse_unprintable(snapshot.freeze(facts, serial="0", **frozen))
    reach("issue:checked")
    try:
        with transaction.atomic():
            serial = serials.take(issued_on.year, issuer.get("serial_prefix", "AC"))
            whole = snapshot.freeze(facts, serial=serial, **frozen)
            certificate = Certificate.objects.create(
                holder=holder,
                kind=facts["kind"],
                version=version,
                replaces=replaces,
                serial=serial,
                token=token,
                holder_name=whole["holder"]["name"],
                issued_on=issued_on,
                snapshot=whole,
                snapshot_sha256=snapshot.sha256(whole),
                issued_at=at,
                issued_by=by,
                **source,
            )
    except IntegrityError:
        return Certificate.objects.live().get(kind=facts["kind"], **source)
    _record(certificate, CertificateEvent.What.ISSUED, by=by, at=at)
    render_certificate.delay_on_commit(certificate.pk)
    return certificate


def _refuse_unprintable(whole):
    name = whole["holder"]["name"]
    character = glyphs.unprintable([name])
    if character:
        raise Unprintable(
            _("The name contains the character %(code_point)s, which cannot be printed on a certificate.")
            % {"code_point": glyphs.code_point(character)}
        )
    character = glyphs.unprintable(snapshot.texts(whole))
    if character:
        raise Unprintable(
            _(
                "The texts of the certificate contain the character %(code_point)s, which cannot be printed. "
                "Look at the titles, outcomes, funders and the issuer's address."
            )
            % {"code_point": glyphs.code_point(character)}
        )


def _still_true(certificate):
    """Whether the frozen attendance and the right to the certificate are as they were."""
    met = Enrollment.objects.filter(status=Enrollment.Status.COMPLETED, completion__is_met=True)
    if not certificate.enrollment_id:
        if certificate.curriculum_completion.undone_at:
            return False
        taken = [course["enrollment"] for course in certificate.snapshot["subject"]["courses"]]
        return met.filter(uid__in=taken).count() == len(taken)
    enrollment = met.filter(pk=certificate.enrollment_id).select_related("completion").first()
    if enrollment is None:
        return False
    extent, completion = certificate.snapshot["extent"], enrollment.completion
    return (extent["minutes_attended"], extent["minutes_held"]) == (
        completion.minutes_attended,
        completion.minutes_held,
    )


def _record(certificate, what, *, at, by=None, note=""):
    CertificateEvent.objects.create(certificate=certificate, what=what, at=at, by=by, note=note)
