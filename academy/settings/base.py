"""Everything the site is configured by, read from the environment.

Environments differ by values, not by code: there is no production.py. The
README lists every variable; a test holds the list against this file.
"""

import secrets
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Queue

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key():
    """Return the secret key (str); in debug one is made once and kept in DATA_DIR."""
    key = env.str("SECRET_KEY", default="")
    if key:
        return key
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Set it to a long random text, or set DEBUG=1 to try the site out."
        )
    path = DATA_DIR / "debug_secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Certificates, QR codes and feeds carry this address for ever, so outside
# debug it has no default and issuing is refused until it is set.
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000" if DEBUG else "").rstrip("/")
WAGTAILADMIN_BASE_URL = PUBLIC_BASE_URL or "http://127.0.0.1:8000"

INSTALLED_APPS = [
    "academy.apps.AcademyConfig",
    "academy.users.apps.UsersConfig",
    "academy.mail.apps.MailConfig",
    "courses.apps.CoursesConfig",
    "mentoring.apps.MentoringConfig",
    "certificates.apps.CertificatesConfig",
    "cms.apps.CmsConfig",
    "modeltranslation",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.simple_translation",
    "wagtail.locales",
    "wagtail.embeds",
    "wagtail.sites",
    "academy.users.apps.AdminUsersConfig",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "academy.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "academy.middleware.AdminContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "academy.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "academy.middleware.AdminLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "academy.urls"
WSGI_APPLICATION = "academy.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'academy.sqlite3'}")}
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8)
# One database lock may be waited for this long (seconds) before the visitor is
# asked to try again.
DATABASE_LOCK_TIMEOUT = env.int("DATABASE_LOCK_TIMEOUT", default=20)
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False  # every GET would take SQLite's write lock
if _database["ENGINE"].endswith("sqlite3"):
    _database["CONN_MAX_AGE"] = None
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_LOCK_TIMEOUT,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    _said = _database.get("OPTIONS", {})  # after the ? of the address: how the connection is encrypted, most of all
    _database["OPTIONS"] = {
        **_said,
        "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10},
        "options": f"{_said.get('options', '')} -c lock_timeout={DATABASE_LOCK_TIMEOUT}s".strip(),
        # The server keeps a plan once a connection has asked the same three times. That is for academy.prepared only:
        # Django's own cursors put the values into the text, which is never the same.
        "prepare_threshold": 3 if env.bool("DATABASE_PREPARED_STATEMENTS", default=True) else None,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {
        "BACKEND": "academy.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "default"},
    # What every page needs and hardly ever changes; each process keeps its own for some seconds.
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "local"},
}

# --- People -----------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["academy.users.backends.AccountBackend"]
SESSION_ENGINE = "academy.sessions"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "my_academy"

# One way in for everybody: an e-mail address and a code sent there
# (academy/users/codes.py). A password, a passkey and a second factor are optional.
ACCOUNT_ADAPTER = "academy.users.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60  # seconds from sending
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 3
ACCOUNT_LOGIN_BY_CODE_FORMAT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT = {"length": 6}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # seconds
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEBUG else "https"
ACCOUNT_USER_DISPLAY = str
ACCOUNT_FORMS = {
    "login": "academy.users.forms.PasswordLoginForm",
    "confirm_login_code": "academy.users.forms.CodeForm",
    "confirm_email_verification_code": "academy.users.forms.EmailCodeForm",
    "add_email": "academy.users.forms.NewEmailForm",
    "set_password": "academy.users.forms.NewPasswordForm",
    "change_password": "academy.users.forms.ChangedPasswordForm",
    "reauthenticate": "academy.users.forms.PasswordAgainForm",
}
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "40/m/ip,300/h/ip,3/m/key,12/h/key",  # a class in one room shares an address
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/10s/key",
}
MFA_ADAPTER = "academy.users.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
MFA_TOTP_ISSUER = "Academy"
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "activate_totp": "academy.users.forms.AuthenticatorAppForm",
    "add_webauthn": "academy.users.forms.PasskeyForm",
    "authenticate": "academy.users.forms.SecondFactorForm",
    "reauthenticate": "academy.users.forms.SecondFactorAgainForm",
}
# The number of proxies in front that add to X-Forwarded-For; rate limits count by visitor's address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

# Login by other services (OpenID Connect and whatever else allauth knows), as
# allauth's SOCIALACCOUNT_PROVIDERS in JSON.
SOCIALACCOUNT_ADAPTER = "academy.users.adapter.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = env.json("SOCIALACCOUNT_PROVIDERS", default={})
# Where those services' login pages are, such as https://login.example.org: a form may lead there.
SOCIALACCOUNT_ORIGINS = env.list("SOCIALACCOUNT_ORIGINS", default=[])

# Totals of voluntary statistics below this number of people are not shown.
STATISTICS_THRESHOLD = env.int("STATISTICS_THRESHOLD", default=5)

# --- Languages and time -----------------------------------------------------

# The first is the site's own; texts missing in one language are shown in the next that has them.
_codes = env.list("LANGUAGES", default=["cs", "en"])
_names = {"cs": _("Czech"), "en": _("English")}
for _code in _codes:
    if "name" not in LANG_INFO.get(_code, {}):
        raise ImproperlyConfigured(f"LANGUAGES names “{_code}”, which Django does not know as a language.")
    _names.setdefault(_code, _(LANG_INFO[_code]["name"]))
