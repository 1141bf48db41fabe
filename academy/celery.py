"""The Celery app. The broker is a doorbell: a lost ring delays work, never loses it."""

import logging
import os

from celery import Celery
from celery.contrib.django.task import DjangoTask
from django.db import transaction
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "academy.settings.base")
logger = logging.getLogger(__name__)


class DoorbellTask(DjangoTask):
    """A task that can be rung after commit without ever failing the caller.

    With the broker down, the person's row is already saved; the periodic sweep
    finds it. So the failure is logged and nobody sees an error page.
    """

    abstract = True

    def delay_on_commit(self, *args, **kwargs):
        """Ring once the surrounding transaction commits; at once outside of one."""
        transaction.on_commit(lambda: self.ring(*args, **kwargs))

    def ring(self, *args, **kwargs):
        """Send the task to the broker; a broker that is down is logged, not raised."""
        try:
            self.delay(*args, **kwargs)
        except (OperationalError, OSError) as error:
            logger.warning("The broker did not take %s (%s); the sweep will.", self.name, type(error).__name__)


app = Celery("academy", task_cls=DoorbellTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="periodic")
