import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from academy import db_guards
from mentoring.guards import bookings_apart, slots_apart

pytestmark = pytest.mark.django_db


def _definition(guard):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [guard.name])
        return cursor.fetchone()


def test_migrate_leaves_no_guard_missing():
    assert db_guards.missing() == []
    assert list(db_guards.check_guards()) == []


def test_check_names_a_guard_that_is_missing():
    db_guards.remove(slots_apart)

    assert list(db_guards.check_guards()) == [
        "The database guard slot_busy_times_apart is missing; manage.py migrate puts it back."
    ]


def test_reinstall_puts_back_what_is_missing_and_twice_is_safe():
    db_guards.remove(slots_apart)
    db_guards.remove(bookings_apart)

    for _time in range(2):
        db_guards.reinstall(sender=apps.get_app_config("mentoring"))

    assert db_guards.missing() == []


def test_reinstall_leaves_guards_of_other_apps_alone():
    db_guards.remove(slots_apart)

    db_guards.reinstall(sender=apps.get_app_config("courses"))

    assert db_guards.missing() == ["slot_busy_times_apart"]


def test_migrate_puts_a_missing_guard_back():
    db_guards.remove(bookings_apart)

    call_command("migrate", "mentoring", verbosity=0)

    assert db_guards.missing() == []


def test_add_refuses_a_second_guard_of_one_name():
    other = db_guards.Guard(name=slots_apart.name, table="elsewhere", postgres=(), sqlite={})

    with pytest.raises(ValueError, match="registered twice"):
        db_guards.add(other)


@pytest.mark.sqlite
def test_trigger_with_an_old_text_is_replaced():
    name = f"{slots_apart.name}_insert"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON {slots_apart.table} BEGIN SELECT 1; END")
    assert db_guards.missing() == [slots_apart.name]

    db_guards.install(slots_apart)

    assert db_guards.missing() == []


@pytest.mark.postgresql
@pytest.mark.parametrize("guard", [slots_apart, bookings_apart], ids=lambda guard: guard.name)
def test_guard_equals_what_the_migration_made(guard):
    by_migration = _definition(guard)

    db_guards.remove(guard)
    db_guards.install(guard)

    assert _definition(guard) == by_migration
