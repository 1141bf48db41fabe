import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils import translation

from cms.models import SiteSettings, StandardPage
from cms.templatetags.site import site_frame
from tests.factories.cms import home_page

pytestmark = pytest.mark.django_db


def _text_page(language, title, slug, *, in_menu):
    home = home_page(language)
    return home.add_child(instance=StandardPage(title=title, slug=slug, locale=home.locale, show_in_menus=in_menu))


def _frame(client, path):
    return client.get(path).context["frame"]


def test_frame_divides_pages_between_menu_and_foot(client):
    home_page("cs")
    _text_page("en", "Courses", "courses", in_menu=True)
    _text_page("en", "Accessibility", "accessibility", in_menu=False)

    frame = _frame(client, "/en/nothing-here/")

    assert [(e["title"], e["url"]) for e in frame["menu"]] == [("Courses", "/en/courses/")]
    assert [(e["title"], e["url"]) for e in frame["foot"]] == [("Accessibility", "/en/accessibility/")]


def test_frame_takes_the_name_of_the_active_language(client):
    SiteSettings.objects.update(name_cs="Hudební akademie", name_en="Music Academy")
    home_page("cs")

    assert _frame(client, "/en/nothing-here/")["name"] == "Music Academy"
    assert _frame(client, "/cs/nic-tu-neni/")["name"] == "Hudební akademie"


def test_language_switch_leads_to_the_translation_of_the_page(client):
    czech = _text_page("cs", "Kurzy", "kurzy", in_menu=True)
    english = _text_page("en", "Courses", "courses", in_menu=True)
    english.translation_key = czech.translation_key
    english.save()

    assert [e["url"] for e in _frame(client, "/cs/kurzy/?mode=online")["languages"]] == ["/en/courses/?mode=online"]


def test_language_switch_leads_home_when_the_page_has_no_translation(client):
    home_page("en")
    _text_page("cs", "Kurzy", "kurzy", in_menu=True)

    assert [e["url"] for e in _frame(client, "/cs/kurzy/")["languages"]] == ["/en/"]


def test_language_switch_of_a_plain_view_leads_to_the_same_view(rf):
    with translation.override("cs"):
        frame = site_frame({"request": rf.get("/cs/accounts/login/")})

    assert [e["url"] for e in frame["languages"]] == ["/en/accounts/login/"]


class _Form(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="We send the code there.")
    note = forms.CharField(label="Note", required=False)
    mode = forms.ChoiceField(label="Mode", choices=[("a", "On site"), ("b", "Online")], widget=forms.RadioSelect)


def test_form_ties_errors_to_fields_and_sums_them_up():
    with translation.override("en"):
        html = render_to_string("components/form.html", {"form": _Form({"email": "nonsense"})})

    assert '<a href="#id_email">E-mail: Enter a valid email address.</a>' in html
    assert '<a href="#id_mode_0">Mode: This field is required.</a>' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'id="id_email_error"' in html
    assert html.count('aria-invalid="true"') == 3
    assert html.count("(optional)") == 1
    assert "<legend" in html


def test_form_without_errors_has_no_summary():
    with translation.override("en"):
        html = render_to_string("components/form.html", {"form": _Form()})

    assert "error-summary" not in html
