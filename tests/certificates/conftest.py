import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _in_english():
    """Refusals are asserted in English; what follows the certificate's or the reader's language does so here too."""
    with translation.override("en"):
        yield
