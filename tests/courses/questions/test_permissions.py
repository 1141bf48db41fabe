"""Who reads which answers: the person, the office, named roles, trainers, a jury; and nobody else."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from academy import registry
from academy.users.models import Membership, Organisation
from courses.models import Answer, AnswerChange, AnswerFile, CourseRun, Enrollment
from courses.questions import answering, files, permissions
from courses.questions.answering import Given
from tests.factories import courses as make
from tests.factories import questions as ask
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """A run with a trainer, one person with a place, and an answer of every sort with a file."""
    trainer, learner = users.user("Trainer"), users.user("Learner")
    run = make.run(trainers=[users.profile(user=trainer)])
    named = {
        "selection": ask.question("file", "selection", on=run),
        "organisation": ask.question("file", "organisation", on=run, for_organisation=True),
        "report": ask.question("file", "report", on=run, for_report=True),
    }
    named["sensitive"] = ask.sensitive("sensitive", on=run, kind="file", for_selection=True)
    with translation.override("en"):
        given = [Given(question, f"{name}.pdf", files.keep(ask.upload())) for name, question in named.items()]
        enrollment, _new = answering.submit(learner, run, given)
    return {"run": run, "learner": learner, "trainer": trainer, "enrollment": enrollment}


def readers(world):
    """Everybody who may come, as {name: user}."""
    organisation = Organisation.objects.create(name="Label")
    manager = users.user("Manager")
    for person, role in [(manager, Membership.Role.MANAGER), (world["learner"], Membership.Role.MEMBER)]:
        Membership.objects.create(organisation=organisation, user=person, role=role, accepted_at=timezone.now())
    office, carer = users.user("Office"), users.user("Carer")
    office.groups.add(Group.objects.get(name="Programme managers"))
    carer.groups.add(Group.objects.get(name="Programme managers"), Group.objects.get(name="Care"))
    return {
        "superuser": users.staff(),
        "office": office,
        "carer": carer,
        "trainer": world["trainer"],
        "other trainer": users.profile("Other", user=users.user("Other")).user,
        "organisation's manager": manager,
        "another learner": make.enrollment(of=world["run"]).learner,
    }


NOT_SENSITIVE = {"selection", "organisation", "report"}
EXPECTED = {
    "superuser": NOT_SENSITIVE,
    "office": NOT_SENSITIVE,
    "carer": NOT_SENSITIVE | {"sensitive"},
    "trainer": {"organisation"},
    "other trainer": set(),
    "organisation's manager": set(),
    "another learner": set(),
}


def test_each_reads_by_purpose_and_role(world):
    found = {
        name: {answer.label for answer in permissions.of_enrollment(user, world["enrollment"])}
        for name, user in readers(world).items()
    }
    assert found == EXPECTED
    assert {answer.label for answer in permissions.own(world["learner"], world["enrollment"])} == EXPECTED["carer"]
    assert permissions.own(world["trainer"], world["enrollment"]) == []


def test_files_open_for_the_same_people_as_downloads_that_cannot_run(client, world):
    everybody = {**readers(world), "the person": world["learner"]}
    expected = {**EXPECTED, "the person": EXPECTED["carer"]}
    for name, user in everybody.items():
        client.force_login(user)
        opened = set()
        for answer in Answer.objects.select_related("file"):
            response = client.get(reverse("courses:answer_file", args=[answer.file.token]))
            if response.status_code == 200:
                opened.add(answer.label)
                assert response["Content-Disposition"] == 'attachment; filename="deck.pdf"'
                assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
                assert response["X-Content-Type-Options"] == "nosniff"
                assert b"".join(response.streaming_content) == ask.PDF
            else:
                assert response.status_code == 404
        assert opened == expected[name], name
    client.logout()
    answer = Answer.objects.select_related("file").first()
    assert client.get(reverse("courses:answer_file", args=[answer.file.token])).status_code == 302
    assert client.get(f"/media/{answer.file.file.name}").status_code == 404


def test_the_storage_knows_no_name_and_no_extension(world):
    for kept in AnswerFile.objects.all():
        assert kept.file.name == f"answers/{kept.token.hex}"
        assert default_storage.exists(kept.file.name)


def test_another_activity_may_open_a_file_by_the_registry(client, world, monkeypatch):
    juror = users.user()
    answer = Answer.objects.select_related("file").get(label="selection")
    url = reverse("courses:answer_file", args=[answer.file.token])
    client.force_login(juror)
    assert client.get(url).status_code == 404
    monkeypatch.setitem(registry.answer_readers, "test", lambda user, found: (user, found) == (juror, answer))
    assert client.get(url).status_code == 200


def test_a_jury_reads_what_is_for_selection_and_not_sensitive(world):
    found = permissions.for_jury([world["enrollment"]])
    assert {answer.label for answer in found[world["enrollment"].pk]} == {"selection"}


def test_page_of_answers_for_trainers(client, world):
    with translation.override("en"):
        url = reverse("courses:run_answers", args=[world["run"].code])
    people = readers(world)
    client.force_login(people["trainer"])
    page = client.get(url).content.decode()
    assert "organisation" in page
    for hidden in ["selection", "report", "sensitive"]:
        assert f">{hidden}</dt>" not in page
    for name in ["other trainer", "organisation's manager", "another learner"]:
        client.force_login(people[name])
        assert client.get(url).status_code == 404
    client.logout()
    assert client.get(url).status_code == 302


@pytest.mark.parametrize("count", [1, 30])
def test_page_of_answers_costs_the_same_with_1_and_30_people(client, count, django_assert_num_queries):
    trainer = users.user()
    run = make.run(capacity=None, trainers=[users.profile(user=trainer)])
    question = ask.question(on=run, for_organisation=True)
    for _number in range(count):
        answering.submit(users.user(), run, [Given(question, "x")])
    client.force_login(trainer)
    with translation.override("en"):
        url = reverse("courses:run_answers", args=[run.code])
    client.get(url)
    with django_assert_num_queries(9):
        client.get(url)


def test_former_answers_and_their_files_are_read_by_the_same_people(client):
    run = make.run(entry=CourseRun.Entry.APPROVAL, closes_at=timezone.now() + timedelta(days=1))
    question, learner, office = ask.question("file", on=run), users.user(), users.staff()
    old, new = files.keep(ask.upload("old.pdf")), files.keep(ask.upload("new.pdf"))
    sent, _new = answering.submit(learner, run, [Given(question, "old.pdf", old)])
    answering.edit(sent, [Given(question, "new.pdf", new)])
    change = AnswerChange.objects.get()
    assert permissions.changes_of(office, sent) == [change]
    assert permissions.changes_of(users.user(), sent) == []
    url = reverse("courses:answer_file", args=[old.token])
    for user, status in [(learner, 200), (office, 200), (users.user(), 404)]:
        client.force_login(user)
        assert client.get(url).status_code == status


def test_own_answers_are_not_shown_by_a_mails_link(client, world):
    from academy import links  # noqa: PLC0415  only here

    with translation.override("en"):
        by_link = reverse("courses:manage", args=[links.sign("enrollment", world["enrollment"].pk)])
        own = reverse("courses:enrollment", args=[world["enrollment"].pk])
    assert "Your answers" not in client.get(by_link).content.decode()
    client.force_login(world["learner"])
    assert "Your answers" in client.get(own).content.decode()


def test_admin_page_of_an_enrollment_shows_what_the_reader_may_see(client, world):
    url = reverse("enrollment:inspect", args=[world["enrollment"].pk])
    people = readers(world)
    for name in ["superuser", "office", "carer"]:
        client.force_login(people[name])
        page = client.get(url).content.decode()
        shown = {label for label in EXPECTED["carer"] if f">{label}</dt>" in page}
        assert shown == EXPECTED[name]
    assert Enrollment.objects.filter(pk=world["enrollment"].pk).exists()


def test_what_is_not_sent_is_nobody_elses_business(client):
    run = make.run(entry=CourseRun.Entry.APPROVAL)
    question, learner = ask.question("file", "Plan", on=run), users.user("Learner")
    kept = files.keep(ask.upload())
    given = [Given(question, "plan.pdf", kept)]
    draft = answering.save_draft(learner, run, given)
    office = users.staff()
    client.force_login(office)
    address = reverse("courses:answer_file", args=[kept.token])

    assert permissions.of_enrollment(office, draft) == []
    assert client.get(address).status_code == 404
    assert len(permissions.own(learner, draft)) == 1

    answering.submit(learner, run, given)

    assert len(permissions.of_enrollment(office, draft)) == 1
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("answer", "link"), [("https://example.org/", 'href="https://example.org/"'), ("javascript:alert(1)", None)]
)
def test_only_an_address_of_the_web_becomes_a_link(answer, link):
    run = make.run()
    enrollment, _new = answering.submit(users.user(), run, [Given(ask.question("url", on=run), answer)])

    page = render_to_string("courses/parts/answers.html", {"answers": enrollment.answers.all()})

    assert answer in page
    assert (link in page) if link else ("href" not in page)
