import pytest
from django.contrib.auth.models import AnonymousUser, Permission

from courses import permissions
from courses.models import Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return make.run()


@pytest.fixture
def trainer(run):
    account = users.user()
    run.trainers.set([users.profile(user=account)])
    run.save()
    return account


def with_permission(codename):
    account = users.user()
    account.user_permissions.add(Permission.objects.get(codename=codename, content_type__app_label="courses"))
    return account


def test_trainer_is_who_teaches_a_run(run, trainer):
    other = users.user()
    users.profile(user=other)

    assert permissions.is_trainer(trainer)
    assert permissions.teaches(trainer, run)
    assert not permissions.teaches(trainer, make.run())
    assert not permissions.is_trainer(other)
    assert not permissions.is_trainer(AnonymousUser())


@pytest.mark.parametrize("may", [permissions.can_mark_attendance, permissions.can_admit_walk_in])
def test_attendance_is_for_the_runs_trainers_and_the_office(run, trainer, may):
    session, other = run.sessions.get(), make.run().sessions.get()

    assert may(trainer, session)
    assert not may(trainer, other)
    assert may(users.staff(), other)
    assert may(with_permission("change_attendance"), other)
    assert not may(users.user(), session)
    assert not may(AnonymousUser(), session)


def test_roster_is_for_the_runs_trainers_and_the_office(run, trainer):
    assert permissions.can_see_roster(trainer, run)
    assert not permissions.can_see_roster(trainer, make.run())
    assert permissions.can_see_roster(with_permission("change_enrollment"), run)
    assert permissions.can_see_roster(with_permission("change_courserun"), run)
    assert not permissions.can_see_roster(users.user(), run)
    assert not permissions.can_see_roster(AnonymousUser(), run)


def test_the_office_manages(run):
    assert permissions.can_manage_runs(with_permission("change_courserun"))
    assert permissions.can_manage_enrollments(with_permission("change_enrollment"))
    for account in (users.user(), AnonymousUser()):
        assert not permissions.can_manage_runs(account)
        assert not permissions.can_manage_enrollments(account)


def test_enrollment_is_seen_by_its_owner_trainers_and_the_office(run, trainer):
    row = make.enrollment(of=run)
    other = make.enrollment(of=run)

    assert permissions.can_see_enrollment(row.learner, row)
    assert permissions.can_see_enrollment(trainer, row)
    assert permissions.can_see_enrollment(users.staff(), row)
    assert not permissions.can_see_enrollment(other.learner, row)
    assert not permissions.can_see_enrollment(AnonymousUser(), row)
    assert set(permissions.visible_enrollments(row.learner)) == {row}
    assert set(permissions.visible_enrollments(users.staff())) == {row, other}
    assert set(permissions.visible_enrollments(AnonymousUser())) == set()
    assert Enrollment.objects.count() == 2
