"""Bring the database up to date and load the demo once: all that stands between a checkout and a running site."""

from django.core.management import BaseCommand, call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor


class Command(BaseCommand):
    """Called by `make run` before the servers start; quick when there is nothing to do."""

    help = "Migrate if needed, then load the demo, which does nothing where it is loaded already."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--without-demo", action="store_true", help="Leave the demo out.")

    def handle(self, *args, **options):
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Making the database ...")
            call_command("migrate", interactive=False, verbosity=0)
            call_command("wagtail_update_index", verbosity=0)
        if not options["without_demo"]:
            call_command("demo", stdout=self.stdout)
