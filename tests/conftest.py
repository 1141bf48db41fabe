"""What every test may ask for. Rows come from tests/factories, not from fixtures."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _empty_cache():
    """Rate limits live in the cache; no test inherits another's."""
    cache.clear()


@pytest.fixture(autouse=True)
def _media_in_tmp(settings, tmp_path):
    """Files that a test stores go away with it."""
    settings.MEDIA_ROOT = tmp_path / "media"
