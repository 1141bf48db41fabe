"""Plant what a constraint forbids, so that a check can be seen to find it."""

from contextlib import contextmanager

from django.db import connection
from django.db.models import CheckConstraint


@contextmanager
def unchecked(model, name):
    """Leave a check constraint or a conditional unique constraint out until the test's transaction rolls back."""
    constraint = next(constraint for constraint in model._meta.constraints if constraint.name == name)
    is_check = isinstance(constraint, CheckConstraint)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                f'ALTER TABLE "{model._meta.db_table}" DROP CONSTRAINT "{name}"' if is_check else f'DROP INDEX "{name}"'
            )
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON" if is_check else f'DROP INDEX "{name}"')
        try:
            yield
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints = OFF")
