"""Is the site ready? Each thing it stands on is asked, none for longer than two seconds."""

import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.http import JsonResponse

from academy.celery import app

logger = logging.getLogger(__name__)
TIME_LIMIT = 2  # seconds


def database():
    """Raise unless the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()  # this thread's own


def broker():
    """Raise unless the broker takes messages: its folder is writable, or its server answers."""
    folder = app.conf.broker_transport_options.get("data_folder_out")
    if app.conf.broker_url.startswith("filesystem:"):
        with tempfile.TemporaryFile(dir=folder):
            return
    with app.connection_for_write() as broker_connection:
        broker_connection.ensure_connection(max_retries=1, timeout=TIME_LIMIT)


def storage():
    """Raise unless files can be stored: the media folder is writable, or the bucket answers."""
    if isinstance(default_storage._wrapped, FileSystemStorage):
        Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.MEDIA_ROOT):
            return
    if hasattr(default_storage._wrapped, "check"):
        default_storage._wrapped.check()
    else:
        default_storage.exists("readyz")


CHECKS = {"database": database, "broker": broker, "storage": storage}


def readyz():
    """Return 200 with {"database": "ok", ...}, or 503 with "failed" beside what does not answer."""
    pool = ThreadPoolExecutor(max_workers=len(CHECKS))
    running = {name: pool.submit(check) for name, check in CHECKS.items()}
    wait(running.values(), timeout=TIME_LIMIT)
    results = {name: _outcome(name, future) for name, future in running.items()}
    pool.shutdown(wait=False, cancel_futures=True)
    return JsonResponse(results, status=200 if set(results.values()) == {"ok"} else 503)


def _outcome(name, future):
    if not future.done():
        logger.warning("Not ready: %s did not answer in %s seconds.", name, TIME_LIMIT)
        return "failed"
    if error := future.exception():
        logger.warning("Not ready: %s (%s).", name, type(error).__name__)
        return "failed"
    return "ok"
