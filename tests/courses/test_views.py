"""What holds for every page of courses."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from academy import links
from courses.models import Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db


def writes(queries):
    return [query["sql"] for query in queries if query["sql"].split(maxsplit=1)[0] in {"INSERT", "UPDATE", "DELETE"}]


def test_get_never_writes_not_even_what_has_become_true_meanwhile(client):
    """An offer has expired, a seat is free and somebody waits: reading computes, the next write or the sweep acts."""
    trainer = users.user()
    run = make.run(sessions=0, capacity=1, trainers=[users.profile(user=trainer)])
    session = make.session(of=run, starts_in=timedelta(minutes=30))
    expired = make.enrollment(
        of=run,
        learner=trainer,
        status=Enrollment.Status.OFFERED,
        queue_number=1,
        offered_until=timezone.now() - timedelta(hours=1),
    )
    make.enrollment(of=run, status=Enrollment.Status.WAITING, queue_number=2)
    link = f"/en/manage/{links.sign('enrollment', expired.pk)}/"
    own = f"/en/enrollments/{expired.pk}/"
    client.force_login(trainer)
    for address in [
        f"/en/runs/{run.code}/enroll/",
        f"/en/runs/{run.code}.ics",
        f"/en/sessions/{session.uid}.ics",
        own,
        f"{own}accept/",
        f"{own}cancel/",
        link,
        f"{link}cancel/",
        "/en/my/",
        "/en/teaching/",
        f"/en/teaching/sessions/{session.pk}/",
        f"/en/teaching/sessions/{session.pk}/walk-in/",
    ]:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        assert response.status_code in (200, 302), address
        assert writes(queries) == [], address
