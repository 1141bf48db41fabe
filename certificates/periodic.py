"""What happens by the clock."""

import logging

from celery import shared_task
from django.utils import timezone

from . import rendering
from .models import Certificate

logger = logging.getLogger(__name__)
SWEEP_BATCH = 200


@shared_task
def sweep_pending():
    """Draw every certificate whose file is overdue; one that fails does not stop the rest."""
    overdue = Certificate.objects.overdue(timezone.now()).order_by("pk").values_list("pk", flat=True)
    for pk in overdue[:SWEEP_BATCH]:
        try:
            rendering.render(pk)
        except Exception:
            logger.exception("Certificate %s could not be drawn; the next sweep tries again.", pk)
