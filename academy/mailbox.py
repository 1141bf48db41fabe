"""The mailbox of the trial site: mails that Django wrote to files are read in the browser.

Only in debug, and only with EMAIL_URL=filemail://; anywhere else the addresses do
not exist.
"""

import base64
import email
import email.policy
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import wraps
from pathlib import Path

from csp.decorators import csp_replace
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

FILE_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
BETWEEN_MAILS = re.compile(rb"\n-{79}\n")


@dataclass(frozen=True)
class Mail:
    """One mail in the folder; `key` is its file's name and its place in the file, such as 20261123-101500-77-0."""

    key: str
    message: email.message.EmailMessage

    @property
    def sent_at(self):
        return parsedate_to_datetime(self.message["Date"])

    @property
    def text(self):
        part = self.message.get_body(("plain",))
        return part.get_content() if part else ""

    @property
    def html(self):
        part = self.message.get_body(("html",))
        return part.get_content() if part else ""

    def with_images(self, html):
        """The HTML with the images that the mail brings along in place of their cid: addresses."""
        for part in self.message.walk():
            if part.get_content_maintype() == "image" and part["Content-ID"]:
                content = base64.b64encode(part.get_payload(decode=True)).decode()
                uri = f"data:{part.get_content_type()};base64,{content}"
                html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", uri)
        return html

    @property
    def attachments(self):
        """Name (str, plain ASCII) and content (bytes) of each attached file."""
        return [
            (
                re.sub(r"[^\w.-]", "_", part.get_filename() or f"attachment-{number}", flags=re.ASCII),
                part.get_payload(decode=True) or b"",
            )
            for number, part in enumerate(self.message.iter_attachments())
        ]


def in_debug_only(view):
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not settings.DEBUG or settings.EMAIL_BACKEND != FILE_BACKEND:
            raise Http404
        return view(request, *args, **kwargs)

    return require_safe(guarded)


@in_debug_only
def mail_list(request):
    """All mails, newest first, fifty to a page."""
    files = sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    page = Paginator(files, 50).get_page(request.GET.get("page"))
    mails = [mail for file in page for mail in reversed(_mails_in(file))]
    return render(request, "academy/mailbox.html", {"mails": mails, "page_obj": page})


@in_debug_only
def mail_detail(request, key):
    return render(request, "academy/mailbox_mail.html", {"mail": _find(key)})


@in_debug_only
@xframe_options_sameorigin
@csp_replace(
    {
        "default-src": ["'none'"],
        "script-src": None,
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "font-src": None,
        "connect-src": None,
        "frame-ancestors": ["'self'"],
        "sandbox": ["allow-top-navigation-by-user-activation"],
    }
)
def mail_html(request, key):
    """The mail's HTML as it was sent, for the frame on its page; links lead out of the frame."""
    mail = _find(key)
    return HttpResponse('<base target="_top">' + mail.with_images(mail.html))


@in_debug_only
def mail_attachment(request, key, number):
    attachments = _find(key).attachments
    if number >= len(attachments):
        raise Http404
    name, content = attachments[number]
    return HttpResponse(
        content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _mails_in(file):
    raw = [piece for piece in BETWEEN_MAILS.split(file.read_bytes()) if piece.strip()]
    return [
        Mail(f"{file.stem}-{place}", email.message_from_bytes(piece, policy=email.policy.default))
        for place, piece in enumerate(raw)
    ]


def _find(key):
    stem, _separator, place = key.rpartition("-")
    file = Path(settings.EMAIL_FILE_PATH) / f"{stem}.log"
    if not re.fullmatch(r"[\d-]+", key) or not file.is_file():
        raise Http404
    mails = _mails_in(file)
    if int(place) >= len(mails):
        raise Http404
    return mails[int(place)]


app_name = "mailbox"
urlpatterns = [
    path("", mail_list, name="list"),
    path("<slug:key>/", mail_detail, name="mail"),
    path("<slug:key>/html/", mail_html, name="html"),
    path("<slug:key>/attachments/<int:number>/", mail_attachment, name="attachment"),
]
