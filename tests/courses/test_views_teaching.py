from datetime import timedelta

import pytest
from django.utils import timezone

from academy.users.models import User
from courses import completion
from courses.errors import NotEnrolled
from courses.models import Attendance, AttendanceChange, Enrollment, FinalTask
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
Mark = Attendance.Status


@pytest.fixture
def trainer():
    return users.user("Vedoucí Kurzu")


@pytest.fixture
def session(trainer):
    """A two-hour session of the trainer that began a minute ago."""
    run = make.run(sessions=0, trainers=[users.profile(user=trainer)])
    return make.session(of=run, starts_in=timedelta(minutes=-1), title_en="The route")


def people(session, *names):
    long_ago = timezone.now() - timedelta(days=20)
    return [make.enrollment(of=session.run, learner=users.user(name), confirmed_at=long_ago) for name in names]


def roster(session):
    return f"/en/teaching/sessions/{session.pk}/"


def text(response):
    return response.content.decode()


def typed(page, **changes):
    """What a browser posts: every field as the page shows it, then what the trainer chose."""
    data = {}
    for row in page.context["rows"]:
        for field in row:
            data[field.html_name] = data[field.html_initial_name] = field.value() or ""
    return data | changes


def marks(session):
    rows = session.attendance.order_by("enrollment")
    return [(mark.enrollment.learner.name, mark.status, mark.minutes) for mark in rows]


def test_teaching_lists_own_sessions_with_today_first(client, trainer, session):
    profile = trainer.profile
    later = make.run(starts_in=timedelta(days=3), trainers=[profile])
    earlier = make.run(starts_in=timedelta(days=-3), trainers=[profile])
    make.run()
    client.force_login(trainer)
    context = client.get("/en/teaching/").context
    assert context["today"] == [session]
    assert context["upcoming"] == list(later.sessions.all())
    assert context["past"] == list(earlier.sessions.all())


def test_teaching_is_for_trainers_only(client):
    assert client.get("/en/teaching/").status_code == 302
    client.force_login(users.user())
    assert client.get("/en/teaching/").status_code == 404


def test_teaching_costs_the_same_with_1_and_30_sessions(client, trainer, session, django_assert_num_queries):
    client.force_login(trainer)
    client.get("/en/teaching/")
    with django_assert_num_queries(4):
        client.get("/en/teaching/")
    for day in range(29):
        make.session(of=session.run, starts_in=timedelta(days=day))
    with django_assert_num_queries(4):
        client.get("/en/teaching/")


def test_roster_is_for_the_runs_trainers_and_the_office(client, session):
    people(session, "Anna")
    assert client.get(roster(session)).status_code == 302
    other_trainer = users.user()
    make.run(trainers=[users.profile(user=other_trainer)])
    for stranger in [users.user(), other_trainer]:
        client.force_login(stranger)
        for address in [roster(session), roster(session) + "walk-in/"]:
            assert client.get(address).status_code == client.post(address).status_code == 404
    client.force_login(users.staff())
    assert client.get(roster(session)).status_code == 200
    assert client.get("/en/teaching/sessions/999999/").status_code == 404


def test_roster_shows_names_and_no_addresses(client, trainer, session):
    [place] = people(session, "Anna Nováková")
    client.force_login(trainer)
    page = text(client.get(roster(session)))
    assert "Anna Nováková" in page
    assert place.learner.email not in page


def test_roster_marks_all_present_but_for_the_exceptions(client, trainer, session):
    _anna, bert, cyril, _dana = people(session, "Anna", "Bert", "Cyril", "Dana")
    client.force_login(trainer)
    data = typed(client.get(roster(session))) | {
        f"e{bert.pk}-status": "late",
        f"e{bert.pk}-missed": "30",
        f"e{cyril.pk}-status": "absent",
        "all_present": "1",
    }
    response = client.post(roster(session), data, follow=True)
    assert "Saved: 4 people." in text(response)
    assert marks(session) == [
        ("Anna", Mark.PRESENT, 120),
        ("Bert", Mark.LATE, 90),
        ("Cyril", Mark.ABSENT, 0),
        ("Dana", Mark.PRESENT, 120),
    ]


