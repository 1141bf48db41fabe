"""Middleware of the site: liveness without a query, readiness, the admin's wider CSP and its language."""

from csp.constants import SELF, UNSAFE_INLINE
from django.http import HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from .health import readyz


class HealthMiddleware:
    """Answer /healthz and /readyz before hosts and sessions are looked at; /healthz asks nobody."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        if request.path == "/readyz":
            return readyz()
        return self.get_response(request)


class LanguageMiddleware(LocaleMiddleware):
    """Django's, which sends an unknown address without language on to one with a language; but only such.

    An address that a view of ours answers, in no language's tree (/c/, feeds,
    files), keeps the view's own 404: Wagtail's catch-all under /cs/ makes every
    address look like a page.
    """

    def process_response(self, request, response):
        if response.status_code == 404 and request.resolver_match:
            patch_vary_headers(response, ("Accept-Language",))
            return response
        return super().process_response(request, response)


class AdminContentSecurityPolicyMiddleware:
    """Give Wagtail's admin the inline scripts and styles that it cannot do without.

    Wagtail has no nonce support, and a nonce would switch 'unsafe-inline' off;
    so under /admin/ both directives allow inline code, and only there.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_replace = {
                "script-src": [SELF, UNSAFE_INLINE],
                "style-src": [SELF, UNSAFE_INLINE],
                "img-src": [SELF, "data:", "blob:"],
                "frame-ancestors": [SELF],
                "frame-src": [SELF],
            }
            response["X-Frame-Options"] = "SAMEORIGIN"
        return response


class AdminLanguageMiddleware:
    """Speak the signed-in person's language under /admin/, whose addresses carry no language.

    A language chosen in the admin's own account page still wins.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path.startswith("/admin/") and request.user.is_authenticated:
            translation.activate(request.user.language)
        return self.get_response(request)
