from celery import shared_task

from . import rendering


@shared_task
def render_certificate(pk):
    """Draw, store and announce the certificate with this id, unless that has happened."""
    rendering.render(pk)
