"""The office invites, makes and revokes codes, edits quotas and decides that a run takes place."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.test.utils.form_data import querydict_from_html

from academy.mail.models import Message
from courses import enrollment as rules
from courses.entry import codes
from courses.entry.admin import ENTRY_RUN_ACTIONS, INVITATION_ACTIONS, state_of
from courses.models import CourseRun, Enrollment, Invitation, SeatQuota
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


@pytest.fixture
def office(client):
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    return client


@pytest.fixture
def run():
    return make.run(entry="invitation", minimum=3)


def act(office, action, instance, /, **data):
    return office.post(reverse(f"admin_{action}", args=[instance.pk]), data)


def shown(response):
    return response.content.decode()


@pytest.mark.parametrize("action", [*ENTRY_RUN_ACTIONS, *INVITATION_ACTIONS], ids=lambda action: action.url_name())
def test_action_is_open_to_managers_closed_to_editors_learners_and_strangers(client, run, action):
    codes.invite(run, ["dana@example.org"], by=None, language="cs")
    instance = run if action.model is CourseRun else Invitation.objects.get()
    url = reverse(action.url_name(), args=[instance.pk])
    manager, editor, learner = users.user(), users.user(), users.user()
    manager.groups.add(Group.objects.get(name="Programme managers"))
    editor.groups.add(Group.objects.get(name="Editors"))

    def reaches(person):
        client.logout()
        if person:
            client.force_login(person)
        return client.get(url).status_code

    assert [reaches(person) for person in (None, learner, editor, manager)] == [302, 302, 302, 200]
    assert Invitation.objects.filter(revoked_at=None).count() == 1
    assert CourseRun.objects.get().goes_ahead_at is None


def test_invite_mails_everybody_on_the_list_once(office, run):
    response = act(
        office, "courserun_invite", run, emails="dana@example.org\nEva@example.org;dana@example.org", language="en"
    )

    assert response.status_code == 302
    assert set(Message.objects.values_list("to", "language")) == {("dana@example.org", "en"), ("eva@example.org", "en")}


def test_invite_refuses_bad_addresses_and_times_that_are_over_and_keeps_what_was_typed(office, run):
    response = act(office, "courserun_invite", run, emails="dana@example", language="en")
    assert "These are no e-mail addresses: dana@example." in shown(response)
    assert "dana@example</textarea>" in shown(response)

    response = act(
        office, "courserun_invite", run, emails="a@example.org", language="en", valid_until="2020-01-01 10:00"
    )

    assert "This time is over already." in shown(response)
    assert not Invitation.objects.exists()


def test_shared_codes_are_shown_once_and_not_kept_by_the_browser(office, run):
    response = act(office, "courserun_codes", run, count=2, uses=5, note="The partner's people")

    made = re.findall(r"<strong>([A-Z0-9-]{14})</strong>", shown(response))
    assert (len(made), "no-store" in response["Cache-Control"]) == (2, True)
    assert [codes.check(run, code, at=timezone.now()).uses_allowed for code in made] == [5, 5]
    listed = shown(office.get(reverse("invitation:index")))
    assert "The partner&#x27;s people" in listed
    assert not any(code in listed for code in made)


def test_shared_codes_need_numbers_that_make_sense(office, run):
    response = act(office, "courserun_codes", run, count=0, uses=5)

    assert "Ensure this value is greater than or equal to 1." in shown(response)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("action", "data"), [("codes", {"count": 1, "uses": 1}), ("invite", {"emails": "a@example.org", "language": "cs"})]
)
def test_codes_for_a_run_that_is_open_to_everybody_are_refused_in_a_sentence(office, action, data):
    response = act(office, f"courserun_{action}", make.run(), **data)

    assert "This run is not by invitation: change its way in first." in shown(response)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("rows", [1, 30])
def test_list_of_invitations_takes_the_same_queries(office, run, rows, django_assert_num_queries):
    codes.make_shared(run, by=None, count=rows)
    url = reverse("invitation:index")
    office.get(url)

    with django_assert_num_queries(12):
        office.get(url)


def test_invitation_shows_who_used_it_and_is_revoked(office, run):
    invitation, code = codes.make_shared(run, by=None, uses=2)[0]
    codes.use(
        codes.check(run, code, at=timezone.now()),
        make.enrollment(of=run, learner=users.user("Jana Malá")),
        at=timezone.now(),
    )

    assert "Jana Malá" in shown(office.get(reverse("invitation:inspect", args=[invitation.pk])))
    assert act(office, "invitation_revoke", invitation).status_code == 302
    assert "revoked" in shown(office.get(reverse("invitation:index")))


def test_list_of_invitations_leads_to_each_and_to_what_can_be_done_with_it(office, run):
    invitation, _code = codes.make_shared(run, by=None)[0]

    listed = shown(office.get(reverse("invitation:index")))

    assert reverse("invitation:inspect", args=[invitation.pk]) in listed
    assert reverse("admin_invitation_revoke", args=[invitation.pk]) in listed
    assert reverse("admin_invitation_send_again", args=[invitation.pk]) not in listed


def test_lost_code_is_replaced_by_mail(office, run):
    codes.invite(run, ["dana@example.org"], by=None, language="cs")

    act(office, "invitation_send_again", Invitation.objects.get(), language="en")

    assert [(one.email, one.revoked_at is None) for one in Invitation.objects.order_by("pk")] == [
        ("dana@example.org", False),
        ("dana@example.org", True),
    ]
    assert Message.objects.filter(to="dana@example.org").count() == 2


def test_it_takes_place_by_a_button(office, run):
    row = make.enrollment(of=run)

    assert "1 person is told by e-mail." in shown(office.get(reverse("admin_courserun_goes_ahead", args=[run.pk])))
    act(office, "courserun_goes_ahead", run)

    run.refresh_from_db()
    assert run.goes_ahead_at is not None
    assert Message.objects.get().recipient == row.learner


def test_person_who_called_is_admitted_by_exception_with_a_reason(office):
    run, basics = make.run(), make.course(title_en="The basics")
    run.course.prerequisites.set([basics])
    run.course.save()
    person = {"name": "Jana Malá", "email": "jana@example.org", "language": "cs", "way": "place"}

    refused = act(office, "courserun_add_person", run, **person)
    assert "Before this course you complete: The basics." in shown(refused)
    act(office, "courserun_add_person", run, **person, waiver_reason="Teaches it herself.")

    assert run.enrollments.get().admission.waiver_reason == "Teaches it herself."


def test_change_of_capacity_previews_whom_the_quotas_let_up(office):
    run = make.run(capacity=1)
    make.quota(of=run, kind="at_most", seats=1, level="intermediate")
    for name, level in (("Alfa", "intermediate"), ("Beta", "intermediate"), ("Gama", "beginner")):
        rules.enroll(users.user(name), run, level=level)

    response = act(office, "courserun_capacity", run, capacity=3)

    assert "These people move up or get an offer, and are told: Gama." in shown(response)


# --- the form of a run ----------------------------------------------------------


def posted(office, run, **changes):
    """Open the run's form and send it back with changes, as a browser does; the response."""
    url = reverse("wagtailsnippets_courses_courserun:edit", args=[run.pk])
    return office.post(url, {**form_of(office, url), **changes})


