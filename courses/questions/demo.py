"""The demo's questions, and what its people answered."""

from functools import cache

from django.contrib.auth.models import Group

from academy.demo.content import ContentError
from courses.models import CourseRun

from . import answering
from .answering import Given
from .asking import asked, statistics_questions
from .models import (
    Question,
    QuestionChoice,
    QuestionPick,
    QuestionSet,
    SetQuestion,
    StatisticsChoice,
    StatisticsQuestion,
)
from .upkeep import delete_overdue

__all__ = ["Answers", "delete_overdue", "load_content"]

# What runs without applications ask too.
ALWAYS = "access_needs"
# Which of few choices people take in turn.
FEW = (0, 1, 0, 1, 1, 0, 1, 2, 0, 1, 3)


def load_content(content):
    """Load the registration questions as sets, those of the calls, and the statistics; runs pick what they ask."""
    made = {entry["key"]: _question(entry) for entry in content["registration_questions"]}
    registration = _set("Přihláška", made.values())
    everybody = _set("Organizace kurzu", [made[ALWAYS]])
    for run in CourseRun.objects.all():
        QuestionPick.objects.create(
            run=run, question_set=registration if answering.has_application(run) else everybody, sort_order=0
        )
    for call in content["calls"]:
        run = CourseRun.objects.get(code=call["run"])
        for order, entry in enumerate(call["questions"], start=1):
            QuestionPick.objects.create(run=run, question=_question(entry, purposes=["selection"]), sort_order=order)
    for order, entry in enumerate(content["statistics_questions"]):
        question = StatisticsQuestion.objects.create(sort_order=order, **entry.columns("label"))
        options = [option for option in entry["options"] if option["value"] != "undisclosed"]
        for place, option in enumerate(options):
            StatisticsChoice.objects.create(
                question=question, sort_order=place, label_cs=option["cs"], label_en=option["en"]
            )


def _question(entry, purposes=None):
    purposes = purposes or entry["purposes"]
    question = Question.objects.create(
        kind=entry["type"],
        is_required=entry["required"],
        is_sensitive=entry.get("sensitive", False),
        delete_days=entry.get("delete_days_after_end"),
        max_length=entry.get("max_chars"),
        for_selection="selection" in purposes,
        for_organisation="organisation" in purposes,
        for_report="report" in purposes,
        **entry.columns("label"),
        **entry.columns("help"),
    )
    if roles := entry.get("seen_by"):
        question.seen_by.set(Group.objects.filter(name__in=roles))
        question.save()
    for order, option in enumerate(entry.get("options", [])):
        QuestionChoice.objects.create(question=question, sort_order=order, label_cs=option["cs"], label_en=option["en"])
    return question


def _set(name, questions):
    made = QuestionSet.objects.create(name=name)
    for order, question in enumerate(questions):
        SetQuestion.objects.create(question_set=made, question=question, sort_order=order)
    return made


class Answers:
    """Answers for everybody: taken in turn from the content's lists, so that they are the same at each loading."""

    def __init__(self, content):
        self.texts = content["demo_answers"]
        self.roles = {person["email"]: person for person in content["demo_people"]}
        self.keys = {entry.text("label", "cs"): entry["key"] for entry in content["registration_questions"]}
        self.options = {
            entry["key"]: entry["options"] for entry in content["registration_questions"] if "options" in entry
        }
        self.asked = cache(asked)
        self.statistics = cache(statistics_questions)
        self.counted = set()

    def enroll(self, user, run, **how):
        """Enroll through the rule, with answers in the person's language; statistics once per person."""
        given = [self._given(question, user) for question in self.asked(run)]
        statistics = {} if user.pk in self.counted else {q: self._said(q, user) for q in self.statistics()}
        self.counted.add(user.pk)
        return answering.submit(user, run, given, statistics=statistics, language=user.language, **how)

    def _given(self, question, user):
        key = self.keys.get(question.label_cs, "any")
        if question.has_choices:
            return Given(question, self._picked(question, user, key))
        if question.kind == Question.Kind.FILE or (key == ALWAYS and user.pk % 6):
            return Given(question)
        texts = self.texts[key]
        return Given(question, texts[(user.pk + question.pk) % len(texts)][user.language])

    def _picked(self, question, user, key):
        choices = list(question.choices.all())
        values = [option["value"] for option in self.options[key]]
        role = self.roles.get(user.email, {}).get("role")
        if role is not None and role not in values:
            raise ContentError(f"{user.email} has the role {role!r}, which the question {key!r} does not offer.")
        first = values.index(role) if role else user.pk % len(choices)
        places = {first, (first + 3) % len(choices)} if user.pk % 3 == 0 else {first}
        return [str(choices[place].pk) for place in sorted(places)]

    def _said(self, question, user):
        """A choice or None, the first ones oftener where there are few."""
        choices = list(question.choices.all())
        turn = user.pk * 3 + question.pk
        if turn % 9 == 8:
            return None
        if len(choices) > 6:
            return choices[turn % len(choices)]
        return choices[min(FEW[turn % len(FEW)], len(choices) - 1)]
