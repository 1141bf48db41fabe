"""Refuse overlapping slots of a mentor and overlapping bookings of a learner, on PostgreSQL.

On SQLite the same is kept by triggers, which every migrate reinstalls (mentoring/guards.py).
"""

from django.db import migrations

SLOTS = """
ALTER TABLE mentoring_coachingslot ADD CONSTRAINT slot_busy_times_apart EXCLUDE USING gist
    (mentor_id WITH =, tstzrange(busy_from, busy_until, '[)') WITH &&) WHERE (status = 'open')
"""
BOOKINGS = """
ALTER TABLE mentoring_booking ADD CONSTRAINT booking_times_apart EXCLUDE USING gist
    (learner_id WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&)
    WHERE (status IN ('held', 'booked', 'took_place', 'no_show'))
"""


def add_constraints(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        schema_editor.execute(SLOTS)
        schema_editor.execute(BOOKINGS)


def drop_constraints(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE mentoring_coachingslot DROP CONSTRAINT slot_busy_times_apart")
        schema_editor.execute("ALTER TABLE mentoring_booking DROP CONSTRAINT booking_times_apart")


class Migration(migrations.Migration):
    dependencies = [("mentoring", "0001_initial")]

    operations = [migrations.RunPython(add_constraints, drop_constraints)]
