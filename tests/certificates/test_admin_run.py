"""Certificates of a whole run by one button."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from academy import registry
from certificates.admin import IssueForRun
from certificates.models import Certificate
from courses.models import Course, CourseRun
from tests.factories import certificates as make
from tests.factories import courses, users

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client):
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    return client


def test_button_issues_for_everybody_who_met_the_rule_and_has_none_once(office):
    first = make.completed()
    run = first.run
    CourseRun.objects.filter(pk=run.pk).update(auto_issue=False)
    second = make.completed(of=run, learner=users.user("Eva Malá"))
    make.completed(of=run, is_met=False)
    url = reverse("admin_courserun_issue_certificates", args=[run.pk])

    preview = office.get(url).context["preview"]
    assert preview[0].startswith("2 people met the conditions and have no certificate: ")
    assert not Certificate.objects.exists()

    office.post(url)
    office.post(url)

    assert {certificate.enrollment for certificate in Certificate.objects.all()} == {first, second}
    assert Certificate.objects.count() == 2


def test_refusal_for_one_is_said_with_the_name_and_stops_nobody(office):
    nameless = make.completed(learner=users.user("", email="no-name@example.org"))
    named = make.completed(of=nameless.run)

    response = office.post(reverse("admin_courserun_issue_certificates", args=[nameless.run_id]), follow=True)

    sentences = [str(message).strip() for message in response.context["messages"]]
    assert sentences[0].startswith("no-name@example.org: The person has not filled in the name")
    assert sentences[1] == "1 certificate is issued."
    assert [certificate.enrollment for certificate in Certificate.objects.all()] == [named]


def test_button_is_on_the_page_of_a_closed_run_with_certificates_only(office):
    assert registry.run_actions["issue certificates"] is IssueForRun
    closed = make.completed().run
    planned = courses.run()
    without = make.completed(certificate_kind=Course.CertificateKind.NONE).run

    def labels(run):
        page = office.get(reverse("wagtailsnippets_courses_courserun:inspect", args=[run.pk]))
        return [str(button.label) for button in page.context["buttons"]]

    assert "Issue certificates" in labels(closed)
    assert "Issue certificates" not in labels(planned)
    assert "Issue certificates" not in labels(without)


def test_button_is_closed_to_editors_learners_and_strangers(client):
    url = reverse("admin_courserun_issue_certificates", args=[make.completed().run_id])
    editor = users.user()
    editor.groups.add(Group.objects.get(name="Editors"))

    for person in (None, users.user(), editor):
        client.logout()
        if person:
            client.force_login(person)
        assert client.post(url).status_code == 302

    assert not Certificate.objects.exists()