def test_roster_leaves_what_is_not_chosen_unrecorded(client, trainer, session):
    anna, _bert = people(session, "Anna", "Bert")
    client.force_login(trainer)
    client.post(roster(session), typed(client.get(roster(session))) | {f"e{anna.pk}-status": "excused"})
    assert marks(session) == [("Anna", Mark.EXCUSED, 0)]


def test_roster_keeps_everything_typed_when_something_is_wrong(client, trainer, session):
    anna, bert = people(session, "Anna", "Bert")
    client.force_login(trainer)
    data = typed(client.get(roster(session))) | {
        f"e{anna.pk}-status": "late",
        f"e{bert.pk}-status": "left_early",
        f"e{bert.pk}-missed": "500",
        f"e{bert.pk}-note": "Train",
    }
    response = client.post(roster(session), data)
    page = text(response)
    assert response.status_code == 200
    assert "Anna: Say how many minutes the person missed." in page
    assert "Bert: That is the whole session." in page
    assert 'value="Train"' in page
    assert marks(session) == []


def test_roster_asks_why_a_recorded_value_changes_and_keeps_the_old_one(client, trainer, session):
    [anna] = people(session, "Anna")
    make.attendance(of=anna, session=session)
    client.force_login(trainer)
    data = typed(client.get(roster(session))) | {f"e{anna.pk}-status": "absent"}
    refused = client.post(roster(session), data)
    assert "You are changing what was recorded before. Say why." in text(refused)
    assert marks(session) == [("Anna", Mark.PRESENT, 120)]
    client.post(roster(session), data | {"reason": "Wrong line"})
    assert marks(session) == [("Anna", Mark.ABSENT, 0)]
    change = AttendanceChange.objects.get()
    assert (change.old_status, change.new_status, change.by) == ("present", "absent", trainer)
    assert "Wrong line" in text(client.get(roster(session)))


def test_roster_of_an_old_page_does_not_undo_what_was_recorded_since(client, trainer, session):
    anna, bert = people(session, "Anna", "Bert")
    client.force_login(trainer)
    old_page = typed(client.get(roster(session)))
    make.attendance(of=anna, session=session, status="absent")
    client.post(roster(session), old_page | {f"e{bert.pk}-status": "present"})
    assert marks(session) == [("Anna", Mark.ABSENT, 0), ("Bert", Mark.PRESENT, 120)]


def test_roster_of_a_session_ahead_shows_who_comes_and_saves_nothing(client, trainer, session):
    ahead = make.session(of=session.run, starts_in=timedelta(days=2))
    [anna] = people(ahead, "Anna")
    client.force_login(trainer)
    page = text(client.get(roster(ahead)))
    assert "Attendance can be recorded from" in page
    assert "Anna" in page
    response = client.post(roster(ahead), {f"e{anna.pk}-status": "present"})
    assert response.status_code == 409
    assert marks(ahead) == []


def test_roster_leaves_out_who_has_no_place(client, trainer, session):
    people(session, "Anna")
    make.enrollment(of=session.run, learner=users.user("Waiting"), status=Enrollment.Status.WAITING, queue_number=1)
    client.force_login(trainer)
    assert [row.place.learner.name for row in client.get(roster(session)).context["rows"]] == ["Anna"]


def test_roster_costs_the_same_with_1_and_60_people(client, trainer, session, django_assert_num_queries):
    client.force_login(trainer)
    people(session, "Anna")
    client.get(roster(session))
    with django_assert_num_queries(9):
        page = client.get(roster(session))
    people(session, *[f"Person {number}" for number in range(59)])
    with django_assert_num_queries(9):
        page = client.get(roster(session))
    client.post(roster(session), typed(page) | {"all_present": "1"})
    assert session.attendance.count() == 60


def test_walk_in_gets_a_place_and_is_present(client, trainer, session):
    client.force_login(trainer)
    typed_in = {"name": "Nová Osoba", "email": "Nova@example.org"}
    response = client.post(roster(session) + "walk-in/", typed_in)
    assert response.url == roster(session)
    place = session.run.enrollments.get()
    assert (place.learner.email, place.source) == ("nova@example.org", Enrollment.Source.WALK_IN)
    assert marks(session) == [("Nová Osoba", Mark.PRESENT, 120)]
    client.post(roster(session) + "walk-in/", typed_in)
    assert session.run.enrollments.count() == 1


