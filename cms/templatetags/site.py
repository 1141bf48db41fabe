"""What stands around every page: the site's name, the menu, the other language, the foot."""

from django import template
from django.conf import settings
from django.core.cache import caches
from django.urls import translate_url
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _
from wagtail.models import Page

from cms.addresses import page_address
from cms.columns import plain
from cms.models import SiteSettings, StandardPage
from cms.routing import KEPT_FOR

register = template.Library()


@register.simple_tag(takes_context=True)
def site_frame(context):
    """Return the facts of the frame (dict): name, tagline, contact, menu, languages.

    All of it is kept in the process for some seconds, so that a page costs no query
    for it; for that long an editor may see the old menu.
    """
    request = context.get("request")
    language = get_language()
    path = request.path if request else ""
    kept = caches["local"].get_or_set(f"frame:{language}", lambda: _what_is_kept(language), KEPT_FOR)
    return {
        **kept,
        "language": language,
        "home": f"/{language}/",
        "menu": _with_current(kept["menu"], path),
        "foot": _with_current(kept["foot"], path),
        "languages": _languages(context.get("page"), request, language),
    }


def _what_is_kept(language):
    menu, foot = _entries(language)
    return {**site_facts(), "menu": menu, "foot": foot}


@register.simple_tag
def site_facts():
    """Return who runs the site (dict of str), in the active language; also for mails."""
    site = SiteSettings.load()
    return {
        "name": site.name or _("Academy"),
        "tagline": site.tagline,
        "email": site.email,
        "postal_address": site.postal_address,
    }


@register.simple_tag
def privacy_url():
    """Return the address of the page about personal data in the active language, or ""."""
    language = get_language()
    return caches["local"].get_or_set(f"privacy:{language}", lambda: _privacy_url(language), KEPT_FOR)


def _privacy_url(language):
    chosen = Page.objects.filter(pk=SiteSettings.load().privacy_page_id).values("translation_key")
    page = Page.objects.live().filter(translation_key__in=chosen, locale__language_code=language).first()
    return page_address(page.url_path, language) if page else ""


def _entries(language):
    """Pages right under the home page: those shown in menus, then other texts, which stand in the foot."""
    menu, foot = [], []
    pages = (
        plain(Page)
        .filter(depth=3, live=True, locale__language_code=language)
        .order_by("path")
        .values_list("title", "url_path", "show_in_menus", "content_type__model")
    )
    for title, url_path, is_in_menu, kind in pages:
        if not is_in_menu and kind != StandardPage._meta.model_name:
            continue
        (menu if is_in_menu else foot).append({"title": title, "url": page_address(url_path, language)})
    return menu, foot


def _with_current(entries, path):
    """The entries, each with what aria-current says of it: "page", "true" for a page above it, or nothing."""
    return [
        {**entry, "current": "page" if path == entry["url"] else "true" if path.startswith(entry["url"]) else ""}
        for entry in entries
    ]


def _languages(page, request, language):
    """The same page in every other language; where there is none, the other home page."""
    if request is None:
        return []
    others = [(code, name) for code, name in settings.LANGUAGES if code != language]
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    if not isinstance(page, Page) or not page.pk:
        return [
            {"code": code, "name": _own_name(code), "url": translate_url(request.path, code) + query}
            for code, _ in others
        ]
    paths = caches["local"].get_or_set(f"translations:{page.pk}", lambda: _translations(page), KEPT_FOR)
    own = page_address(page.url_path, language)
    below = request.path.removeprefix(own) if request.path.startswith(own) else ""
    return [
        {
            "code": code,
            "name": _own_name(code),
            "url": page_address(paths[code], code) + below + query if code in paths else f"/{code}/",
        }
        for code, _ in others
    ]


def _translations(page):
    """The url_path of the page in every other language where it is live (dict: code -> str)."""
    others = plain(Page).filter(translation_key=page.translation_key, live=True).exclude(pk=page.pk)
    return dict(others.values_list("locale__language_code", "url_path"))


def _own_name(code):
    """What speakers of the language call it."""
    return capfirst(get_language_info(code)["name_local"])
