"""Run callables in processes of their own against the test database. The package's docstring says how to use it."""

import multiprocessing
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import django
from django.apps import apps
from django.conf import settings as django_settings

if not apps.ready:  # in the fork server, which is no pytest
    django.setup()

from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import QuerySet

from academy import checkpoints

# Rivals are forked from a server that has Django loaded and holds no connection;
# forking pytest itself would hand its open SQLite files and threads down.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.races.rivals"])
START_TIMEOUT = 60  # seconds


@dataclass
class Outcome:
    """What became of one rival: the value it returned, or its error as "Type: text"."""

    value: Any = None
    error: str = ""


def race(calls, *, gate=None, locks=True, patience=0.6, settings=None):
    """Run the callables at the same time, each in its own process; return their Outcomes in order.

    Callables are functools.partial of functions at module level, with ids as
    arguments. `gate`: a checkpoint's name. `locks=False` makes the twin. `settings`
    (dict) are Django settings for the rivals; they use this test's MEDIA_ROOT anyway.
    """
    connections.close_all()
    start = _context.Barrier(len(calls))
    barrier = _context.Barrier(len(calls)) if gate else None
    database = connection.settings_dict["NAME"]
    site = {"MEDIA_ROOT": str(django_settings.MEDIA_ROOT), **(settings or {})}
    rivals = []
    for call in calls:
        ours, theirs = _context.Pipe(duplex=False)
        process = _context.Process(
            target=_run, args=(call, database, site, start, gate, barrier, patience, locks, theirs)
        )
        process.start()
        theirs.close()
        rivals.append((process, ours))
    outcomes = []
    for process, ours in rivals:
        try:
            outcomes.append(ours.recv() if ours.poll(START_TIMEOUT * 2) else Outcome(error="Hung: no answer"))
        except EOFError:
            outcomes.append(Outcome(error="Died: no answer"))
        process.join(5)
        if process.is_alive():
            process.kill()
            process.join()
    return outcomes


def failures(outcomes):
    """Errors (list of str) of the rivals that raised."""
    return [outcome.error for outcome in outcomes if outcome.error]


def values(outcomes):
    """What the rivals returned, without those that raised."""
    return [outcome.value for outcome in outcomes if not outcome.error]


@contextmanager
def without_constraint(model, name):
    """Drop a constraint for a while; afterwards the table is emptied and the constraint made again."""
    options = model._meta
    constraint = next(constraint for constraint in options.constraints if constraint.name == name)
    with connection.schema_editor() as editor:
        # SQLite may remake the table from the model, so the model must not know the constraint.
        options.constraints.remove(constraint)
        try:
            editor.remove_constraint(model, constraint)
        finally:
            options.constraints.append(constraint)
    try:
        yield
    finally:
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


def _run(call, database, site, start, gate, barrier, patience, locks, answer):
    connection.settings_dict["NAME"] = database
    for name, value in site.items():
        setattr(django_settings, name, value)
    if connection.connection is not None:
        raise RuntimeError("A rival inherited a connection.")
    if gate:
        checkpoints.hooks[gate] = lambda: _meet(barrier, patience)
    if not locks:
        take_locks_away()
    try:
        connection.ensure_connection()
        start.wait(START_TIMEOUT)
        outcome = Outcome(value=call())
    except Exception as error:  # noqa: BLE001  whatever it is, the test wants to see it
        outcome = Outcome(error=f"{type(error).__name__}: {error}")
    answer.send(outcome)
    connections.close_all()


def _meet(barrier, patience):
    try:
        barrier.wait(patience)
    except threading.BrokenBarrierError:
        pass  # somebody waited in vain: the lock holds, and the gate stays open


def take_locks_away():
    """Leave the locks out, in this process only: no row locks on PostgreSQL, no transactions on SQLite."""
    if connection.vendor == "sqlite":
        transaction.Atomic.__enter__ = lambda self: None
        transaction.Atomic.__exit__ = lambda self, *error: None
    else:
        QuerySet.select_for_update = lambda self, *args, **options: self._chain()
