"""Load the demo once; a second time everything is left alone."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation

from academy import celery_app, registry
from academy.demo import people
from academy.demo.content import ContentError, read
from academy.users.models import User

DEFAULT_CONTENT = Path(__file__).resolve().parent.parent.parent / "demo" / "content.yaml"


class Command(BaseCommand):
    help = "Load the demo content through the site's own rules; leave it alone if it is there."

    def add_arguments(self, parser):
        parser.add_argument("--content", type=Path, default=DEFAULT_CONTENT, help="the YAML file to load")

    def handle(self, *, content, **_options):
        if User.objects.filter(email=people.OFFICE).exists():
            self.stdout.write("The demo is loaded already and was left alone.")
        else:
            self.load(content)
        self.print_accounts()

    def load(self, path):
        if User.objects.exists():
            raise CommandError("This site has people already. The demo is loaded into an empty site only.")
        # The mails and files of the demo's past are made here and now, so that
        # nobody's first login code queues behind two hundred of them.
        celery_app.conf.task_always_eager = True
        now = timezone.now().replace(second=0, microsecond=0)
        try:
            content = read(path)
            with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
                for loader in [*registry.demo_content.values(), *registry.demo_history.values()]:
                    loader(content, now)
        except ContentError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        self.stdout.write("The demo was loaded.")

    def print_accounts(self):
        self.stdout.write("\nDemo accounts (log in by e-mail code, or with the password below):")
        for email, role in people.ACCOUNTS:
            self.stdout.write(f"  {email:38} {role}")
        if settings.DEBUG:
            self.stdout.write(f"  password of all of them: {people.PASSWORD}")
        else:
            self.stdout.write("  outside debug the demo accounts have no password.")
