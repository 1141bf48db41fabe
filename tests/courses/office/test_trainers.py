"""Who teaches a run, and inviting somebody new from its page."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from academy.mail.models import Message
from academy.users.models import Profile
from courses.office import trainers
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db


def test_set_trainers_replaces_them_and_the_history_says_from_whom_to_whom():
    old, new, staff = users.profile("Hedvika Rosůlková"), users.profile("Jan Novák"), users.staff()
    run = make.run(trainers=[old])

    for _time in range(2):
        trainers.set_trainers(run, [new], by=staff)

    assert set(make.CourseRun.objects.get(pk=run.pk).trainers.all()) == {new}
    assert [(event.what, event.old, event.new, event.by) for event in run.events.all()] == [
        ("trainers", {"trainers": ["Hedvika Rosůlková"]}, {"trainers": ["Jan Novák"]}, staff)
    ]


def test_add_trainer_makes_a_profile_once_and_invites_once():
    run, staff = make.run(trainers=[users.profile("Hedvika Rosůlková")]), users.staff()

    for _time in range(2):
        profile = trainers.add_trainer(run, name="Žofie Nová", email="Zofie@example.org", invite=True, by=staff)

    assert (profile.slug, profile.email, profile.user.email) == ("zofie-nova", "zofie@example.org", "zofie@example.org")
    assert {str(trainer) for trainer in make.CourseRun.objects.get(pk=run.pk).trainers.all()} == {
        "Hedvika Rosůlková",
        "Žofie Nová",
    }
    assert [message.to for message in Message.objects.all()] == ["zofie@example.org"]


def test_add_trainer_without_an_account_leaves_the_profile_without_one():
    profile = trainers.add_trainer(make.run(), name="Jan Novák", by=users.staff())
    namesake = trainers.add_trainer(make.run(), name="Jan Novák", by=users.staff())

    assert (profile.user, profile.slug, namesake.slug) == (None, "jan-novak", "jan-novak-2")
    assert not Message.objects.exists()


def act(office, action, run, **data):
    return office.post(reverse(f"admin_courserun_{action}", args=[run.pk]), data)


def test_buttons_assign_and_invite(office):
    run, known = make.run(), users.profile()

    act(office, "trainers", run, trainers=[known.pk])
    act(office, "add_trainer", run, name="Jan Novák", email="jan@example.org", invite="on")

    assert {str(trainer) for trainer in make.CourseRun.objects.get(pk=run.pk).trainers.all()} == {
        str(known),
        "Jan Novák",
    }
    page = office.get(reverse("wagtailsnippets_courses_courserun:inspect", args=[run.pk]) + "?part=sessions")
    assert {
        str(profile): [str(button.label) for button in buttons] for profile, buttons in page.context["trainers"]
    } == {
        str(known): ["Invite"],
        "Jan Novák": ["Invite"],
    }


def test_invitation_without_an_address_is_a_sentence_beside_the_field(office):
    response = act(office, "add_trainer", make.run(), name="Jan Novák", invite="on")

    assert response.context["form"].errors == {"email": ["Write the address to which the invitation goes."]}
    assert not Profile.objects.filter(name="Jan Novák").exists()


@pytest.mark.parametrize("action", ["trainers", "add_trainer"])
def test_buttons_are_closed_to_editors_learners_and_strangers(client, action):
    run = make.run()
    editor = users.user()
    editor.groups.add(Group.objects.get(name="Editors"))

    for person in (None, users.user(), editor):
        client.logout()
        if person:
            client.force_login(person)
        assert act(client, action, run, name="Jan Novák").status_code == 302

    assert not Profile.objects.exists()
