"""Uploaded files: kept, dropped, deleted. A row first, so that no file is ever forgotten in the storage."""

from datetime import timedelta

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from .kinds import extension
from .models import AnswerFile
from .tasks import delete_dropped_files

# Whoever is still filling in finds the file again for so long.
KEPT_FOR = timedelta(hours=24)


def keep(upload, *, at=None):
    """Store a checked upload (django UploadedFile) and return its AnswerFile; for a day, unless an answer takes it."""
    name = upload.name.replace("\\", "/").rpartition("/")[2]
    kept = AnswerFile(name=name[-200:], kind=extension(name), size=upload.size, created_at=at or timezone.now())
    upload.seek(0)
    # The storage sees a name without extension that nobody can guess.
    kept.file.save(kept.token.hex, File(upload.file), save=False)
    kept.save(force_insert=True)
    return kept


def find(tokens):
    """Return {token (str): AnswerFile} of those kept files that are still there."""
    return {str(kept.token): kept for kept in AnswerFile.objects.filter(token__in=tokens, dropped_at=None)}


def drop(kept, *, at=None):
    """Mark the AnswerFiles of a queryset as no longer needed; the task deletes them after the commit."""
    if kept.filter(dropped_at=None).update(dropped_at=at or timezone.now()):
        delete_dropped_files.delay_on_commit()


def drop_forgotten(*, at=None):
    """Drop files that no answer took within a day."""
    at = at or timezone.now()
    with transaction.atomic():
        old = AnswerFile.objects.select_for_update(of=("self",)).filter(
            dropped_at=None, created_at__lt=at - KEPT_FOR, answers=None, changes=None
        )
        # While this waited for a row, an answer may have taken it; only a query made now sees that.
        drop(AnswerFile.objects.filter(pk__in=[kept.pk for kept in old], answers=None, changes=None), at=at)
