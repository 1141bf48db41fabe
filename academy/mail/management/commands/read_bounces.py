"""Read delivery reports that a mail server has put into files."""

import mailbox
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from academy.mail.bounces import read_report


class Command(BaseCommand):
    """`manage.py read_bounces PATH ...`: maildirs, mbox files, or single mails; nothing is moved or deleted."""

    help = "Record addresses that delivery reports (RFC 3464) in a maildir, an mbox or a file say are undeliverable."

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=Path)

    def handle(self, *args, paths, **options):
        read = failed = 0
        for path in paths:
            if not path.exists():
                raise CommandError(f"There is no {path}.")
            for raw in _mails(path):
                read += 1
                failed += len(read_report(raw))
        self.stdout.write(f"{read} mails read, {failed} undeliverable addresses found.")


def _mails(path):
    """Yield every mail (bytes) of a maildir, a folder of files, an mbox file, or a file that is one mail."""
    if path.is_dir() and (path / "cur").is_dir():
        box = mailbox.Maildir(path, create=False)
        yield from (box.get_bytes(key) for key in box.keys())
    elif path.is_dir():
        yield from (file.read_bytes() for file in sorted(path.iterdir()) if file.is_file())
    elif path.read_bytes().startswith(b"From "):
        box = mailbox.mbox(path, create=False)
        yield from (box.get_bytes(key) for key in box.keys())
    else:
        yield path.read_bytes()
