"""People: the account, the public profile of trainers and mentors, organisations, consents."""

import zoneinfo

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def validate_time_zone(name):
    """Raise ValidationError unless `name` is an IANA time zone, such as Europe/Prague."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a known time zone."), params={"name": name})


class EmailUserManager(UserManager):
    """Creates users by e-mail address; the address is stored in lower case."""

    def get_by_natural_key(self, email):
        return self.get(email=email.lower())

    def _create_user(self, email, password, **extra):
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_user(self, email, password=None, **extra):
        return self._create_user(email, password, **{"is_staff": False, "is_superuser": False, **extra})

    def create_superuser(self, email, password=None, **extra):
        return self._create_user(email, password, **{"is_staff": True, "is_superuser": True, **extra})


class User(AbstractUser):
    """An account. The e-mail address is the login; a password is optional."""

    username = None
    first_name = None
    last_name = None
    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={
            "unique": _("There is already an account with this e-mail address."),
        },
    )
    name = models.CharField(
        _("full name"), max_length=150, blank=True, help_text=_("As it should stand on your certificate.")
    )
    language = models.CharField(
        _("language"),
        max_length=8,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
        help_text=_("The language of the mails we send you."),
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=settings.TIME_ZONE, validators=[validate_time_zone]
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = EmailUserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message=_("There is already an account with this e-mail address."),
            )
        ]

    def __str__(self):
        return self.name or self.email

    def get_full_name(self):
        return self.name or self.email

    def get_short_name(self):
        return self.name or self.email


class Profile(models.Model):
    """The public face of somebody who teaches or coaches. An account is optional."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="profile",
        verbose_name=_("account"),
        help_text=_("Needed to record attendance or to manage coaching on the site."),
    )
    slug = models.SlugField(_("address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail address"), blank=True, help_text=_("Where an invitation goes; not shown."))
    headline = models.CharField(_("headline"), max_length=200, blank=True)
    bio = models.TextField(_("about"), blank=True)
    languages = models.CharField(
        _("languages"), max_length=60, blank=True, help_text=_("Codes separated by commas, such as cs, en.")
    )
    city = models.CharField(_("town"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CZ", help_text=_("Two letters, such as CZ."))
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=settings.TIME_ZONE, validators=[validate_time_zone]
    )
    photo = models.ForeignKey(
        "wagtailimages.Image", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("photo")
    )

    class Meta:
        verbose_name = _("trainer or mentor")
        verbose_name_plural = _("trainers and mentors")
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def language_codes(self):
        """Language codes as a list of str, such as ["cs", "en"]."""
        return [code.strip() for code in self.languages.split(",") if code.strip()]


class Organisation(models.Model):
    """A company, club, label or office whose people take part."""

    name = models.CharField(_("name"), max_length=200)
    company_id = models.CharField(_("company number"), max_length=20, blank=True)
    city = models.CharField(_("town"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CZ", help_text=_("Two letters, such as CZ."))
    website = models.URLField(_("website"), blank=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["company_id", "country"],
                condition=~Q(company_id=""),
                name="organisation_company_id_once",
                violation_error_message=_("There is already an organisation with this company number."),
            )
        ]

    def __str__(self):
        return self.name


class Membership(models.Model):
    """A person's place in an organisation; it counts once the person has accepted it."""

    class Role(models.TextChoices):
        MEMBER = "member", _("member")
        MANAGER = "manager", _("manager")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["organisation", "user"], name="membership_once")]

    def __str__(self):
        return f"{self.user_id} @ {self.organisation_id}"


class Consent(models.Model):
    """One consent: to what, in which wording, from when until when. Rows are never changed but to withdraw."""

    class Kind(models.TextChoices):
        NEWS = "news", _("news by e-mail")
        DIRECTORY = "directory", _("listing in the directory")
        PHOTOS = "photos", _("photographs used for promotion")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    text = models.TextField(_("wording"))
    given_at = models.DateTimeField(_("given"), default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"], condition=Q(withdrawn_at__isnull=True), name="consent_live_once"
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.user_id}"


class CalendarFeed(models.Model):
    """That a person subscribes to their calendar. Of the secret in its address only a hash is kept."""

    user = models.OneToOneField(User, models.CASCADE, related_name="calendar_feed")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("calendar subscription")
        verbose_name_plural = _("calendar subscriptions")

    def __str__(self):
        return f"{self.user_id}"


class Erasure(models.Model):
    """That a person's data are to be erased, or were. Says nothing of whose they were once the person has no name."""

    user = models.OneToOneField(User, models.PROTECT, related_name="erasure")
    requested_at = models.DateTimeField(_("asked for"), null=True, blank=True)
    done_at = models.DateTimeField(_("erased"), null=True, blank=True)
    done_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    finished_at = models.DateTimeField(
        _("evidence given up"), null=True, blank=True, help_text=_("When the name was erased too.")
    )

    class Meta:
        verbose_name = _("erasure of personal data")
        verbose_name_plural = _("erasures of personal data")
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(done_at__isnull=False), name="erasure_done_before_finished"
            )
        ]

    def __str__(self):
        return f"{self.user_id}"
