import pytest
from django.utils import timezone

from academy.links import sign
from academy.mail.delivery import deliver
from academy.mail.models import Message
from academy.users import memberships
from academy.users.models import Membership, Organisation
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def invited():
    club = Organisation.objects.create(name="Klub Sever")
    return memberships.add_member(club, users.user(language="en"), role="manager")


def link(membership):
    return f"/en/membership/{sign('membership', membership.pk)}/"


def accepted_at(membership):
    membership.refresh_from_db()
    return membership.accepted_at


def test_invitation_is_mailed_once_a_day_and_not_after_it_was_accepted(invited, mailoutbox):
    memberships.add_member(invited.organisation, invited.user, role="manager")
    message = Message.objects.get(kind="users.membership")

    deliver(message.pk)
    assert "Do you belong to Klub Sever?" in mailoutbox[0].subject
    assert "You are to be its manager" in mailoutbox[0].body
    assert "/en/membership/" in mailoutbox[0].body
    memberships.accept(invited)
    memberships.add_member(invited.organisation, invited.user, role="member")

    assert Message.objects.count() == 1


def test_invitation_that_was_answered_is_not_sent(invited, mailoutbox):
    memberships.accept(invited)

    deliver(Message.objects.get(kind="users.membership").pk)

    assert mailoutbox == []


def test_accepting_twice_keeps_the_first_time(invited):
    first = memberships.accept(invited, at=timezone.now()).accepted_at

    assert memberships.accept(invited).accepted_at == first


def test_manager_counts_only_with_the_role_and_the_own_yes(invited):
    assert not memberships.managed_by(invited.user).exists()
    memberships.accept(invited)
    assert [one.organisation for one in memberships.managed_by(invited.user)] == [invited.organisation]
    memberships.add_member(invited.organisation, invited.user, role="member")
    assert not memberships.managed_by(invited.user).exists()


def test_opening_the_link_changes_nothing_and_its_button_accepts(client, invited):
    page = client.get(link(invited)).content.decode()
    assert "Klub Sever" in page
    assert accepted_at(invited) is None

    answer = client.post(link(invited), {"answer": "accept"})

    assert "You belong to Klub Sever now." in answer.content.decode()
    assert accepted_at(invited) is not None


def test_declining_ends_the_invitation_and_the_link_says_so(client, invited):
    assert "is declined" in client.post(link(invited), {"answer": "leave"}).content.decode()

    assert not Membership.objects.exists()
    for answer in (client.get(link(invited)), client.post(link(invited), {"answer": "accept"})):
        assert answer.status_code == 404
        assert "no longer valid" in answer.content.decode()
    assert not Membership.objects.exists()


def test_unknown_button_changes_nothing(client, invited):
    assert client.post(link(invited), {"answer": "what"}).status_code == 200
    assert accepted_at(invited) is None


def test_membership_is_shown_in_my_academy_and_profile_and_can_be_left(client, invited):
    client.force_login(invited.user)
    assert "Do you belong to Klub Sever?" in client.get("/en/my/").content.decode()
    own = f"/en/memberships/{invited.pk}/"
    assert own in client.get("/en/profile/").content.decode()
    client.post(own, {"answer": "accept"})
    assert "My organisation: Klub Sever" in client.get("/en/my/").content.decode()

    answer = client.post(own, {"answer": "leave"}, follow=True)

    assert "You have left Klub Sever." in answer.content.decode()
    assert not Membership.objects.exists()


def test_membership_of_somebody_else_is_not_found(client, invited):
    own = f"/en/memberships/{invited.pk}/"
    assert client.post(own, {"answer": "accept"}).status_code == 302
    client.force_login(users.user())
    assert client.get(own).status_code == 404
    assert client.post(own, {"answer": "accept"}).status_code == 404
    assert client.get("/en/membership/1.forged/").status_code == 404
    assert accepted_at(invited) is None
