"""Races: real processes compete for one row, on whichever database the suite runs on.

How a race is written (tests/races/test_enrollment.py has examples)::

    from functools import partial
    from .rivals import failures, race, values

    def _enroll(run, learner):                    # at module level: rivals import it
        row = enrollment.enroll(User.objects.get(pk=learner), CourseRun.objects.get(pk=run))
        return row.status, row.queue_number       # plain values, no model instances

    def test_one_seat_is_sold_once():
        outcomes = race([partial(_enroll, run.pk, pk) for pk in learners], gate="enroll:checked")
        assert failures(outcomes) == []
        assert Counter(status for status, _number in values(outcomes)) == {...}

    def test_without_the_lock_it_is_oversold():   # the twin: shows that the race would notice
        outcomes = race([...], gate="enroll:checked", locks=False)
        assert <more than one seat sold, or failures>

Each callable runs in a process of its own, which opens its own connection to the
test database. All start together. `gate` names a place that the rule passes
between its check and its write: the rule calls academy.checkpoints.reach("...")
there, which does nothing outside of a race. In a race everybody who arrives
waits there for all the others. Where the lock holds, only one can be there at a
time; the first waits a moment (`patience`, seconds) in vain, then the gate stays
open for everybody. So the first rival sits inside its transaction while all
others press against the lock. Where the lock is missing, all stand between check
and write together, and the damage is certain instead of a matter of luck.

Three ways of making a twin that must fail:

- race(..., locks=False): on PostgreSQL select_for_update() asks for no lock; on
  SQLite, where the IMMEDIATE transaction is the lock, every statement is its own
  transaction (autocommit). Only the rivals' processes are changed.
- without_constraint(Model, "name"): the constraint is dropped and made again
  after the rows are gone.
- give rivals their rows in different orders, for lock orders.

The tests need committed rows: mark the module
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)].
"""
