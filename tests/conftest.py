"""What every test may ask for. Rows come from tests/factories, not from fixtures."""

import gc
import os
from collections import Counter

import pytest
from django.apps import apps
from django.core.cache import cache, caches
from django.db import connection
from django.db.models.signals import post_migrate

from scripts import catalogues

from . import needs


def pytest_configure(config):
    """Compile stale message catalogues once, before xdist starts its workers."""
    if not hasattr(config, "workerinput"):
        catalogues.compile_stale()


def pytest_runtest_setup(item):
    """Leave out what the other database is meant for."""
    for vendor in ("postgresql", "sqlite"):
        if item.get_closest_marker(vendor) and connection.vendor != vendor:
            pytest.skip(f"this is a truth of {vendor} only")


def pytest_terminal_summary(terminalreporter):
    """Say at the end what this machine could not test, and why."""
    missing = Counter(
        report.longrepr[2].partition(needs.MISSING)[2]
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and needs.MISSING in report.longrepr[2]
    )
    for reason, count in sorted(missing.items()):
        terminalreporter.write_line(f"NOT TESTED ({count}): {reason}", yellow=True)


@pytest.fixture(autouse=True)
def _empty_cache():
    """Rate limits live in the cache, the site's frame too; no test inherits another's."""
    cache.clear()
    caches["local"].clear()


@pytest.fixture(autouse=True)
def _media_in_tmp(settings, tmp_path):
    """Files that a test stores go away with it."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def redis_url():
    """Address (str) of a Redis server that tests may fill and flush; without one the test is left out."""
    return needs.redis()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Put back what migrations made whenever a transactional test has emptied the database.

    Such a test (a race, a browser journey) ends with a flush, which takes the root
    of the page tree and the locale with it; the flush then sends post_migrate.
    """
    post_migrate.connect(_restore_page_tree, sender=apps.get_app_config("wagtailcore"))
    gc.set_threshold(50_000, 20, 20)  # the many models of migrations are no garbage worth looking for so often


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Collect garbage again once the test database is made."""
    gc.set_threshold(700, 10, 10)


def _restore_page_tree(using, **kwargs):
    from wagtail.models import Collection, Locale, Page, Site  # noqa: PLC0415  only once the apps are ready

    locale, _made = Locale.objects.using(using).get_or_create(language_code="cs")
    from cms.models import SiteSettings  # noqa: PLC0415

    if not SiteSettings.objects.using(using).exists():
        SiteSettings.objects.using(using).create(name_cs="Akademie", name_en="Academy")
    if not Collection.objects.using(using).exists():
        Collection.add_root(name="Root")
    if not Page.objects.using(using).exists():
        root = Page.add_root(title="Root", slug="root", locale=locale)
        Site.objects.using(using).get_or_create(
            is_default_site=True, defaults={"hostname": "localhost", "root_page": root}
        )


os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the thread of the test
