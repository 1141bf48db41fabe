"""Search by the database's own index: folded letters, beginnings of words, texts of records, constant queries."""

import pytest
from django.urls import reverse
from django.utils.translation import override
from wagtail.models import Locale, PageViewRestriction

from academy.tasks import update_search_index
from cms import catalogue, search
from cms.filters import Filters
from cms.models import ArticleIndexPage, ArticlePage, CurriculumPage, MentorIndexPage, StandardPage
from courses.models import Segment
from tests.factories import cms, mentoring, users
from tests.factories import courses as make

pytestmark = pytest.mark.django_db


def titles(text):
    with override("cs"):
        return [row["title"] for row in catalogue.listing(Filters({"q": text}))[0]]


def found(text, language="cs"):
    with override(language):
        return [(row["kind"], row["title"]) for row in search.results(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Produkce",
        "produk",
        "PRODUK kon",
        "koncertu prod",
        "žánrů",
        "zanru",
        "rider",
        "  produkce,  koncertů! ",
        "export",
    ],
)
def test_words_and_beginnings_of_words_find_a_course_in_any_order(text):
    course = make.course(
        "Produkce koncertů", public=False, summary_cs="Pro všechny žánry", description_cs="Čtení rideru."
    )
    course.description_cs += " Napříč žánrů."
    course.segments.set([Segment.objects.create(slug="export", name_cs="Vývoz a export")])
    course.save()
    cms.course_page(course)
    make.course("Něco jiného")

    assert titles(text) == ["Produkce koncertů"]


@pytest.mark.parametrize(
    "text", ["produkce opera", "dukce", "!!!", "' OR 1=1 --", '"*" NEAR(', "produkce AND NOT", "𝕢𝕢𝕢 😀"]
)
def test_other_words_and_odd_signs_find_nothing_or_all_and_break_nothing(text):
    make.course("Produkce koncertů")

    assert titles(text) == (["Produkce koncertů"] if not search.words_of(text) else [])


def test_a_town_of_a_coming_date_counts_as_a_word_of_the_course():
    run = make.run(of=make.course("Produkce koncertů"), sessions=0)
    make.session(of=run, venue=make.venue(city="České Budějovice"))
    make.run(of=make.course("Produkce alba"))

    assert titles("produkce budej") == ["Produkce koncertů"]


def test_each_language_is_searched_by_its_own_words():
    with override("cs"):  # the language in which the factory entitles its page
        course = make.course("Produkce koncertů", title_en="Live production")
    cms.course_page(course, language="en")

    assert titles("production") == []
    with override("en"):
        assert [row["title"] for row in catalogue.listing(Filters({"q": "production"}))[0]] == ["Live production"]


def test_unpublished_pages_are_not_found():
    course = make.course("Produkce koncertů")
    page = course.pages.get()
    page.unpublish()

    assert titles("produkce") == []
    assert found("produkce") == []


@pytest.mark.parametrize("count", [1, 30])
def test_search_in_the_catalogue_costs_the_same_queries_for_any_number(count, django_assert_num_queries):
    for number in range(count):
        make.run(of=make.course(f"Produkce {number}"))

    with override("cs"), django_assert_num_queries(8):  # the list's six and one for each word
        assert len(catalogue.listing(Filters({"q": "produk kce"}))[0]) == 0


def test_a_very_long_query_asks_for_the_first_words_only(django_assert_max_num_queries):
    make.course("Produkce koncertů")

    with django_assert_max_num_queries(search.WORDS_AT_MOST):
        search.courses_by_word([f"slovo{number}" for number in range(40)])


def test_saving_a_course_in_the_admin_indexes_its_pages_anew(client):
    course = make.course("Produkce koncertů")
    client.force_login(users.staff())
    address = reverse("wagtailsnippets_courses_course:edit", args=[course.pk])
    form = client.get(address).context["form"]
    values = {
        name: value
        for name in form.fields
        if (value := form.get_initial_for_field(form[name].field, name)) not in (None, False)
    }
    values |= {"title_cs": "Zvukařina", "outcomes-TOTAL_FORMS": 0, "outcomes-INITIAL_FORMS": 0}
    values.pop("segments", None)

    response = client.post(address, values)

    assert response.status_code == 302, response.context["form"].errors
    assert titles("zvukar") == ["Zvukařina"]


def test_texts_changed_past_the_admin_are_found_after_the_night():
    course = make.course("Produkce koncertů")
    type(course).objects.filter(pk=course.pk).update(title_cs="Zvukařina")
    assert titles("zvukar") == []

    update_search_index()

    assert titles("zvukar") == ["Zvukařina"]


def _pages():
    home = cms.home_page("cs")
    articles = home.add_child(instance=ArticleIndexPage(title="Články", slug="clanky", locale=home.locale))
    home.add_child(instance=MentorIndexPage(title="Mentoři", slug="mentori", locale=home.locale))
    articles.add_child(instance=ArticlePage(title="Jak na turné", slug="turne", lead="Zkušenosti.", locale=home.locale))
    home.add_child(
        instance=StandardPage(
            title="O nás", slug="o-nas", locale=home.locale, body=[("text", "<p>Pomáháme s turné.</p>")]
        )
    )
    path = make.curriculum("Cesta k prvnímu turné")
    home.add_child(instance=CurriculumPage(title="Turné", slug="cesta", curriculum=path, locale=home.locale))
    return articles


def test_the_site_is_searched_over_courses_paths_articles_texts_and_mentors():
    _pages()
    make.course("Turné bez ztrát")
    profile = mentoring.mentor().profile
    profile.headline_cs = "Plánuje turné"
    profile.save()

    assert set(found("turne")) == {
        ("Mentor", "Hedvika Rosůlková"),
        ("Článek", "Jak na turné"),
        ("Kurz", "Turné bez ztrát"),
        ("Vzdělávací dráha", "Turné"),
        ("Textová stránka", "O nás"),
    }
    assert found("turne rosulk") == [("Mentor", "Hedvika Rosůlková")]
    assert found("turne zaba") == []
    assert found("rosulk") == [("Mentor", "Hedvika Rosůlková")]
    assert found("") == []


def test_restricted_pages_are_not_in_the_results():
    articles = _pages()
    PageViewRestriction.objects.create(page=articles, restriction_type=PageViewRestriction.LOGIN)

    assert "Jak na turné" not in [title for _kind, title in found("turne")]


def test_the_page_of_results_keeps_what_was_typed_and_says_how_many(client):
    _pages()

    page = client.get("/cs/search/?q=turn%C3%A9").content.decode()
    assert 'value="turné"' in page
    assert "3 výsledky" in page, page[page.index("<main") :]
    assert 'href="/cs/clanky/turne/"' in page
    assert "Zkuste" in client.get("/cs/search/?q=nic+takoveho").content.decode()
    assert 'id="results"' not in client.get("/cs/search/").content.decode()
    assert client.get("/cs/search/?q=" + "x" * 300).status_code == 200


def test_a_page_in_another_language_is_not_found():
    Locale.objects.get_or_create(language_code="en")
    _pages()

    assert found("turne", "en") == []
