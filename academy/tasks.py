"""Housekeeping that Django and Wagtail ask to be run now and then."""

from celery import shared_task
from django.core.management import call_command


@shared_task
def publish_scheduled():
    """Publish and unpublish pages whose scheduled time has come."""
    call_command("publish_scheduled")


@shared_task
def clear_sessions():
    """Delete sessions that have expired."""
    call_command("clearsessions")


@shared_task
def update_search_index():
    """Index all pages anew: texts that stand in records may have changed past the admin."""
    call_command("wagtail_update_index", verbosity=0)