def form_of(office, url):
    sent = querydict_from_html(office.get(url).content.decode(), form_id="w-editor-form")
    return {name: values[0] if len(values) == 1 else values for name, values in sent.lists()}


def quota_data(number=0, **values):
    data = {"kind": "at_least", "seats": 2, "level": "beginner", "segment": "", "kept_until": "", **values}
    return {"quotas-TOTAL_FORMS": number + 1, **{f"quotas-{number}-{name}": value for name, value in data.items()}}


def test_quota_is_added_in_the_form_and_knows_who_came_before(office):
    run, person = make.run(), users.user()
    organisation = users.organisation(person)
    row = make.enrollment(of=run, learner=person)

    response = posted(office, run, **quota_data(kind="per_organisation", level=""))

    assert response.status_code == 302, response.context["form"].errors
    assert list(SeatQuota.objects.values_list("run", "kind", "seats")) == [(run.pk, "per_organisation", 2)]
    assert row.admission.organisation == organisation


def test_quota_that_is_changed_binds_from_then_on(office):
    run = make.run()
    long_ago = timezone.now() - timedelta(days=9)
    quota = make.quota(of=run, kind="at_most", seats=5, since=long_ago)

    posted(office, run)
    quota.refresh_from_db()
    assert quota.since == long_ago
    posted(office, run, **{"quotas-0-seats": 4})

    quota.refresh_from_db()
    assert (quota.seats, quota.since > long_ago) == (4, True)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "per_organisation"}, "A rule for every organisation names no group"),
        ({"level": ""}, "Choose the experience or the segment that makes the group."),
        ({"kind": "at_most", "kept_until": "2030-01-01 10:00"}, "Only seats kept for a group are kept until a time."),
        ({"seats": 0}, "Ensure this value is greater than or equal to 1."),
        ({"seats": 21}, "21 seats are kept for groups, but the run has 20."),
    ],
)
def test_quota_that_makes_no_sense_is_refused_in_a_sentence(office, values, sentence):
    run = make.run(capacity=20)

    assert sentence in shown(posted(office, run, **quota_data(**values)))
    assert not SeatQuota.objects.exists()


def test_date_to_decide_needs_a_number_of_people(office):
    run = make.run()

    response = posted(office, run, decide_at="2030-01-01 10:00")

    assert "Say how many people are needed" in shown(response)


def test_course_names_the_courses_to_be_completed_first(office):
    course, basics = make.course(), make.course()
    url = reverse("wagtailsnippets_courses_course:edit", args=[course.pk])

    response = office.post(url, {**form_of(office, url), "prerequisites": [basics.pk]})

    assert response.status_code == 302, response.context["form"].errors
    assert list(course.__class__.objects.get(pk=course.pk).prerequisites.all()) == [basics]


def test_list_calls_a_code_valid_through_the_last_second_of_its_time():
    until = timezone.now().replace(microsecond=0)
    code = Invitation(valid_until=until)
    code.used = 0

    said = []
    for late in (timedelta(microseconds=900_000), timedelta(seconds=1)):
        with time_machine.travel(until + late, tick=False), translation.override("en"):
            said.append(state_of(code))
    assert said == ["valid", "expired"]
