"""The public register: anybody checks a certificate, without an account and without a cookie."""

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from academy import registry

from . import lookup, tokens, wording
from .forms import LookupForm
from .models import Certificate
from .throttle import count_miss, is_throttled

LANGUAGES = [code for code, _name in settings.LANGUAGES]


class PublicView(View):
    """No cookies, no index, no referrer, no cache; whoever guesses too often waits a minute."""

    def dispatch(self, request, *args, **kwargs):
        # Nothing here asks for request.user or the session, so no cookie is read or set.
        response = _page(request, "throttled", status=429) if is_throttled(request) else self.answer(request, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store"
        return response

    def answer(self, request, **kwargs):
        return super().dispatch(request, **kwargs)


class CertificateView(PublicView):
    """What the register knows of one token: the facts and whether the certificate is valid."""

    def get(self, request, token):
        certificate = _find(request, token)
        if certificate is None:
            return _page(request, "unknown", status=404)
        return _certificate_page(request, certificate, with_file=True)


class PdfView(PublicView):
    """The file as it was issued. A revoked or replaced certificate is not handed out as if it were valid."""

    def get(self, request, token):
        certificate = _find(request, token)
        if certificate is None:
            return _page(request, "unknown", status=404)
        file = certificate.files.filter(format="pdf").order_by("-pk").first()
        if certificate.status != Certificate.Status.READY or file is None:
            return HttpResponseRedirect(certificate.get_absolute_url())
        return _file_response(certificate, file)


# A look-up changes nothing and knows no user, so there is nothing to forge; a CSRF cookie would be the only one here.
@method_decorator(csrf_exempt, name="dispatch")
class LookupView(PublicView):
    """Find a certificate by its number and a second fact printed on it."""

    def get(self, request):
        return _page(request, "lookup", form=LookupForm())

    def post(self, request):
        form = LookupForm(request.POST)
        if not form.is_valid():
            return _page(request, "lookup", form=form)
        certificate = lookup.find(form.cleaned_data["serial"], form.cleaned_data["fact"])
        if certificate is None:
            count_miss(request)
            return _page(request, "lookup", form=form, not_found=True, status=404)
        return _certificate_page(request, certificate, with_file=False)


def _find(request, text):
    """The Certificate of what somebody typed or scanned, or None; misses are counted."""
    token = tokens.read(text)
    certificate = token and Certificate.objects.select_related("replaced_by").filter(token=token).first()
    if not certificate:
        count_miss(request)
        return None
    return certificate


def _certificate_page(request, certificate, *, with_file):
    frozen = certificate.snapshot
    return _page(
        request,
        certificate.status,
        certificate=certificate,
        snapshot=frozen,
        successor=getattr(certificate, "replaced_by", None),
        pdf=reverse("certificates:pdf", args=[certificate.token])
        if with_file and certificate.status == Certificate.Status.READY
        else "",
        versions=[
            {
                "code": code,
                "printed": _said(frozen["printed"], code),
                "title": _said(frozen["subject"]["title"], code),
                "outcomes": _said(frozen["subject"]["outcomes"], code),
                "courses": [_said(course["title"], code) for course in frozen["subject"]["courses"]],
                "issuer": _said(frozen["issuer"]["name"], code),
                "revoked_on": certificate.revoked_at and wording.date(timezone.localdate(certificate.revoked_at), code),
            }
            for code in LANGUAGES
        ],
    )


def _said(frozen, language):
    """What was frozen in this language; a language added since then shows the first that was."""
    return frozen[language] if language in frozen else next(iter(frozen.values()))


def _page(request, outcome, *, status=200, **context):
    issuer = {}
    for facts in registry.issuer_facts.values():
        issuer.update(facts())
    context = {
        "outcome": outcome,
        "issuer": issuer,
        "site_names": [
            {"code": code, "home": f"/{code}/", "name": issuer.get("name", {}).get(code, "")} for code in LANGUAGES
        ],
        "versions": [{"code": code} for code in LANGUAGES],
        **context,
    }
    return render(request, "certificates/register.html", context, status=status)


def _file_response(certificate, file):
    try:
        stored = file.file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        stored, content_type="application/pdf", filename=f"{certificate.serial}.pdf", as_attachment=False
    )
    response["Content-Length"] = file.size
    return response
