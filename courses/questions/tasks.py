"""What happens to files once the rows say that it should. May run twice and at once."""

from celery import shared_task

from .models import AnswerFile

BATCH = 200


@shared_task
def delete_dropped_files():
    """Delete files that are dropped from the storage, then their rows: a crash between the two repeats the first."""
    for kept in AnswerFile.objects.exclude(dropped_at=None).filter(answers=None, changes=None)[:BATCH]:
        kept.file.storage.delete(kept.file.name)
        AnswerFile.objects.filter(pk=kept.pk).delete()
