"""What a person may have of their answers, and what is deleted when they ask to be forgotten."""

import logging

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from academy import registry

from .models import Answer, AnswerChange, AnswerDeletion, AnswerFile
from .upkeep import delete_answers

logger = logging.getLogger(__name__)


def export_personal_data(user):
    """Return everything the person answered (dict of JSON-ready facts), history and statistics included.

    A file is named by its token, under which AnswerFile holds it.
    """
    answers = Answer.objects.filter(enrollment__learner=user).with_questions().select_related("enrollment__run")
    changes = AnswerChange.objects.filter(enrollment__learner=user).select_related("enrollment__run", "file")
    return {
        "answers": [
            {
                "run": answer.enrollment.run.code,
                "question": answer.label,
                "language": answer.language,
                "answer": answer.text,
                "answered_at": answer.answered_at.isoformat(),
                "file": str(answer.file.token) if answer.file else None,
            }
            for answer in answers
        ],
        "former_answers": [
            {
                "run": change.enrollment.run.code,
                "question": change.label,
                "language": change.language,
                "answer": change.old_text,
                "changed_at": change.at.isoformat(),
                "file": str(change.file.token) if change.file else None,
            }
            for change in changes
        ],
        "statistics": [
            {"question": answer.question.label, "answer": answer.choice.label if answer.choice else None}
            for answer in user.statistics_answers.select_related("question", "choice")
        ],
    }


def erase_personal_data(user):
    """Delete all answers with their history and files, and the statistics; nothing of them stays (empty list)."""
    with transaction.atomic():
        condition = Q(enrollment__learner=user)
        delete_answers(condition, reason=AnswerDeletion.Reason.ERASURE, at=timezone.now())
        user.statistics_answers.all().delete()
    return []


def plan_erasure(user, at):
    """What erasing does with answers: all of them go."""
    kept = [model.objects.filter(enrollment__learner=user) for model in (Answer, AnswerChange)]
    if any(rows.exists() for rows in [*kept, user.statistics_answers]):
        yield registry.Fate(_("All answers to questions, with their history and files, and voluntary statistics."))


def personal_files(user):
    """Yield (name, bytes) of the files the person handed in, replaced ones too, each under its token and its name.

    None stands for the bytes of a file that the storage has lost: the rest of the copy is theirs all the same.
    """
    theirs = Q(answers__enrollment__learner=user) | Q(changes__enrollment__learner=user)
    for kept in AnswerFile.objects.filter(theirs).distinct().order_by("pk"):
        name = f"{kept.token}-{kept.name.rpartition('/')[2]}"
        try:
            with kept.file.open() as stored:
                content = stored.read()
        except FileNotFoundError:
            logger.error("the storage has no file %s of an answer", kept.token)
            content = None
        yield name, content
