import io
import itertools

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile

from courses.models import (
    Question,
    QuestionChoice,
    QuestionPick,
    QuestionSet,
    SetQuestion,
    StatisticsChoice,
    StatisticsQuestion,
)

_numbers = itertools.count(1)
PDF = b"%PDF-1.7\n% a deck\n"


def question(kind=Question.Kind.SHORT_TEXT, label="What do you do?", *, on=None, choices=(), seen_by=(), **extra):
    """A question for selection, asked on the run `on`; `choices` are labels."""
    if not {"for_selection", "for_organisation", "for_report"} & set(extra):
        extra["for_selection"] = True
    made = Question.objects.create(kind=kind, label_cs=f"{label} (cs)", label_en=label, **extra)
    for order, text in enumerate(choices):
        QuestionChoice.objects.create(question=made, label_cs=f"{text} (cs)", label_en=text, sort_order=order)
    if seen_by:
        made.seen_by.set(seen_by)
        made.save()
    if on:
        QuestionPick.objects.create(run=on, question=made, sort_order=next(_numbers) % 30_000)
    return made


def sensitive(label="What do you need?", *, on=None, role="Care", days=14, **extra):
    """A sensitive question for organisation, read by the role `role` only."""
    group, _made = Group.objects.get_or_create(name=role)
    return question(
        label=label, on=on, seen_by=[group], is_sensitive=True, delete_days=days, for_organisation=True, **extra
    )


def question_set(*questions, on=(), name=None):
    """A set of these questions, picked by the runs `on`."""
    made = QuestionSet.objects.create(name=name or f"Set {next(_numbers)}")
    for order, one in enumerate(questions):
        SetQuestion.objects.create(question_set=made, question=one, sort_order=order)
    for run in on:
        QuestionPick.objects.create(run=run, question_set=made, sort_order=0)
    return made


def statistics_question(label="Gender", choices=("woman", "man")):
    """A statistics question with these choices."""
    made = StatisticsQuestion.objects.create(label_cs=f"{label} (cs)", label_en=label)
    for order, text in enumerate(choices):
        StatisticsChoice.objects.create(question=made, label_cs=f"{text} (cs)", label_en=text, sort_order=order)
    return made


def upload(name="deck.pdf", content=PDF):
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content)


def office_file(inside="word/document.xml"):
    """The bytes of a ZIP that holds one file of this name."""
    import zipfile  # noqa: PLC0415  only here

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(inside, "x")
    return packed.getvalue()
