"""The pages that a new site begins with: a home page per language and the lists under it."""

import uuid

from django.conf import settings
from django.core.management import BaseCommand
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from wagtail.models import Locale, Page, Site

from cms.models import ArticleIndexPage, CallIndexPage, CourseIndexPage, HomePage, MentorIndexPage

# Addresses in Czech and English; another language begins with the English ones.
LISTS = [
    (CourseIndexPage, gettext_noop("Courses"), {"cs": "kurzy", "en": "courses"}),
    (MentorIndexPage, gettext_noop("Mentors"), {"cs": "mentori", "en": "mentors"}),
    (CallIndexPage, gettext_noop("Open calls"), {"cs": "vyzvy", "en": "calls"}),
    (ArticleIndexPage, gettext_noop("News and good practice"), {"cs": "zpravy", "en": "news"}),
]


class Command(BaseCommand):
    """Run once after the first migrate; changes nothing where there is a home page already."""

    help = "Make the home page and the lists under it in every language, in place of Wagtail's welcome page."

    def handle(self, *args, **options):
        if HomePage.objects.exists():
            self.stdout.write("There is a home page already; nothing was changed.")
            return
        with transaction.atomic():
            make_pages()
        self.stdout.write("The first pages are made; edit them under /admin/pages/.")


def make_pages():
    """Make all pages, live, and let the site begin at the home page of the default language."""
    Site.objects.all().delete()
    for page in Page.objects.filter(depth=2):
        page.delete()
    root = Page.get_first_root_node()
    keys = [uuid.uuid4() for _page in range(len(LISTS) + 1)]
    for language, _label in settings.LANGUAGES:
        locale, _made = Locale.objects.get_or_create(language_code=language)
        with override(language):
            is_default = language == settings.LANGUAGE_CODE
            slug = "home" if is_default else f"home-{language}"
            home = HomePage(title=_("Academy"), slug=slug, locale=locale, translation_key=keys[0])
            root.add_child(instance=home)
            for (model, title, slugs), key in zip(LISTS, keys[1:], strict=True):
                slug = slugs.get(language, slugs["en"])
                page = model(title=_(title), slug=slug, locale=locale, translation_key=key, show_in_menus=True)
                home.add_child(instance=page)
        if is_default:
            Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
