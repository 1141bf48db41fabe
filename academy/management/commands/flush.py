from django.core.management.commands import flush
from django.db import connections

from academy import db_guards


class Command(flush.Command):
    """Django's flush, which on SQLite deletes row by row and so would be refused by our guards.

    They are taken off first; the post_migrate signal that flush sends, or this
    command where it does not, puts them back. PostgreSQL truncates, which no
    row trigger sees.
    """

    def handle(self, **options):
        database = options["database"]
        on_sqlite = connections[database].vendor == "sqlite"
        if on_sqlite:
            for guard in db_guards.guards.values():
                db_guards.remove(guard, database)
        super().handle(**options)
        if on_sqlite:
            for guard in db_guards.guards.values():
                db_guards.install(guard, database)
