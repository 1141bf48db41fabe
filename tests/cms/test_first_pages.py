"""A new site begins with pages in every language, once."""

from io import StringIO

import pytest
from django.core.management import call_command
from wagtail.models import Page

from cms.models import CourseIndexPage, HomePage

pytestmark = pytest.mark.django_db


def first_pages():
    out = StringIO()
    call_command("first_pages", stdout=out)
    return out.getvalue()


def test_new_site_has_a_home_page_and_lists_in_both_languages(client):
    first_pages()

    assert {page.locale.language_code for page in HomePage.objects.live()} == {"cs", "en"}
    assert client.get("/cs/").status_code == client.get("/en/").status_code == 200
    assert "<h1>Kurzy</h1>" in client.get("/cs/kurzy/").content.decode()
    assert "<h1>Courses</h1>" in client.get("/en/courses/").content.decode()
    czech, english = CourseIndexPage.objects.order_by("locale__language_code")
    assert czech.translation_key == english.translation_key
    assert 'href="/en/courses/"' in client.get("/cs/kurzy/").content.decode()


def test_first_pages_are_made_once():
    first_pages()
    before = list(Page.objects.order_by("pk").values_list("pk", "title"))

    assert "nothing was changed" in first_pages()

    assert list(Page.objects.order_by("pk").values_list("pk", "title")) == before
