"""Guards in the database that Django's constraints cannot express on both engines.

A guard is an exclusion constraint or a trigger. On PostgreSQL a migration of the
guard's app installs it. On SQLite it is one or more triggers, and Django drops
those silently whenever a migration remakes the table; so every app with guards
connects `reinstall` to post_migrate, and `manage.py audit` says if one is missing.

A trigger on SQLite may name only its own table: one that names another would stop
Django from remaking that other table.
"""

from dataclasses import dataclass

from django.db import connections, transaction

from academy import registry


@dataclass(frozen=True)
class Guard:
    """A rule kept by the database itself; breaking it raises django.db.IntegrityError.

    name      of the constraint or trigger on PostgreSQL; triggers on SQLite are called <name>_<suffix>
    table     the table it watches
    postgres  statements that install it, the same as in the migration
    sqlite    suffix -> the rest of the statement after "CREATE TRIGGER <name>_<suffix>"
    """

    name: str
    table: str
    postgres: tuple[str, ...]
    sqlite: dict[str, str]

    def triggers(self):
        """Return {trigger name: its whole CREATE TRIGGER statement} for SQLite."""
        return {
            f"{self.name}_{suffix}": f"CREATE TRIGGER {self.name}_{suffix} {rest.strip()}"
            for suffix, rest in self.sqlite.items()
        }


guards: dict[str, Guard] = {}


def add(guard):
    """Make the guard known: to reinstall(), to missing() and so to audit. Return it."""
    if guards.get(guard.name, guard) != guard:
        raise ValueError(f"{guard.name!r} is registered twice")
    guards[guard.name] = guard
    return guard


def is_installed(guard, using="default"):
    """Say whether the database has the guard, switched on and (SQLite) with today's text."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE tbl_name = %s AND type = 'trigger'", [guard.table]
            )
            found = dict(cursor.fetchall())
            return all(found.get(name) == sql for name, sql in guard.triggers().items())
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) AND convalidated"
            " UNION SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgenabled IN ('O', 'A')",
            [guard.table, guard.table],
        )
        return (guard.name,) in cursor.fetchall()


def install(guard, using="default"):
    """Install the guard if it is missing or (SQLite) differs from today's text. Safe to call twice."""
    if is_installed(guard, using):
        return
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, sql in guard.triggers().items():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(sql)
        else:
            for sql in guard.postgres:
                cursor.execute(sql)


def remove(guard, using="default"):
    """Drop the guard. Only for tests that show what happens without it."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in guard.triggers():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            cursor.execute(f"ALTER TABLE {guard.table} DROP CONSTRAINT IF EXISTS {guard.name}")
            cursor.execute(f"DROP TRIGGER IF EXISTS {guard.name} ON {guard.table}")


def missing(using="default"):
    """Return the names (list of str) of guards that the database lacks."""
    return [name for name, guard in guards.items() if not is_installed(guard, using)]


def reinstall(sender, using="default", **kwargs):
    """Receiver of post_migrate: put back the guards of the sender's tables. Connect it in AppConfig.ready()."""
    own_tables = {model._meta.db_table for model in sender.get_models()}
    existing_tables = None
    for guard in guards.values():
        if guard.table not in own_tables:
            continue
        if existing_tables is None:
            existing_tables = set(connections[using].introspection.table_names())
        if guard.table in existing_tables:
            install(guard, using)


@registry.add(registry.audit_checks, "database guards")
def check_guards():
    """Yield one sentence per guard that is missing."""
    for name in missing():
        yield f"The database guard {name} is missing; manage.py migrate puts it back."
