"""The yardstick for pages: one Django view without middleware, templates or database."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

if not settings.configured:
    settings.configure(ROOT_URLCONF="bench.bare", ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="bench", MIDDLEWARE=[])  # noqa: S106


def bare(request):
    """Answer with a word."""
    return HttpResponse("ok", headers={"Content-Length": "2"})


urlpatterns = [path("", bare)]
application = get_wsgi_application()