def test_walk_in_does_not_overwrite_what_is_recorded(client, trainer, session):
    known = users.user("Pravé Jméno", email="known@example.org")
    place = make.enrollment(of=session.run, learner=known, confirmed_at=session.starts_at)
    make.attendance(of=place, session=session, status=Mark.ABSENT)
    client.force_login(trainer)
    response = client.post(roster(session) + "walk-in/", {"name": "Pravé Jméno", "email": "known@example.org"})
    assert "This person is on the list already." in response.content.decode()
    assert marks(session) == [("Pravé Jméno", Mark.ABSENT, 0)]


def test_walk_in_over_capacity_needs_a_reason(client, trainer, session):
    session.run.capacity = 1
    session.run.save()
    people(session, "Anna")
    client.force_login(trainer)
    typed_in = {"name": "Nová Osoba", "email": "nova@example.org"}
    refused = client.post(roster(session) + "walk-in/", typed_in)
    assert "No place is free for this person." in text(refused)
    assert 'value="nova@example.org"' in text(refused)
    assert session.run.enrollments.count() == 1
    assert not User.objects.filter(email="nova@example.org").exists()
    client.post(roster(session) + "walk-in/", typed_in | {"reason": "Chair was free"})
    place = session.run.enrollments.get(learner__email="nova@example.org")
    assert (place.is_overbooked, place.overbooking_reason) == (True, "Chair was free")


def test_walk_in_keeps_the_name_of_an_existing_account(client, trainer, session):
    known = users.user("Pravé Jméno", email="known@example.org")
    client.force_login(trainer)
    client.post(roster(session) + "walk-in/", {"name": "Jiné Jméno", "email": "known@example.org"})
    known.refresh_from_db()
    assert known.name == "Pravé Jméno"
    assert User.objects.filter(email="known@example.org").count() == 1


def test_final_task_records_results(client, trainer):
    run = make.run(
        of=make.course(has_final_task=True), starts_in=timedelta(hours=-3), trainers=[users.profile(user=trainer)]
    )
    anna, bert = (make.enrollment(of=run, learner=users.user(name)) for name in ("Anna", "Bert"))
    client.force_login(trainer)
    address = f"/en/teaching/runs/{run.code}/final-task/"
    data = typed(client.get(address)) | {f"e{anna.pk}-result": "met", f"e{anna.pk}-comment": "Well done."}
    assert client.post(address, data).url == address
    assert (anna.final_task.is_met, anna.final_task.comment) == (True, "Well done.")
    assert not hasattr(Enrollment.objects.get(pk=bert.pk), "final_task")
    client.force_login(users.user())
    assert client.get(address).status_code == 404


def test_final_tasks_are_recorded_all_or_none(client, trainer, monkeypatch):
    run = make.run(
        of=make.course(has_final_task=True), starts_in=timedelta(hours=-3), trainers=[users.profile(user=trainer)]
    )
    anna, bert = (make.enrollment(of=run, learner=users.user(name)) for name in ("Anna", "Bert"))
    record = completion.record_final_task

    def refuse_bert(place, **values):
        # As if the office had withdrawn him after the page was opened.
        if place == bert:
            raise NotEnrolled
        return record(place, **values)

    monkeypatch.setattr(completion, "record_final_task", refuse_bert)
    client.force_login(trainer)
    address = f"/en/teaching/runs/{run.code}/final-task/"
    data = typed(client.get(address)) | {f"e{anna.pk}-result": "met", f"e{bert.pk}-result": "met"}
    assert client.post(address, data).status_code == 409
    assert not FinalTask.objects.filter(enrollment__run=run).exists()


def test_final_task_page_takes_the_office_s_long_comment(client, trainer):
    run = make.run(
        of=make.course(has_final_task=True), starts_in=timedelta(hours=-3), trainers=[users.profile(user=trainer)]
    )
    anna, bert = (make.enrollment(of=run, learner=users.user(name)) for name in ("Anna", "Bert"))
    completion.record_final_task(anna, is_met=True, comment="Well done. " * 60, by=trainer)
    client.force_login(trainer)
    address = f"/en/teaching/runs/{run.code}/final-task/"
    assert client.post(address, typed(client.get(address)) | {f"e{bert.pk}-result": "met"}).url == address
