"""The page of a news mail's link. Opening it changes nothing; its button, and mail programs, post."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from academy import links

from . import news


@csrf_exempt  # a mail program has no cookie; the signed address is the proof, and it can do this one thing only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request, token):
    """Show a button, or do what was posted: `List-Unsubscribe=One-Click` from a program, `again` to undo."""
    try:
        address = news.addressee(token)
    except links.BadLink as error:
        return render(request, "mail/news.html", {"error": error.sentence}, status=404)
    if request.method != "POST":
        return render(request, "mail/news.html", {"is_unsubscribed": news.is_unsubscribed(address)})
    if "again" in request.POST:
        news.subscribe_again(address)
        messages.success(request, _("News reaches you again."))
    else:
        news.unsubscribe(address)
        messages.success(request, _("No more news is sent to you."))
    return redirect("news", token)
