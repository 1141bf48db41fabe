"""Django drops SQLite's triggers when it remakes a table; migrate brings them back.

A table can be remade only outside a transaction, so this test keeps out of the
usual one. It writes no rows.
"""

import pytest
from django.core.management import call_command
from django.db import connection

from academy import db_guards
from mentoring.guards import slots_apart
from mentoring.models import CoachingSlot


@pytest.mark.sqlite
def test_triggers_come_back_after_django_remade_the_table(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        try:
            with connection.schema_editor() as editor:
                editor._remake_table(CoachingSlot)
            lost = db_guards.missing()
        finally:
            call_command("migrate", verbosity=0)

        assert lost == [slots_apart.name]
        assert db_guards.missing() == []
