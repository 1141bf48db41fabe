"""manage.py audit: check every truth over the live data."""

from django.core.management.base import BaseCommand, CommandError

from academy import registry


class Command(BaseCommand):
    """Print one line per row that breaks a truth; exit code 1 if there is any. Changes nothing."""

    help = "Check that everything that must always hold does hold, and print the rows that break it."

    def handle(self, *args, **options):
        broken = 0
        for name, check in registry.audit_checks.items():
            for sentence in check():
                broken += 1
                self.stdout.write(f"{name}: {sentence}")
        if broken:
            raise CommandError(f"{broken} broken.", returncode=1)
        if options["verbosity"]:
            self.stdout.write(f"{len(registry.audit_checks)} checks, nothing broken.")
