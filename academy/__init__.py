"""The Django project: settings, addresses, background work and what every app stands on."""

from .celery import app as celery_app

__all__ = ["celery_app"]
