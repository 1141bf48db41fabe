import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import translation

from academy.admin.deletion import refusal
from academy.admin.panels import translated_columns
from academy.admin.policies import ViewOnlyPermissionPolicy
from courses.models import Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db


def test_view_only_policy_refuses_forms_even_to_superusers():
    policy, superuser = ViewOnlyPermissionPolicy(Enrollment), users.staff()

    allowed = {
        action for action in ("view", "add", "change", "delete") if policy.user_has_permission(superuser, action)
    }

    assert allowed == {"view"}
    assert policy.user_has_any_permission(superuser, ["add", "view"])
    assert not policy.user_has_any_permission(superuser, ["add", "change", "delete"])


def test_view_only_policy_asks_for_the_view_permission():
    policy, viewer, changer = ViewOnlyPermissionPolicy(Enrollment), users.user(), users.user()
    viewer.user_permissions.add(Permission.objects.get(codename="view_enrollment"))
    changer.user_permissions.add(Permission.objects.get(codename="change_enrollment"))

    assert policy.user_has_permission(viewer, "view")
    assert not policy.user_has_permission(changer, "view")
    assert set(policy.users_with_any_permission(["view", "change"])) == {viewer}


def test_refusal_names_what_depends_on_a_row():
    run = make.run(sessions=1)
    session, free = run.sessions.get(), make.venue()
    make.attendance(of=make.enrollment(of=run), session=session)

    with translation.override("en"):
        assert "attendance records (1)" in refusal(session)
        assert "enrollments (1)" in refusal(run)
    assert refusal(free) is None


def test_translated_columns_follow_the_languages(settings):
    assert translated_columns("title") == ["title_cs", "title_en"]

    settings.LANGUAGES = [*settings.LANGUAGES, ("de", "German")]

    assert translated_columns("title", "name") == ["title_cs", "title_en", "title_de", "name_cs", "name_en", "name_de"]


def test_pages_that_wagtail_brings_open_with_our_user(client):
    client.force_login(users.staff(language="en"))
    run = make.run()
    urls = [
        reverse("wagtailadmin_account"),
        reverse("wagtailadmin_reports:site_history"),
        reverse("wagtailusers_groups:index"),
        reverse("wagtailusers_users:history", args=[users.user().pk]),
        reverse("wagtailsnippets_courses_courserun:history", args=[run.pk]),
        reverse("wagtailsnippets_courses_course:usage", args=[run.course.pk]),
        reverse("wagtailsnippetchoosers_courses_course:choose"),
        reverse("simple_translation:submit_page_translation", args=[run.course.pages.get().pk]),
    ]

    assert {url: client.get(url, follow=True).status_code for url in urls} == dict.fromkeys(urls, 200)


def test_account_page_of_the_admin_changes_neither_name_nor_address_nor_password(client):
    client.force_login(users.staff(language="en"))

    page = client.get(reverse("wagtailadmin_account")).content.decode()

    assert 'name="locale-preferred_language"' in page
    assert 'name="name_email-' not in page
    assert 'type="password"' not in page


def test_account_page_of_the_admin_is_closed_to_learners_and_strangers(client):
    assert client.get(reverse("wagtailadmin_account")).status_code == 302
    client.force_login(users.user())
    assert client.get(reverse("wagtailadmin_account")).status_code == 302
