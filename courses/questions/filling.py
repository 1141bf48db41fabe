"""Somebody fills in a run's form: what is asked of them and what they have typed so far, wherever it is kept.

A visitor's words wait in their session for a day, a signed-in applicant's in their
draft; uploaded files wait as rows (courses.questions.files), named in the session.
"""

from functools import cached_property

from academy.throttle import has_room
from academy.users import pending

from .. import reading
from . import files
from .asking import asked, statistics_to_ask
from .errors import TooMuchSent
from .forms import field_name, initial_of, values_of
from .models import Answer

# What visitors without an account may store in an hour from one network address: a classroom applies at once.
MOST_FILES = 60
MOST_BYTES = 200 * 1024 * 1024


class Filling:
    """One person's form on one run in one request. Reads only, but for the keep_ methods and done()."""

    def __init__(self, request, run, *, key, learner=None):
        self.request, self.run, self.key, self.learner = request, run, key, learner
        self.kept = pending.peek(request, key) or {}
        self._stored_of, self._stored = None, {}

    @property
    def was_kept(self):
        """Whether the person typed something before they logged in."""
        return "typed" in self.kept

    @cached_property
    def active(self):
        """The person's active enrollments (list), of all runs."""
        return reading.active_places(self.learner) if self.learner else []

    @cached_property
    def questions(self):
        return asked(self.run)

    @cached_property
    def statistics(self):
        return statistics_to_ask(self.learner)

    @cached_property
    def answers(self):
        """What the person's draft on the run holds (list of Answer)."""
        draft = next((row for row in self.active if row.run_id == self.run.pk and row.status == row.Status.DRAFT), None)
        if draft is None or not self.questions:
            return []
        return list(Answer.objects.filter(enrollment=draft).with_questions())

    @cached_property
    def files(self):
        """{question id: AnswerFile} of what was uploaded before."""
        of_draft = {answer.question_id: answer.file for answer in self.answers if answer.file_id}
        tokens = self.kept.get("files", {})
        found = files.find(tokens.values()) if tokens else {}
        return of_draft | {int(pk): found[token] for pk, token in tokens.items() if token in found}

    @property
    def asks(self):
        """Arguments for a QuestionsForm: what it asks and which files are there already."""
        return {
            "questions": self.questions,
            "statistics": self.statistics,
            "kept": self.files,
        }

    @property
    def initial(self):
        """What was filled in before (dict), the latest on top."""
        return initial_of(self.questions, values_of(self.answers) | self.kept.get("typed", {}))

    def keep_uploads(self, form):
        """Store the valid files of a bound form, so that none is chosen twice; return {question id: AnswerFile}.

        What is too much for a visitor without an account is refused beside its field.
        """
        if not hasattr(form, "cleaned_data"):
            return {}
        if form is self._stored_of:
            return self._stored
        stored = {pk: files.keep(upload) for pk, upload in form.uploads().items() if self._has_room(form, pk, upload)}
        tokens = dict(self.kept.get("files", {}))
        for pk in form.removed():
            tokens.pop(str(pk), None)
        tokens |= {str(pk): str(kept.token) for pk, kept in stored.items()}
        if tokens != self.kept.get("files", {}):
            self._keep(files=tokens)
        self.files |= stored
        # A rule may refuse after this, and the form is shown again: nothing is stored twice.
        self._stored_of, self._stored = form, stored
        return stored

    def _has_room(self, form, pk, upload):
        """Whether the file is stored; says beside the field if not. Nobody fills the disk without an account."""
        if self.request.user.is_authenticated:
            return True
        for name, amount, most in (("files", 1, MOST_FILES), ("bytes", upload.size, MOST_BYTES)):
            if not has_room(self.request, f"visitors-{name}", amount, most=most, seconds=3600):
                form.add_error(f"q{pk}", TooMuchSent.sentence)
                return False
        return True

    def keep_typed(self, form):
        """Keep a valid form for a day, for when the person is back with a code."""
        self._keep(typed=form.typed())

    def forget_files(self):
        """No longer count on files that are gone from the server."""
        self._keep(files={})
        self.files = {}

    def done(self):
        """Everything has been written: nothing needs to be kept."""
        pending.take(self.request, self.key)

    def again(self, form):
        """The same bound form, with what was wrong, which now names the files that were just stored."""
        if self.files == form.kept:
            return form
        fresh = type(form)(
            form.data,
            None,
            initial=form.initial,
            questions=form.questions,
            statistics=form.statistics,
            kept=self.files,
            is_draft=form.is_draft,
        )
        fresh._errors, fresh.cleaned_data = form.errors, getattr(form, "cleaned_data", {})
        return fresh

    def written(self, form):
        """What stands in the form (list of (label, text)), for a run that takes nobody any more."""
        found = []
        for question in self.questions:
            value = form[field_name(question)].value()
            if question.has_choices and value:
                picked = value if isinstance(value, list) else [value]
                value = ", ".join(choice.label for choice in question.choices.all() if str(choice.pk) in picked)
            elif question.kind in (question.Kind.FILE, question.Kind.CONSENT):
                continue
            if value:
                found.append((question.label, value))
        return found

    def _keep(self, **more):
        self.kept = {**self.kept, **more}
        pending.keep(self.request, self.key, self.kept)


class EditFilling(Filling):
    """The same for answers that were sent already and are edited."""

    statistics = ()

    def __init__(self, request, enrollment):
        super().__init__(request, enrollment.run, key=f"edit:{enrollment.pk}", learner=request.user)
        self.enrollment = enrollment

    @cached_property
    def answers(self):
        return list(Answer.objects.filter(enrollment=self.enrollment).with_questions())
