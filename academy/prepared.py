"""Queries that are made once and asked many times with other values.

Django's ORM spends most of a small query's time on putting the SQL together, each
time anew. The pages that many people open at once (a course, its form, one's own
place) ask the same few questions for every visitor, so these are compiled once
per process, and on PostgreSQL the server plans them once per connection too.
Measured: about a third of the CPU of the same QuerySet.

    _segments = Prepared(lambda given: Segment.objects.filter(courses=given.course).values("slug"))
    _segments(course=3)

What may differ from call to call is either a `given.<name>`, filled by keyword, or
part of the query's shape, handed to the maker as further arguments:

    _titles = Prepared(lambda given, language: Course.objects.values(f"title_{language}"))
    _titles("cs")

Whatever else stands in the maker is frozen at its first use: never a time, a user
or the active language.
"""

import uuid
from datetime import datetime
from functools import cache
from types import SimpleNamespace

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Expression, Q
from django.db.transaction import TransactionManagementError


class Given(Expression):
    """A value that is known only when the query is asked; stands where a filter takes a value."""

    def __init__(self, name, **parts):
        super().__init__()
        self.name = name
        self.parts = parts

    def replace(self, **parts):
        """As a datetime's: the moment, once it is known, with these parts of it replaced, such as microsecond=0."""
        return Given(self.name, **parts)

    def as_sql(self, compiler, connection):
        return "%s", [self]


class _Names:
    """Makes `given.anything` a Given."""

    def __getattr__(self, name):
        return Given(name)

    def among(self, field, name, count):
        """The condition (Q) that `field` is one of so many values, filled by one list of that length."""
        if not count:
            return Q(pk__in=[])  # no condition at all would find every row
        return Q(*[(field, Given((name, number))) for number in range(count)], _connector=Q.OR)


class Prepared:
    """A query that reads, and perhaps locks.

    `make(given, *shape)` returns its QuerySet, calling it returns the rows (list).

    Rows are what the QuerySet gives: model instances, dicts or tuples. Not for
    prefetch_related() or slices by a given number.
    """

    def __init__(self, make):
        self.make = make
        self._statements = {}

    def __call__(self, *shape, **values):
        """Ask with these values (each `given` of the maker by name) and return the rows (list)."""
        statement = self._statements.get(shape)
        if statement is None:  # two threads may both make it; one of the two is kept
            statement = self._statements[shape] = _Statement(self.make(_Names(), *shape))
        return statement.rows(values)


class _Statement:
    """One QuerySet with its SQL, for every thread: what differs between them is copied for each question."""

    def __init__(self, queryset):
        self.queryset = queryset
        connection = connections[queryset.db]
        self.compiler = queryset.query.get_compiler(queryset.db)
        self.locks = queryset.query.select_for_update and connection.features.has_select_for_update
        try:
            self.sql, self.parameters = self.compiler.as_sql()
        except EmptyResultSet:
            self.sql = None
            return
        fields = [column[0] for column in self.compiler.select[: self.compiler.col_count]]
        converters = self.compiler.get_converters(fields)
        self.compiler.get_converters = lambda expressions: converters

    def rows(self, values):
        connection = connections[self.queryset.db]
        if self.locks and not connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked inside a transaction only.")
        if self.sql is None:
            return []
        bound = tuple(_value(values, part, connection) if isinstance(part, Given) else part for part in self.parameters)
        # The compiler goes on doing the rest of its work: rows, conversions, instances.
        compiler = _alike(self.compiler)
        compiler.connection = _PlannedOnce(connection) if connection.vendor == "postgresql" else connection
        compiler.as_sql = lambda *args, **kwargs: (self.sql, bound)
        asked = _alike(self.queryset)
        asked._query = _alike(self.queryset.query)
        asked._query.get_compiler = lambda *args, **kwargs: compiler
        return list(asked._iterable_class(asked))


def _alike(thing):
    """Another object with the same attributes; copy() would ask a QuerySet for its rows first."""
    other = object.__new__(type(thing))
    other.__dict__.update(thing.__dict__)
    return other


def _value(values, given, connection):
    name = given.name
    value = values[name[0]][name[1]] if isinstance(name, tuple) else values[name]
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value.replace(**given.parts))
    if isinstance(value, uuid.UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


class _PlannedOnce:
    """A PostgreSQL connection whose cursors send the values apart from the SQL, so that the server keeps its plan.

    Django's own cursors put the values into the text, which is then parsed and planned anew each time.
    """

    def __init__(self, connection):
        self._connection = connection

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def cursor(self):
        connection = self._connection
        connection.ensure_connection()
        return connection._prepare_cursor(_planning_cursor()(connection.connection))


@cache
def _planning_cursor():
    """The class of those cursors; psycopg is there only with PostgreSQL."""
    from django.db.backends.postgresql.base import ServerBindingCursor  # noqa: PLC0415

    class PlanningCursor(ServerBindingCursor):
        def execute(self, query, params=None):
            super().execute(query, params)
            self._query = SimpleNamespace(query=query.encode())  # where Django's log of queries looks for it
            return self

    return PlanningCursor
