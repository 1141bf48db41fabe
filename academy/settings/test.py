"""Settings of the test suite: fast hashing, plain static files, a file database.

SQLite by default (a file, because in memory the race tests could not open a
second connection), PostgreSQL when DATABASE_URL says so.
"""

import os
import tempfile
import zlib

os.environ.setdefault("SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests-only-for-tests")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
os.environ.setdefault("PUBLIC_BASE_URL", "https://academy.test")
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("SECURE_SSL_REDIRECT", "0")
# Each checkout has a folder of its own, so that several can be tested at once.
os.environ.setdefault(
    "DATA_DIR", os.path.join(tempfile.gettempdir(), f"academy-test-{os.getuid()}-{zlib.crc32(__file__.encode()):08x}")
)

from .base import *  # noqa: F403  settings modules extend each other
from .base import CACHES, DATA_DIR, DATABASES, MEDIA_ROOT, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES["default"] = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
MEDIA_ROOT = MEDIA_ROOT / "test"
WHITENOISE_AUTOREFRESH = True  # or it complains that nothing has been collected
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "default"}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    # The pool would keep connections open and so keep the test database from being dropped.
    DATABASES["default"]["OPTIONS"].pop("pool")
    DATABASES["default"]["TEST"] = {"NAME": os.environ.get("TEST_DATABASE_NAME", "test_academy")}