LANGUAGE_CODE = _codes[0]
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [(code, _names[code]) for code in _codes]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = WAGTAIL_I18N_ENABLED = True
MODELTRANSLATION_DEFAULT_LANGUAGE = LANGUAGE_CODE
MODELTRANSLATION_FALLBACK_LANGUAGES = tuple(_codes)
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Prague")
CURRENCY = env.str("CURRENCY", default="CZK")
USE_TZ = True

# --- Files ------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
S3_BUCKET = env.str("S3_BUCKET", default="")
STORAGES = {
    "default": {
        "BACKEND": "academy.s3.SiteS3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default=None),
            "access_key": env.str("S3_ACCESS_KEY", default=None),
            "secret_key": env.str("S3_SECRET_KEY", default=None),
            "region_name": env.str("S3_REGION", default=None),
            "file_overwrite": False,  # two people's photo.jpg are two files
        },
    }
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o640
# Bytes of a form without its files. A text that is far too long comes back beside its field, up to this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
# Fields of a form: a field for each line of the longest bank statement, or all people of a run chosen at once.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 25_000

# --- Mail -------------------------------------------------------------------

vars().update(env.email_url("EMAIL_URL", default="filemail://" if DEBUG else "smtp://localhost:25"))
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="akademie@example.org")
# Fernet key(s) that encrypt secret mails until they are sent; derived from
# SECRET_KEY when empty.
MAIL_SECRET_KEYS = env.list("MAIL_SECRET_KEYS", default=[])

# --- Background work --------------------------------------------------------

# The broker is only a doorbell: whatever must not be lost is a row first.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "filesystem://")
if CELERY_BROKER_URL == "filesystem://":
    _queue = DATA_DIR / "queue"
    for _folder in ("messages", "processed", "control"):
        (_queue / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "processed_folder": str(_queue / "processed"),
        "control_folder": str(_queue / "control"),
        "store_processed": False,
        "polling_interval": 0.2,  # seconds; kombu's second would hold up every task by one
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 2, "visibility_timeout": 3600}
# A worker takes from the two in turn, so that nobody who logs in waits behind a hundred confirmations.
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_QUEUES = [Queue("celery"), Queue("urgent")]
CELERY_TASK_ROUTES = {"academy.mail.tasks.deliver_secret": {"queue": "urgent"}}
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep-mail": {"task": "academy.mail.tasks.sweep", "schedule": 60.0},
    "sweep-offers": {"task": "courses.periodic.sweep_offers", "schedule": 60.0},
    "queue-reminders": {"task": "courses.periodic.queue_reminders", "schedule": 600.0},
    "forget-statements": {
        "task": "courses.payments.periodic.forget_statements",
        "schedule": crontab(hour=3, minute=30),
    },
    "queue-payment-reminders": {"task": "courses.payments.periodic.queue_payment_reminders", "schedule": 600.0},
    "delete-overdue-answers": {
        "task": "courses.periodic.delete_overdue_answers",
        "schedule": crontab(hour=2, minute=40),
    },
    "sweep-answer-files": {"task": "courses.periodic.sweep_answer_files", "schedule": 3600.0},
    "forget-imports": {"task": "courses.periodic.forget_imports", "schedule": crontab(hour=3, minute=20)},
    "sweep-certificates": {"task": "certificates.periodic.sweep_pending", "schedule": 60.0},
    "open-slots": {"task": "mentoring.periodic.open_slots_ahead", "schedule": crontab(hour=2, minute=10)},
    "remind-of-coaching": {"task": "mentoring.periodic.send_reminders", "schedule": 600.0},
    "expire-holds": {"task": "mentoring.periodic.expire_holds", "schedule": 300.0},
    "publish-scheduled": {"task": "academy.tasks.publish_scheduled", "schedule": 300.0},
    "finish-erasures": {"task": "academy.users.periodic.finish_erasures", "schedule": crontab(hour=2, minute=50)},
    "update-search-index": {"task": "academy.tasks.update_search_index", "schedule": crontab(hour=3, minute=20)},
    "clear-sessions": {"task": "academy.tasks.clear_sessions", "schedule": crontab(hour=3, minute=40)},
}

# --- Security ---------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF, *SOCIALACCOUNT_ORIGINS],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"  # but under /admin/, where Wagtail's preview shows pages in a frame of its own
SECURE_REFERRER_POLICY = "same-origin"
if not DEBUG:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if env.bool("TRUST_PROXY_HEADERS", default=False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Wagtail ----------------------------------------------------------------

WAGTAIL_SITE_NAME = "Academy"
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False  # allauth's pages do that
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False  # the address is verified by allauth
WAGTAILUSERS_PASSWORD_ENABLED = False  # whoever is added in the admin signs in by a code and may set a password
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
# Mirrors would publish the untranslated text under the other language's address at once.
WAGTAILSIMPLETRANSLATION_SYNC_PAGE_TREE = False
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "odt", "pdf", "txt", "xlsx", "zip"]
WAGTAILDOCS_MAX_UPLOAD_SIZE = 20 * 1024 * 1024  # bytes
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024  # bytes
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "academy.logs.PrivateFormatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        # It only ever says that the broker in a folder has no host name.
        "kombu.connection": {"level": "ERROR"},
        # Two lines for each page or image saved: its indexing has begun, has ended.
        "django_tasks": {"level": "WARNING"},
    },
}
