"""Pages in the admin: every type is made, edited and translated; records stay out of their reach."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from cms.models import CourseIndexPage, CoursePage, CurriculumPage, HomePage, MentorIndexPage, StandardPage
from courses.models import Curriculum, Enrollment
from tests.factories import cms as make_cms
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
TYPES = [HomePage, StandardPage, CourseIndexPage, CoursePage, MentorIndexPage, CurriculumPage]


@pytest.fixture
def editor(client):
    """A client signed in as an editor, reading English."""
    person = users.user("Redakce", language="en")
    person.groups.add(Group.objects.get(name="Editors"))
    client.force_login(person)
    return client


def parent_of(page_type):
    if page_type is HomePage:
        return Page.get_first_root_node()
    return make_cms.catalogue() if page_type is CoursePage else make_cms.home_page()


def page_of(page_type):
    """An existing page of the type."""
    if page_type is HomePage:
        return make_cms.home_page()
    if page_type is CourseIndexPage:
        return make_cms.catalogue()
    extra = {}
    if page_type is CoursePage:
        extra["course"] = make.course(public=False)
    if page_type is CurriculumPage:
        extra["curriculum"] = Curriculum.objects.create(slug="path", title_cs="Dráha")
    parent = parent_of(page_type)
    return parent.add_child(instance=page_type(title="Stránka", slug="stranka", locale=parent.locale, **extra))


@pytest.mark.parametrize("page_type", TYPES)
def test_every_page_type_is_added_and_edited_by_editors(editor, page_type):
    model = page_type._meta.model_name
    if page_type is not CourseIndexPage:
        response = editor.get(reverse("wagtailadmin_pages:add", args=["cms", model, parent_of(page_type).pk]))
        assert response.status_code == 200

    response = editor.get(reverse("wagtailadmin_pages:edit", args=[page_of(page_type).pk]))
    assert response.status_code == 200


def test_course_page_is_saved_and_published_from_its_form(editor):
    course, catalogue = make.course(public=False), make_cms.catalogue()
    data = nested_form_data(
        {
            "title": "Booking",
            "slug": "booking",
            "course": course.pk,
            "lead": "Trasa, nabídka, dohoda.",
            "body": streamfield([("text", rich_text("<p>Víc o kurzu.</p>"))]),
            "photo": "",
            "seo_title": "",
            "search_description": "",
            "go_live_at": "",
            "expire_at": "",
            "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": ""},
            "action-publish": "1",
        }
    )

    response = editor.post(reverse("wagtailadmin_pages:add", args=["cms", "coursepage", catalogue.pk]), data)

    assert response.status_code == 302, response.context["form"].errors
    page = CoursePage.objects.get(slug="booking")
    assert "Víc o kurzu." in str(page.body)
    assert (page.course, page.live, page.lead) == (course, True, "Trasa, nabídka, dohoda.")


def test_second_page_of_a_course_in_one_language_is_refused(editor):
    course = make.course()
    form = editor.get(reverse("wagtailadmin_pages:add", args=["cms", "coursepage", make_cms.catalogue().pk]))
    assert form.status_code == 200

    response = editor.post(
        reverse("wagtailadmin_pages:add", args=["cms", "coursepage", make_cms.catalogue().pk]),
        nested_form_data(
            {
                "title": "Znovu",
                "slug": "znovu",
                "course": course.pk,
                "lead": "",
                "body": streamfield([]),
                "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": ""},
                "action-publish": "1",
            }
        ),
    )

    assert "This course already has a page in this language." in response.content.decode()
    assert CoursePage.objects.filter(course=course).count() == 1


def test_page_is_translated_as_a_draft(editor):
    english = make_cms.home_page("en")
    czech = make_cms.home_page()
    czech.translation_key, english.translation_key = czech.translation_key, czech.translation_key
    english.save()
    page = page_of(StandardPage)

    response = editor.post(
        reverse("simple_translation:submit_page_translation", args=[page.pk]), {"locales": [english.locale_id]}
    )

    copy = page.get_translation(english.locale)
    assert response.status_code == 302
    assert (copy.live, copy.get_parent().specific) == (False, english)


def test_deleting_a_course_page_touches_no_enrollment(editor):
    enrollment = make.enrollment(of=make.run())
    page = CoursePage.objects.get()

    editor.post(reverse("wagtailadmin_pages:delete", args=[page.pk]))

    assert not CoursePage.objects.exists()
    assert set(Enrollment.objects.all()) == {enrollment}


@pytest.mark.parametrize("person", [None, "learner"])
def test_pages_are_closed_to_learners_and_strangers(client, person):
    page = page_of(StandardPage)
    if person:
        client.force_login(users.user())

    assert client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code == 302
    assert client.post(reverse("wagtailadmin_pages:delete", args=[page.pk])).status_code == 302
    assert StandardPage.objects.filter(pk=page.pk).exists()


def test_site_settings_are_edited(editor):
    response = editor.get(reverse("wagtailsettings:edit", args=["cms", "sitesettings"]), follow=True)

    assert response.status_code == 200


# --- a course's pages -----------------------------------------------------------


@pytest.fixture
def manager(client):
    """A client signed in as a programme manager, reading English."""
    person = users.user("Kancelář", language="en")
    person.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(person)
    return client


def test_pages_of_a_course_are_made_in_every_language_that_has_a_title(manager):
    course = make.course("Booking", title_en="Booking in English", public=False)
    make_cms.catalogue("cs")
    make_cms.catalogue("en")
    url = reverse("admin_course_make_pages", args=[course.pk])

    manager.post(url, {"publish": "on"})
    manager.post(url, {"publish": "on"})

    czech, english = CoursePage.objects.filter(course=course).order_by("locale__language_code")
    assert [(page.title, page.live, page.locale.language_code) for page in (czech, english)] == [
        ("Booking", True, "cs"),
        ("Booking in English", True, "en"),
    ]
    assert czech.translation_key == english.translation_key


def test_pages_of_a_course_are_drafts_if_wanted_and_wait_for_a_title(manager):
    course = make.course("Booking", title_en="", public=False)
    make_cms.catalogue("cs")
    make_cms.catalogue("en")

    preview = manager.get(reverse("admin_course_make_pages", args=[course.pk])).context["preview"]
    manager.post(reverse("admin_course_make_pages", args=[course.pk]), {})

    assert [page.live for page in CoursePage.objects.filter(course=course)] == [False]
    assert any("no title in this language" in sentence for sentence in preview)


def test_pages_of_a_course_are_not_made_by_editors_of_nothing(client):
    course = make.course(public=False)
    make_cms.catalogue()
    client.force_login(users.user())

    client.post(reverse("admin_course_make_pages", args=[course.pk]), {"publish": "on"})

    assert not CoursePage.objects.exists()


def test_course_list_and_page_lead_to_its_pages(manager):
    course = make.course()
    url = reverse("admin_course_make_pages", args=[course.pk])

    for name, args in (("list", []), ("inspect", [course.pk])):
        assert url in manager.get(reverse(f"wagtailsnippets_courses_course:{name}", args=args)).content.decode()
