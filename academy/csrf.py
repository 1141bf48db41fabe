"""Tell a view that the form's token has expired, so that the view can keep what was typed.

Django's own answer to an expired token is a page of its own, and the text of an
application is gone. A view that is @csrf_exempt and asks here first may show the
form again instead; it must change nothing when the answer is no.
"""

from django.middleware.csrf import CsrfViewMiddleware


class _Check(CsrfViewMiddleware):
    def _reject(self, request, reason):
        return reason


def has_valid_token(request):
    """Whether the request carries the token that Django would ask for."""
    return _Check(lambda request: None).process_view(request, has_valid_token, (), {}) is None
