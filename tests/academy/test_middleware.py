import pytest
from django.conf import settings
from django.urls import reverse

from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "word"), [("en", "Teaching"), ("cs", 'lang="cs"')])
def test_admin_speaks_the_persons_language(client, language, word):
    client.force_login(users.staff(language=language))

    page = client.get(reverse("wagtailadmin_home"))

    assert page["Content-Language"] == language
    assert f'lang="{language}"' in page.content.decode()
    assert word in page.content.decode()


def test_admin_calls_no_outside_host(client):
    client.force_login(users.staff(language="en"))

    page = client.get(reverse("wagtailadmin_home")).content.decode()

    assert settings.WAGTAIL_ENABLE_UPDATE_CHECK is False
    assert settings.WAGTAIL_GRAVATAR_PROVIDER_URL is None
    for host in ("gravatar.com", "releases.wagtail"):
        assert host not in page
