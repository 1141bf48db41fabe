"""People, trainers, organisations and roles in the admin."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import call_command
from django.urls import reverse

from academy.admin.roles import ADMINISTRATORS, EDITORS, MANAGERS, ensure_roles
from academy.mail.models import Message
from academy.users.admin import MemberForm
from academy.users.models import Membership, Organisation, Profile, User
from courses.admin.enrollment_actions import PersonForm
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client):
    """A client signed in as an administrator, reading English."""
    client.force_login(in_role(ADMINISTRATORS))
    return client


def in_role(name):
    person = users.user("Kancelář", language="en")
    person.groups.add(Group.objects.get(name=name))
    return person


def person_data(**extra):
    return {"email": "New@Example.org", "name": "Nová Osoba", "language": "en", "time_zone": "Europe/Prague", **extra}


# --- accounts -----------------------------------------------------------------


def test_added_person_signs_in_by_a_code_that_proves_the_address(office, client):
    group = Group.objects.get(name=EDITORS)

    office.post(reverse("wagtailusers_users:add"), person_data(groups=[group.pk]))

    made = User.objects.get(email="new@example.org")
    address = EmailAddress.objects.get(user=made)
    assert (made.name, made.language, made.is_superuser) == ("Nová Osoba", "en", False)
    assert set(made.groups.all()) == {group}
    assert not made.has_usable_password()
    assert (address.email, address.verified, address.primary) == ("new@example.org", False, True)


def test_form_of_a_person_has_no_superuser_and_no_password(office):
    form = office.get(reverse("wagtailusers_users:add")).context["form"]

    assert list(form.fields) == ["email", "name", "language", "time_zone", "groups"]


@pytest.mark.parametrize("email", ["taken@example.org", "TAKEN@example.org"])
def test_person_with_a_taken_address_is_refused_in_a_sentence(office, email):
    users.user(email="taken@example.org")

    response = office.post(reverse("wagtailusers_users:add"), person_data(email=email))

    assert response.context["form"].errors == {"email": ["There is already an account with this e-mail address."]}


def test_changed_address_has_to_be_proven_again(office):
    person = users.user(email="old@example.org")

    office.post(reverse("wagtailusers_users:edit", args=[person.pk]), person_data(is_active="on"))

    assert [(row.email, row.verified) for row in EmailAddress.objects.filter(user=person)] == [
        ("new@example.org", False)
    ]


def test_address_that_stays_stays_proven(office):
    person = users.user(email="new@example.org")

    office.post(reverse("wagtailusers_users:edit", args=[person.pk]), person_data(is_active="on", name="Jinak"))

    person.refresh_from_db()
    assert person.name == "Jinak"
    assert EmailAddress.objects.get(user=person).verified


def test_administrator_cannot_touch_a_superuser(office):
    boss = users.staff()

    response = office.post(reverse("wagtailusers_users:edit", args=[boss.pk]), person_data(is_active="on"))

    boss.refresh_from_db()
    assert response.url == reverse("wagtailadmin_home")
    assert boss.email != "new@example.org"


def test_nobody_takes_their_own_roles_or_account_away(client):
    me = in_role(ADMINISTRATORS)
    client.force_login(me)

    client.post(reverse("wagtailusers_users:edit", args=[me.pk]), person_data(groups=[]))

    me.refresh_from_db()
    assert me.is_active
    assert [group.name for group in me.groups.all()] == [ADMINISTRATORS]


def test_person_with_enrollments_is_not_deleted_but_explained(office):
    learner = make.enrollment(of=make.run()).learner
    bulk = reverse("wagtail_bulk_action", args=["users", "user", "delete"]) + f"?id={learner.pk}"

    for url in (reverse("wagtailusers_users:delete", args=[learner.pk]), bulk):
        response = office.post(url, follow=True)
        assert "enrollments (1)" in response.content.decode()
    assert User.objects.filter(pk=learner.pk).exists()


def test_only_superusers_change_superusers_in_bulk(office):
    root, learner = users.user(is_superuser=True), users.user()
    url = reverse("wagtail_bulk_action", args=["users", "user", "set_active_state"])

    refused = office.post(f"{url}?id={root.pk}&id={learner.pk}", {"mark_as_active": "False"})
    assert refused.status_code in (302, 403)
    assert User.objects.filter(pk__in=[root.pk, learner.pk], is_active=True).count() == 2

    office.post(f"{url}?id={learner.pk}", {"mark_as_active": "False"})
    assert not User.objects.get(pk=learner.pk).is_active


@pytest.mark.parametrize("rows", [1, 30])
def test_people_list_takes_the_same_queries_for_any_number_of_rows(office, rows, django_assert_num_queries):
    for _number in range(rows):
        users.user().groups.add(Group.objects.get(name=EDITORS))
    url = reverse("wagtailusers_users:index")
    office.get(url)

    with django_assert_num_queries(13):
        office.get(url)


# --- trainers and mentors -----------------------------------------------------


def test_invite_opens_an_account_and_sends_one_mail(office, django_capture_on_commit_callbacks):
    profile = users.profile("Hedvika Rosůlková", email="Hedvika@example.org")

    with django_capture_on_commit_callbacks(execute=True):
        office.post(reverse("admin_profile_invite", args=[profile.pk]))
    office.post(reverse("admin_profile_invite", args=[profile.pk]))

    profile.refresh_from_db()
    assert (profile.user.email, profile.user.name) == ("hedvika@example.org", "Hedvika Rosůlková")
    assert [letter.to for letter in mail.outbox] == [["hedvika@example.org"]]
    assert "https://academy.test/cs/" in mail.outbox[0].body
    assert Message.objects.count() == 1


def test_invite_links_an_account_that_exists(office):
    known = users.user(email="hedvika@example.org")
    profile = users.profile(email="hedvika@example.org")

    office.post(reverse("admin_profile_invite", args=[profile.pk]))

    profile.refresh_from_db()
    assert profile.user == known


def test_invite_without_an_address_or_to_a_taken_account_is_refused(office):
    other = users.profile(user=users.user(email="taken@example.org"))
    lost, taken = users.profile(), users.profile(email="taken@example.org")

    sentences = [
        office.post(reverse("admin_profile_invite", args=[profile.pk])).context["form"].non_field_errors()
        for profile in (lost, taken)
    ]

    assert sentences == [
        ["Fill in an e-mail address first: the invitation goes there."],
        ["The account with this e-mail address belongs to another trainer or mentor."],
    ]
    assert set(Profile.objects.filter(user__isnull=False)) == {other}
    assert not Message.objects.exists()


# --- organisations ------------------------------------------------------------


def test_organisation_gains_and_loses_members(office):
    organisation = Organisation.objects.create(name="Klub Sever")
    add = reverse("admin_organisation_add_member", args=[organisation.pk])

    office.post(add, {"email": "a@example.org", "name": "A", "role": "member"})
    asked = office.post(add, {"email": "a@example.org", "name": "A", "role": "manager"}, follow=True)
    assert {str(message).strip() for message in asked.context["messages"]} == {
        "A is asked by e-mail to accept the membership."
    }
    membership = Membership.objects.get()
    assert (membership.user.email, membership.role, membership.accepted_at) == ("a@example.org", "manager", None)

    page = office.get(reverse("wagtailsnippets_users_organisation:inspect", args=[organisation.pk]))
    assert [member for member, _buttons in page.context["members"]] == [membership]

    office.post(reverse("admin_membership_remove", args=[membership.pk]))
    assert not Membership.objects.exists()


@pytest.mark.parametrize("name", ["profile", "organisation"])
@pytest.mark.parametrize("rows", [1, 30])
def test_lists_take_the_same_queries_for_any_number_of_rows(office, name, rows, django_assert_num_queries):
    for number in range(rows):
        users.profile(user=users.user())
        Organisation.objects.create(name=f"Klub {number}")
    url = reverse(f"wagtailsnippets_users_{name}:list")
    office.get(url)

    with django_assert_num_queries(11):
        office.get(url)


# --- roles --------------------------------------------------------------------

PAGES = {
    "wagtailadmin_home": {EDITORS, MANAGERS, ADMINISTRATORS},
    "wagtailadmin_explore_root": {EDITORS, MANAGERS, ADMINISTRATORS},
    "wagtailimages:index": {EDITORS, MANAGERS, ADMINISTRATORS},
    "wagtaildocs:index": {EDITORS, MANAGERS, ADMINISTRATORS},
    "wagtailsnippets_courses_course:list": {MANAGERS, ADMINISTRATORS},
    "wagtailsnippets_courses_courserun:add": {MANAGERS, ADMINISTRATORS},
    "wagtailsnippets_users_organisation:list": {MANAGERS, ADMINISTRATORS},
    "enrollment:index": {MANAGERS, ADMINISTRATORS},
    "attendance:index": {MANAGERS, ADMINISTRATORS},
    "completion:index": {MANAGERS, ADMINISTRATORS},
    "message:index": {MANAGERS, ADMINISTRATORS},
    "wagtailusers_users:index": {ADMINISTRATORS},
    "wagtailusers_groups:index": {ADMINISTRATORS},
    "wagtailsites:index": {ADMINISTRATORS},
}


@pytest.mark.parametrize("page", PAGES)
def test_roles_open_their_pages_and_no_others(client, page):
    opened = set()
    for role in (EDITORS, MANAGERS, ADMINISTRATORS):
        client.force_login(in_role(role))
        if client.get(reverse(page)).status_code == 200:
            opened.add(role)

    assert opened == PAGES[page]


@pytest.mark.parametrize("page", PAGES)
def test_learners_and_strangers_open_no_page_of_the_admin(client, page):
    assert client.get(reverse(page)).status_code == 302
    client.force_login(users.user())
    assert client.get(reverse(page)).status_code == 302


def test_roles_are_made_again_without_taking_anything_away():
    managers = Group.objects.get(name=MANAGERS)
    before = set(managers.permissions.all())
    administrators = Group.objects.get(name=ADMINISTRATORS)
    extra = next(permission for permission in administrators.permissions.all() if permission not in before)
    managers.permissions.add(extra)
    managers.permissions.remove(next(iter(before)))

    ensure_roles()
    ensure_roles()

    assert set(managers.permissions.all()) == before | {extra}


def test_migrate_makes_the_roles_again():
    Group.objects.filter(name=EDITORS).delete()

    call_command("migrate", verbosity=0)

    editors = Group.objects.get(name=EDITORS)
    codenames = {permission.permission.codename for permission in editors.page_permissions.select_related("permission")}
    assert {"add_page", "change_page", "publish_page"} <= codenames


def test_users_menu_is_reached_in_the_persons_language(office):
    page = office.get(reverse("wagtailadmin_home")).content.decode()

    assert re.search(r"Enrollments", page)
    assert "What needs attention today" in page


@pytest.mark.parametrize("form", [MemberForm, PersonForm])
def test_address_longer_than_an_account_can_have_is_refused_beside_its_field(form):
    longest = f"{'e' * 242}@example.org"
    assert "email" not in form({"email": longest}).errors
    assert "254" in form({"email": f"e{longest}"}).errors["email"][0]
