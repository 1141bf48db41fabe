"""Courses to be completed first, and runs that are meant for a part of the trade."""

import pytest
from django.utils import translation

from courses import enrollment as rules
from courses.entry import errors
from courses.models import Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def basics():
    return make.course("Základy", title_en="The basics")


@pytest.fixture
def advanced(basics):
    run = make.run(of=make.course("Pokročilí", title_en="Advanced"))
    run.course.prerequisites.set([basics])
    run.course.save()
    return run


def completed(learner, course, status=S.COMPLETED):
    return make.enrollment(of=make.run(of=course), learner=learner, status=status)


def test_enroll_refuses_without_the_course_to_be_completed_first_and_names_it(advanced, basics):
    learner = users.user()
    completed(learner, basics, S.NOT_COMPLETED)
    completed(users.user(), basics)

    with pytest.raises(errors.PrerequisiteMissing) as refused:
        rules.enroll(learner, advanced)

    assert refused.value.courses == [basics]
    assert str(refused.value.sentence) == (
        "Before this course you complete: The basics. Write to the office if you have learned it elsewhere."
    )
    assert not advanced.enrollments.exists()


def test_enroll_lets_in_whoever_has_completed_the_course(advanced, basics):
    learner = users.user()
    completed(learner, basics)

    assert rules.enroll(learner, advanced).status == S.CONFIRMED


@pytest.mark.parametrize("source", [Enrollment.Source.STAFF, Enrollment.Source.ORGANISATION])
def test_prerequisite_binds_those_who_enroll_others_too(advanced, source):
    with pytest.raises(errors.PrerequisiteMissing):
        rules.enroll(users.user(), advanced, source=source, by=users.staff())


def test_office_makes_an_exception_with_a_reason_that_stays(advanced):
    office = users.staff()

    made = rules.enroll(
        users.user(), advanced, source=Enrollment.Source.STAFF, by=office, waiver_reason="Ten years of practice."
    )

    assert (made.status, made.is_overbooked) == (S.CONFIRMED, False)
    assert (made.admission.waiver_reason, made.admission.waived_by) == ("Ten years of practice.", office)


def test_reason_for_an_exception_works_for_the_office_only(advanced):
    with pytest.raises(errors.PrerequisiteMissing):
        rules.enroll(users.user(), advanced, waiver_reason="I know it all.")


def test_walk_in_is_the_trainers_decision(advanced):
    made = rules.enroll(users.user(), advanced, source=Enrollment.Source.WALK_IN, by=users.staff())

    assert made.status == S.CONFIRMED


def test_run_meant_for_a_part_of_the_trade_takes_its_people_only():
    booking, promo = make.segment("Booking"), make.segment("Promotion")
    run = make.run()
    run.audience.set([booking])
    run.save()

    for other in (promo, None):
        with pytest.raises(errors.NotMeantForYou, match="meant for people from: Booking"):
            rules.enroll(users.user(), run, segment=other)
    made = rules.enroll(users.user(), run, segment=booking)

    assert (made.status, made.admission.segment) == (S.CONFIRMED, booking)


def test_office_and_organisations_choose_their_people_themselves():
    run = make.run()
    run.audience.set([make.segment()])
    run.save()

    rows = [
        rules.enroll(users.user(), run, source=source, by=users.staff())
        for source in (Enrollment.Source.STAFF, Enrollment.Source.WALK_IN)
    ]

    assert [row.status for row in rows] == [S.CONFIRMED, S.CONFIRMED]


def test_run_without_conditions_notes_nothing_about_the_person():
    made = rules.enroll(users.user(), make.run())

    assert not hasattr(made, "admission")
