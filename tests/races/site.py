"""The real site for races through HTTP: served by gunicorn, on the database of the test.

RACE_DATABASE names it. RACE_LOCKS=off makes the twin: no locks, and a moment between check and write.
"""

import os
import time

import django
from django.apps import apps
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "academy.settings.test")
if not apps.ready:
    django.setup()

from django.db import connections

from academy import checkpoints

connections.settings["default"]["NAME"] = os.environ["RACE_DATABASE"]
if os.environ.get("RACE_LOCKS") == "off":
    from .rivals import take_locks_away

    take_locks_away()
    checkpoints.hooks["enroll:checked"] = lambda: time.sleep(0.5)

application = get_wsgi_application()
