"""Prepared queries give what the ORM gives, for any values, on every thread and database."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Count, Q
from django.test.utils import CaptureQueriesContext

from academy.prepared import Prepared
from courses.models import CourseRun, Enrollment, WorkshopSession
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 14, 12, tzinfo=UTC)


@Prepared
def sessions_after(given):
    return WorkshopSession.objects.filter(starts_at__gte=given.moment).order_by("pk")


@Prepared
def codes(given, count):
    chosen = CourseRun.objects.filter(given.among("pk", "ids", count))
    return chosen.order_by("code").values_list("code", flat=True)


def test_prepared_gives_the_rows_of_the_values_it_is_asked_with():
    early = make.session(of=make.run(sessions=0), starts_at=NOON)
    late = make.session(of=make.run(sessions=0), starts_at=NOON + timedelta(days=1))
    assert sessions_after(moment=NOON) == [early, late]
    assert sessions_after(moment=NOON + timedelta(microseconds=1)) == [late]
    assert sessions_after(moment=NOON + timedelta(days=2)) == []
    assert sessions_after(moment=NOON)[0].starts_at == NOON


def test_prepared_sees_what_was_written_since():
    run = make.run()
    assert codes(1, ids=[run.pk]) == [run.code]
    CourseRun.objects.filter(pk=run.pk).update(code="A-2")
    assert codes(1, ids=[run.pk]) == ["A-2"]


def test_among_takes_as_many_values_as_its_shape_says():
    a, b, _c = make.run(), make.run(), make.run()
    assert set(codes(2, ids=[b.pk, a.pk])) == {a.code, b.code}
    assert codes(1, ids=[b.pk]) == [b.code]
    assert codes(0, ids=[]) == []


def test_prepared_values_and_counts_are_those_of_the_orm():
    run = make.run()
    for status in (Enrollment.Status.CONFIRMED, Enrollment.Status.CONFIRMED):
        make.enrollment(of=run, status=status)
    make.enrollment(of=run, status=Enrollment.Status.WAITING, queue_number=1)

    def counted(run_id):
        rows = Enrollment.objects.filter(run=run_id).order_by().values("run_id")
        return rows.annotate(held=Count("pk", filter=Q(status="confirmed")), all=Count("pk"))

    prepared = Prepared(lambda given: counted(given.run))
    assert prepared(run=run.pk) == list(counted(run.pk)) == [{"run_id": run.pk, "held": 2, "all": 3}]


def test_prepared_finds_text_exactly_whatever_it_holds():
    odd = users.user(email="o'neill%s@example.org", name='"; DROP TABLE')
    users.user(email="other@example.org")
    found = Prepared(lambda given: type(odd).objects.filter(email=given.email, name=given.name))
    assert found(email=odd.email, name=odd.name) == [odd]
    assert found(email="o'neill", name=odd.name) == []


def test_prepared_query_is_counted_and_logged_as_any_other():
    make.session(of=make.run(sessions=0), starts_at=NOON)
    sessions_after(moment=NOON)
    with CaptureQueriesContext(connection) as queries:
        sessions_after(moment=NOON)
    assert len(queries) == 1
    assert "courses_workshopsession" in queries[0]["sql"]


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_on_its_own_connection():
    run = make.run()
    assert codes(1, ids=[run.pk]) == [run.code]
    found = []

    def ask():
        try:
            found.append(codes(1, ids=[run.pk]))
            found.append(codes(1, ids=[run.pk]))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[run.code]] * 8
    assert codes(1, ids=[run.pk]) == [run.code]


def test_value_that_is_missing_is_an_error_not_an_empty_answer():
    with pytest.raises(KeyError):
        codes(1)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_inside_a_transaction_only():
    run = make.run()
    locked = Prepared(lambda given: CourseRun.objects.select_for_update().filter(pk=given.pk))
    with transaction.atomic():
        assert locked(pk=run.pk) == [run]
    with pytest.raises(transaction.TransactionManagementError):
        locked(pk=run.pk)
